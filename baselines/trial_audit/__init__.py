"""Agents for `trial_audit`, from doing nothing to reading perfectly."""

from baselines.trial_audit.blind_spots import BLIND_SPOTS, blind
from baselines.trial_audit.constant import constant
from baselines.trial_audit.flag_all import flag_all
from baselines.trial_audit.heuristic import heuristic
from baselines.trial_audit.label_blind import label_blind
from baselines.trial_audit.naive import naive
from baselines.trial_audit.noop import noop
from baselines.trial_audit.random_flags import random_flags
from baselines.trial_audit.reference import reference

__all__ = [
    "BLIND_SPOTS",
    "blind",
    "constant",
    "flag_all",
    "heuristic",
    "label_blind",
    "naive",
    "noop",
    "random_flags",
    "reference",
]
