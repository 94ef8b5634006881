"""A small episode behind the agent API, for tests of agents: real paging shape, budgets and evidence gate."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from baselines import AgentSession

Json = dict[str, Any]
BASE = "http://agent.test/episodes/e1"
ACTION_SCHEMA: Json = {
    "discriminator": {"propertyName": "action", "mapping": {"flag_finding": "#/$defs/Flag"}},
    "oneOf": [{"$ref": "#/$defs/Flag"}, {"$ref": "#/$defs/Retract"}],
    "$defs": {
        "Kind": {
            "enum": ["invalid_age", "temporal_inconsistency", "protocol_window_violation"],
            "type": "string",
        },
        "Flag": {
            "type": "object",
            "title": "Flag",
            "properties": {
                "action": {"const": "flag_finding", "type": "string"},
                "subject": {"type": "string"},
                "type": {"$ref": "#/$defs/Kind"},
            },
            "required": ["action", "subject", "type"],
            "additionalProperties": False,
        },
        "Retract": {
            "type": "object",
            "properties": {"action": {"const": "retract_finding"}, "finding_id": {"type": "string"}},
            "required": ["action", "finding_id"],
        },
    },
}


@dataclass
class FakeEpisode:
    """resources are the chart. trouble: (path ending, status) answered instead of the real thing."""

    resources: Iterable[Json] = ()
    fhir_left: int = 100
    actions_left: int = 50
    trouble: Mapping[str, int] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    flags: list[Json] = field(default_factory=list)
    report: Json | None = None
    over: bool = False
    retrieved: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.chart = {f"{r['resourceType']}/{r['id']}": r for r in self.resources}
        self.searches: dict[str, list[list[Json]]] = {}

    @property
    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/episodes/e1/brief", self._brief),
                Route("/episodes/e1/fhir", self._fhir),
                Route("/episodes/e1/fhir/{path:path}", self._fhir),
                Route("/episodes/e1/actions", self._act, methods=["POST"]),
                Route("/episodes/e1/submit", self._submit, methods=["POST"]),
            ]
        )

    def session(self) -> AgentSession:
        return AgentSession(httpx.AsyncClient(transport=httpx.ASGITransport(app=self.app)), BASE, "agent-token")

    def _refuse(self, request: Request) -> Response | None:
        if request.headers.get("authorization") != "Bearer agent-token":
            return _problem(401, "unauthorized", "wrong token")
        if self.over:
            return _problem(410, "episode_over", "the episode is over")
        return next(
            (_problem(s, "trouble", "made to fail") for ending, s in self.trouble.items() if _ends(request, ending)),
            None,
        )

    async def _brief(self, request: Request) -> Response:
        return self._refuse(request) or _json(
            {
                "episode": "e1",
                "suite": "trial_audit",
                "title": "Audit",
                "instructions": "Find what is wrong.",
                "now": "2026-01-01T00:00:00Z",
                "fhir_base": f"{BASE}/fhir",
                "fhir_left": self.fhir_left,
                "actions_left": self.actions_left,
                "par": 20,
                "action_schema": ACTION_SCHEMA,
                "report_schema": {"type": "object", "properties": {"narrative": {"type": "string"}}},
            }
        )

    async def _fhir(self, request: Request) -> Response:
        refusal = self._refuse(request)
        if refusal is not None:
            return refusal
        if self.fhir_left == 0:
            return _outcome(403, "forbidden", "the FHIR budget is spent", self.fhir_left)
        self.fhir_left -= 1
        self.requests.append(request.path_params.get("path", ""))
        path, query = request.path_params.get("path", ""), request.query_params
        if "_getpages" in query:
            return self._page(query["_getpages"], int(query["_getpagesoffset"]))
        if "/" in path:
            if path not in self.chart:
                return _outcome(404, "not-found", f"{path} is not known", self.fhir_left)
            self.retrieved.add(path)
            return _json(self.chart[path], {"X-FHIR-Left": str(self.fhir_left)})
        return self._search(path, query.multi_items())

    def _search(self, kind: str, params: list[tuple[str, str]]) -> Response:
        given = dict(params)
        matches = [r for _, r in sorted(self.chart.items()) if r["resourceType"] == kind and _matches(r, given)]
        size = int(given.get("_count", 20))
        pages = [matches[at : at + size] for at in range(0, len(matches), size)] or [[]]
        included = [
            [*page, *(r for name, value in params for r in self._included(name, value, page))] for page in pages
        ]
        self.searches[str(len(self.searches))] = included
        return self._page(str(len(self.searches) - 1), 0)

    def _included(self, name: str, value: str, page: list[Json]) -> list[Json]:
        kind, _, element = value.partition(":")
        if name == "_revinclude":
            ids = {f"{r['resourceType']}/{r['id']}" for r in page}
            rows = (r for r in self.chart.values() if r["resourceType"] == kind)
            return [r for r in rows if r.get(element, {}).get("reference") in ids]
        if name == "_include":
            return [self.chart[r[element]["reference"]] for r in page if element in r]
        return []

    def _page(self, search: str, number: int) -> Response:
        pages = self.searches[search]
        self.retrieved |= {f"{r['resourceType']}/{r['id']}" for r in pages[number]}
        links = [{"relation": "self", "url": f"{BASE}/fhir"}]
        if number + 1 < len(pages):
            links.append({"relation": "next", "url": f"{BASE}/fhir?_getpages={search}&_getpagesoffset={number + 1}"})
        bundle = {
            "resourceType": "Bundle",
            "type": "searchset",
            "link": links,
            "entry": [{"resource": r, "search": {"mode": "match"}} for r in pages[number]],
        }
        return _json(bundle, {"X-FHIR-Left": str(self.fhir_left)})

    async def _act(self, request: Request) -> Response:
        refusal = self._refuse(request)
        if refusal is not None:
            return refusal
        if self.actions_left == 0:
            return self._refused("budget_spent", "the action budget is spent")
        self.actions_left -= 1
        action = orjson.loads(await request.body())
        if not {action.get("subject"), *action.get("evidence", ())} <= self.retrieved | {None}:
            return self._refused("not_retrieved", "evidence was not retrieved")
        self.flags.append(action)
        body = {"accepted": True, "finding_id": f"f{len(self.flags)}", "version": 1, "actions_left": self.actions_left}
        return _json(body, {"X-Actions-Left": str(self.actions_left)})

    def _refused(self, error: str, message: str) -> Response:
        body = {"accepted": False, "error": error, "message": message, "actions_left": self.actions_left}
        return _json(body, {"X-Actions-Left": str(self.actions_left)})

    async def _submit(self, request: Request) -> Response:
        refusal = self._refuse(request)
        if refusal is not None:
            return refusal
        report = orjson.loads(await request.body())
        if "narrative" not in report:
            return _problem(422, "malformed", "narrative is missing")
        self.report, self.over = report, True
        return _json({"accepted": True})


def _matches(resource: Json, params: Mapping[str, str]) -> bool:
    if "status" in params and resource.get("status") not in params["status"].split(","):
        return False
    if "code" not in params:
        return True
    concept = resource.get("code") or resource.get("medicationCodeableConcept") or {}
    tokens = {f"{c['system']}|{c['code']}" for c in concept.get("coding", ())}
    return bool(tokens & set(params["code"].split(",")))


def _ends(request: Request, ending: str) -> bool:
    return request.url.path.endswith(ending)


def _json(body: Json, headers: Mapping[str, str] | None = None, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, dict(headers or {}), "application/json")


def _problem(status: int, error: str, message: str) -> Response:
    return _json({"error": error, "message": message}, status=status)


def _outcome(status: int, code: str, text: str, left: int) -> Response:
    issue = {"severity": "error", "code": code, "diagnostics": text}
    return _json({"resourceType": "OperationOutcome", "issue": [issue]}, {"X-FHIR-Left": str(left)}, status)
