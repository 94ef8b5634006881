"""The search parameters that US Core itself defines: what they find, and what is said of them, on both servers."""

from typing import Any

import pytest

from tests.us_core.servers import Server, embedded, hapi_with

_US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition"
_CDC = "urn:oid:2.16.840.1.113883.6.238"
Resource = dict[str, Any]


def person(id: str, race: str, gender: str = "") -> Resource:
    parts = [{"url": "ombCategory", "valueCoding": {"system": _CDC, "code": race}}, {"url": "text", "valueString": "x"}]
    extensions: list[Resource] = [{"url": f"{_US_CORE}/us-core-race", "extension": parts}]
    extensions.append({"url": f"{_US_CORE}/us-core-ethnicity", "extension": [{"url": "text", "valueString": "y"}]})
    if gender:
        coding = {"system": "http://snomed.info/sct", "code": gender}
        extensions.append({"url": f"{_US_CORE}/us-core-genderIdentity", "valueCodeableConcept": {"coding": [coding]}})
    return {"resourceType": "Patient", "id": id, "extension": extensions}


def asserted(id: str, day: str, patient: str) -> Resource:
    extension = {"url": "http://hl7.org/fhir/StructureDefinition/condition-assertedDate", "valueDateTime": day}
    subject = {"reference": f"Patient/{patient}"}
    return {"resourceType": "Condition", "id": id, "extension": [extension], "subject": subject}


RESOURCES = [
    person("a", "2106-3", "446151000124109"),
    person("b", "2028-9"),
    {"resourceType": "Patient", "id": "c"},
    asserted("c1", "2020-03-02", "a"),
    asserted("c2", "2021-01-01T10:00:00Z", "b"),
]

SEARCHES = {
    "Patient?race=2106-3": {"a"},
    "Patient?race=|2106-3": {"a"},
    f"Patient?race={_CDC}|2106-3": set(),
    "Patient?race:not=2106-3": {"b", "c"},
    "Patient?race=2106-3,2028-9": {"a", "b"},
    "Patient?race:missing=true": {"c"},
    "Patient?race:text=x": set(),
    "Patient?ethnicity:missing=false": set(),
    "Patient?gender-identity=446151000124109": {"a"},
    "Condition?asserted-date=2020-03-02": {"c1"},
    "Condition?asserted-date=ge2021-01-01": {"c2"},
    "Condition?asserted-date=ge2020-01-01&asserted-date=lt2020-12-31": {"c1"},
    "Condition?asserted-date=ge2020-01-01&asserted-date=ge2020-06-01": {"c2"},
    "Condition?asserted-date=2020,2021": {"c1", "c2"},
    "Condition?asserted-date=2020,2021&asserted-date=ge2020-06-01&asserted-date=lt2022-01-01": {"c2"},
    "Condition?patient.race=2028-9": {"c2"},
    "Patient?_has:Condition:patient:asserted-date=2020": {"a"},
    "Patient?_filter=race eq 2028-9": {"b"},
}
"""Race and ethnicity are searched by code alone: the definitions lead to the code, apart from its system."""


async def asked(server: Server) -> dict[str, Any]:
    found = {search: await server.get(search) for search in SEARCHES}
    return {search: {ref.partition("/")[2] for ref in one.matches} or one.said for search, one in found.items()}


async def listed(server: Server) -> list[Any]:
    """What the CapabilityStatement says of them, and the refusal of one that is unknown, which lists those known."""
    statement = (await server.client.get(f"{server.base}/metadata")).json()
    rows = [(r["type"], row) for r in statement["rest"][0]["resource"] for row in r["searchParam"]]
    own = [(kind, row) for kind, row in rows if "/us/core/" in row.get("definition", "")]
    refusals = [(await server.client.get(f"{server.base}/{kind}?bogus=1")).json()["issue"] for kind, _ in own]
    return [*sorted(own, key=str), *sorted(refusals, key=str)]


async def test_embedded_finds_by_them() -> None:
    async with embedded(RESOURCES) as server:
        assert await asked(server) == {search: ids or "" for search, ids in SEARCHES.items()}


@pytest.mark.hapi
async def test_hapi_finds_and_says_the_same(empty_hapi: str) -> None:
    async with hapi_with(empty_hapi, RESOURCES) as server, embedded(RESOURCES) as ours:
        assert await asked(server) == await asked(ours)
        said = await listed(ours)
        assert len(said) == 7 + 7
        assert await listed(server) == said
