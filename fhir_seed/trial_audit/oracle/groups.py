"""The group of clause 6.2, from the US Core race and ethnicity of a Patient.

https://hl7.org/fhir/us/core/STU6.1/StructureDefinition-us-core-race.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

_RACE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-race"
_ETHNICITY = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-ethnicity"
_CDC_RACE_AND_ETHNICITY = "urn:oid:2.16.840.1.113883.6.238"
_HISPANIC_OR_LATINO = "2135-2"


def recorded_groups(patient: Mapping[str, Any]) -> tuple[str, ...]:
    """OMB codes of the group; empty: not recorded (unknown and asked-but-unknown are no category).

    More than one: several races, which clause 6.2 does not put in a group.
    """
    if _HISPANIC_OR_LATINO in _categories(patient, _ETHNICITY):
        return (_HISPANIC_OR_LATINO,)
    return tuple(sorted(set(_categories(patient, _RACE))))


def _categories(patient: Mapping[str, Any], url: str) -> Iterator[str]:
    for extension in patient.get("extension", ()):
        if extension["url"] != url:
            continue
        for part in extension.get("extension", ()):
            coding = part.get("valueCoding", {})
            if part["url"] == "ombCategory" and coding.get("system") == _CDC_RACE_AND_ETHNICITY:
                yield coding["code"]
