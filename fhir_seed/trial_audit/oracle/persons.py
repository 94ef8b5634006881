"""Who is who: merged duplicates, and the ResearchSubject that stands for a person (clauses 1.1 and 1.2)."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fhir_r4 import Invalid

Resource = Mapping[str, Any]


@dataclass(frozen=True)
class Persons:
    """survivor: Patient -> the Patient that it stands for; names: any reference -> the canonical one."""

    survivor: Mapping[str, str]
    names: Mapping[str, str]
    subjects: Mapping[str, Resource]
    """Surviving Patient -> the ResearchSubject that stands for the person."""


def identify(patients: Mapping[str, Resource], research_subjects: Mapping[str, Resource]) -> Persons:
    """Both arguments by reference (`Type/id`). Raises Invalid on a link or individual that leads nowhere."""
    survivor = {reference: _survivor(reference, patients) for reference in patients}
    candidates: dict[str, list[str]] = defaultdict(list)
    for reference, subject in research_subjects.items():
        individual = subject["individual"]["reference"]
        if individual not in survivor:
            raise Invalid(f"{reference} is about {individual}, which is not in the world: write that Patient")
        candidates[survivor[individual]].append(reference)
    chosen = {
        patient: min(references, key=lambda r: (not is_enrolled(research_subjects[r]), r))
        for patient, references in candidates.items()
    }
    names = {reference: chosen.get(patient, patient) for reference, patient in survivor.items()}
    names |= {reference: chosen[patient] for patient, references in candidates.items() for reference in references}
    return Persons(
        survivor=survivor,
        names=dict(sorted(names.items())),
        subjects={patient: research_subjects[reference] for patient, reference in chosen.items()},
    )


def is_enrolled(research_subject: Resource) -> bool:
    return bool(research_subject.get("assignedArm") and research_subject.get("period", {}).get("start"))


def _survivor(reference: str, patients: Mapping[str, Resource]) -> str:
    passed: set[str] = set()
    while True:
        if reference in passed or reference not in patients:
            raise Invalid(f"the replaced-by links that lead to {reference} do not end at a Patient of the world")
        passed.add(reference)
        replaced_by = _replaced_by(patients[reference])
        if replaced_by is None:
            return reference
        reference = replaced_by


def _replaced_by(patient: Resource) -> str | None:
    for link in patient.get("link", ()):
        if link["type"] == "replaced-by":
            return str(link["other"]["reference"])
    return None
