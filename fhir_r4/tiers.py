"""Dependency tiers: a resource refers only to its own tier or a lower one, so worlds are written tier by tier."""

TIERS: dict[str, int] = {
    "Organization": 0,
    "Practitioner": 0,
    "Location": 1,
    "PractitionerRole": 2,
    "Patient": 2,
    "ResearchStudy": 3,
    "Encounter": 3,
    "Consent": 3,
    "ResearchSubject": 4,
    "Condition": 4,
    "AllergyIntolerance": 4,
    "Procedure": 4,
    "Observation": 5,
    "MedicationRequest": 5,
    "MedicationAdministration": 6,
    "AdverseEvent": 7,
    "DocumentReference": 7,
}
