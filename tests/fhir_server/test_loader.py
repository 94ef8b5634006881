"""Loading resources onto a FHIR base URL: order, failures, retries, resuming."""

import hashlib
import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from fhir_r4 import BackendDown, Forbidden, Invalid, World
from fhir_server.remote import Failure, load_resources
from fhir_server.remote.loader_order import ordered_groups

BASE = "http://fhir.example/fhir"


class Clinic:
    """A FHIR server that takes PUT transactions, keeps references intact and refuses what it is told to."""

    def __init__(self, refused: frozenset[str] = frozenset(), answers: tuple[int, ...] = ()) -> None:
        self.refused = refused
        self.answers = list(answers)
        self.held: dict[str, Any] = {}
        self.transactions: list[list[str]] = []

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(self.answer))

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            ids = request.url.params.get("_id", "").split(",")
            kind = request.url.path.rsplit("/", 1)[1]
            found = [{"resource": {"resourceType": kind, "id": i}} for i in ids if f"{kind}/{i}" in self.held]
            return httpx.Response(200, json={"resourceType": "Bundle", "entry": found})
        if self.answers and (status := self.answers.pop(0)) != 200:
            return httpx.Response(
                status, json={"resourceType": "OperationOutcome", "issue": [{"diagnostics": "later"}]}
            )
        new = {e["request"]["url"]: e["resource"] for e in json.loads(request.content)["entry"]}
        self.transactions.append(list(new))
        for reference, resource in new.items():
            target = resource.get("subject", {}).get("reference")
            if reference in self.refused or (target and target not in self.held | new):
                issue = {"diagnostics": f"cannot store {reference}"}
                return httpx.Response(422, json={"resourceType": "OperationOutcome", "issue": [issue]})
        self.held |= new
        return httpx.Response(200, json={"resourceType": "Bundle", "type": "transaction-response"})


async def no_sleep(_: float) -> None:
    return None


async def test_any_order_of_input_works(ward: Callable[..., World]) -> None:
    resources = sorted(ward(30).resources, key=lambda text: hashlib.sha256(text).digest())
    clinic = Clinic()
    report = await load_resources(BASE, resources, client=clinic.client(), batch=7)
    assert (report.loaded, report.failures, len(clinic.held)) == (90, (), 90)


async def test_only_the_culprits_and_what_refers_to_them_fail(ward: Callable[..., World]) -> None:
    clinic = Clinic(refused=frozenset({"Patient/p3"}))
    report = await load_resources(BASE, list(ward(30).resources), client=clinic.client(), batch=200)
    assert report.loaded == 87
    assert report.failures == tuple(
        Failure(r, 422, f"cannot store {r}") for r in ("Observation/o3-0", "Observation/o3-1", "Patient/p3")
    )


async def test_busy_server_is_tried_again(ward: Callable[..., World]) -> None:
    clinic = Clinic(answers=(503, 429, 200))
    report = await load_resources(BASE, list(ward().resources), client=clinic.client(), sleep=no_sleep)
    assert report.loaded == 9


async def test_server_that_stays_away_is_backend_down_and_the_load_resumes(
    ward: Callable[..., World], tmp_path: Path
) -> None:
    clinic, state = Clinic(answers=(200,) + (503,) * 6), tmp_path / "state"
    options: Any = {"client": clinic.client(), "state_file": state, "batch": 4, "workers": 1, "sleep": no_sleep}
    with pytest.raises(BackendDown, match="4 of 9 resources are done"):
        await load_resources(BASE, list(ward().resources), **options)
    report = await load_resources(BASE, list(ward().resources), **options)
    assert report.resumed >= 4
    assert (report.loaded + report.resumed, len(clinic.held), state.exists()) == (9, 9, False)


async def test_resuming_trusts_the_server_more_than_the_state_file(ward: Callable[..., World], tmp_path: Path) -> None:
    first, state = Clinic(answers=(200,) + (503,) * 6), tmp_path / "state"
    options: Any = {"state_file": state, "batch": 4, "workers": 1, "sleep": no_sleep}
    with pytest.raises(BackendDown):
        await load_resources(BASE, list(ward().resources), client=first.client(), **options)
    emptied = Clinic()
    report = await load_resources(BASE, list(ward().resources), client=emptied.client(), **options)
    assert (report.loaded, report.resumed) == (9, 0)


async def test_progress_counts_up_to_all(ward: Callable[..., World]) -> None:
    seen: list[tuple[int, int]] = []
    options: Any = {"progress": lambda done, total: seen.append((done, total)), "batch": 3}
    await load_resources(BASE, list(ward().resources), client=Clinic().client(), **options)
    assert seen[0] == (0, 9)
    assert seen[-1] == (9, 9)


@pytest.mark.parametrize(
    ("status", "content", "problem", "says"),
    [
        (404, b"<html>", Invalid, "not a FHIR base URL"),
        (401, b"{}", Forbidden, "refuses us with HTTP 401"),
    ],
)
async def test_wrong_url_is_one_error(
    ward: Callable[..., World], status: int, content: bytes, problem: type[Exception], says: str
) -> None:
    client = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(status, content=content)))
    with pytest.raises(problem, match=says):
        await load_resources(BASE, list(ward().resources), client=client)


def node(name: str, *targets: str) -> bytes:
    members = [{"entity": {"reference": target}} for target in targets]
    return json.dumps({"resourceType": "Group", "id": name, "member": members}).encode()


@pytest.mark.parametrize(
    ("resources", "groups"),
    [
        ([node("a", "Group/b"), node("b", "Group/c"), node("c")], [["c"], ["b"], ["a"]]),
        ([node("a", "Group/b"), node("b", "Group/a"), node("c", "Group/a")], [["a", "b"], ["c"]]),
        ([node("a", "Group/a"), node("b", "Group/elsewhere"), node("c", "urn:uuid:1")], [["a"], ["b"], ["c"]]),
    ],
)
def test_what_is_referred_to_comes_first_and_circles_stay_together(
    resources: list[bytes], groups: list[list[str]]
) -> None:
    assert [[r.reference.removeprefix("Group/") for r in group] for group in ordered_groups(resources)] == groups


def test_long_chains_need_no_recursion() -> None:
    chain = [node(f"n{n}", f"Group/n{n + 1}") for n in range(5000)]
    assert ordered_groups(chain)[0][0].reference == "Group/n4999"


LOADER = """
import asyncio, sys
from pathlib import Path
from fhir_server.remote import load_resources
resources = Path(sys.argv[2]).read_bytes().splitlines()
asyncio.run(load_resources(sys.argv[1], resources, state_file=Path(sys.argv[3]), batch=20, workers=1))
"""


@pytest.mark.hapi
async def test_killed_load_resumes_to_the_right_counts(
    empty_hapi: str, ward: Callable[..., World], tmp_path: Path
) -> None:
    world, data, state = ward(200, "killed"), tmp_path / "data.ndjson", tmp_path / "state"
    data.write_bytes(b"\n".join(world.resources))
    process = subprocess.Popen([sys.executable, "-c", LOADER, empty_hapi, str(data), str(state)])
    while not state.exists() or state.read_bytes().count(b"\n") < 5:
        assert process.poll() is None, "the load ended before it could be killed"
    process.send_signal(signal.SIGKILL)
    process.wait()

    report = await load_resources(empty_hapi, list(world.resources), state_file=state)
    assert report.resumed >= 60
    assert report.loaded + report.resumed == world.size
    async with httpx.AsyncClient() as client:
        for kind, count in world.counts.items():
            answer = await client.get(f"{empty_hapi}/{kind}?_summary=count", headers={"cache-control": "no-cache"})
            assert answer.json()["total"] == count
