"""A plan's subjects as `ehr_sandbox.probes.populations` compares them."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.random import PCG64

from ehr_sandbox.probes.chart_features import Features, table
from ehr_sandbox.probes.populations import (
    DEAD,
    MISSING,
    WITHOUT_EXTENSION,
    Person,
    Population,
    chosen,
    distinct,
    thinned,
)
from fhir_seed.trial_audit.plan import SubjectPlan, WorldPlan
from tests.leaks.best_feature import ranked_within

ABOUT_BIRTH = "birthday"
"""Features that a missing birth date takes away itself: flagging those is published, not bounded."""


def enrolled(plan: WorldPlan) -> list[SubjectPlan]:
    return [subject for subject in plan.subjects if subject.enrolment is not None]


def items_of(plan: WorldPlan) -> dict[str, list[str]]:
    """Kinds of items, by the id of the ResearchSubject."""
    found: dict[str, list[str]] = {}
    for item in plan.truth.items:
        found.setdefault(item.subject.removeprefix("ResearchSubject/"), []).append(item.kind)
    return found


def people(plan: WorldPlan) -> list[Person]:
    """The enrolled, by Patient reference."""
    items = items_of(plan)
    return [
        Person(f"Patient/{s.patient_id}", tuple(items.get(s.subject_id, ())), _meets(s, plan)) for s in enrolled(plan)
    ]


def _meets(subject: SubjectPlan, plan: WorldPlan) -> frozenset[str]:
    dead = subject.deceased is not None or subject.fatal_event is not None
    voided = subject.stage == 4 and subject.index > (plan.protocol.comorbidity_threshold or 0)
    return frozenset([DEAD] * dead + [WITHOUT_EXTENSION] * voided)


def population(kind: str, plans: Sequence[WorldPlan], features: Sequence[Mapping[str, Features]]) -> Population:
    """features: of each plan's subjects, by Patient reference."""
    rows: list[Features] = []
    labels, worlds = [], []
    words = PCG64(4)
    for number, (plan, found) in enumerate(zip(plans, features, strict=True)):
        for person, has_item in thinned(chosen(kind, people(plan)), words):
            rows.append({name: v for name, v in found[person].items() if kind != MISSING or ABOUT_BIRTH not in name})
            labels.append(has_item)
            worlds.append(number)
    names, matrix = table(rows)
    groups = np.array(worlds)
    return Population(*distinct(names, ranked_within(matrix, groups)), np.array(labels), groups)
