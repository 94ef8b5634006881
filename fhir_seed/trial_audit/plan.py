"""The plan of a world: what is true of each subject, before any FHIR is written.

Order: protocol -> people -> cells of both arms (hard) -> faults and traps -> rendering. The planner (`people`,
`cohort`, `faults`) fills these records; the renderer (`render/`) writes them as FHIR and invents the rest to agree.
Rows that rules read carry their resource id here, because truth items cite them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from tasks import Truth
from tasks.trial_audit import Protocol

Arm = Literal["control", "treatment"]
Sex = Literal["male", "female"]
Group = Literal["white", "black", "hispanic", "asian", "native_american", "pacific_islander", "unknown"]
"""hispanic: ethnicity Hispanic or Latino (any race); unknown: neither race nor ethnicity recorded."""
RowStatus = Literal["final", "amended", "corrected", "entered-in-error"]
AdministrationStatus = Literal["completed", "entered-in-error", "not-done"]


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant as the site's clock shows it: calendar day and minute of the day (0..1439) in the site's offset.

    written_offset: UTC offset in minutes in which it is written into the resource; None: written as a date only.
    """

    day: date
    minute: int
    written_offset: int | None


@dataclass(frozen=True, slots=True)
class StageRow:
    """One stage group Observation; stage 1..4."""

    id: str
    stage: int
    status: RowStatus
    effective: Moment
    issued: Moment


@dataclass(frozen=True, slots=True)
class IndexRow:
    """One comorbidity index Observation."""

    id: str
    value: int
    status: RowStatus
    effective: Moment
    issued: Moment


@dataclass(frozen=True, slots=True)
class Administration:
    """One MedicationAdministration of the study drug; cycle 1..6 (that aimed at, if the row does not count)."""

    id: str
    cycle: int
    status: AdministrationStatus
    effective: Moment


@dataclass(frozen=True, slots=True)
class FatalEvent:
    """The AdverseEvent with outcome fatal that also records the death."""

    id: str
    date: Moment


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A merged duplicate Patient (`link` replaced-by the subject's Patient). birth_date as written, or None."""

    id: str
    birth_date: str | None


@dataclass(frozen=True, slots=True)
class SubjectPlan:
    """One screened person. Tuples are in no meaningful order.

    enrolled subjects have arm and enrolment; screen failures have neither, no administrations and no stage rule.
    birth_date is written as given (`YYYY-MM-DD`, `YYYY-MM`, `YYYY`) or None. age_for_course: a plausible true age in
    years, for everything else that is rendered (comorbidities, labs, notes); texts never state age or birth date.
    screening: day of the screening visit (<= enrolment).
    """

    patient_id: str
    subject_id: str
    site: int
    """Index into `Protocol.sites`."""
    sex: Sex
    group: Group
    birth_date: str | None
    age_for_course: int
    arm: Arm | None
    screening: date
    enrolment: Moment | None
    stage: int
    """The stage that counts."""
    stage_rows: tuple[StageRow, ...]
    index: int
    """The comorbidity index that counts; the renderer writes comorbid Conditions in keeping with it."""
    index_rows: tuple[IndexRow, ...]
    administrations: tuple[Administration, ...]
    deceased: Moment | None
    """As written in Patient.deceasedDateTime; None: not recorded there."""
    fatal_event: FatalEvent | None
    duplicate: Duplicate | None


@dataclass(frozen=True, slots=True)
class WorldPlan:
    """now: the virtual instant of the episode, UTC `YYYY-MM-DDTHH:MM:SSZ`, after every recorded day but faults'."""

    protocol: Protocol
    now: str
    subjects: tuple[SubjectPlan, ...]
    truth: Truth
    """From the injector: what the faults and traps were."""
    notes: Mapping[str, str]
    """What the planner drew, for tests and reports (kind, shape, pattern, ...); never rendered."""
    open_to: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By finding type of section 8: ResearchSubjects among whom those with such an item were drawn at random."""
