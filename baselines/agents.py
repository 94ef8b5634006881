"""The one table of scripted agents: suite -> name -> agent. The model agent is not in it: it needs an endpoint."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from baselines import mock, trial_audit
from baselines.session import AgentSession

Agent: TypeAlias = Callable[[AgentSession, int], Awaitable[None]]
"""Plays one episode. seed: for agents that draw; the others ignore it. Raises what the session raises."""

AGENTS: Mapping[str, Mapping[str, Agent]] = {
    "mock": {
        "noop": mock.noop,
        "reference": mock.reference,
    },
    "trial_audit": {
        "constant": trial_audit.constant,
        "flag_all": trial_audit.flag_all,
        "heuristic": trial_audit.heuristic,
        "label_blind": trial_audit.label_blind,
        "naive": trial_audit.naive,
        "noop": trial_audit.noop,
        "random": trial_audit.random_flags,
        "reference": trial_audit.reference,
    },
}

ABLATIONS: Mapping[str, Mapping[str, Agent]] = {
    "trial_audit": {name: trial_audit.blind(spot) for name, spot in trial_audit.BLIND_SPOTS.items()},
}
"""The reference with one blind spot each: what `validate` uses to show what every rule is worth."""
