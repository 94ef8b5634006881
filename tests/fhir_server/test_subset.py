import orjson
import pytest

from fhir_r4 import Part
from fhir_server.subset import TAG, cut_of

RESOURCE = {
    "resourceType": "Observation",
    "id": "o",
    "meta": {"versionId": "1", "tag": [{"code": "x"}]},
    "language": "en",
    "text": {"status": "generated", "div": "<div/>"},
    "extension": [{"url": "http://e", "valueString": "a"}],
    "status": "final",
    "_status": {"extension": [{"url": "http://e", "valueString": "b"}]},
    "category": [{"text": "c"}],
    "code": {"coding": [{"system": "s", "code": "c"}], "text": "t"},
    "valueQuantity": {"value": 1},
    "component": [{"code": {"text": "k"}, "interpretation": [{"text": "i"}]}],
}
KEPT = {"resourceType", "id", "meta"}


def cut(part: Part, searched: str = "Observation") -> dict[str, object]:
    how = cut_of(part, "Observation", searched)
    assert how is not None
    node: dict[str, object] = orjson.loads(how(orjson.dumps(RESOURCE)))
    return node


def test_the_part_says_that_it_is_one() -> None:
    assert cut(Part(None, ("id",)))["meta"] == {"versionId": "1", "tag": [{"code": "x"}, TAG]}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("id",), {}),
        (("bogus",), {}),
        (("status",), {"status": "final", "_status": RESOURCE["_status"]}),
        (("Observation.status",), {"status": "final", "_status": RESOURCE["_status"]}),
        (("value",), {"valueQuantity": {"value": 1}}),
        (("valueQuantity",), {"valueQuantity": {"value": 1}}),
        (("code.coding.code",), {"code": {"coding": [{"code": "c"}]}}),
        (("code.foo",), {"code": {}}),
        (("code.text", "component.code"), {"code": {"text": "t"}, "component": [{"code": {"text": "k"}}]}),
    ],
)
def test_elements(names: tuple[str, ...], expected: dict[str, object]) -> None:
    assert {k: v for k, v in cut(Part(None, names)).items() if k not in KEPT} == expected


def test_names_of_other_types_leave_a_resource_whole() -> None:
    assert cut_of(Part(None, ("Patient.name",)), "Observation", "Observation") is None
    assert cut_of(Part(None, ("status",)), "Patient", "Observation") is None
    assert cut_of(Part(), "Patient", "Patient") is None


def test_on_a_further_page_names_concern_every_type() -> None:
    assert set(cut(Part(None, ("status",)), "*")) == KEPT | {"status", "_status"}


def test_a_summary_shows_the_elements_that_the_definition_marks_at_every_level() -> None:
    node = cut(Part("true"))
    assert set(node) == KEPT | {"status", "code", "valueQuantity", "component"}
    assert node["component"] == [{"code": {"text": "k"}}]


def test_data_leaves_out_the_narrative_and_text_all_but_what_must_be_there() -> None:
    assert set(cut(Part("data"))) == set(RESOURCE) - {"text"}
    assert set(cut(Part("text"))) == KEPT | {"text", "status", "_status", "code"}
