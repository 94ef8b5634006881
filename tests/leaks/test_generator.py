"""Leak channel 1: the generator is public, so nothing that an agent receives may say which world it is in."""

from pathlib import Path

import httpx
import orjson
import pytest
from starlette.routing import Mount

from baselines import AGENTS, AgentSession, BudgetSpent, Refused
from ehr_sandbox.runner import play
from ehr_sandbox.wire import House, arena_in_process
from env_api import create_agent_app, create_operator_app
from fhir_seed.trial_audit import Built, build
from tasks import PUBLIC_SALT, Address, entropy, salt_fingerprint
from tasks.trial_audit import VERSION
from tests.helpers.fakes import Api

SALT = "5ea1" * 16
INDEX = 9_100_203_040_506
ADDRESS = Address(suite="trial_audit", variant="tiny", index=INDEX)
ODD = ("/Patient/none", "/Patient?colour=blue", "/Patient?_count=x", "/Nothing", "/../../record", "/metadata", "")


@pytest.fixture(scope="module")
def sealed() -> Built:
    return build(SALT, ADDRESS)


@pytest.fixture(scope="module")
def public() -> Built:
    return build(PUBLIC_SALT, ADDRESS)


class Ear:
    """Keeps every byte that an agent's client was sent."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []

    async def __call__(self, response: httpx.Response) -> None:
        head = [f"{response.status_code} {response.reason_phrase}".encode(), *map(b": ".join, response.headers.raw)]
        self.heard.append(b"\n".join([*head, await response.aread()]))


async def pry(session: AgentSession, seed: int) -> None:
    """The reference, and whatever else one can try on the way, to the end of both budgets and after."""
    await session.brief()
    for path in ODD:
        try:
            await session.get(path)
        except Refused:
            continue
    for action in ({}, {"action": "shout"}, {"action": "retract_finding", "finding_id": "f0", "rationale": "x"}):
        with pytest.raises(Refused):
            await session.act(action)
    with pytest.raises(Refused):
        await session.flag("Patient/none", "invalid_age", confidence=1.0, corrective_action="query_site")
    with pytest.raises(Refused):
        await session.submit({"narrative": 7})
    await AGENTS["trial_audit"]["reference"](session, seed)


async def exhaust(session: AgentSession, seed: int) -> None:
    await session.brief()
    while session.fhir_left != 0:
        await session.get("/Patient?_count=1")
    while session.actions_left != 0:
        with pytest.raises(Refused):
            await session.act({"action": "shout"})
    for spent in (session.get("/Patient"), session.act({"action": "shout"})):
        with pytest.raises(BudgetSpent):
            await spent


async def heard(tmp_path: Path, agent, backend_url: str | None = None) -> tuple[bytes, Path]:
    """Everything one agent was sent, and the record of its episode."""
    house = House(SALT, tmp_path / "records", backend_url, tmp_path / "worlds")
    async with arena_in_process(house) as arena:
        ear = Ear()
        arena.agent.event_hooks = {"response": [ear]}
        result = await play(arena, ADDRESS, "someone", agent)
        assert result.failed_by is None, result.detail
        assert ear.heard
        return b"\n".join(ear.heard), Path(result.record)


def secrets_of(done: Built) -> list[bytes]:
    words = [
        str(ADDRESS), f"{ADDRESS.suite}/", f"{ADDRESS.variant}/", str(INDEX), f"{INDEX:x}", SALT, SALT[:12],
        salt_fingerprint(SALT), salt_fingerprint(SALT).removeprefix("sealed:"), "fingerprint", "sealed", "someone",
        done.world.digest, done.world.digest[:12], entropy(SALT, ADDRESS, VERSION).hex()[:12],
    ]  # fmt: skip
    return [word.encode() for word in words]


@pytest.mark.parametrize("agent", [pry, exhaust])
async def test_nothing_an_agent_is_sent_says_which_world_it_is(tmp_path: Path, sealed: Built, agent) -> None:
    text, record = await heard(tmp_path, agent)
    assert [word for word in secrets_of(sealed) if word in text] == []
    assert str(tmp_path).encode() not in text
    header = orjson.loads(record.read_bytes().splitlines()[0])
    assert (header["task"], header["world_digest"]) == (str(ADDRESS), sealed.world.digest)


@pytest.mark.hapi
async def test_nothing_an_agent_is_sent_by_a_real_server_does_either(tmp_path: Path, sealed: Built, hapi: str) -> None:
    text, _ = await heard(tmp_path, pry, hapi)
    assert [word for word in (*secrets_of(sealed), hapi.encode()) if word in text] == []


def test_the_same_index_under_another_salt_is_another_world(sealed: Built, public: Built) -> None:
    def ids(done: Built) -> set[str]:
        return {row["id"] for row in map(orjson.loads, done.world.resources)}

    def identifiers(done: Built) -> set[str]:
        rows = map(orjson.loads, done.world.resources)
        return {i["value"] for row in rows if row["resourceType"] != "Encounter" for i in row.get("identifier", ())}

    assert not ids(sealed) & ids(public)
    assert not identifiers(sealed) & identifiers(public)
    assert sealed.truth.items != public.truth.items
    assert sealed.plan.protocol != public.plan.protocol
    assert not {item.subject for item in sealed.truth.items} & set(public.truth.persons)


def test_neighbouring_indices_share_no_ids() -> None:
    worlds = [build(SALT, Address(suite="trial_audit", variant="tiny", index=i)).world for i in range(3)]
    ids = [row["id"] for world in worlds for row in map(orjson.loads, world.resources)]
    assert len(set(ids)) == len(ids)


async def test_records_and_caches_hold_no_truth_and_no_name_of_the_task(tmp_path: Path, sealed: Built) -> None:
    await heard(tmp_path, AGENTS["trial_audit"]["noop"])
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.relative_to(tmp_path).parts[0] for path in files} == {"records", "worlds"}
    names = "\n".join(str(path.relative_to(tmp_path)) for path in files)
    assert not any(word.decode() in names for word in secrets_of(sealed))
    record = next(path.read_bytes() for path in files if "records" in path.parts)
    assert not any(name.encode() in record for name in sealed.truth.persons)
    assert SALT.encode() not in record
    for path in files:
        assert not any(word in path.read_bytes() for word in (b'"evidence"', b'"escalate"', b'"weight"', SALT.encode()))


def test_no_application_serves_a_folder(tmp_path: Path) -> None:
    desk = Api(tmp_path).desk
    for app in (create_agent_app(desk), create_operator_app(desk)):
        assert not any(isinstance(route, Mount) for route in app.routes)


@pytest.mark.parametrize(
    "path", ["/records/{}.ndjson", "/{}.ndjson", "/runs/{}.ndjson", "/worlds/manifest.json", "/truth.json", "/static/x"]
)
async def test_files_are_not_reachable(tmp_path: Path, path: str) -> None:
    api = Api(tmp_path)
    seat = await api.open()
    tries = [path.format(seat.episode), f"/episodes/{seat.episode}" + path.format(seat.episode)]
    for url in (*tries, *(f"/episodes/{seat.episode}/fhir/..%2f..%2f.." + url for url in tries)):
        answer = await api.http.get(url, headers=seat.headers)
        assert answer.status_code in (400, 403, 404)
