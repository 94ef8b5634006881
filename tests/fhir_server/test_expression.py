import pytest

from fhir_r4 import resource_types, search_parameters
from fhir_server.expression import Path, Step, UncoveredError, read_expression
from fhir_server.index import KINDS


@pytest.mark.parametrize(
    ("expression", "paths"),
    [
        ("Patient.birthDate", [Path("Patient", (Step("birthDate"),))]),
        ("Patient.name.family", [Path("Patient", (Step("name"), Step("family")))]),
        ("(Observation.value as Quantity)", [Path("Observation", (Step("value", as_type="Quantity"),))]),
        (
            "(Observation.value as CodeableConcept).text",
            [Path("Observation", (Step("value", as_type="CodeableConcept"), Step("text")))],
        ),
        ("Condition.abatement.as(Age)", [Path("Condition", (Step("abatement", as_type="Age"),))]),
        (
            "Patient.extension.where(url = 'http://race').extension.value.code",
            [
                Path(
                    "Patient",
                    (Step("extension", where=("url", "http://race")), *map(Step, ("extension", "value", "code"))),
                )
            ],
        ),
        ("Patient.telecom.where(system='email')", [Path("Patient", (Step("telecom", where=("system", "email")),))]),
        (
            "Condition.subject.where(resolve() is Patient)",
            [Path("Condition", (Step("subject", resolves="Patient"),))],
        ),
        ("Bundle.entry[0].resource", [Path("Bundle", (Step("entry", index=0), Step("resource")))]),
        (
            "Patient.deceased.exists() and Patient.deceased != false",
            [Path("Patient", (Step("deceased"),), truth=True)],
        ),
        ("A.b | A.c", [Path("A", (Step("b"),)), Path("A", (Step("c"),))]),
    ],
)
def test_expressions_are_read_into_paths(expression: str, paths: list[Path]) -> None:
    assert list(read_expression(expression)) == paths


@pytest.mark.parametrize("expression", ["Patient.name.first()", "Patient.name.where(use != 'old')", "iif(true, 1, 2)"])
def test_what_is_not_covered_is_refused(expression: str) -> None:
    with pytest.raises(UncoveredError):
        read_expression(expression)


def test_every_official_expression_of_an_indexed_parameter_is_covered() -> None:
    read = 0
    for name in resource_types():
        for parameter in search_parameters(name).values():
            if parameter.type in KINDS:
                assert read_expression(parameter.expression), parameter
                read += 1
    assert read > 2000
