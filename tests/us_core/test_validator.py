"""Generated worlds pass the HL7 validator with US Core 6.1.0: here every shape and code of a world of each variant,
with EHR_SANDBOX_CONTRACT=whole (`make contract`) every resource of three worlds of each variant."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from fhir_seed.trial_audit import build
from tasks import PUBLIC_SALT, Address
from tasks.trial_audit import VARIANTS
from tests.helpers.whole import WHOLE
from tests.us_core.bindings import unbound
from tests.us_core.hl7 import MANY, SOURCE, THREADED, UNTOUCHED, built, validate
from tests.us_core.variety import varied


@pytest.fixture(scope="module")
def validator(request: pytest.FixtureRequest) -> Path:
    cache = request.config.cache
    assert cache is not None
    return built(cache)


def resources(variant: str, index: int) -> tuple[bytes, ...]:
    return build(PUBLIC_SALT, Address(suite="trial_audit", variant=variant, index=index)).world.resources


def examples(name: str) -> list[bytes]:
    return (SOURCE / "examples" / f"{name}.ndjson").read_bytes().splitlines()


def sample() -> list[bytes]:
    """Every shape and code of a world of each variant."""
    return varied(text for variant in sorted(VARIANTS) for text in resources(variant, 0))


def kinds(texts: Iterable[bytes]) -> set[tuple[str, ...]]:
    nodes = map(orjson.loads, texts)
    return {(node["resourceType"], *node.get("meta", {}).get("profile", ())) for node in nodes}


def test_a_sample_has_every_type_and_profile_of_its_world() -> None:
    world = resources("tiny", 0)
    few = varied(world)
    assert kinds(few) == kinds(world)
    assert len(few) < len(world) / 5


def test_wrong_codes_and_broken_examples_are_rejected_and_every_variety_of_the_worlds_is_not(
    validator: Path, tally: Callable[[str], None]
) -> None:
    worlds = sample()
    bindings = unbound(worlds)
    broken = [*examples("broken"), *bindings.values()]
    verdict = validate(validator, [*broken, *worlds])
    assert verdict.rejected == {orjson.loads(text)["id"] for text in broken}, "\n".join(verdict.errors)
    assert (verdict.resources, verdict.downgraded) == (len(broken) + len(worlds), 0)
    tally(
        f"HL7 validator, US Core 6.1: {len(worlds)} varied resources of {len(VARIANTS)} worlds, no errors;"
        f" each of their {len(bindings)} required bindings of R4 is checked"
    )


def test_a_long_run_finds_at_every_repetition_what_the_untouched_library_finds(validator: Path) -> None:
    texts = [*examples("broken"), *examples("valid"), *(sample() if WHOLE else ())]
    times = 8
    once = validate(validator, texts, UNTOUCHED, "information")
    long = validate(validator, texts * times, MANY if WHOLE else THREADED, "information")
    assert {issue.severity for issue in once.issues} == {"error", "warning", "information"}
    assert list(long.issues) == [
        replace(issue, line=issue.line + len(texts) * time) for time in range(times) for issue in once.issues
    ]


@pytest.mark.slow
@pytest.mark.skipif(not WHOLE, reason="EHR_SANDBOX_CONTRACT=whole validates three whole worlds of each variant")
@pytest.mark.parametrize("variant", sorted(VARIANTS))
def test_whole_worlds_have_no_errors(validator: Path, variant: str, tally: Callable[[str], None]) -> None:
    worlds = [resources(variant, index) for index in range(3)]
    verdict = validate(validator, [text for world in worlds for text in world], MANY)
    sizes = [len(world) for world in worlds]
    assert not verdict.errors, f"{len(verdict.errors)} in worlds 0, 1, 2 of {sizes} resources: {verdict.errors[:20]}"
    assert (verdict.resources, verdict.downgraded) == (sum(sizes), 0)
    tally(
        f"HL7 validator, US Core 6.1: trial_audit/{variant}/0-2, {sum(sizes)} resources, no errors,"
        f" none downgraded, {verdict.seconds:.0f} s"
    )
