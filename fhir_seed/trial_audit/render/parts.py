"""Small parts that many resources share: names, addresses, identifiers."""

from typing import Any

from orjson import Fragment

from fhir_seed.codes import coding
from fhir_seed.trial_audit.render.places import Place
from fhir_seed.trial_audit.render.written import fixed

NPI = "http://hl7.org/fhir/sid/us-npi"
MRN = "http://ehr-sandbox.example/fhir/sid/mrn"
ENCOUNTER_NUMBER = "http://ehr-sandbox.example/fhir/sid/encounter"
SUBJECT_NUMBER = "http://ehr-sandbox.example/fhir/sid/subject"
STUDY_NUMBER = "http://ehr-sandbox.example/fhir/sid/study"
DOCUMENT_NUMBER = "http://ehr-sandbox.example/fhir/sid/document"

MRN_TYPE = fixed({"coding": [coding("identifier-type", "MR")], "text": "Medical record number"})


def identifier(system: str, value: str) -> list[dict[str, Any]]:
    return [{"system": system, "value": value}]


def phone(number: str, use: str) -> list[dict[str, Any]]:
    return [{"system": "phone", "use": use, "value": number}]


def address(street: str, place: Place, postal: str, use: str) -> dict[str, Any]:
    """US Core binds `state` to the states of the US; the region of another country is a `district`."""
    region = {"state" if place.country == "US" else "district": place.region}
    return (
        {"use": use, "line": [street], "city": place.city} | region | {"postalCode": postal, "country": place.country}
    )


def text_concept(text: str) -> Fragment:
    """A concept without a code: none of the table's says it."""
    return fixed({"text": text})
