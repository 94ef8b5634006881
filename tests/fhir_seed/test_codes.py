import pytest

from fhir_seed.codes import SYSTEMS, TABLE, UnknownCodeError, coding, concept, lookup, unknown_codes
from fhir_seed.trial_audit.terms import (
    COMORBIDITY_INDEX,
    LOCAL_SYSTEM,
    SNOMED,
    STAGE_GROUP,
    STAGE_VALUES,
    STUDY_DRUG_CODES,
)


def test_a_coding_has_the_tables_display():
    assert coding("loinc", "718-7") == {
        "system": "http://loinc.org",
        "code": "718-7",
        "display": "Hemoglobin [Mass/volume] in Blood",
    }


def test_a_concepts_text_is_the_display_unless_given():
    assert concept("loinc", "718-7")["text"] == "Hemoglobin [Mass/volume] in Blood"
    assert concept("loinc", "718-7", "Hemoglobin")["text"] == "Hemoglobin"


@pytest.mark.parametrize(("system", "code"), [("loinc", "0-0"), ("snomed", "718-7"), ("cpt", "99213")])
def test_a_code_outside_the_table_is_an_error(system, code):
    with pytest.raises(UnknownCodeError, match=code):
        coding(system, code)


def test_every_row_names_a_known_system_and_is_unique():
    assert {row.system for row in TABLE.values()} <= set(SYSTEMS.values())
    assert all(row.display and row.kind for row in TABLE.values())


def test_the_trials_own_words_are_in_the_table():
    assert SYSTEMS["trial"] == LOCAL_SYSTEM
    assert SYSTEMS["snomed"] == SNOMED
    for code in (COMORBIDITY_INDEX, *STUDY_DRUG_CODES):
        lookup("trial", code)
    for code in (STAGE_GROUP, *STAGE_VALUES.values()):
        lookup("snomed", code)


@pytest.mark.parametrize(
    ("node", "unknown"),
    [
        ({"code": concept("loinc", "718-7")}, []),
        ({"code": {"coding": [{"system": "http://loinc.org", "code": "1-1"}]}}, ["http://loinc.org|1-1"]),
        ({"class": coding("encounter-class", "AMB") | {"display": "foot"}}, [SYSTEMS["encounter-class"] + "|AMB"]),
        (
            [{"value": 1, "system": "http://unitsofmeasure.org", "code": "furlong"}],
            ["http://unitsofmeasure.org|furlong"],
        ),
    ],
)
def test_unknown_codes_are_found_wherever_they_are(node, unknown):
    assert unknown_codes(node) == unknown
