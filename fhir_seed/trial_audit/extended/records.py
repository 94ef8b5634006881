"""What a chart holds beside its course where the protocol has sections 7 and 8, and a person while it is drawn."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.plan import SubjectPlan
from fhir_seed.trial_audit.render.facts import Course, Cycle, Prescription, Result, Trial, Visit
from fhir_seed.trial_audit.render.ids import Ids
from fhir_seed.trial_audit.render.labs import Lab
from fhir_seed.trial_audit.render.medicines import MEDICINES
from tasks.trial_audit import ExtendedRules

ConsentStatus = Literal["active", "entered-in-error"]
ProcedureStatus = Literal["completed", "not-done", "entered-in-error"]
OrderStatus = Literal["active", "completed", "stopped", "cancelled", "entered-in-error"]
IN_FORCE: frozenset[OrderStatus] = frozenset({"active", "completed", "stopped"})


@dataclass(frozen=True, slots=True)
class Signed:
    """A further Consent to take part in research."""

    id: str
    day: date
    minute: int
    status: ConsentStatus


@dataclass(frozen=True, slots=True)
class Done:
    """A Procedure. study: done for the study; else care that the subject would have had without it."""

    id: str
    what: str
    """`study-biopsy`, or a SNOMED CT code of care."""
    study: bool
    day: date
    minute: int
    status: ProcedureStatus = "completed"


@dataclass(frozen=True, slots=True)
class Allergy:
    """code: RxNorm ingredient."""

    id: str
    code: str
    group: str
    recorded: date
    minute: int
    type: Literal["allergy", "intolerance"] = "allergy"
    criticality: Literal["high", "low"] = "high"
    clinical: Literal["active", "resolved"] = "active"
    verification: Literal["confirmed", "refuted", "entered-in-error"] = "confirmed"

    @property
    def counts(self) -> bool:
        return (self.type, self.criticality, self.clinical, self.verification) == (
            "allergy",
            "high",
            "active",
            "confirmed",
        )


@dataclass(frozen=True, slots=True)
class Ordered:
    """A further MedicationRequest. reason: words of a problem of the person, or a complaint; visit: None if it was
    ordered elsewhere; end: of its use, if known; prior: id of the order that it replaces.
    """

    id: str
    code: str
    group: str
    reason: str
    day: date
    minute: int
    visit: Visit | None
    end: date | None = None
    status: OrderStatus = "active"
    prior: str | None = None

    @property
    def counts(self) -> bool:
        return self.status in IN_FORCE


@dataclass(frozen=True, slots=True)
class Slip:
    """A weight that was entered in error beside the right one; tenths of kg."""

    id: str
    shown: int
    visit: Visit


@dataclass(frozen=True, slots=True)
class Identity:
    """member: number of the health plan, one for a family. The rest is instead of what was registered."""

    member: str
    family: str | None = None
    given: tuple[str, ...] = ()
    race: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Extra:
    identity: Identity
    consents: tuple[Signed, ...] = ()
    procedures: tuple[Done, ...] = ()
    allergies: tuple[Allergy, ...] = ()
    orders: tuple[Ordered, ...] = ()
    results: tuple[Result, ...] = ()
    slips: tuple[Slip, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """One subject of the plan. looks: look-alikes, as (type, family)."""

    plan: SubjectPlan
    course: Course
    extra: Extra
    looks: frozenset[tuple[str, str]] = field(default_factory=frozenset)

    @property
    def enrolled(self) -> date | None:
        return self.plan.enrolment.day if self.plan.enrolment else None

    def looking(self, type_: str, family: str) -> "Person":
        """A screen failure is no look-alike: no rule is about it."""
        return replace(self, looks=self.looks | {(type_, family)}) if self.plan.enrolment else self

    def with_course(self, **changes: Any) -> "Person":
        return replace(self, course=replace(self.course, **changes))

    def with_extra(self, **changes: Any) -> "Person":
        return replace(self, extra=replace(self.extra, **changes))

    def having(self, **more: Any) -> "Person":
        """One further record per keyword."""
        return self.with_extra(**{name: (*getattr(self.extra, name), record) for name, record in more.items()})

    def with_cycle(self, cycle: Cycle) -> "Person":
        cycles = [cycle if one.administration == cycle.administration else one for one in self.course.cycles]
        return self.with_course(cycles=tuple(cycles))

    def with_screening_result(self, result: Result) -> "Person":
        return self.with_course(labs=tuple(result if one.id == result.id else one for one in self.course.labs))

    def visit_on(self, day: date) -> Visit | None:
        """The first one of that day."""
        return next((visit for visit in self.visits if visit.day == day), None)

    @property
    def visits(self) -> list[Visit]:
        """By day."""
        course = self.course
        baseline = [course.baseline] if course.baseline else []
        return [course.screening, *baseline, *(cycle.visit for cycle in course.cycles)]

    def screening_result(self, lab: Lab) -> Result:
        return next(one for one in self.course.labs if one.lab is lab)

    def results(self, lab: Lab) -> list[Result]:
        """All rows of a test, whatever their status."""
        course = self.course
        later = [*(cycle.results for cycle in course.cycles), *(event.results for event in course.events)]
        return [one for group in (course.labs, *later, self.extra.results) for one in group if one.lab is lab]


@dataclass(frozen=True, slots=True)
class Setting:
    """What is the same for everyone, and the randomness of one part."""

    trial: Trial
    rules: ExtendedRules
    stream: Stream
    ids: Ids

    def group(self, code: str) -> str:
        """The medicine of Appendix B."""
        return next(group.name for group in self.rules.medicines if code in group.codes)

    def codes(self, group: str) -> tuple[str, ...]:
        return next(one.codes for one in self.rules.medicines if one.name == group)

    def products(self, group: str) -> list[str]:
        """Codes of the group that can be ordered."""
        return [code for code in self.codes(group) if code in MEDICINES]

    def limit(self, group: str) -> int | None:
        """Of creatinine, hundredths of mg/dL."""
        return next(one.creatinine_limit for one in self.rules.medicines if one.name == group)

    @property
    def prohibited(self) -> list[str]:
        return [one.name for one in self.rules.medicines if one.prohibited]


def product_of(row: Prescription) -> str:
    """RxNorm code of what the course prescribes."""
    return next(code for code, medicine in MEDICINES.items() if medicine is row.what)


def with_results(cycle: Cycle, results: Iterable[Result]) -> Cycle:
    """The cycle with those of its results replaced that have the same id."""
    changed = {one.id: one for one in results}
    return replace(cycle, results=tuple(changed.get(one.id, one) for one in cycle.results))
