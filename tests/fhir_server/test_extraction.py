import gzip
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from fhir_r4 import DateRange, date_range, resource_types, search_parameters
from fhir_r4.tables import table
from fhir_server.evaluation import values_at
from fhir_server.extraction import extractor, text_extractor
from fhir_server.index import KINDS
from fhir_server.parameter_tree import SKIPPED, build_tree, indexed_parameters, paths_of, reference_paths
from fhir_server.rows import writer_of

US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition"
LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"

EXAMPLES = Path(__file__).parent.parent / "data" / "us-core-6.1-examples.ndjson.gz"
INSTANT = date_range("2020-01-02T00:00:00.000Z")

CASES: list[tuple[str, dict[str, Any], str, list[Any]]] = [
    ("Patient", {"gender": "male"}, "gender", [("http://hl7.org/fhir/administrative-gender", "male")]),
    ("Patient", {"active": True}, "active", [("", "true")]),
    ("Patient", {"identifier": [{"system": "s", "value": "v"}]}, "identifier", [("s", "v")]),
    ("Patient", {"name": [{"family": "F", "given": ["G", "H"]}]}, "name", ["F", "G", "H"]),
    ("Patient", {"name": [{"family": "F", "given": ["G"]}]}, "given", ["G"]),
    ("Patient", {"address": [{"city": "Boston", "line": ["1 Main"]}]}, "address", ["Boston", "1 Main"]),
    (
        "Patient",
        {"telecom": [{"system": "phone", "value": "1"}, {"system": "email", "value": "a@b"}]},
        "email",
        [("email", "a@b")],
    ),
    ("Patient", {"deceasedDateTime": "2020"}, "deceased", [("", "true")]),
    ("Patient", {"deceasedBoolean": False}, "deceased", [("", "false")]),
    ("Patient", {}, "deceased", [("", "false")]),
    ("Patient", {"deceasedDateTime": "2020"}, "death-date", [date_range("2020")]),
    ("Patient", {"link": [{"other": {"reference": "Patient/b"}}]}, "link", ["Patient/b"]),
    (
        "Observation",
        {"code": {"coding": [{"system": LOINC, "code": "1"}, {"code": "2"}]}},
        "code",
        [(LOINC, "1"), ("", "2")],
    ),
    ("Observation", {"subject": {"reference": "Patient/a"}}, "patient", ["Patient/a"]),
    ("Observation", {"subject": {"reference": "Group/a"}}, "patient", []),
    ("Observation", {"subject": {"reference": "Group/a/_history/3"}}, "subject", ["Group/a"]),
    ("Observation", {"subject": {"reference": "#inside"}}, "subject", []),
    ("Observation", {"subject": {"display": "no one"}}, "subject", []),
    ("Observation", {"effectiveDateTime": "2020-01-02"}, "date", [date_range("2020-01-02")]),
    ("Observation", {"effectiveInstant": "2020-01-02T00:00:00Z"}, "date", [INSTANT]),
    (
        "Observation",
        {"effectiveTiming": {"event": ["2020-01-03", "2020-01-02T00:00:00Z"]}},
        "date",
        [DateRange(INSTANT.low, date_range("2020-01-03").high, INSTANT.low_day, date_range("2020-01-03").high_day)],
    ),
    (
        "Observation",
        {"valueQuantity": {"value": 5, "unit": "mg", "code": "mg"}},
        "value-quantity",
        [(5.0, "", "mg", "mg")],
    ),
    ("Observation", {"valueCodeableConcept": {"text": "T"}}, "value-string", ["T"]),
    ("Observation", {"valueString": "S"}, "value-string", ["S"]),
    (
        "Observation",
        {"component": [{"code": {"coding": [{"system": LOINC, "code": "8480-6"}]}}]},
        "combo-code",
        [(LOINC, "8480-6")],
    ),
    ("Observation", {"meta": {"profile": ["u"], "tag": [{"system": "s", "code": "t"}]}}, "_tag", [("s", "t")]),
    ("Observation", {"meta": {"profile": ["u"]}}, "_profile", ["u"]),
    ("Encounter", {"class": {"system": "s", "code": "IMP"}}, "class", [("s", "IMP")]),
    (
        "Encounter",
        {"participant": [{"individual": {"reference": "Practitioner/d"}}]},
        "practitioner",
        ["Practitioner/d"],
    ),
    ("Condition", {"onsetAge": {"value": 31, "code": "a", "system": "u"}}, "onset-age", [(31.0, "u", "a", "")]),
    ("Condition", {"onsetPeriod": {"start": "2020", "end": "2020"}}, "onset-date", [date_range("2020")]),
    ("MedicationRequest", {"medicationReference": {"reference": "Medication/m"}}, "medication", ["Medication/m"]),
    ("MedicationRequest", {"medicationCodeableConcept": {"coding": [{"code": "c"}]}}, "code", [("", "c")]),
    (
        "MedicationAdministration",
        {"effectivePeriod": {"start": "2020", "end": "2020"}},
        "effective-time",
        [date_range("2020")],
    ),
    ("Immunization", {"vaccineCode": {"coding": [{"system": "cvx", "code": "140"}]}}, "vaccine-code", [("cvx", "140")]),
    ("AllergyIntolerance", {"patient": {"reference": "Patient/a"}}, "patient", ["Patient/a"]),
    ("Procedure", {"performedDateTime": "2020"}, "date", [date_range("2020")]),
    ("DiagnosticReport", {"result": [{"reference": "Observation/o"}]}, "result", ["Observation/o"]),
    ("DocumentReference", {"type": {"coding": [{"system": LOINC, "code": "11506-3"}]}}, "type", [(LOINC, "11506-3")]),
    ("ResearchSubject", {"individual": {"reference": "Patient/a"}}, "individual", ["Patient/a"]),
    ("ResearchStudy", {"title": "Trial"}, "title", ["Trial"]),
    ("AdverseEvent", {"subject": {"reference": "Patient/a"}}, "subject", ["Patient/a"]),
    ("AdverseEvent", {"seriousness": {"coding": [{"code": "serious"}]}}, "seriousness", [("", "serious")]),
    ("Consent", {"dateTime": "2020-01-02"}, "date", [date_range("2020-01-02")]),
    ("Goal", {"startDate": "2020-01-02"}, "start-date", [date_range("2020-01-02")]),
    (
        "CarePlan",
        {"category": [{"coding": [{"system": "s", "code": "assess-plan"}]}]},
        "category",
        [("s", "assess-plan")],
    ),
    ("QuestionnaireResponse", {"questionnaire": "http://q|1"}, "questionnaire", ["http://q|1", "http://q"]),
    ("RiskAssessment", {"prediction": [{"probabilityDecimal": 0.25}]}, "probability", [(0.25, "", "", "")]),
    (
        "RiskAssessment",
        {"prediction": [{"probabilityRange": {"low": {"value": 0.2}, "high": {"value": 0.4}}}]},
        "probability",
        [(0.2, "", "", ""), (0.4, "", "", "")],
    ),
    ("Condition", {"abatementRange": {"low": {"value": 3}, "high": {"value": 9}}}, "abatement-string", []),
    ("Patient", {"address": [{"text": "not indexed"}]}, "address", []),
    ("ValueSet", {"url": "http://v"}, "url", ["http://v"]),
    ("Account", {"subject": [{"reference": "Patient/a"}]}, "patient", ["Patient/a"]),
    ("CareTeam", {"participant": [{"role": [{"coding": [{"system": "s", "code": "c"}]}]}]}, "role", [("s", "c")]),
    (
        "Condition",
        {
            "extension": [
                {"url": "http://other", "valueDateTime": "2019"},
                {"url": "http://hl7.org/fhir/StructureDefinition/condition-assertedDate", "valueDateTime": "2020"},
            ]
        },
        "asserted-date",
        [date_range("2020")],
    ),
    (
        "Encounter",
        {"hospitalization": {"dischargeDisposition": {"coding": [{"system": "s", "code": "home"}]}}},
        "discharge-disposition",
        [("s", "home")],
    ),
    ("Goal", {"description": {"coding": [{"system": "s", "code": "c"}]}}, "description", [("s", "c")]),
    (
        "Patient",
        {
            "extension": [
                {
                    "url": f"{US_CORE}/us-core-race",
                    "extension": [
                        {"url": "ombCategory", "valueCoding": {"system": "s", "code": "2106-3"}},
                        {"url": "text", "valueString": "White"},
                    ],
                }
            ]
        },
        "race",
        [("", "2106-3")],
    ),
    (
        "Patient",
        {
            "extension": [
                {
                    "url": f"{US_CORE}/us-core-ethnicity",
                    "extension": [{"url": "ombCategory", "valueCoding": {"code": "2186-5"}}],
                }
            ]
        },
        "ethnicity",
        [("", "2186-5")],
    ),
    (
        "Patient",
        {
            "extension": [
                {
                    "url": f"{US_CORE}/us-core-genderIdentity",
                    "valueCodeableConcept": {"coding": [{"system": "s", "code": "1"}]},
                }
            ]
        },
        "gender-identity",
        [("", "1")],
    ),
]


@pytest.mark.parametrize(("name", "resource", "code", "keys"), CASES, ids=[f"{c[0]}-{c[2]}" for c in CASES])
def test_rows(name: str, resource: dict[str, Any], code: str, keys: list[Any]) -> None:
    rows = extractor(name)({"resourceType": name, "id": "x", **resource})
    assert [key for param, key in rows if param == code] == keys


def test_every_type_compiles() -> None:
    for name in resource_types():
        extractor(name)({"resourceType": name, "id": "x"})


def test_the_official_definitions_are_complete() -> None:
    """1,375 definitions; one that is for several types counts once for each."""
    rows = [row for parameters in table("search-parameters").values() for row in parameters.values()]
    kinds = Counter(row[0] for row in rows)
    assert kinds == {
        **{"token": 672, "reference": 517, "string": 201, "date": 140, "composite": 72, "uri": 57},
        **{"quantity": 40, "number": 6, "special": 1},
    }
    assert kinds.total() == 1706


def test_every_parameter_is_indexed_or_made_of_those_that_are() -> None:
    other: dict[str, set[str]] = {}
    for name in resource_types():
        known = search_parameters(name)
        for parameter in known.values():
            if parameter.type == "composite":
                assert all(known[code].type in KINDS for code, _ in parameter.components), parameter
            elif parameter.type not in KINDS:
                other.setdefault(parameter.type, set()).add(f"{name}.{parameter.code}")
    assert other == {"special": {"Location.near"}}


def test_every_indexed_parameter_writes_rows() -> None:
    """A path that leads nowhere would be silent; these go into another resource."""
    silent = {f"{name}.{code}" for name in resource_types() for code in paths_of(name) if code not in _written(name)}
    assert silent == {"Bundle.composition", "Bundle.message"}


def test_texts_of_tokens() -> None:
    code = {"text": "T", "coding": [{"code": "1", "display": "D"}]}
    extract = text_extractor("Observation", search_parameters("Observation")["code"])
    assert [key for _, key in extract({"resourceType": "Observation", "id": "x", "code": code})] == ["T", "D"]


def test_the_compiled_function_finds_what_each_expression_finds_step_by_step() -> None:
    checked = 0
    with gzip.open(EXAMPLES) as lines:
        for resource in map(orjson.loads, lines):
            name = resource["resourceType"]
            rows = Counter(row for row in extractor(name)(resource) if row[0] not in ("deceased", *SKIPPED))
            assert rows == Counter(_interpreted(name, resource)), f"{name}/{resource.get('id')}"
            checked += len(rows)
    assert checked > 2000


def _interpreted(name: str, resource: dict[str, Any]) -> list[Any]:
    rows: list[Any] = []
    for parameter in indexed_parameters(name):
        if parameter.code != "deceased":
            for value, _, element in values_at(resource, name, parameter.expression):
                writer = writer_of(parameter, element) if element is not None else None
                if writer is not None:
                    writer(rows.append, parameter.code, value)
    return rows


def _written(name: str) -> set[str]:
    tree = build_tree(name, indexed_parameters(name))
    codes = {code for code, _ in tree.truths}
    nodes = [tree.root]
    while nodes:
        node = nodes.pop()
        codes |= {leaf.parameter.code for leaf in node.leaves}
        nodes += node.children.values()
    return codes


def test_references_to_check_have_their_targets() -> None:
    paths = {path: targets for path, _, targets in reference_paths("Observation")}
    assert paths["Observation.subject"] == {"Device", "Group", "Location", "Patient"}
    assert paths["Observation.focus"] == {"Resource"}
    assert "MedicationRequest.medicationReference" in {path for path, *_ in reference_paths("MedicationRequest")}
