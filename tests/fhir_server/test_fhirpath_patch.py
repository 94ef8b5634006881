from typing import Any

import pytest

from fhir_r4 import Invalid
from fhir_server.fhirpath_patch import apply_fhirpath_patch

PATIENT: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "a",
    "gender": "male",
    "deceasedBoolean": False,
    "name": [{"use": "official", "family": "A", "given": ["x", "y"]}, {"use": "usual", "given": ["z"]}],
    "telecom": [{"system": "phone", "value": "1"}, {"system": "email", "value": "2"}],
    "contact": [{"gender": "male"}],
    "extension": [{"url": "http://e", "valueString": "s"}],
}


def operation(kind: str, path: str, name: str = "", value: Any = None, **numbers: int) -> dict[str, Any]:
    part: list[dict[str, Any]] = [{"name": "type", "valueCode": kind}, {"name": "path", "valueString": path}]
    if name:
        part.append({"name": "name", "valueString": name})
    if value is not None:
        part.append({"name": "value", **({"part": value} if isinstance(value, list) else value)})
    part += [{"name": key, "valueInteger": number} for key, number in numbers.items()]
    return {"name": "operation", "part": part}


def patched(*operations: dict[str, Any]) -> dict[str, Any]:
    return apply_fhirpath_patch(PATIENT, {"resourceType": "Parameters", "parameter": list(operations)})


@pytest.mark.parametrize(
    ("change", "member", "after"),
    [
        (operation("replace", "Patient.gender", value={"valueCode": "female"}), "gender", "female"),
        (operation("add", "Patient", "birthDate", {"valueDate": "1980"}), "birthDate", "1980"),
        (operation("replace", "Patient.deceased", value={"valueDateTime": "2020"}), "deceasedDateTime", "2020"),
        (operation("delete", "Patient.deceased"), "deceasedBoolean", None),
        (operation("delete", "Patient.photo"), "photo", None),
        (operation("delete", "Patient.telecom.where(system='phone')"), "telecom", [PATIENT["telecom"][1]]),
        (operation("delete", "Patient.name[0]"), "name", [PATIENT["name"][1]]),
        (operation("move", "Patient.name", source=0, destination=1), "name", PATIENT["name"][::-1]),
        (
            operation("insert", "Patient.name", value={"valueHumanName": {"family": "N"}}, index=0),
            "name",
            [{"family": "N"}, *PATIENT["name"]],
        ),
        (
            operation(
                "add", "Patient", "contact", [{"name": "name", "part": [{"name": "family", "valueString": "C"}]}]
            ),
            "contact",
            [{"gender": "male"}, {"name": {"family": "C"}}],
        ),
        (
            operation("replace", "Patient.extension('http://e').value", value={"valueString": "t"}),
            "extension",
            [{"url": "http://e", "valueString": "t"}],
        ),
        (
            operation(
                "add", "Patient", "extension", [{"name": "url", "valueUri": "n"}, {"name": "value", "valueCode": "v"}]
            ),
            "extension",
            [*PATIENT["extension"], {"url": "n", "valueCode": "v"}],
        ),
        (
            operation(
                "replace",
                "Patient.name.where(use = 'official' and family.exists()).given[1]",
                value={"valueString": "q"},
            ),
            "name",
            [{"use": "official", "family": "A", "given": ["x", "q"]}, PATIENT["name"][1]],
        ),
    ],
)
def test_operations(change: dict[str, Any], member: str, after: Any) -> None:
    assert patched(change).get(member) == after


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            operation("replace", "Patient.nope", value={"valueCode": "x"}),
            "HAPI-2761: No element matches the specified path",
        ),
        (
            operation("replace", "Patient.name", value={"valueHumanName": {}}),
            "HAPI-2704:  FhirPath returns more than 1",
        ),
        (operation("delete", "Patient.name"), "HAPI-1267: [Multiple elements found at Patient.name when deleting]"),
        (
            operation("add", "Patient.photo", "title", {"valueString": "x"}),
            "HAPI-1267: [No content found at Patient.photo",
        ),
        (operation("add", "Patient", "nope", {"valueString": "x"}), "HAPI-2719:  Patient has no element nope"),
        (
            operation("insert", "Patient.name", value={"valueHumanName": {}}, index=9),
            "HAPI-1267: [Invalid insert index 9 for path Patient.name - Only have 2 existing entries]",
        ),
        (operation("move", "Patient.name", source=9, destination=0), "HAPI-1268: Invalid move source index 9"),
        (operation("move", "Patient.name", source=0, destination=9), "HAPI-1269: Invalid move destination index 9"),
        (
            operation("replace", "not a path", value={"valueCode": "x"}),
            "HAPI-2726:  not a path is not a valid fhir path",
        ),
        (operation("bogus", "Patient"), "HAPI-1267: [Unknown patch operation type: bogus]"),
        ({"name": "x"}, "HAPI-1267: [Unknown patch parameter name: x]"),
    ],
)
def test_refusals_have_hapis_words(change: dict[str, Any], said: str) -> None:
    with pytest.raises(Invalid) as refused:
        patched(change)
    assert refused.value.message.startswith(said)


def test_the_resource_stays_as_it_was() -> None:
    patched(operation("delete", "Patient.gender"))
    assert PATIENT["gender"] == "male"
