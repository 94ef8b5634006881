"""`ehr-sandbox serve` over real HTTP, as docs/api.md tells it: two ports, two kinds of token, episodes apart."""

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tasks import read_record
from tests.ehr_sandbox.command import Serve, ehr_sandbox, fhir, serve, started

TASK = "mock/tiny/0"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    with serve(tmp_path_factory.mktemp("served")) as running:
        yield running


@pytest.fixture
def operator(api: Serve) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=api.operator, headers=dict(api.headers), timeout=60) as client:
        yield client


def opened(operator: httpx.Client, task: str = TASK) -> tuple[dict[str, Any], httpx.Client]:
    """The answer to the operator, and a client with what the agent is given of it."""
    episode = operator.post("/episodes", json={"task": task, "agent": "test"}).raise_for_status().json()
    headers = {"Authorization": f"Bearer {episode['token']}"}
    return episode, httpx.Client(base_url=episode["agent_base"], headers=headers, timeout=60)


def flag(subject: str, *evidence: str) -> dict[str, Any]:
    return {
        "action": "flag_finding",
        "subject": subject,
        "type": "missing_birth_date",
        "evidence": list(evidence),
        "confidence": 1.0,
        "corrective_action": "query_site",
        "rationale": "no birth date",
    }


def no_birth_date(bundle: dict[str, Any]) -> list[str]:
    return [f"Patient/{e['resource']['id']}" for e in bundle["entry"] if "birthDate" not in e["resource"]]


def test_episode_from_opening_to_grade(operator: httpx.Client) -> None:
    assert TASK.rpartition("/")[0] in {row["task"] for row in operator.get("/tasks").json()}
    episode, agent = opened(operator)
    with agent:
        brief = agent.get("/brief").json()
        assert (brief["fhir_base"], brief["fhir_left"]) == (episode["fhir_base"], 12)
        page = agent.get("/fhir/Patient?_count=100")
        assert page.headers["X-FHIR-Left"] == "11"
        for patient in no_birth_date(page.json()):
            answer = agent.post("/actions", json=flag(patient, patient))
            assert answer.json() == {"accepted": True, "finding_id": "F1", "version": 1, "actions_left": 5}
        assert operator.get(f"/episodes/{episode['episode']}/grade").status_code == 409
        report = {"counts": {"missing_birth_date": 1}, "narrative": "one"}
        ended = agent.post("/submit", json=report)
        assert ended.json()["done"] is True, ended.text
    card = operator.get(f"/episodes/{episode['episode']}/grade").json()
    assert (card["net"], card["reward"], card["cause"]) == (1.0, 1.0, "submitted")
    record = read_record(operator.get(f"/episodes/{episode['episode']}/record").content.splitlines(keepends=True))
    assert (record.fhir_requests, record.actions_taken, record.header.agent) == (1, 1, "test")


def test_after_the_end_every_call_is_refused(operator: httpx.Client) -> None:
    episode, agent = opened(operator)
    operator.post(f"/episodes/{episode['episode']}/close", json={})
    with agent:
        answers = [
            agent.get("/brief"),
            agent.get("/fhir/Patient"),
            agent.get("/fhir/metadata"),
            agent.post("/actions", json=flag("Patient/x")),
            agent.post("/submit", json={}),
        ]
    assert [answer.status_code for answer in answers] == [410] * 5
    assert answers[0].json()["error"] == "episode_over"
    assert answers[1].json()["issue"][0]["code"] == "expired"


def test_wrong_tokens_and_foreign_episodes_look_the_same(api: Serve, operator: httpx.Client) -> None:
    mine, me = opened(operator)
    yours, you = opened(operator)
    with me, you:
        tokens = ("nonsense", yours["token"], api.headers["Authorization"].split()[1])
        answers = [
            httpx.get(f"{mine['agent_base']}/{path}", headers={"Authorization": f"Bearer {token}"})
            for token in tokens
            for path in ("brief", "fhir/Patient")
        ]
        answers += [httpx.get(mine["brief_url"]), me.get(f"{api.agent}/episodes/e0/brief")]
        assert {answer.status_code for answer in answers} == {401}
        assert len({answers[0].content, *(a.content for a in answers if "fhir" not in a.url.path)}) == 1
        assert me.get("/brief").status_code == 200


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer nonsense"}])
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/tasks"), ("GET", "/episodes"), ("POST", "/episodes"), ("GET", "/episodes/x/grade")]
)
def test_operator_needs_its_token(api: Serve, method: str, path: str, headers: dict[str, str]) -> None:
    answer = httpx.request(
        method, api.operator + path, headers=headers, json={"task": TASK} if method == "POST" else None
    )
    assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized")


def test_agent_cannot_reach_what_is_the_operators(api: Serve, operator: httpx.Client) -> None:
    episode, agent = opened(operator)
    name = episode["episode"]
    with agent:
        for path in ("/tasks", "/episodes", f"/episodes/{name}/grade", f"/episodes/{name}/record", "/health"):
            assert agent.get(api.agent + path).status_code in (401, 404, 405), path
            if path != "/health":
                assert agent.get(api.operator + path).status_code == 401
        assert agent.post(f"{api.agent}/episodes/{name}/close", json={}).status_code in (401, 404, 405)
        paths = agent.get(f"{api.agent}/openapi.json").json()["paths"]
        assert set(paths) == {f"/episodes/{{episode}}/{part}" for part in ("brief", "actions", "submit")}


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"task": "trial_audit/nope/0"}, 404, "no task trial_audit/nope"),
        ({"task": "chess/tiny/0"}, 404, "no task chess/tiny"),
        ({"task": "mock/tiny/x"}, 400, "is not a task index"),
        ({"task": "mock"}, 400, "a task is named suite/variant/index"),
        ({}, 422, "task"),
    ],
)
def test_opening_what_is_not_there_is_a_typed_refusal(
    operator: httpx.Client, body: dict[str, Any], status: int, says: str
) -> None:
    answer = operator.post("/episodes", json=body)
    assert answer.status_code == status, answer.text
    assert says in answer.json()["message"]


def test_two_episodes_at_once_do_not_see_each_other(operator: httpx.Client) -> None:
    mine, me = opened(operator, "trial_audit/tiny/0")
    yours, you = opened(operator, "trial_audit/tiny/0")
    with me, you:
        page = me.get("/fhir/ResearchSubject?_count=5&_sort=_id").json()
        follow = next(link["url"] for link in page["link"] if link["relation"] == "next")
        assert follow.startswith(mine["fhir_base"])
        stolen = you.get(follow.replace(mine["fhir_base"], yours["fhir_base"]))
        assert (stolen.status_code, stolen.json()["issue"][0]["code"]) == (410, "deleted")
        assert len(me.get(follow).json()["entry"]) == 5

        subject = f"ResearchSubject/{page['entry'][0]['resource']['id']}"
        finding = flag(subject, subject) | {"type": "invalid_age"}
        assert you.post("/actions", json=finding).json()["error"] == "not_retrieved"
        assert me.post("/actions", json=finding).json()["finding_id"] == "F1"
        retract = {"action": "retract_finding", "finding_id": "F1", "rationale": "not mine"}
        assert you.post("/actions", json=retract).json()["error"] == "no_such_finding"
        rows = {row["episode"]: row for row in operator.get("/episodes").json()}
        assert (rows[mine["episode"]]["findings"], rows[yours["episode"]]["findings"]) == (1, 0)
        assert (rows[mine["episode"]]["fhir_left"], rows[yours["episode"]]["fhir_left"]) == (38, 39)


def test_terminated_server_ends_the_records_and_leaves_cleanly(tmp_path: Path) -> None:
    with (
        serve(tmp_path, "--operator-token", "chosen") as api,
        httpx.Client(base_url=api.operator, headers={"Authorization": "Bearer chosen"}) as operator,
    ):
        episode, agent = opened(operator)
        with agent:
            agent.get("/fhir/Patient")
            api.process.send_signal(signal.SIGTERM)
            err = api.process.communicate(timeout=30)[1]
    assert (api.process.returncode, err) == (0, "")
    end = json.loads((tmp_path / f"{episode['episode']}.ndjson").read_text().splitlines()[-1])
    assert (end["event"], end["cause"], end["failed_by"]) == ("end", "failed", "harness")


def first_line(process: "subprocess.Popen[str]") -> dict[str, Any]:
    """What a script reads before it goes on."""
    assert process.stdout is not None
    line: dict[str, Any] = json.loads(process.stdout.readline())
    return line


@pytest.mark.parametrize("token", [None, "chosen"])
def test_script_starts_it_by_its_one_line_and_is_told_a_token_only_if_it_gave_none(
    tmp_path: Path, token: str | None
) -> None:
    env = {"EHR_SANDBOX_OPERATOR_TOKEN": token} if token else {}
    words = ("serve", "--json", "--agent-port", 0, "--operator-port", 0, "--records", tmp_path)
    with started(*words, env=env) as process:
        said = first_line(process)
        assert said.keys() == {"operator_url", "agent_url", "operator_token", "records"}
        assert (said["operator_token"] is None, said["records"]) == (token is not None, str(tmp_path))
        headers = {"Authorization": f"Bearer {token or said['operator_token']}"}
        with httpx.Client(base_url=said["operator_url"], headers=headers) as operator:
            episode, agent = opened(operator)
            assert episode["agent_base"].startswith(said["agent_url"] + "/")
            with agent:
                assert agent.get("/brief").status_code == 200
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=30) == ("", "")
    assert process.returncode == 0


def test_script_starts_a_plain_fhir_server_by_its_one_line() -> None:
    with started("fhir", TASK, "--port", 0, "--json") as process:
        said = first_line(process)
        kinds = ("Patient", "Observation")
        assert said.keys() == {"fhir_url", "resources"}
        totals = [httpx.get(f"{said['fhir_url']}/{kind}?_summary=count").json()["total"] for kind in kinds]
        assert 0 < sum(totals) <= said["resources"]
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=30) == ("", "")
    assert process.returncode == 0


@pytest.mark.parametrize(("rules", "status"), [("hapi", 400), ("r4", 200)])
def test_fhir_server_keeps_to_the_rules_asked_for(rules: str, status: int) -> None:
    with started("fhir", TASK, "--port", 0, "--rules", rules, "--json") as process:
        url = first_line(process)["fhir_url"]
        assert httpx.get(f"{url}/Patient?birthdate=1950,1951").status_code == status
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=30) == ("", "")


@pytest.mark.parametrize("word", ["serve", "fhir"])
def test_a_start_that_fails_says_why_and_no_url(word: str) -> None:
    words = ("--agent-port", 70000) if word == "serve" else ("--port", 70000)
    refused = ehr_sandbox(word, "--json", *words)
    assert (refused.code, refused.out) == (1, "")
    assert refused.err.startswith("error (invalid): 70000 is not a port")


def test_fhir_server_below_serves_one_episode_at_a_time(tmp_path: Path) -> None:
    with (
        fhir() as below,
        serve(tmp_path, "--backend", below.url) as api,
        httpx.Client(base_url=api.operator, headers=dict(api.headers), timeout=60) as operator,
    ):
        episode, agent = opened(operator)
        with agent:
            busy = operator.post("/episodes", json={"task": TASK})
            assert (busy.status_code, busy.json()["error"]) == (503, "busy")
            assert agent.get("/fhir/Patient").json()["entry"]
            assert below.url not in agent.get("/fhir/Patient?_count=1").text
            operator.post(f"/episodes/{episode['episode']}/close", json={})
            below.process.send_signal(signal.SIGTERM)
            assert below.process.wait(timeout=30) == 0
            down = operator.post("/episodes", json={"task": TASK})
    assert (down.status_code, down.json()["error"]) == (502, "backend_down")
