"""Validate many indices on several processes; what a run folder holds already is not done again.

Every index is built, recomputed, validated and read by the reference. The rest is a sample, the first indices of each
variant: floors and published agents play 200, readers with a blind spot 40, digests are made again in another process
for 200, and probes and cheats see the first 144,000 subjects (200 worlds of hard, all of tiny).
"""

import asyncio
import gc
import multiprocessing
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ehr_sandbox.run_folder import RunFolder
from ehr_sandbox.suites import SUITES, Suite
from ehr_sandbox.validate import UNBUILT, IndexReport, Share, check_index
from fhir_r4 import Fault, Problem
from fhir_seed import FormMemo
from tasks import Address


@dataclass(frozen=True)
class Sample:
    """How many of the first indices of a variant; subjects: seen by probes and cheats."""

    floors: int = 200
    ablations: int = 40
    again: int = 200
    subjects: int = 144_000


SAMPLE = Sample()
FEWEST_WORKERS = 2
"""A digest is made in one process and again in another."""


def shares(
    addresses: Sequence[Address],
    folder: RunFolder,
    suites: Mapping[str, Suite] = SUITES,
    *,
    sample: Sample = SAMPLE,
) -> list[Share]:
    """What is done on each address, by its place among those of its variant."""
    place: Counter[tuple[str, str]] = Counter()
    found = []
    for address in addresses:
        number = place[address.suite, address.variant]
        place[address.suite, address.variant] += 1
        suite = suites[address.suite]
        viewed = suite.view is not None and number < max(1, sample.subjects // suite.subjects[address.variant])
        found.append(
            Share(
                floors=number < sample.floors,
                ablations=bool(suite.ablations) and number < sample.ablations,
                view=folder.view_path(address) if viewed else None,
                again=number < sample.again,
            )
        )
    return found


def validate_indices(
    salt: str,
    addresses: Sequence[Address],
    folder: RunFolder,
    *,
    workers: int,
    on_report: Callable[[IndexReport], None],
    sample: Sample = SAMPLE,
) -> list[IndexReport]:
    """Reports in the order of `addresses`, kept in the folder as they come.

    workers: at least 2, so that there is another process for digests; each worker is a pool of its own. Raises Fault
    that names the index if our own code fails on one, or if a worker is gone.
    """
    assert workers >= FEWEST_WORKERS, "digests are made again in another process"
    reports: dict[int, IndexReport] = {}
    missing = []
    for number, (address, share) in enumerate(zip(addresses, shares(addresses, folder, sample=sample), strict=True)):
        kept = folder.kept(address, share.parts)
        if kept is None:
            missing.append((number, address, share))
        else:
            reports[number] = kept
            on_report(kept)
    for number, report in _checked(salt, missing, workers):
        folder.keep(addresses[number], report)
        reports[number] = report
        on_report(report)
    return [reports[number] for number in range(len(addresses))]


def _checked(
    salt: str, missing: Sequence[tuple[int, Address, Share]], workers: int
) -> Iterator[tuple[int, IndexReport]]:
    context = multiprocessing.get_context("spawn")
    pools = [ProcessPoolExecutor(1, mp_context=context) for _ in range(min(workers, max(FEWEST_WORKERS, len(missing))))]
    try:
        checks: dict[Future[IndexReport], tuple[int, Future[str] | None]] = {}
        for place, (number, address, share) in enumerate(missing):
            here, there = pools[place % len(pools)], pools[(place + 1) % len(pools)]
            again = there.submit(_digest, salt, address) if share.again else None
            checks[here.submit(_check, salt, address, share)] = number, again
        for done in as_completed(checks):
            number, again = checks[done]
            yield number, done.result() if again is None else _with_digest(done.result(), again.result())
    except BrokenProcessPool as error:
        raise Fault(_GONE) from error
    finally:
        for pool in pools:
            pool.shutdown(cancel_futures=True)


_GONE = (
    "a worker ended while it was busy, as when the system runs out of memory: run the same command again, it goes on"
    " from what is kept; with fewer --workers if it happens again"
)


def _check(salt: str, address: Address, share: Share) -> IndexReport:
    """An index that cannot be built is a finding, not the end of the run."""
    gc.disable()  # millions of short-lived objects without cycles; what cycles there are go at the end
    try:
        return asyncio.run(check_index(salt, address, share=share, forms=_forms()))
    except Problem as problem:
        return IndexReport.unbuilt(address, problem)
    except Exception as error:
        raise _fault(address, error) from error
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()  # what is left are modules and caches: not to be walked again after each index


@cache
def _forms() -> FormMemo:
    """One per worker: forms that were proved on earlier indices."""
    return FormMemo()


def _digest(salt: str, address: Address) -> str:
    try:
        return SUITES[address.suite].build(salt, address).world.digest
    except Problem:
        return UNBUILT
    except Exception as error:
        raise _fault(address, error) from error


def _fault(address: Address, error: Exception) -> Fault:
    """Where our own code failed. A traceback does not come over from a worker as such: it is in the cause's text."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    file = "/".join(Path(place.filename).parts[-3:])
    return Fault(f"{address}: {type(error).__name__}: {error} ({file}, line {place.lineno}); what was done is kept")


def _with_digest(report: IndexReport, again: str) -> IndexReport:
    if report.digest == again:
        return report
    problem = f"digest {report.digest} is {again} in another process"
    return report.model_copy(update={"problems": (*report.problems, problem)})
