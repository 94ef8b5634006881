"""Cheats and the probe for labels on the worlds that a validation run has seen: each cheat of each variant is a job of
its own, so that one variant keeps all processes busy. What was found is kept in the run folder, beside the views.
"""

import hashlib
import multiprocessing
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from functools import lru_cache
from pathlib import Path

from pydantic import ValidationError

import ehr_sandbox
from ehr_sandbox.gaming import CHEATS, play_cheat
from ehr_sandbox.probes import WorldView, label_probes, read_view
from ehr_sandbox.run_folder import RunFolder
from ehr_sandbox.suites import SUITES
from ehr_sandbox.validation_run import SAMPLE, Sample, shares
from ehr_sandbox.validation_summary import FEWEST, Gamed
from tasks import Address, Frozen

_CODE = ("gaming", "probes", "validation_gaming.py")
_LABELS = "labels"
_NAME = "gamed.json"

Say = Callable[[str], None]


class _Kept(Frozen):
    """key: of the code and of the views that were seen."""

    key: str
    gamed: Gamed


def game_worlds(
    addresses: Sequence[Address],
    folder: RunFolder,
    *,
    workers: int,
    on_start: Say,
    on_done: Say,
    sample: Sample = SAMPLE,
) -> dict[str, Gamed]:
    """By `suite/variant`, of those of which enough worlds were seen. on_start hears the variant and how many worlds,
    on_done the variant; neither hears what was kept from an earlier run."""
    found: dict[str, Gamed] = {}
    asked: dict[str, tuple[Path, ...]] = {}
    for task, paths in _seen(addresses, folder, sample).items():
        kept = _kept(paths)
        if kept is not None:
            found[task] = kept
        elif len(paths) >= FEWEST:
            asked[task] = paths
            on_start(f"{task} ({len(paths)} worlds)")
    for task, gamed in _gamed(asked, workers):
        _keep(asked[task], gamed)
        found[task] = gamed
        on_done(task)
    return found


def _seen(addresses: Sequence[Address], folder: RunFolder, sample: Sample) -> dict[str, tuple[Path, ...]]:
    """Views by task, in the order of the addresses."""
    seen: dict[str, list[Path]] = defaultdict(list)
    for address, share in zip(addresses, shares(addresses, folder, sample=sample), strict=True):
        if share.view is not None and share.view.is_file():
            seen[f"{address.suite}/{address.variant}"].append(share.view)
    return {task: tuple(paths) for task, paths in seen.items()}


def _gamed(asked: Mapping[str, tuple[Path, ...]], workers: int) -> Iterator[tuple[str, Gamed]]:
    """Each variant as soon as all of its parts are there."""
    jobs = [(task, name) for task in asked for name in (_LABELS, *CHEATS)]
    if not jobs:
        return
    parts: dict[str, dict[str, Gamed]] = {task: {} for task in asked}
    with ProcessPoolExecutor(min(workers, len(jobs)), mp_context=multiprocessing.get_context("spawn")) as pool:
        running: dict[Future[Gamed], tuple[str, str]] = {
            pool.submit(_part, asked[task], _actions(task), name): (task, name) for task, name in jobs
        }
        for done in as_completed(running):
            task, name = running[done]
            parts[task][name] = done.result()
            if len(parts[task]) == 1 + len(CHEATS):
                yield task, _joined(parts.pop(task))


def _joined(parts: Mapping[str, Gamed]) -> Gamed:
    cheats = tuple(figure for name in CHEATS for figure in parts[name].cheats)
    return Gamed(cheats=cheats, labels=parts[_LABELS].labels)


def _part(paths: tuple[Path, ...], actions: int, name: str) -> Gamed:
    """actions: the variant's budget; name: of CHEATS, or of the probe for labels."""
    views = _views(paths)
    if name == _LABELS:
        return Gamed(labels=tuple(label_probes(views)))
    return Gamed(cheats=(play_cheat(name, views, actions),))


@lru_cache(maxsize=1)
def _views(paths: tuple[Path, ...]) -> tuple[WorldView, ...]:
    """Read once per process for the parts of one variant, which follow each other."""
    return tuple(read_view(path) for path in paths)


def _actions(task: str) -> int:
    suite, _, variant = task.partition("/")
    budgets: Mapping[str, int] = {name: budget.actions for name, budget in SUITES[suite].budgets.items()}
    return budgets[variant]


def _kept(paths: Sequence[Path]) -> Gamed | None:
    """What an earlier run found on just these views by just this code."""
    path = paths[0].parent / _NAME
    if not path.is_file():
        return None
    try:
        kept = _Kept.model_validate_json(path.read_bytes())
    except ValidationError:  # written by other code, or edited
        return None
    return kept.gamed if kept.key == _key(paths) else None


def _keep(paths: Sequence[Path], gamed: Gamed) -> None:
    path = paths[0].parent / _NAME
    partial = path.with_suffix(".json.partial")
    partial.write_text(_Kept(key=_key(paths), gamed=gamed).model_dump_json())
    partial.replace(path)


def _key(paths: Sequence[Path]) -> str:
    """SHA-256 (hex) of this stage's code and of the views' names: the run folder's name has the rest of the code."""
    found = hashlib.sha256("\n".join(path.name for path in paths).encode())
    root = Path(ehr_sandbox.__file__).parent
    for name in _CODE:
        for path in sorted([root / name, *(root / name).rglob("*.py")]):
            if path.is_file():
                found.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()
