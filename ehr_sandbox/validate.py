"""Prove one index: truth derived three ways, resources valid, reference 1.0 within par, floors, stable digests."""

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from ehr_sandbox.generators import Built
from ehr_sandbox.results import RunResult
from ehr_sandbox.runner import play
from ehr_sandbox.suites import SUITES, Suite
from ehr_sandbox.wire import House, arena_in_process
from ehr_sandbox.worlds import WorldShelf
from fhir_r4 import Problem
from fhir_seed import dangling_references, validate_resource
from tasks import Address, Frozen, Truth, read_record

UNBUILT = ""
"""In place of a digest, where there is no world."""


class IndexReport(Frozen):
    """What was found wrong with one index (nothing, if all is well), and what every agent scored."""

    task: str
    digest: str
    problems: tuple[str, ...]
    rewards: Mapping[str, float | None]
    nets: Mapping[str, float | None]
    resources: int
    reference_requests: int
    items: int
    traps: int

    @classmethod
    def unbuilt(cls, address: Address, problem: Problem) -> "IndexReport":
        """There is no world: nobody could play."""
        nobody: dict[str, float | None] = {}
        return cls(
            task=str(address),
            digest=UNBUILT,
            problems=(f"cannot be built: {problem}",),
            rewards=nobody,
            nets=nobody,
            resources=0,
            reference_requests=0,
            items=0,
            traps=0,
        )


async def check_index(salt: str, address: Address, suites: Mapping[str, Suite] = SUITES) -> IndexReport:
    """Build, recompute, validate, play every scripted agent in process."""
    suite = suites[address.suite]
    shelf = WorldShelf(salt)
    built = shelf.built(address)
    problems = [*truth_problems(suite, built), *resource_problems(built)]
    with tempfile.TemporaryDirectory(prefix="ehr-sandbox-validate-") as folder:
        results = await _play_all(shelf, address, suite, Path(folder))
        problems += _reference_problems(results["reference"], built.truth, suite, address)
    shelf.clear()  # the web framework keeps the app, and so the shelf, alive
    problems += [
        f"{name} failed by {result.failed_by}: {result.detail}"
        for name, result in results.items()
        if result.status == "failed" and name != "reference"
    ]
    problems += [
        f"{name} scored {results[name].reward}, must be exactly {reward}"
        for name, reward in suite.exact.items()
        if results[name].reward != reward
    ]
    return IndexReport(
        task=str(address),
        digest=built.world.digest,
        problems=tuple(problems),
        rewards={name: result.reward for name, result in results.items()},
        nets={name: result.net for name, result in results.items()},
        resources=built.world.size,
        reference_requests=results["reference"].fhir_requests,
        items=len(built.truth.items),
        traps=len(built.truth.traps),
    )


def truth_problems(suite: Suite, built: Built) -> Iterable[str]:
    """Where the injector's truth and the oracle's differ, and traps that are errors."""
    told, found = built.truth, suite.recompute(built)
    for name in ("items", "persons", "counts", "escalate", "cohort"):
        if getattr(told, name) != getattr(found, name):
            yield f"injected and re-derived {name} differ: {_difference(told, found, name)}"
    wrong = {(i.subject, i.type) for i in told.items}
    for trap in told.traps:
        if (trap.subject, trap.type) in wrong:
            yield f"trap {trap.family} on {trap.subject} is an error: {trap.type}"


def _difference(told: Truth, found: Truth, name: str) -> str:
    if name == "items":
        extra, missing = set(told.items) - set(found.items), set(found.items) - set(told.items)
        return f"only injected {extra}, only re-derived {missing}"
    return f"injected {getattr(told, name)}, re-derived {getattr(found, name)}"[:500]


def resource_problems(built: Built) -> Iterable[str]:
    """Invalid resources and references that lead nowhere."""
    for blob in built.world.resources:
        yield from validate_resource(blob)
    yield from dangling_references(built.world)


async def _play_all(shelf: WorldShelf, address: Address, suite: Suite, folder: Path) -> dict[str, RunResult]:
    names = dict.fromkeys((*suite.exact, *suite.floors, *suite.published))
    async with arena_in_process(House(shelf.salt, folder), shelf) as arena:
        return {name: await play(arena, address, name, suite.agents[name], seed=address.index) for name in names}


def _reference_problems(result: RunResult, truth: Truth, suite: Suite, address: Address) -> Iterable[str]:
    if result.status != "completed":
        yield f"the reference agent did not complete: {result.failed_by}: {result.detail}"
        return
    with Path(result.record).open("rb") as lines:
        record = read_record(lines)
    flagged = {(truth.persons.get(f.subject, f.subject), f.type) for f in record.findings if not f.retracted}
    wanted = {(i.subject, i.type) for i in truth.items}
    if flagged != wanted:
        yield f"the reference agent missed {wanted - flagged} and added {flagged - wanted}"
    par = suite.budgets[address.variant].par
    if result.fhir_requests > par:
        yield f"the reference agent needed {result.fhir_requests} FHIR requests, par is {par}"
