import pytest

from fhir_r4 import NotFound, choices, elements, is_resource_type, require_resource_type, resource_types


def test_every_r4_resource_type_is_known() -> None:
    assert len(resource_types()) == 146
    assert is_resource_type("Patient")
    assert not is_resource_type("DomainResource")


def test_an_element_says_what_the_specification_says() -> None:
    subject, status = elements("Observation")["subject"], elements("Observation")["status"]
    assert (subject.type, subject.repeats, subject.targets) == (
        "Reference",
        False,
        ("Device", "Group", "Location", "Patient"),
    )
    assert status.codes is not None
    assert status.codes["entered-in-error"] == "http://hl7.org/fhir/observation-status"
    assert elements("Patient")["name"].repeats


def test_inherited_elements_are_there() -> None:
    assert {"id", "meta", "text", "contained", "birthDate"} <= set(elements("Patient"))
    assert "modifierExtension" in elements("Patient.contact")
    assert elements("Nope") == {}


def test_a_choice_names_all_its_forms() -> None:
    forms = {e.name for e in choices("Observation", "effective")}
    assert forms == {"effectiveDateTime", "effectiveInstant", "effectivePeriod", "effectiveTiming"}
    assert [e.name for e in choices("Observation", "status")] == ["status"]
    assert choices("Observation", "nope") == ()


def test_an_unknown_type_is_refused_with_those_known() -> None:
    with pytest.raises(NotFound, match=r"Unknown resource type 'Foo' .*\[Account, .*VisionPrescription\]"):
        require_resource_type("Foo")
