from typing import Any

import pytest

from fhir_r4 import CHART_TYPES, date_range, resource_types
from fhir_server.extraction import build_tree, extractor, paths_of, reference_paths

LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"

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
    ("Observation", {"effectiveInstant": "2020-01-02T00:00:00Z"}, "date", [date_range("2020-01-02T00:00:00Z")]),
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
    ("ValueSet", {"url": "http://v"}, "url", ["http://v"]),
    ("Account", {"subject": [{"reference": "Patient/a"}]}, "patient", ["Patient/a"]),
]


@pytest.mark.parametrize(("name", "resource", "code", "keys"), CASES, ids=[f"{c[0]}-{c[2]}" for c in CASES])
def test_rows(name: str, resource: dict[str, Any], code: str, keys: list[Any]) -> None:
    rows = extractor(name)({"resourceType": name, "id": "x", **resource})
    assert [key for param, key in rows if param == code] == keys


def test_every_type_compiles() -> None:
    for name in resource_types():
        extractor(name)({"resourceType": name, "id": "x"})


def test_almost_every_parameter_of_a_chart_writes_rows() -> None:
    """A path that leads nowhere would be silent; these are the only ones."""
    silent = {f"{name}.{code}" for name in CHART_TYPES for code in paths_of(name) if code not in _written(name)}
    assert silent == set()


def _written(name: str) -> set[str]:
    tree = build_tree(name)
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
