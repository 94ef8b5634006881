"""What is kept of one finished world for probes and cheats, and, apart from that, its truth: small enough to hold
hundreds of worlds at once. Columns are ranks inside the world, for that is what one who sees a world can compare.
"""

import base64
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from ehr_sandbox.probes.auc import midranks
from ehr_sandbox.probes.chart_features import charts, table
from ehr_sandbox.probes.populations import DEAD, KINDS, WITHOUT_EXTENSION, Person
from fhir_seed.trial_audit import Built
from tasks import Truth

_WORD = re.compile(rb"[a-z]+|[0-9]+")
_NAMED = frozenset[str]().union(*(kinds for kinds, _ in KINDS.values()))
WORDS = 2**16
"""Buckets that words of notes fall into."""


@dataclass(frozen=True, slots=True)
class ViewedItem:
    """row: of the subject in the view."""

    row: int
    type: str
    kind: str
    weight: int


@dataclass(frozen=True)
class WorldView:
    """Rows are the enrolled by their ResearchSubject's id. ranks: (rows, names), 0..255; a subject's words of notes are
    words[starts[row]:starts[row + 1]], each once; total: weight of all there is to find."""

    names: tuple[str, ...]
    ranks: NDArray[np.uint8]
    words: NDArray[np.uint16]
    starts: NDArray[np.int64]
    subjects: tuple[str, ...]
    """ResearchSubject references."""
    missing_birth_date: tuple[int, ...]
    meets: Mapping[str, tuple[int, ...]]
    items: tuple[ViewedItem, ...]
    counts: Mapping[str, int]
    escalate: tuple[str, ...]
    sites: tuple[str, ...]
    verdict: str | None
    cohort_weight: int

    @property
    def total(self) -> int:
        return sum(item.weight for item in self.items) + self.cohort_weight

    def people(self) -> list[Person]:
        """Named by their row. An item's kind is that of KINDS, or the name of its type."""
        kinds: dict[int, list[str]] = {}
        for item in self.items:
            kinds.setdefault(item.row, []).append(item.kind if item.kind in _NAMED else item.type)
        demands: dict[int, set[str]] = {}
        for demand, rows in self.meets.items():
            for row in rows:
                demands.setdefault(row, set()).add(demand)
        return [
            Person(str(row), tuple(kinds.get(row, ())), frozenset(demands.get(row, ())))
            for row in range(len(self.subjects))
        ]


def view_of(built: Built) -> WorldView:
    """Reads the finished resources; the plan only tells whom a rule's demand lets be compared."""
    features = charts(built.world.resources)
    enrolled = sorted((s for s in built.plan.subjects if s.enrolment is not None), key=lambda s: s.subject_id)
    patients = tuple(f"Patient/{s.patient_id}" for s in enrolled)
    subjects = tuple(f"ResearchSubject/{s.subject_id}" for s in enrolled)
    names, matrix = table(features[patient] for patient in patients)
    varying = matrix.max(axis=0) > matrix.min(axis=0)
    ranks = (midranks(matrix[:, varying]) - 0.5) / len(patients)
    words = _words_of(built.world.resources, patients)
    threshold = built.plan.protocol.comorbidity_threshold
    dead = [row for row, s in enumerate(enrolled) if s.deceased is not None or s.fatal_event is not None]
    voided = [row for row, s in enumerate(enrolled) if s.stage == 4 and threshold is not None and s.index > threshold]
    return WorldView(
        names=tuple(name for name, varies in zip(names, varying, strict=True) if varies),
        ranks=np.round(ranks * 255).astype(np.uint8),
        words=np.concatenate([np.array(own, dtype=np.uint16) for own in words]),
        starts=np.concatenate([[0], np.cumsum([len(own) for own in words])]).astype(np.int64),
        subjects=subjects,
        missing_birth_date=tuple(row for row, s in enumerate(enrolled) if s.birth_date is None),
        meets={DEAD: tuple(dead), WITHOUT_EXTENSION: tuple(voided)} | _open_to(built, subjects),
        **_truth_of(built.truth, subjects),
        sites=tuple(sorted(site.organization for site in built.plan.protocol.sites)),
    )


def _open_to(built: Built, subjects: tuple[str, ...]) -> dict[str, tuple[int, ...]]:
    """By finding type: rows of those among whom its items were drawn, where the plan says it."""
    row_of = {subject: row for row, subject in enumerate(subjects)}
    return {type_: tuple(sorted(row_of[name] for name in names)) for type_, names in built.plan.open_to.items()}


def _truth_of(truth: Truth, subjects: tuple[str, ...]) -> dict[str, Any]:
    row_of = {subject: row for row, subject in enumerate(subjects)}
    return {
        "items": tuple(ViewedItem(row_of[i.subject], i.type, i.kind, i.weight) for i in truth.items),
        "counts": dict(truth.counts),
        "escalate": truth.escalate,
        "verdict": truth.cohort.verdict if truth.cohort else None,
        "cohort_weight": truth.cohort.weight if truth.cohort else 0,
    }


def _words_of(resources: Iterable[bytes], patients: tuple[str, ...]) -> list[list[int]]:
    """Buckets of the words of each person's notes, sorted, each once."""
    found: dict[str, set[int]] = {patient: set() for patient in patients}
    for blob in resources:
        if b'"resourceType":"DocumentReference"' not in blob:
            continue
        note = orjson.loads(blob)
        person = found.get(note.get("subject", {}).get("reference", ""))
        if person is None:
            continue
        for content in note["content"]:
            text = base64.b64decode(content["attachment"].get("data", "")).lower()
            person |= {zlib.crc32(word) % WORDS for word in set(_WORD.findall(text))}
    return [sorted(found[patient]) for patient in patients]


_ARRAYS = ("ranks", "words", "starts")


def write_view(view: WorldView, path: Path) -> None:
    """One .npz file, whole or not at all."""
    rest = {name: value for name, value in vars(view).items() if name not in _ARRAYS}
    text = np.frombuffer(orjson.dumps(rest, option=orjson.OPT_SERIALIZE_DATACLASS), dtype=np.uint8)
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        np.savez_compressed(file, rest=text, **{name: getattr(view, name) for name in _ARRAYS})
    partial.replace(path)


def read_view(path: Path) -> WorldView:
    with np.load(path, allow_pickle=False) as kept:
        rest = orjson.loads(kept["rest"].tobytes())
        arrays = {name: kept[name] for name in _ARRAYS}
    listed = {name: tuple(value) for name, value in rest.items() if isinstance(value, list)}
    items = tuple(ViewedItem(**item) for item in rest["items"])
    meets = {demand: tuple(rows) for demand, rows in rest["meets"].items()}
    return WorldView(**(rest | listed | arrays | {"items": items, "meets": meets}))
