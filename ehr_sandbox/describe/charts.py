"""The world as a reader sees it: resources by type, and the rows of each person in one place."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson

from ehr_sandbox.describe.reading import (
    Node,
    at,
    concept_code,
    concept_text,
    day_of,
    happened,
    quantities,
    rows_at,
    text_at,
)

_PATIENT = re.compile(r"(?:^|/)Patient/([A-Za-z0-9\-.]{1,64})(?:/_history/[^/]+)?$")
_NAMING = ("subject", "patient", "individual", "beneficiary", "for")
_ETHNIC = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"


@dataclass(frozen=True)
class Person:
    """A patient with the rows that name the patient, or a duplicate that was merged into it."""

    patient: Node
    duplicates: tuple[Node, ...] = ()
    rows: Mapping[str, list[Node]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.patient["id"])

    def of(self, kind: str) -> list[Node]:
        return self.rows.get(kind, [])

    @cached_property
    def size(self) -> int:
        return 1 + len(self.duplicates) + sum(map(len, self.rows.values()))

    @cached_property
    def subject(self) -> Node | None:
        """The ResearchSubject with an arm, else the first."""
        found = self.of("ResearchSubject")
        return next((s for s in found if arm_of(s)), found[0] if found else None)

    @property
    def arm(self) -> str | None:
        return arm_of(self.subject) if self.subject else None

    @cached_property
    def enrolment(self) -> int | None:
        return day_of(text_at(self.subject, "period", "start")) if self.subject else None

    @property
    def sex(self) -> str:
        return text_at(self.patient, "gender") or "not recorded"

    @cached_property
    def death(self) -> int | None:
        """The earlier of the Patient's and a fatal AdverseEvent's."""
        fatal = [e for e in self.of("AdverseEvent") if at(e, "outcome", "coding", 0, "code") == "fatal"]
        said = [day_of(text_at(self.patient, "deceasedDateTime")), *(day_of(at(event, "date")) for event in fatal)]
        return min((day for day in said if day is not None), default=None)

    @cached_property
    def visits(self) -> list[Node]:
        """Encounters in order of time."""
        dated = [(when, str(node["id"]), node) for node in self.of("Encounter") if (when := happened(node)) is not None]
        return [node for _, _, node in sorted(dated, key=lambda row: row[:2])]

    @cached_property
    def span(self) -> tuple[int, int] | None:
        """First and last day on which something happened to the person (encounters; without any, any row)."""
        rows = self.visits or [node for kind in self.rows.values() for node in kind]
        days = [int(when) for node in rows if (when := happened(node)) is not None]
        return (min(days), max([*days, *([self.death] if self.death else [])])) if days else None

    def group(self, what: str) -> str:
        """The US Core race or ethnicity (`what`) in words."""
        for extension in rows_at(self.patient, "extension"):
            if extension.get("url") == _ETHNIC + what:
                parts = rows_at(extension, "extension")
                said = [t for p in parts if p.get("url") == "text" and (t := text_at(p, "valueString"))]
                coded = [t for p in parts if (t := text_at(p, "valueCoding", "display"))]
                return (said or coded or ["not recorded"])[0]
        return "not recorded"

    @cached_property
    def stage(self) -> str | None:
        """`Stage IV`: the latest stage Observation that counts, on or before enrolment if there is one."""
        found = []
        for node in self.of("Observation"):
            stage = _stage(node)
            day = happened(node)
            if stage and day is not None and node.get("status") in {"final", "amended", "corrected"}:
                early = self.enrolment is None or int(day) <= self.enrolment
                found.append((early, day, text_at(node, "issued") or "", str(node["id"]), stage))
        return max(found)[-1] if found else None


_STAGED = frozenset({"399537006", "21908-9", "21902-2", "21914-7"})
_ROMAN = re.compile(r"\bstage\s+(iv|i{1,3}|[0-4])", re.IGNORECASE)
_NUMERAL = {"0": "0", "1": "I", "2": "II", "3": "III", "4": "IV"}


def _stage(node: Node) -> str | None:
    if not any(coding.get("code") in _STAGED for coding in rows_at(node, "code", "coding")):
        return None
    match = _ROMAN.search(concept_text(at(node, "valueCodeableConcept")) or "")
    return f"Stage {_NUMERAL.get(match[1], match[1].upper())}" if match else None


def arm_of(subject: Node) -> str | None:
    return text_at(subject, "assignedArm") or text_at(subject, "actualArm")


@dataclass(frozen=True)
class Charts:
    """by_type: sorted by type, rows by id. persons: by id. digest: of all resources; now: the world's instant."""

    by_type: Mapping[str, list[Node]]
    persons: tuple[Person, ...]
    digest: str
    now: str | None = None
    giving_reasons: tuple[Node, ...] = ()
    """Resources that somewhere say why data are absent."""

    def of(self, kind: str) -> list[Node]:
        return self.by_type.get(kind, [])

    @property
    def size(self) -> int:
        return sum(map(len, self.by_type.values()))

    @cached_property
    def enrolled(self) -> tuple[Person, ...]:
        return tuple(p for p in self.persons if p.arm and p.enrolment is not None)

    @cached_property
    def arms(self) -> tuple[str, ...]:
        return tuple(sorted({p.arm for p in self.enrolled if p.arm}))

    @cached_property
    def by_reference(self) -> Mapping[str, Node]:
        return {f"{kind}/{node['id']}": node for kind, nodes in self.by_type.items() for node in nodes}

    @cached_property
    def units(self) -> Mapping[tuple[str, str], str]:
        """The most frequent unit of each code that is measured."""
        counts: dict[tuple[str, str], Counter[str]] = {}
        for node in self.of("Observation"):
            for concept, _, unit in quantities(node):
                counts.setdefault(concept_code(concept), Counter())[unit] += 1
        return {code: min(found, key=lambda unit: (-found[unit], unit)) for code, found in counts.items()}

    @cached_property
    def study(self) -> Node | None:
        return next(iter(self.of("ResearchStudy")), None)

    def named(self, reference: object) -> str | None:
        """How the resource with this reference is called."""
        node = self.by_reference.get(reference) if isinstance(reference, str) else None
        return (text_at(node, "name") or person_name(node)) if node else None


def read_charts(resources: Iterable[bytes], *, digest: str, now: str | None = None) -> Charts:
    """From canonical resources in any order."""
    by_type: dict[str, list[Node]] = {}
    giving_reasons = []
    for blob in resources:
        node = orjson.loads(blob)
        if b"dataAbsentReason" in blob or b"data-absent-reason" in blob:
            giving_reasons.append(node)
        by_type.setdefault(node["resourceType"], []).append(node)
    for nodes in by_type.values():
        nodes.sort(key=lambda node: str(node["id"]))
    _name_medicines(by_type)
    return Charts(dict(sorted(by_type.items())), _persons(by_type), digest, now, tuple(giving_reasons))


def _name_medicines(by_type: Mapping[str, list[Node]]) -> None:
    """A row that refers to a Medication gets its code, as if it were written in the row."""
    codes = {f"Medication/{node['id']}": at(node, "code") for node in by_type.get("Medication", [])}
    for kind in ("MedicationRequest", "MedicationAdministration", "MedicationStatement", "MedicationDispense"):
        for node in by_type.get(kind, []):
            code = codes.get(text_at(node, "medicationReference", "reference") or "")
            if code:
                node["medicationCodeableConcept"] = code


def person_name(node: Any) -> str | None:
    name = next((n for n in rows_at(node, "name") if n.get("use") == "official"), at(node, "name", 0))
    given = at(name, "given")
    parts = [*(given if isinstance(given, list) else []), at(name, "family")]
    return " ".join(str(part) for part in parts if part) or text_at(name, "text")


def _persons(by_type: Mapping[str, list[Node]]) -> tuple[Person, ...]:
    patients = {str(node["id"]): node for node in by_type.get("Patient", [])}
    survivors = {patient_id: _survivor(patient_id, patients) for patient_id in patients}
    rows: dict[str, dict[str, list[Node]]] = {}
    for kind in sorted(by_type.keys() - {"Patient"}):
        for node in by_type[kind]:
            owner = survivors.get(_patient_named(node) or "")
            if owner:
                rows.setdefault(owner, {}).setdefault(kind, []).append(node)
    merged: dict[str, list[Node]] = {}
    for patient_id, survivor in survivors.items():
        if patient_id != survivor:
            merged.setdefault(survivor, []).append(patients[patient_id])
    alive = sorted(set(survivors.values()))
    return tuple(Person(patients[who], tuple(merged.get(who, ())), rows.get(who, {})) for who in alive)


def _survivor(patient_id: str, patients: Mapping[str, Node]) -> str:
    """Follows `replaced-by`; where that leads in a circle or nowhere, as far as it leads."""
    seen = {patient_id}
    while True:
        links = [link for link in rows_at(patients[patient_id], "link") if link.get("type") == "replaced-by"]
        match = _PATIENT.search(text_at(links, 0, "other", "reference") or "")
        if not match or match[1] in seen or match[1] not in patients:
            return patient_id
        patient_id = match[1]
        seen.add(patient_id)


def _patient_named(node: Node) -> str | None:
    for name in _NAMING:
        if match := _PATIENT.search(text_at(node, name, "reference") or ""):
            return match[1]
    return None
