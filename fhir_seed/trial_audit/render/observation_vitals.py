"""Vital signs: weight, height, body mass index, blood pressure."""

from orjson import Fragment

from fhir_seed.codes import concept
from fhir_seed.trial_audit.render import profiles
from fhir_seed.trial_audit.render.facts import Course, Pressure, Visit, Vitals, Weighed
from fhir_seed.trial_audit.render.medicines import quantity
from fhir_seed.trial_audit.render.written import Json, decimal, fixed

_VITAL_SIGNS = fixed([concept("observation-category", "vital-signs")])
_WEIGHT = fixed(concept("loinc", "29463-7", "Body weight"))
_HEIGHT = fixed(concept("loinc", "8302-2", "Body height"))
_BODY_MASS_INDEX = fixed(concept("loinc", "39156-5", "Body mass index"))
_BLOOD_PRESSURE = fixed(concept("loinc", "85354-9", "Blood pressure"))
_SYSTOLIC = fixed(concept("loinc", "8480-6", "Systolic blood pressure"))
_DIASTOLIC = fixed(concept("loinc", "8462-4", "Diastolic blood pressure"))


def vital_observations(vitals: Vitals, taken: str, visit: Visit, subject: Fragment, course: Course) -> list[Json]:
    """Of the screening visit."""
    weight, height, index, pressure = (_vital(identity, taken, visit, subject, course) for identity in vitals.ids)
    weight |= _measured(profiles.WEIGHT, _WEIGHT, vitals.weight, "kg")
    height |= _measured(profiles.HEIGHT, _HEIGHT, vitals.height, "cm")
    index |= _measured(profiles.BODY_MASS_INDEX, _BODY_MASS_INDEX, vitals.bmi, "kg/m2")
    pressure |= _panel(vitals.systolic, vitals.diastolic)
    return [weight, height, index, pressure]


def weight_observation(seen: Weighed, taken: str, visit: Visit, subject: Fragment, course: Course) -> Json:
    """Of a treatment visit."""
    return _vital(seen.id, taken, visit, subject, course) | _measured(
        profiles.WEIGHT, _WEIGHT, seen.weight if seen.shown is None else seen.shown, seen.unit
    )


def pressure_observation(seen: Pressure, taken: str, subject: Fragment, course: Course) -> Json:
    """Of a baseline or treatment visit."""
    return _vital(seen.id, taken, seen.visit, subject, course) | _panel(seen.systolic, seen.diastolic)


def _panel(systolic: int, diastolic: int) -> Json:
    return {
        "meta": profiles.BLOOD_PRESSURE,
        "code": _BLOOD_PRESSURE,
        "component": [
            {"code": _SYSTOLIC, "valueQuantity": quantity(systolic, "mm[Hg]")},
            {"code": _DIASTOLIC, "valueQuantity": quantity(diastolic, "mm[Hg]")},
        ],
    }


def _measured(profile: Fragment, code: Fragment, tenths: int, unit: str) -> Json:
    return {"meta": profile, "code": code, "valueQuantity": quantity(decimal(tenths, 1), unit)}


def _vital(identity: str, taken: str, visit: Visit, subject: Fragment, course: Course) -> Json:
    return {
        "resourceType": "Observation",
        "id": identity,
        "status": "final",
        "category": _VITAL_SIGNS,
        "subject": subject,
        "encounter": visit.reference,
        "effectiveDateTime": taken,
        "performer": [course.nurse.reference],
    }
