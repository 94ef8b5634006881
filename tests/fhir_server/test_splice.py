import orjson
import pytest

from fhir_server.splice import entry_text, meta_offset, resource_in, spliced, spliced_entry, stamp, unspliced

MEMBERS = stamp(3, "2026-01-01T00:00:00.000+00:00")


@pytest.mark.parametrize(
    "blob",
    [
        b'{"id":"a","resourceType":"Patient"}',
        b'{"id":"a","meta":{"profile":["p"]},"resourceType":"Patient"}',
        b'{"contained":[{"id":"b","meta":{"tag":[]},"resourceType":"Patient"}],"id":"a","meta":{"profile":["p"]},"x":1}',
        '{"a":"é😀","contained":[{"meta":{"tag":[]}}],"id":"a","meta":{"profile":["ü"]},"x":"é"}'.encode(),
        b'{"contained":[{"meta":{"tag":[]}}],"id":"a"}',
    ],
)
def test_the_version_goes_into_the_top_level_meta_and_out_again(blob: bytes) -> None:
    resource = orjson.loads(blob)
    expected = resource | {
        "meta": {**resource.get("meta", {}), "versionId": "3", "lastUpdated": "2026-01-01T00:00:00.000+00:00"}
    }
    offset = meta_offset(blob, "meta" in resource)
    json = spliced(blob, offset, MEMBERS)
    assert orjson.loads(json) == expected
    assert unspliced(json, offset) == blob
    entry = spliced_entry("a", blob, offset, MEMBERS)
    assert (entry, resource_in(entry, "a")) == (entry_text("a", json), json)
