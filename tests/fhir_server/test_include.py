import pytest

from tests.helpers.fhir import patient
from tests.helpers.server import Server, ids, opened


def to(reference: str) -> dict[str, str]:
    return {"reference": reference}


@pytest.fixture
async def server() -> Server:
    return await opened(
        [
            {"resourceType": "Organization", "id": "top"},
            {"resourceType": "Organization", "id": "mid", "partOf": to("Organization/top")},
            {"resourceType": "Organization", "id": "low", "partOf": to("Organization/mid")},
            patient("a", managingOrganization=to("Organization/low")),
            {"resourceType": "Encounter", "id": "e", "status": "finished", "subject": to("Patient/a")}
            | {"class": {"code": "AMB"}, "serviceProvider": to("Organization/mid")},
            {"resourceType": "Condition", "id": "c", "subject": to("Patient/a"), "encounter": to("Encounter/e")},
        ]
    )


@pytest.mark.parametrize(
    ("url", "added"),
    [
        ("Patient?_include=Patient:organization", ["Organization/low+"]),
        ("Patient?_include=Patient:organization:Practitioner", []),
        ("Patient?_include=Patient:organization&_include=Organization:partof", ["Organization/low+"]),
        (
            "Patient?_include=Patient:organization&_include:iterate=Organization:partof",
            ["Organization/low+", "Organization/mid+", "Organization/top+"],
        ),
        ("Encounter?_include=*", ["Organization/mid+", "Patient/a+"]),
        ("Encounter?_include=Patient:*", []),
        ("Encounter?_include:recurse=*", ["Organization/mid+", "Patient/a+", "Organization/top+", "Organization/low+"]),
        ("Patient?_revinclude=Condition:subject", ["Condition/c+"]),
        ("Patient?_revinclude=Condition:subject:Group", []),
        ("Patient?_revinclude=*", ["Condition/c+", "Encounter/e+"]),
        ("Organization?_id=mid&_revinclude=Organization:*", ["Organization/low+"]),
        (
            "Organization?_id=top&_revinclude:iterate=Organization:partof",
            ["Organization/mid+", "Organization/low+"],
        ),
    ],
)
async def test_what_a_page_adds(server: Server, url: str, added: list[str]) -> None:
    assert sorted(ids(server.ask(url))[1:]) == sorted(added)


async def test_an_include_also_starts_from_what_a_revinclude_found(server: Server) -> None:
    found = server.ask("Patient?_revinclude=Condition:subject&_include=Condition:encounter")
    assert ids(found) == ["Patient/a", "Condition/c+", "Encounter/e+"]


async def test_what_was_deleted_is_not_added(server: Server) -> None:
    assert server.send("Condition/c", "DELETE").status == 200
    assert ids(server.ask("Patient?_revinclude=Condition:subject")) == ["Patient/a"]
