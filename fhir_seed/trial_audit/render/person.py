"""All resources of one person, in the order in which they are drawn."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from orjson import Fragment

from fhir_seed.trial_audit.plan import SubjectPlan
from fhir_seed.trial_audit.render import notes
from fhir_seed.trial_audit.render.adverse_event import adverse_event, fatal_event
from fhir_seed.trial_audit.render.condition import cancer_condition, comorbid_condition, event_diagnosis
from fhir_seed.trial_audit.render.consent import research_consent
from fhir_seed.trial_audit.render.document_reference import HISTORY_AND_PHYSICAL, PROGRESS, clinical_note
from fhir_seed.trial_audit.render.encounter import admission_encounter, visit_encounter
from fhir_seed.trial_audit.render.facts import Course, Cycle, SiteFacts, Trial, Visit
from fhir_seed.trial_audit.render.medication_administration import study_administration
from fhir_seed.trial_audit.render.medication_request import concomitant_request, study_order
from fhir_seed.trial_audit.render.numbers import Numbers
from fhir_seed.trial_audit.render.observation_laboratory import laboratory_observations
from fhir_seed.trial_audit.render.observation_status import ecog_observation, smoking_observation
from fhir_seed.trial_audit.render.observation_trial import index_observation, stage_observation
from fhir_seed.trial_audit.render.observation_vitals import pressure_observation, vital_observations, weight_observation
from fhir_seed.trial_audit.render.patient import draw_registration, merged_duplicate, subject_patient
from fhir_seed.trial_audit.render.research_subject import research_subject
from fhir_seed.trial_audit.render.streams import Streams
from fhir_seed.trial_audit.render.terms import TERMS
from fhir_seed.trial_audit.render.written import Json, reference

_NOTED = frozenset({1, 3})
"""Cycles with a progress note; where the dose is lowered there is one too."""


@dataclass(frozen=True, slots=True)
class _Person:
    plan: SubjectPlan
    subject: Fragment
    course: Course
    site: SiteFacts
    trial: Trial


def person_resources(
    streams: Streams, numbers: Numbers, trial: Trial, plan: SubjectPlan, course: Course
) -> Iterator[Json]:
    site = trial.sites[plan.site]
    person = _Person(plan, reference("Patient", plan.patient_id), course, site, trial)
    yield from _registration(person, streams, numbers)
    yield research_subject(plan, numbers.subject(), person.subject, course, site, trial)
    yield research_consent(person.subject, course, site)
    yield from _encounters(person)
    yield cancer_condition(person.subject, course, trial)
    yield from (comorbid_condition(problem, person.subject, course) for problem in course.problems)
    yield from (stage_observation(row, person.subject, course, site) for row in plan.stage_rows)
    yield from (index_observation(row, person.subject, course, site) for row in plan.index_rows)
    yield from _screening_measurements(person, streams)
    yield from _pressures(person)
    yield from _medication(person)
    for cycle in course.cycles:
        yield from _cycle_measurements(person, cycle)
    yield from _events(person)
    yield from _notes(person, streams)


def _registration(person: _Person, streams: Streams, numbers: Numbers) -> Iterator[Json]:
    plan, site = person.plan, person.site
    desk = draw_registration(streams.people, plan, site, numbers.mrn())
    yield subject_patient(plan, desk, person.course.clinician, site)
    if plan.duplicate is not None:
        yield merged_duplicate(plan.duplicate, plan, desk, numbers.mrn(), person.subject, site)


def _visits(course: Course) -> list[Visit]:
    return [course.screening, *([course.baseline] if course.baseline else []), *(c.visit for c in course.cycles)]


def _encounters(person: _Person) -> Iterator[Json]:
    for visit in _visits(person.course):
        yield visit_encounter(visit, person.subject, person.course, person.site, person.trial)


def _screening_measurements(person: _Person, streams: Streams) -> Iterator[Json]:
    course, site, subject = person.course, person.site, person.subject
    visit = course.screening
    seen = site.clock.at(visit.day, visit.start + 15)
    yield from vital_observations(course.vitals, seen, visit, subject, course)
    yield ecog_observation(course.performance, seen, visit, subject, course)
    yield smoking_observation(streams.row_ids.identifier(), seen, visit, subject, course)
    yield from laboratory_observations(course.labs, subject, site)


def _pressures(person: _Person) -> Iterator[Json]:
    """Of later visits, taken when they start."""
    course, site = person.course, person.site
    for seen in course.pressures:
        taken = site.clock.at(seen.visit.day, seen.visit.start + 4)
        yield pressure_observation(seen, taken, person.subject, course)


def _cycle_measurements(person: _Person, cycle: Cycle) -> Iterator[Json]:
    course, site, subject, visit = person.course, person.site, person.subject, cycle.visit
    seen = site.clock.at(visit.day, visit.start + 4)
    yield weight_observation(cycle.weight, seen, visit, subject, course)
    if cycle.performance is not None:
        yield ecog_observation(cycle.performance, seen, visit, subject, course)
    yield from laboratory_observations(cycle.results, subject, site)


def _medication(person: _Person) -> Iterator[Json]:
    plan, course, site, subject, trial = person.plan, person.course, person.site, person.subject, person.trial
    if course.baseline is not None:
        yield study_order(plan, course.baseline, subject, course, site, trial)
    for prescription in course.prescriptions:
        yield concomitant_request(prescription, subject, course, site)
    given = {cycle.administration: cycle for cycle in course.cycles}
    for row in plan.administrations:
        cycle = given.get(row.id)
        visit = cycle.visit if cycle else _visit_before(course, row.effective.day)
        dose = cycle.dose if cycle else _dose_before(course, row.effective.day, trial)
        yield study_administration(row, dose, visit, subject, course, site, trial)


def _visit_before(course: Course, day: date) -> Visit:
    """Where a row that does not count was written: the latest visit up to that day, else the screening visit."""
    return max((v for v in _visits(course) if v.day <= day), key=lambda v: v.day, default=course.screening)


def _dose_before(course: Course, day: date, trial: Trial) -> int:
    """What a row that does not count says was given."""
    return next((cycle.dose for cycle in reversed(course.cycles) if cycle.day <= day), trial.dose)


def _events(person: _Person) -> Iterator[Json]:
    plan, course, site, subject, trial = person.plan, person.course, person.site, person.subject, person.trial
    for event in course.events:
        yield adverse_event(event, subject, course, site, trial)
        if event.admission is not None:
            what = TERMS[event.term].concept
            yield admission_encounter(event.admission, event, what, subject, course, site)
            yield event_diagnosis(event, event.admission, what, subject, course, site)
            yield from laboratory_observations(event.results, subject, site)
    if plan.fatal_event is not None:
        yield fatal_event(plan.fatal_event, subject, course, site, trial)


def has_note(cycle: Cycle) -> bool:
    return cycle.number in _NOTED or cycle.lowered is not None


def _notes(person: _Person, streams: Streams) -> Iterator[Json]:
    plan, course, site, subject, trial = person.plan, person.course, person.site, person.subject, person.trial
    stream, ids = streams.notes, streams.row_ids
    text = notes.screening_text(stream, plan, course, site, trial)
    kind, visit = HISTORY_AND_PHYSICAL, course.screening
    yield clinical_note(course.performance.note, ids.identifier(), kind, text, visit, subject, course, site)
    for place, cycle in enumerate(course.cycles):
        if has_note(cycle):
            text = notes.treatment_text(stream, place, course, site, trial)
            note = cycle.performance.note if cycle.performance else ids.identifier()
            yield clinical_note(note, ids.identifier(), PROGRESS, text, cycle.visit, subject, course, site)
