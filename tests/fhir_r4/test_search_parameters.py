from dataclasses import replace
from pathlib import Path

import pytest

from fhir_r4 import HAPI, R4, Invalid, Rules, capability_statement, check_search, search_parameters
from fhir_r4.rules import GUIDES

ROOT = Path(__file__).parents[2]
STOCK = replace(HAPI, guides=())
OWN = {
    "CareTeam": {"role"},
    "Condition": {"asserted-date"},
    "Encounter": {"discharge-disposition"},
    "Goal": {"description"},
    "Patient": {"ethnicity", "gender-identity", "race"},
}
"""What US Core 6.1.0 defines and R4 does not."""


@pytest.mark.parametrize("name", OWN)
def test_a_guide_adds_its_own_parameters_to_those_of_the_specification(name: str) -> None:
    assert search_parameters(name).keys() - search_parameters(name, ()).keys() == OWN[name]
    assert list(search_parameters(name)) == sorted(search_parameters(name))


@pytest.mark.parametrize("rules", [HAPI, R4], ids=lambda rules: rules.name)
def test_both_settings_know_them(rules: Rules) -> None:
    assert rules.guides == GUIDES
    for name, codes in OWN.items():
        for code in codes:
            check_search(name, f"{code}:missing=true", rules)


@pytest.mark.parametrize(
    "query",
    ["race=2106-3", "_sort=race", "_filter=race eq 2106-3", "_has:Encounter:patient:discharge-disposition=home"],
)
def test_without_the_guide_they_are_unknown_in_every_place(query: str) -> None:
    check_search("Patient", query)
    with pytest.raises(Invalid, match="[Uu]nknown"):
        check_search("Patient", query, STOCK)


def test_a_chain_ends_in_what_is_known() -> None:
    check_search("Condition", "patient.race=2106-3")
    with pytest.raises(Invalid, match="HAPI-1243"):
        check_search("Condition", "patient.race=2106-3", STOCK)


def test_what_is_unknown_is_not_among_the_names_that_a_refusal_lists() -> None:
    with pytest.raises(Invalid, match="discharge-disposition"):
        check_search("Encounter", "bogus=1")
    with pytest.raises(Invalid) as refused:
        check_search("Encounter", "bogus=1", STOCK)
    assert "discharge-disposition" not in str(refused.value)


def test_the_statement_lists_them_with_their_definition() -> None:
    def listed(rules: Rules) -> dict[str, str]:
        statement = capability_statement(["Goal"], ["search-type"], "http://x", "1", rules=rules)
        return {row["name"]: row.get("definition", "") for row in statement["rest"][0]["resource"][0]["searchParam"]}

    url = "http://hl7.org/fhir/us/core/SearchParameter/us-core-goal-description"
    assert listed(HAPI).items() - listed(STOCK).items() == {("description", url)}


def test_our_hapi_build_has_the_same_definitions() -> None:
    name = "us-core-search-parameters.json"
    ours = ROOT / "fhir_r4" / "definitions" / name
    assert ours.read_bytes() == (ROOT / "docker" / "hapi" / "src" / "main" / "resources" / name).read_bytes()
