"""Cheats and the probe for labels on the worlds that a validation run has seen, variant by variant on all processes."""

import multiprocessing
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from ehr_sandbox.gaming import play_cheats
from ehr_sandbox.probes import label_probes, read_view
from ehr_sandbox.run_folder import RunFolder
from ehr_sandbox.suites import SUITES
from ehr_sandbox.validation_run import SAMPLE, Sample, shares
from ehr_sandbox.validation_summary import Gamed
from tasks import Address

FEWEST = 6
"""Worlds from which anything can be learned."""


def game_worlds(
    addresses: Sequence[Address],
    folder: RunFolder,
    *,
    workers: int,
    on_done: Callable[[str], None],
    sample: Sample = SAMPLE,
) -> dict[str, Gamed]:
    """By `suite/variant`, of those of which enough worlds were seen."""
    seen: dict[str, list[Path]] = defaultdict(list)
    for address, share in zip(addresses, shares(addresses, folder, sample=sample), strict=True):
        if share.view is not None and share.view.is_file():
            seen[f"{address.suite}/{address.variant}"].append(share.view)
    asked = {task: paths for task, paths in seen.items() if len(paths) >= FEWEST}
    if not asked:
        return {}
    with ProcessPoolExecutor(min(workers, len(asked)), mp_context=multiprocessing.get_context("spawn")) as pool:
        running = {pool.submit(game_variant, paths, _actions(task)): task for task, paths in asked.items()}
        found: dict[str, Gamed] = {}
        for done in as_completed(running):
            found[running[done]] = done.result()
            on_done(running[done])
    return found


def game_variant(paths: Sequence[Path], actions: int) -> Gamed:
    """paths: of the views of one variant, in the order of their indices; actions: its budget."""
    views = [read_view(path) for path in paths]
    return Gamed(cheats=tuple(play_cheats(views, actions)), labels=tuple(label_probes(views)))


def _actions(task: str) -> int:
    suite, _, variant = task.partition("/")
    budgets: Mapping[str, int] = {name: budget.actions for name, budget in SUITES[suite].budgets.items()}
    return budgets[variant]
