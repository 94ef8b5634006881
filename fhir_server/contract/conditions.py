"""What every backend does with conditional writes and patches."""

import orjson

from fhir_r4 import Backend, Handle
from fhir_server.contract.asking import episode, issue_of
from fhir_server.contract.world import MRN, patient

_JSON_PATCH = {"content-type": "application/json-patch+json"}


async def conditional_create_finds_or_creates(backend: Backend, handle: Handle) -> None:
    async with episode(backend, handle) as one:
        body = patient("x", "New", "One") | {"identifier": [{"system": MRN, "value": "MRN-new"}]}
        first = await one.send("POST", "Patient", body, **{"if-none-exist": f"identifier={MRN}%7CMRN-new"})
        assert first.status == 201
        again = await one.send("POST", "Patient", body, **{"if-none-exist": f"identifier={MRN}%7CMRN-new"})
        assert again.status == 200
        assert orjson.loads(again.body)["id"] == orjson.loads(first.body)["id"]
        many = await one.send("POST", "Patient", body, **{"if-none-exist": "gender=male"})
        assert issue_of(many) == (412, "processing")
        unlike = await one.send("POST", "Patient", body, **{"if-none-exist": "identifier=other"})
        assert issue_of(unlike) == (400, "processing")
        assert len(await backend.changes(one.store)) == 1


async def conditional_update_and_delete_act_on_one_match(backend: Backend, handle: Handle) -> None:
    async with episode(backend, handle) as one:
        body = patient("x", "Pageman", "Ada") | {"identifier": [{"system": MRN, "value": "MRN-p-d"}]}
        del body["id"]
        changed = await one.send("PUT", f"Patient?identifier={MRN}%7CMRN-p-d", body | {"gender": "other"})
        assert (changed.status, orjson.loads(changed.body)["id"], changed.headers["etag"]) == (200, "p-d", 'W/"2"')
        many = await one.send("PUT", "Patient?gender=male", body)
        assert issue_of(many) == (412, "processing")
        assert (await one.send("DELETE", "Condition?_id=c-a")).status == 200
        assert issue_of(await one.send("DELETE", "Patient?gender=male")) == (412, "processing")
        none = await one.send("DELETE", "Condition?_id=never")
        assert issue_of(none) == (200, "not-found")
        assert list(await backend.changes(one.store)) == ["Condition/c-a", "Patient/p-d"]


async def patches_change_what_they_name(backend: Backend, handle: Handle) -> None:
    async with episode(backend, handle) as one:
        step = [{"op": "add", "path": "/gender", "value": "female"}]
        response = await one.send("PATCH", "Patient/p-d", step, **_JSON_PATCH)
        patched = orjson.loads(response.body)
        assert (response.status, patched["gender"], patched["meta"]["versionId"]) == (200, "female", "2")
        assert response.returned[0].reference == "Patient/p-d"
        wrong = [{"op": "test", "path": "/gender", "value": "male"}]
        assert issue_of(await one.send("PATCH", "Patient/p-d", wrong, **_JSON_PATCH)) == (400, "processing")
        assert issue_of(await one.send("PATCH", "Patient/never", step, **_JSON_PATCH)) == (404, "processing")
        steps = [("type", {"valueCode": "replace"}), ("path", {"valueString": "Patient.gender"})]
        parts = [{"name": name} | value for name, value in (*steps, ("value", {"valueCode": "other"}))]
        body = {"resourceType": "Parameters", "parameter": [{"name": "operation", "part": parts}]}
        response = await one.send("PATCH", f"Patient?identifier={MRN}%7CMRN-p-d", body)
        assert (response.status, orjson.loads(response.body)["gender"]) == (200, "other")
        assert list(await backend.changes(one.store)) == ["Patient/p-d"]
