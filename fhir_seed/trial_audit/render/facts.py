"""What the renderer knows beside the plan: the shared parts of the trial, and the invented course of one person."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from orjson import Fragment

from fhir_seed.trial_audit.render.cancers import Cancer
from fhir_seed.trial_audit.render.comorbidity import Comorbidity
from fhir_seed.trial_audit.render.labs import Lab
from fhir_seed.trial_audit.render.medicines import Medicine
from fhir_seed.trial_audit.render.places import Place
from fhir_seed.trial_audit.render.when import SiteClock
from tasks.trial_audit import Protocol, Site

ResultStatus = Literal["final", "amended", "corrected", "entered-in-error", "preliminary", "cancelled"]
Response = Literal["response", "stable", "progression"]
"""How the disease answers the treatment."""
Lowered = Literal["neutrophils", "platelets", "event"]
"""Why the dosing rule lowered a dose."""


@dataclass(frozen=True, slots=True)
class Clinician:
    """title: MD or RN."""

    id: str
    title: str
    family: str
    given: str
    sex: str
    npi: str
    phone: str
    reference: Fragment


@dataclass(frozen=True, slots=True)
class SiteFacts:
    site: Site
    clock: SiteClock
    place: Place
    street: str
    postal: str
    phone: str
    npi: str
    organization_id: str
    organization: Fragment
    """Reference, as location is."""
    location_id: str
    location: Fragment
    clinicians: tuple[Clinician, ...]
    """Investigators."""
    nurses: tuple[Clinician, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """last_day: no invented date is later. dose: of the study drug, mg."""

    protocol: Protocol
    study_id: str
    study: Fragment
    document_id: str
    sponsor_id: str
    sponsor: Fragment
    sponsor_npi: str
    sponsor_place: Place
    registration: str
    first_day: date
    last_day: date
    drug: Fragment
    dose: int
    cancer: Cancer
    cancer_concept: Fragment
    sites: tuple[SiteFacts, ...]


@dataclass(frozen=True, slots=True)
class Visit:
    """start, end: minutes of the day at the site; end may run past midnight. number: as the site counts visits."""

    id: str
    reference: Fragment
    kind: str
    day: date
    start: int
    end: int
    number: str


@dataclass(frozen=True, slots=True)
class Vitals:
    """At screening: tenths of kg, cm and kg/m2; whole mm[Hg]. ids: of weight, height, index and blood pressure."""

    ids: tuple[str, str, str, str]
    weight: int
    height: int
    bmi: int
    systolic: int
    diastolic: int


@dataclass(frozen=True, slots=True)
class Pressure:
    """A blood pressure of a later visit, whole mm[Hg]."""

    id: str
    visit: Visit
    systolic: int
    diastolic: int


@dataclass(frozen=True, slots=True)
class Problem:
    """A comorbid condition in the problem list."""

    id: str
    what: Comorbidity
    onset: date
    recorded: date
    resolved: date | None


@dataclass(frozen=True, slots=True)
class Prescription:
    id: str
    what: Medicine
    problem: str | None
    """Id of the Condition that it treats; None: given with the infusions."""
    stopped: date | None = None
    """The last day of its use, if it was stopped."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A medicine beside the prescriptions, from one day to another; last: None if it is taken on."""

    what: Medicine
    first: date
    last: date | None


@dataclass(frozen=True, slots=True)
class Result:
    """One laboratory result. value: in 10**-lab.places of the unit; minutes of the day at the site, where the blood was
    drawn and where the laboratory reported. visit: the encounter that it belongs to; None: drawn on a day before it.
    """

    id: str
    lab: Lab
    value: int
    day: date
    minute: int
    issued_day: date
    issued_minute: int
    status: ResultStatus = "final"
    visit: Visit | None = None


@dataclass(frozen=True, slots=True)
class Weighed:
    """A body weight, taken when the treatment visit starts; tenths of kg.

    shown: what is written into the chart instead, in tenths of the unit; unit: UCUM.
    """

    id: str
    weight: int
    shown: int | None = None
    unit: str = "kg"


@dataclass(frozen=True, slots=True)
class Performance:
    """An ECOG performance status, 0 to 4. note: id of the visit's note; noted: what it says instead; remark: beside."""

    id: str
    score: int
    note: str
    noted: int | None = None
    remark: str = ""

    @property
    def words(self) -> str:
        """As the note of the visit says it."""
        stated = self.score if self.noted is None else self.noted
        return f"ECOG performance status {stated} today{self.remark}"


@dataclass(frozen=True, slots=True)
class Cycle:
    """A treatment visit at which the study drug was given.

    day, minute: of the dose, at the site. level: by the dosing rule, index into DOSE_LEVELS; dose: mg given, which is
    the rule's unless a fault says otherwise. lowered: why the level is one lower than in the cycle before, if it is.
    results: drawn before the dose, on its day or up to two days earlier.
    """

    administration: str
    number: int
    visit: Visit
    day: date
    minute: int
    level: int
    dose: int
    lowered: Lowered | None
    weight: Weighed
    results: tuple[Result, ...]
    performance: Performance | None
    """At the visits where the disease is assessed anew."""

    def result(self, lab: Lab) -> Result | None:
        """The one of that test; None if there is none."""
        return next((one for one in self.results if one.lab is lab), None)


@dataclass(frozen=True, slots=True)
class Event:
    """A non-fatal adverse event; admission: the inpatient stay of a serious one, with its laboratory results.

    heard: minutes from the onset to when the site hears of it; written: from then to its record.
    """

    id: str
    term: int
    severity: str
    outcome: str
    day: date
    minute: int
    heard: int
    written: int
    ends: date
    """The day it was over, if it resolved."""
    administration: str
    admission: Visit | None
    admission_days: int
    diagnosis_id: str
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """Everything invented about one person. baseline: None for a screen failure.

    clinician: the investigator in charge; nurse: who measures and infuses.
    """

    clinician: Clinician
    nurse: Clinician
    consent_id: str
    screening: Visit
    baseline: Visit | None
    cycles: tuple[Cycle, ...]
    """Of completed rows, by time."""
    cancer_id: str
    cancer_onset: date
    problems: tuple[Problem, ...]
    prescriptions: tuple[Prescription, ...]
    order_id: str
    withdrew: bool
    """Left the study alive before the last cycle; of no meaning for the dead and those who had all cycles."""
    vitals: Vitals
    performance: Performance
    smoking: str
    labs: tuple[Result, ...]
    """At screening, in the order of `labs.PANEL`."""
    response: Response
    events: tuple[Event, ...]
    """By day."""
    pressures: tuple[Pressure, ...] = ()
    """After screening, by time; some visits have none."""

    further: tuple[Taken, ...] = ()
    """Medicines in the order in which they were begun."""

    def pressure_at(self, visit: Visit) -> Pressure | None:
        return next((one for one in self.pressures if one.visit.id == visit.id), None)
