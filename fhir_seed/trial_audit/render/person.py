"""All resources of one person, in the order in which they are drawn."""

from collections.abc import Iterator
from dataclasses import dataclass

from orjson import Fragment

from fhir_seed.trial_audit.plan import SubjectPlan
from fhir_seed.trial_audit.render import notes
from fhir_seed.trial_audit.render.adverse_event import TERMS, adverse_event, fatal_event
from fhir_seed.trial_audit.render.condition import cancer_condition, comorbid_condition, event_diagnosis
from fhir_seed.trial_audit.render.consent import research_consent
from fhir_seed.trial_audit.render.course import draw_course
from fhir_seed.trial_audit.render.document_reference import HISTORY_AND_PHYSICAL, PROGRESS, clinical_note
from fhir_seed.trial_audit.render.encounter import admission_encounter, visit_encounter
from fhir_seed.trial_audit.render.facts import Course, SiteFacts, Trial, Visit
from fhir_seed.trial_audit.render.labs import PANEL
from fhir_seed.trial_audit.render.medication_administration import study_administration
from fhir_seed.trial_audit.render.medication_request import concomitant_request, study_order
from fhir_seed.trial_audit.render.numbers import Numbers
from fhir_seed.trial_audit.render.observation_laboratory import laboratory_observation
from fhir_seed.trial_audit.render.observation_status import ecog_observation, smoking_observation
from fhir_seed.trial_audit.render.observation_trial import index_observation, stage_observation
from fhir_seed.trial_audit.render.observation_vitals import vital_observations
from fhir_seed.trial_audit.render.patient import draw_registration, merged_duplicate, subject_patient
from fhir_seed.trial_audit.render.research_subject import research_subject
from fhir_seed.trial_audit.render.streams import Streams
from fhir_seed.trial_audit.render.written import Json, reference

_NOTED_VISITS = slice(None, None, 2)
"""A progress note at every second treatment visit, from the first."""


@dataclass(frozen=True, slots=True)
class _Person:
    plan: SubjectPlan
    subject: Fragment
    course: Course
    site: SiteFacts
    trial: Trial


def person_resources(streams: Streams, numbers: Numbers, trial: Trial, plan: SubjectPlan) -> Iterator[Json]:
    site = trial.sites[plan.site]
    course = draw_course(streams, trial, site, plan)
    person = _Person(plan, reference("Patient", plan.patient_id), course, site, trial)
    yield from _registration(person, streams, numbers)
    yield research_subject(plan, numbers.subject(), person.subject, course, site, trial)
    yield research_consent(person.subject, course, site)
    yield from _encounters(person)
    yield cancer_condition(person.subject, course, trial)
    yield from (comorbid_condition(problem, person.subject, course) for problem in course.problems)
    yield from (stage_observation(row, person.subject, course, site) for row in plan.stage_rows)
    yield from (index_observation(row, person.subject, course, site) for row in plan.index_rows)
    yield from _measurements(person, streams)
    yield from _medication(person)
    yield from _events(person)
    yield from _notes(person, streams)


def _registration(person: _Person, streams: Streams, numbers: Numbers) -> Iterator[Json]:
    plan, site = person.plan, person.site
    desk = draw_registration(streams.people, plan, site, numbers.mrn())
    yield subject_patient(plan, desk, person.course.clinician, site)
    if plan.duplicate is not None:
        yield merged_duplicate(plan.duplicate, plan, desk, numbers.mrn(), person.subject, site)


def _encounters(person: _Person) -> Iterator[Json]:
    course = person.course
    visits = [course.screening, *([course.baseline] if course.baseline else []), *(v for _, v in course.treatments)]
    for visit in visits:
        yield visit_encounter(visit, person.subject, course, person.site, person.trial)


def _measurements(person: _Person, streams: Streams) -> Iterator[Json]:
    ids, course, site, subject = streams.ids, person.course, person.site, person.subject
    visit = course.screening
    seen = site.clock.at(visit.day, visit.start + 15)
    yield from vital_observations([ids.identifier() for _ in range(4)], course.vitals, seen, visit, subject, course)
    yield ecog_observation(ids.identifier(), seen, visit, subject, course)
    yield smoking_observation(ids.identifier(), seen, visit, subject, course)
    taken = site.clock.at(visit.day, visit.start + 40)
    issued = site.clock.at(visit.day, visit.end + streams.values.integer(60, 300))
    for lab, value in zip(PANEL, course.labs, strict=True):
        yield laboratory_observation(ids.identifier(), lab, value, taken, issued, visit, subject, site)


def _medication(person: _Person) -> Iterator[Json]:
    plan, course, site, subject, trial = person.plan, person.course, person.site, person.subject, person.trial
    if course.baseline is not None:
        yield study_order(plan, course.baseline, subject, course, site, trial)
    for row in course.prescriptions:
        yield concomitant_request(row, subject, course, site)
    given = dict(course.treatments)
    for dose in plan.administrations:
        visit = given.get(dose.id) or _visit_before(course, dose.effective.day.toordinal())
        yield study_administration(dose, visit, subject, course, site, trial)


def _visit_before(course: Course, day: int) -> Visit:
    """Where a row that does not count was written: the latest visit up to that day, else the screening visit."""
    visits = [course.screening, *([course.baseline] if course.baseline else []), *(v for _, v in course.treatments)]
    return max((v for v in visits if v.day.toordinal() <= day), key=lambda v: v.day, default=course.screening)


def _events(person: _Person) -> Iterator[Json]:
    plan, course, site, subject, trial = person.plan, person.course, person.site, person.subject, person.trial
    for event in course.events:
        yield adverse_event(event, subject, course, site, trial)
        if event.admission is not None:
            what = TERMS[event.term].concept
            yield admission_encounter(event.admission, event, what, subject, course, site)
            yield event_diagnosis(event, event.admission, what, subject, course, site)
    if plan.fatal_event is not None:
        yield fatal_event(plan.fatal_event, subject, course, site, trial)


def _notes(person: _Person, streams: Streams) -> Iterator[Json]:
    plan, course, site, subject, trial = person.plan, person.course, person.site, person.subject, person.trial
    stream, ids = streams.notes, streams.ids
    text = notes.screening_text(stream, plan, course, site, trial)
    kind, visit = HISTORY_AND_PHYSICAL, course.screening
    yield clinical_note(ids.identifier(), ids.identifier(), kind, text, visit, subject, course, site)
    for _, visit in course.treatments[_NOTED_VISITS]:
        text = notes.treatment_text(stream, course, site, trial)
        yield clinical_note(ids.identifier(), ids.identifier(), PROGRESS, text, visit, subject, course, site)
