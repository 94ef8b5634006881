"""What every backend does with versions: histories at three levels, versions read, labels changed."""

from typing import Any

import orjson

from fhir_r4 import Backend, Handle
from fhir_server.contract.asking import episode, issue_of
from fhir_server.contract.world import observation, patient


async def history_tells_every_version(backend: Backend, handle: Handle) -> None:
    async with episode(backend, handle) as one:
        await one.put(patient("p-d", "Pageman", "Ada", gender="female"))
        await one.put(patient("p-d", "Pageman", "Ada", gender="other"))
        response = await one.get("Patient/p-d/_history")
        bundle = orjson.loads(response.body)
        assert (bundle["type"], bundle["total"]) == ("history", 3)
        assert [entry["resource"]["meta"]["versionId"] for entry in bundle["entry"]] == ["3", "2", "1"]
        assert [entry["request"]["method"] for entry in bundle["entry"]] == ["PUT", "PUT", "POST"]
        assert sorted((item.version, item.full) for item in response.returned) == [
            ("1", True),
            ("2", True),
            ("3", True),
        ]
        await one.send("DELETE", "Condition/c-a")
        gone = orjson.loads((await one.get("Condition/c-a/_history")).body)["entry"][0]
        assert ("resource" in gone, gone["request"]["method"]) == (False, "DELETE")
        newest = orjson.loads((await one.get("Patient/_history?_count=2")).body)["entry"]
        assert [entry["resource"]["meta"]["versionId"] for entry in newest] == ["3", "2"]
        everything = orjson.loads((await one.get("_history?_count=3")).body)["entry"]
        assert [entry["request"]["method"] for entry in everything] == ["DELETE", "PUT", "PUT"]
        assert issue_of(await one.get("Patient/never/_history")) == (404, "processing")


async def recreating_what_refers_leaves_a_version_out(backend: Backend, handle: Handle) -> None:
    async with episode(backend, handle) as one:
        node = observation("o-new", "p-a", "8867-4", 64)
        await one.put(node)
        await one.send("DELETE", "Observation/o-new")
        assert (await one.put(node)).headers["etag"] == 'W/"4"'
        await one.put(patient("p-new", "New", "One"))
        await one.send("DELETE", "Patient/p-new")
        assert (await one.put(patient("p-new", "New", "One"))).headers["etag"] == 'W/"3"'


def _labels(code: str) -> dict[str, Any]:
    tag = {"system": "http://tags.example", "code": code}
    return {"resourceType": "Parameters", "parameter": [{"name": "meta", "valueMeta": {"tag": [tag]}}]}


async def labels_change_without_a_version(backend: Backend, handle: Handle) -> None:
    async with episode(backend, handle) as one:
        assert (await one.send("POST", "Patient/p-d/$meta-add", _labels("new"))).status == 200
        assert await one.ids("Patient?_tag=new") == ["p-d"]
        response = await one.get("Patient/p-d")
        assert response.headers["etag"] == 'W/"1"'
        assert list(await backend.changes(one.store)) == ["Patient/p-d"]
        meta = orjson.loads((await one.get("Patient/p-d/$meta")).body)["parameter"][0]["valueMeta"]
        assert [tag["code"] for tag in meta["tag"]] == ["new"]
        await one.send("POST", "Patient/p-d/$meta-delete", _labels("new"))
        assert await one.ids("Patient?_tag=new") == []
        assert await backend.changes(one.store) == {}
        refused = await one.get("Patient/p-d/$meta-add")
        assert issue_of(refused) == (405, "processing")
