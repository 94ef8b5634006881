"""Decoy stages on hard: pairs alike in death, one of the rest and one dominant, show each other's stage.

So the careless stage x death table equals the true one, while the careless group pattern turns.
"""

from collections.abc import Sequence
from dataclasses import replace

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.cells import TRADES, Pattern
from fhir_seed.trial_audit.people import Profile
from fhir_seed.trial_audit.plan import Group


def with_decoys(
    stream: Stream, arm: Sequence[Profile], dominant: Group, pattern: Pattern, *, exact: bool
) -> list[Profile]:
    """One arm with decoy stages. exact: the cells must hold every pair (AssertionError if not), else as many as fit."""
    out = list(arm)
    free = set(range(len(arm)))
    for rest_stage, dominant_stage, alive, dead in TRADES.get(pattern, TRADES["middle"]):
        for is_dead, pairs in ((False, alive), (True, dead)):
            fits = [i for i in sorted(free) if arm[i].dead == is_dead]
            rest = [i for i in fits if arm[i].group != dominant and arm[i].stage == rest_stage]
            held = [i for i in fits if arm[i].group == dominant and arm[i].stage == dominant_stage]
            assert not exact or min(len(rest), len(held)) >= pairs, f"decoys {rest_stage}>{dominant_stage}"
            k = min(pairs, len(rest), len(held))
            for chosen, shown in ((stream.sample(rest, k), dominant_stage), (stream.sample(held, k), rest_stage)):
                for i in chosen:
                    out[i] = replace(arm[i], decoy_stage=shown)
                    free.discard(i)
    return out
