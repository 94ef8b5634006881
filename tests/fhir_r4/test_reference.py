"""Which texts are references to a resource of this server."""

import pytest

from fhir_r4 import Reference, parse_reference, references_in

BASE = "http://127.0.0.1:8801/episodes/e1/fhir"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Patient/a1", Reference("Patient", "a1")),
        ("Patient/a1/_history/2", Reference("Patient", "a1", "2")),
        (f"{BASE}/Patient/a1", Reference("Patient", "a1")),
        ("http://elsewhere/fhir/Patient/a1", None),
        ("urn:uuid:0b2d", None),
        ("#contained", None),
        ("patient/a1", None),
        ("Patient/", None),
        ("Patient/a/b", None),
        ("Patient/" + "x" * 65, None),
    ],
)
def test_parse_reference(text: str, wanted: Reference | None) -> None:
    assert parse_reference(text, BASE) == wanted


def test_references_are_found_at_every_depth() -> None:
    node = {"subject": {"reference": "Patient/a"}, "performer": [{"actor": {"reference": "Practitioner/b"}}]}
    assert list(references_in(node)) == ["Patient/a", "Practitioner/b"]
