"""meta.profile of each kind of resource: US Core 6.1.0 where a profile fits. http://hl7.org/fhir/us/core/STU6.1"""

from fhir_seed.trial_audit.render.written import fixed


def _us_core(name: str) -> dict[str, list[str]]:
    return {"profile": [f"http://hl7.org/fhir/us/core/StructureDefinition/us-core-{name}"]}


PATIENT = fixed(_us_core("patient"))
ENCOUNTER = fixed(_us_core("encounter"))
PROBLEM = fixed(_us_core("condition-problems-health-concerns"))
DIAGNOSIS = fixed(_us_core("condition-encounter-diagnosis"))
MEDICATION_REQUEST = fixed(_us_core("medicationrequest"))
ALLERGY = fixed(_us_core("allergyintolerance"))
PROCEDURE = fixed(_us_core("procedure"))
NOTE = fixed(_us_core("documentreference"))
ORGANIZATION = fixed(_us_core("organization"))
LOCATION = fixed(_us_core("location"))
PRACTITIONER = fixed(_us_core("practitioner"))

LABORATORY = fixed(_us_core("observation-lab"))
CLINICAL_RESULT = fixed(_us_core("observation-clinical-result"))
ASSESSMENT = fixed(_us_core("observation-screening-assessment"))
SMOKING = fixed(_us_core("smokingstatus"))
BLOOD_PRESSURE = fixed(_us_core("blood-pressure"))
WEIGHT = fixed(_us_core("body-weight"))
HEIGHT = fixed(_us_core("body-height"))
BODY_MASS_INDEX = fixed(_us_core("bmi"))
