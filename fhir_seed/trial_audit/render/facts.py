"""What the renderer knows beside the plan: the shared parts of the trial, and the invented course of one person."""

from dataclasses import dataclass
from datetime import date

from orjson import Fragment

from fhir_seed.trial_audit.render.cancers import Cancer
from fhir_seed.trial_audit.render.comorbidity import Comorbidity
from fhir_seed.trial_audit.render.medicines import Medicine
from fhir_seed.trial_audit.render.places import Place
from fhir_seed.trial_audit.render.when import SiteClock
from tasks.trial_audit import Protocol, Site


@dataclass(frozen=True, slots=True)
class Clinician:
    id: str
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
    """Tenths of kg, cm and kg/m2; whole mm[Hg]."""

    weight: int
    height: int
    bmi: int
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


@dataclass(frozen=True, slots=True)
class Event:
    """A non-fatal adverse event; admission: the inpatient stay of a serious one."""

    id: str
    term: int
    severity: str
    outcome: str
    day: date
    minute: int
    ends: date
    """The day it was over, if it resolved."""
    administration: str
    admission: Visit | None
    admission_days: int
    diagnosis_id: str


@dataclass(frozen=True, slots=True)
class Course:
    """Everything invented about one person. baseline: None for a screen failure."""

    clinician: Clinician
    consent_id: str
    screening: Visit
    baseline: Visit | None
    treatments: tuple[tuple[str, Visit], ...]
    """(administration id, visit) of completed rows, by time."""
    cancer_id: str
    cancer_onset: date
    problems: tuple[Problem, ...]
    prescriptions: tuple[Prescription, ...]
    order_id: str
    withdrew: bool
    """Left the study alive before the last cycle; of no meaning for the dead and those who had all cycles."""
    vitals: Vitals
    ecog: int
    smoking: str
    labs: tuple[int, ...]
    """Values of `labs.PANEL`."""
    events: tuple[Event, ...]
