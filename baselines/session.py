"""What an agent can do, over HTTP: read its brief and the chart, act, submit. It counts nothing itself: what is left
is what the answers' headers say."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, TypeAlias
from urllib.parse import urlsplit, urlunsplit

import httpx
import orjson

from baselines.errors import BudgetSpent, EpisodeOver, Refused, ServerTrouble

Resource: TypeAlias = dict[str, Any]
"""A FHIR resource as parsed JSON."""

PAGE = 100
"""Matches that a page holds at most."""


class AgentSession:
    """One episode seen by its agent. Every method may raise BudgetSpent, EpisodeOver, Refused, ServerTrouble.

    episode_url: `.../episodes/{id}`, where `/brief`, `/fhir`, `/actions` and `/submit` are.
    fhir_left, actions_left: what the last answer said is left; None before the first one.
    """

    def __init__(self, client: httpx.AsyncClient, episode_url: str, token: str) -> None:
        self._client = client
        self._url = episode_url.rstrip("/")
        self._fhir_url = f"{self._url}/fhir"
        self._token = token
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self.fhir_left: int | None = None
        self.actions_left: int | None = None

    @property
    def access(self) -> tuple[httpx.AsyncClient, str, str]:
        """Client, episode URL and token: what another session of the same episode is made of."""
        return self._client, self._url, self._token

    async def brief(self) -> dict[str, Any]:
        """Instructions, virtual now, what is left, and the schemas of actions and report. Free."""
        return _object(await self._call("GET", f"{self._url}/brief"))

    async def read(self, reference: str) -> Resource:
        """One resource by `Type/id`. 1 request."""
        return _object(await self._fhir(f"{self._fhir_url}/{reference}"))

    async def pages(
        self, resource_type: str, params: Sequence[tuple[str, str]] = (), *, count: int = PAGE
    ) -> AsyncIterator[list[Resource]]:
        """A search page by page, matches and includes together. 1 request per page; `next` is followed verbatim."""
        url = str(httpx.URL(f"{self._fhir_url}/{resource_type}", params=[*params, ("_sort", "_id"), ("_count", count)]))
        while url:
            bundle = _object(await self._fhir(url))
            yield [
                entry["resource"]
                for entry in bundle.get("entry", ())
                if "resource" in entry and entry.get("search", _MATCH).get("mode") != "outcome"
            ]
            url = next((link["url"] for link in bundle.get("link", ()) if link.get("relation") == "next"), "")

    async def search(
        self, resource_type: str, params: Sequence[tuple[str, str]] = (), *, count: int = PAGE
    ) -> AsyncIterator[Resource]:
        """A search to its end, resource by resource, sorted by id."""
        async for page in self.pages(resource_type, params, count=count):
            for resource in page:
                yield resource

    async def get(self, path_and_query: str) -> dict[str, Any]:
        """Any FHIR GET below the episode's base (`Patient?name=x`), or a link that an answer gave. 1 request.

        A URL that leads elsewhere is Refused here: the token stays in the episode.
        """
        asked = urlsplit(path_and_query)
        below = urlunsplit(("", "", asked.path, asked.query, ""))
        if asked.scheme or asked.netloc:
            base = urlsplit(self._fhir_url).path
            if not below.startswith(base):
                raise Refused("foreign_url", "only paths below this episode's FHIR base can be asked for", 400)
            below = below.removeprefix(base)
        return _object(await self._fhir(f"{self._fhir_url}/{below.lstrip('/')}"))

    async def flag(
        self,
        subject: str,
        finding_type: str,
        *,
        confidence: float,
        corrective_action: str,
        evidence: Sequence[str] = (),
        rationale: str = "",
    ) -> str:
        """The new finding's id. 1 action."""
        observation = await self.act(
            {
                "action": "flag_finding",
                "subject": subject,
                "type": finding_type,
                "evidence": list(evidence),
                "confidence": confidence,
                "corrective_action": corrective_action,
                "rationale": rationale,
            }
        )
        return str(observation["finding_id"])

    async def amend(self, finding_id: str, **changes: Any) -> Mapping[str, Any]:
        """A new version of a finding (evidence, confidence, corrective_action, rationale). 1 action."""
        return await self.act({"action": "amend_finding", "finding_id": finding_id, **changes})

    async def retract(self, finding_id: str, rationale: str = "") -> Mapping[str, Any]:
        return await self.act({"action": "retract_finding", "finding_id": finding_id, "rationale": rationale})

    async def act(self, action: Mapping[str, Any]) -> Mapping[str, Any]:
        """Any audit action as it is sent; the observation of an accepted one. 1 action."""
        response = await self._call("POST", f"{self._url}/actions", action, answered=True)
        if response.is_success:
            observation = _object(response)
            if observation.get("accepted", False):
                return observation
        raise _refusal(response, self.actions_left)

    async def submit(self, report: Mapping[str, Any]) -> Mapping[str, Any]:
        """Hand in the closing report, which ends the episode. Free. A malformed one is Refused and ends nothing."""
        return _object(await self._call("POST", f"{self._url}/submit", report))

    async def _fhir(self, url: str) -> httpx.Response:
        response = await self._call("GET", url, answered=True)
        if not response.is_success:
            raise _refusal(response, self.fhir_left)
        return response

    async def _call(
        self, method: str, url: str, body: Mapping[str, Any] | None = None, *, answered: bool = False
    ) -> httpx.Response:
        """answered: also hand back a 4xx answer, for its headers."""
        content = None if body is None else orjson.dumps(body)
        headers = self._headers if body is None else self._headers | _JSON
        try:
            response = await self._client.request(method, url, headers=headers, content=content)
        except httpx.TransportError as error:
            raise ServerTrouble(f"{method} {url}: no answer from the environment: {error!r}") from error
        self.fhir_left = _left(response, "X-FHIR-Left", self.fhir_left)
        self.actions_left = _left(response, "X-Actions-Left", self.actions_left)
        if response.status_code == 410 and (not url.startswith(self._fhir_url) or _issue(response)[0] in _OVER):
            raise EpisodeOver(_issue(response)[1])
        if response.status_code == _TOO_SLOW:
            raise _refusal(response, None)
        if response.status_code >= 500:
            said = f"{method} {url}: {response.status_code}: {_issue(response)[1]}"
            raise ServerTrouble(said, response.status_code)
        if not response.is_success and not answered:
            raise _refusal(response, None)
        return response


_TOO_SLOW = 504
"""This one request asked for too much; the next may be served."""
_MATCH: Mapping[str, str] = {"mode": "match"}
_JSON = {"Content-Type": "application/json"}
_OVER = ("expired", "episode_over")
"""What a FHIR 410 says about the episode; any other is about one resource or one page."""


def _left(response: httpx.Response, header: str, before: int | None) -> int | None:
    text = response.headers.get(header)
    return before if text is None else int(text)


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        value = orjson.loads(response.content)
    except orjson.JSONDecodeError as error:
        raise ServerTrouble(f"{response.url}: the answer is not JSON: {response.text[:200]}") from error
    if not isinstance(value, dict):
        raise ServerTrouble(f"{response.url}: the answer is not a JSON object: {response.text[:200]}")
    return value


def _issue(response: httpx.Response) -> tuple[str, str]:
    """The error's word and message, from an OperationOutcome, `{error, message}`, or whatever text there is."""
    try:
        body = orjson.loads(response.content)
    except orjson.JSONDecodeError:
        return f"http_{response.status_code}", response.text[:500]
    if isinstance(body, dict) and body.get("issue"):
        first = body["issue"][0]
        return str(first.get("code", "error")), str(first.get("diagnostics") or first.get("details", {}).get("text"))
    if isinstance(body, dict) and "message" in body:
        return str(body.get("error", f"http_{response.status_code}")), str(body["message"])
    return f"http_{response.status_code}", response.text[:500]


def _refusal(response: httpx.Response, left: int | None) -> BudgetSpent | Refused:
    error, message = _issue(response)
    spent = left == 0 and response.status_code == 403 and error == "forbidden"  # an OperationOutcome has no better word
    if spent or error == "budget_spent":
        return BudgetSpent(message)
    return Refused(error, message, response.status_code)
