"""The third derivation of the truth: what the reference agent finds in built worlds is what was put there."""

import orjson
import pytest

from baselines import AGENTS
from fhir_seed.trial_audit import build
from tasks import PUBLIC_SALT, Address
from tasks.trial_audit import VARIANTS
from tests.helpers.agent_api import FakeEpisode


@pytest.mark.parametrize(
    ("variant", "index"), [*(("tiny", index) for index in range(5)), ("easy", 0), ("medium", 0), ("extended", 0)]
)
async def test_reference_finds_the_truth_with_its_evidence_within_par(variant: str, index: int) -> None:
    built = build(PUBLIC_SALT, Address(suite="trial_audit", variant=variant, index=index))
    budget = VARIANTS[variant].budget
    chart = [orjson.loads(row) for row in built.world.resources]
    episode = FakeEpisode(chart, fhir_left=budget.fhir, actions_left=budget.actions)
    await AGENTS["trial_audit"]["reference"](episode.session(), index)
    persons, truth = built.truth.persons, {(item.subject, item.type): item for item in built.truth.items}
    found = {(persons[flag["subject"]], flag["type"]): flag for flag in episode.flags}
    assert set(found) == set(truth)
    for key, item in truth.items():
        assert found[key]["corrective_action"] == item.corrective_action
        assert any(set(complete) <= set(found[key]["evidence"]) for complete in item.evidence), item
    assert episode.report is not None
    assert episode.report["counts"] == dict(built.truth.counts)
    assert tuple(episode.report["sites_to_escalate"]) == built.truth.escalate
    assert len(episode.requests) <= budget.par
