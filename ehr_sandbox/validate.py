"""Prove one index: truth derived three ways, resources valid, reference 1.0 within par, floors, blind spots."""

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ehr_sandbox.ablations import AblationSeen, index_problems
from ehr_sandbox.generators import Built
from ehr_sandbox.probes import CohortSeen, write_view
from ehr_sandbox.results import RunResult
from ehr_sandbox.runner import play
from ehr_sandbox.suites import SUITES, Suite
from ehr_sandbox.wire import House, arena_in_process
from ehr_sandbox.worlds import WorldShelf
from fhir_r4 import Problem
from fhir_seed import FormMemo, validate_world
from tasks import Address, Frozen, Truth, read_record

UNBUILT = ""
"""In place of a digest, where there is no world."""


@dataclass(frozen=True)
class Share:
    """What is done on an index beyond what is done on each: the floors and published agents play, the readers with a
    blind spot play, what probes and cheats need is kept in a file, the digest is made again in another process."""

    floors: bool = True
    ablations: bool = False
    view: Path | None = None
    again: bool = False

    @property
    def parts(self) -> tuple[str, ...]:
        wanted = {"floors": self.floors, "ablations": self.ablations, "view": self.view, "again": self.again}
        return tuple(name for name, is_wanted in wanted.items() if is_wanted)


ORDINARY = Share()


class IndexReport(Frozen):
    """What was found wrong with one index (nothing, if all is well), and what every agent scored.

    parts: of `Share`, that were done; cohort: what the cohort probe asks, where there is one.
    """

    task: str
    digest: str
    problems: tuple[str, ...]
    rewards: Mapping[str, float | None]
    nets: Mapping[str, float | None]
    resources: int
    reference_requests: int
    items: int
    traps: int
    size: int = 0
    """Bytes of all resources."""
    kinds: Mapping[str, int] = {}
    """Items by `type.kind`."""
    families: Mapping[str, int] = {}
    """Traps by family."""
    counts: Mapping[str, int] = {}
    """Resources by type."""
    ablations: Mapping[str, AblationSeen] = {}
    cohort: CohortSeen | None = None
    parts: tuple[str, ...] = ()

    @property
    def index(self) -> int:
        return int(self.task.rpartition("/")[2])

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


async def check_index(
    salt: str,
    address: Address,
    suites: Mapping[str, Suite] = SUITES,
    *,
    share: Share = ORDINARY,
    forms: FormMemo | None = None,
) -> IndexReport:
    """Build, recompute, validate, play scripted agents in process. forms: of resources that were proved before."""
    suite = suites[address.suite]
    shelf = WorldShelf(salt)
    built = shelf.built(address)
    problems = [*truth_problems(suite, built), *validate_world(built.world, forms or FormMemo())]
    with tempfile.TemporaryDirectory(prefix="ehr-sandbox-validate-") as folder:
        results, ablated = await _play_all(shelf, address, suite, share, Path(folder))
        problems += _reference_problems(results["reference"], built.truth, suite, address)
    shelf.clear()  # the web framework keeps the app, and so the shelf, alive
    seen = {name: AblationSeen.of(result) for name, result in ablated.items()}
    problems += _played_problems(results | ablated, suite)
    problems += [problem for name, one in seen.items() for problem in index_problems(name, one)]
    if share.view is not None and suite.view is not None:
        write_view(suite.view(built), share.view)
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
        size=sum(map(len, built.world.resources)),
        kinds=_counted(f"{item.type}.{item.kind}" for item in built.truth.items),
        families=_counted(trap.family for trap in built.truth.traps),
        counts=dict(built.world.counts),
        ablations=seen,
        cohort=suite.cohort(built) if suite.cohort is not None else None,
        parts=share.parts,
    )


def _counted(names: Iterable[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in names:
        found[name] = found.get(name, 0) + 1
    return dict(sorted(found.items()))


def _played_problems(results: Mapping[str, RunResult], suite: Suite) -> Iterable[str]:
    for name, result in results.items():
        if result.status == "failed" and name != "reference":
            yield f"{name} failed by {result.failed_by}: {result.detail}"
    for name, reward in suite.exact.items():
        if results[name].reward != reward:
            yield f"{name} scored {results[name].reward}, must be exactly {reward}"


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


async def _play_all(
    shelf: WorldShelf, address: Address, suite: Suite, share: Share, folder: Path
) -> tuple[dict[str, RunResult], dict[str, RunResult]]:
    """By name: scripted agents, and readers with a blind spot."""
    names = dict.fromkeys((*suite.exact, *(suite.floors if share.floors else ()), *_published(suite, share)))
    ablations = suite.ablations if share.ablations else {}
    async with arena_in_process(House(shelf.salt, folder), shelf) as arena:
        results = {name: await play(arena, address, name, suite.agents[name], seed=address.index) for name in names}
        ablated = {name: await play(arena, address, name, agent) for name, agent in ablations.items()}
    return results, ablated


def _published(suite: Suite, share: Share) -> tuple[str, ...]:
    return suite.published if share.floors else ()


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
