"""Generated worlds pass the HL7 validator with US Core 6.1.0: here every shape and code of a world of each variant,
with EHR_SANDBOX_CONTRACT=whole (`make contract`) every resource."""

from collections.abc import Callable, Iterable
from pathlib import Path

import orjson
import pytest

from fhir_seed.trial_audit import build
from tasks import PUBLIC_SALT, Address
from tasks.trial_audit import VARIANTS
from tests.helpers.whole import WHOLE
from tests.us_core.hl7 import SOURCE, built, validate
from tests.us_core.variety import varied


@pytest.fixture(scope="module")
def validator(request: pytest.FixtureRequest) -> Path:
    cache = request.config.cache
    assert cache is not None
    return built(cache)


def resources(variant: str, index: int) -> tuple[bytes, ...]:
    return build(PUBLIC_SALT, Address(suite="trial_audit", variant=variant, index=index)).world.resources


def kinds(texts: Iterable[bytes]) -> set[tuple[str, ...]]:
    nodes = map(orjson.loads, texts)
    return {(node["resourceType"], *node.get("meta", {}).get("profile", ())) for node in nodes}


def test_a_sample_has_every_type_and_profile_of_its_world() -> None:
    world = resources("tiny", 0)
    sample = varied(world)
    assert kinds(sample) == kinds(world)
    assert len(sample) < len(world) / 5


def test_broken_examples_are_rejected_and_every_variety_of_the_worlds_is_not(
    validator: Path, tally: Callable[[str], None]
) -> None:
    broken = (SOURCE / "examples" / "broken.ndjson").read_bytes().splitlines()
    worlds = varied(text for variant in sorted(VARIANTS) for text in resources(variant, 0))
    verdict = validate(validator, [*broken, *worlds])
    assert verdict.rejected == {orjson.loads(text)["id"] for text in broken}, verdict.errors
    assert (verdict.resources, verdict.downgraded) == (len(broken) + len(worlds), 0)
    tally(f"HL7 validator, US Core 6.1: {len(worlds)} varied resources of {len(VARIANTS)} worlds, no errors")


@pytest.mark.slow
@pytest.mark.skipif(not WHOLE, reason="EHR_SANDBOX_CONTRACT=whole validates whole worlds (about 30 minutes)")
@pytest.mark.parametrize("variant", sorted(VARIANTS))
def test_a_whole_world_has_no_errors(validator: Path, variant: str, tally: Callable[[str], None]) -> None:
    world = resources(variant, 1)
    verdict = validate(validator, world)
    assert verdict.errors == ()
    assert (verdict.resources, verdict.downgraded) == (len(world), 0)
    tally(f"HL7 validator, US Core 6.1: trial_audit/{variant}/1, {len(world)} resources, no errors")
