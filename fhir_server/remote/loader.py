"""The one loader of resources onto any FHIR base URL: PUT transactions in dependency order, resumable.

A transaction that the server refuses is split until the culprits are alone, so that everything else still loads.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson

from fhir_r4 import BackendDown, Forbidden, Invalid, Progress, digest
from fhir_server.remote.loader_order import Group, Resource, ordered_groups
from fhir_server.remote.loader_state import LoadState

_FHIR_JSON = "application/fhir+json"
_TRANSIENT = frozenset({429, 502, 503, 504})
_CHECKED_AT_ONCE = 100

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True)
class Failure:
    """One resource that the server refused: its HTTP status and the diagnostics of its OperationOutcome."""

    reference: str
    status: int
    diagnostics: str


@dataclass(frozen=True)
class LoadReport:
    """loaded: written now. resumed: written by an interrupted load before, and still there."""

    loaded: int
    resumed: int
    failures: tuple[Failure, ...]


@dataclass
class _Load:
    client: httpx.AsyncClient
    base: str
    headers: Mapping[str, str]
    retries: int
    sleep: Sleep
    total: int
    progress: Progress | None
    state: LoadState | None
    done: int = 0
    failures: list[Failure] = field(default_factory=list)

    def advance(self, references: Sequence[str], *, loaded: bool) -> None:
        self.done += len(references)
        if loaded and self.state:
            self.state.add(references)
        if self.progress:
            self.progress(self.done, self.total)


async def load_resources(
    base_url: str,
    resources: Sequence[bytes],
    *,
    progress: Progress | None = None,
    state_file: Path | None = None,
    client: httpx.AsyncClient | None = None,
    headers: Mapping[str, str] | None = None,
    batch: int = 200,
    workers: int = 2,
    retries: int = 6,
    sleep: Sleep = asyncio.sleep,
) -> LoadReport:
    """PUT every resource (JSON with resourceType and id, any order) onto the server at `base_url`.

    state_file: where to remember what is done, so that a killed load goes on where it stopped; what it says is checked
    against the server first. Raises BackendDown when the server stays away after `retries` attempts.
    """
    groups = ordered_groups(resources)
    own = client or httpx.AsyncClient(timeout=httpx.Timeout(300, connect=10))
    state = LoadState.open(state_file, _digest_of(groups), base_url) if state_file else None
    load = _Load(own, base_url.rstrip("/"), headers or {}, retries, sleep, len(resources), progress, state)
    try:
        if groups:
            await _check_is_fhir(load, groups[0][0])
        present = await _still_there(load, sorted(state.done)) if state else frozenset()
        load.advance(sorted(present), loaded=False)
        await _run(load, _batches(_without(groups, present), batch), workers)
    finally:
        if state:
            state.close()
        if client is None:
            await own.aclose()
    if state and not load.failures:
        state.delete()
    loaded = len(resources) - len(present) - len(load.failures)
    return LoadReport(loaded, len(present), tuple(sorted(load.failures, key=lambda f: f.reference)))


async def _check_is_fhir(load: _Load, sample: Resource) -> None:
    """One search, so that a wrong URL is one clear error and not one per resource."""
    url = f"{load.base}/{sample.reference.partition('/')[0]}?_summary=count"
    answer = await _call(load, "GET", url, {**load.headers, "accept": _FHIR_JSON})
    if answer.status_code in (401, 403):
        raise Forbidden(f"{load.base} refuses us with HTTP {answer.status_code}: {diagnostics(answer)}")
    if b'"resourceType"' not in answer.content:
        raise Invalid(f"{load.base} is not a FHIR base URL (HTTP {answer.status_code}); HAPI's usually ends in /fhir")


def _digest_of(groups: Sequence[Group]) -> str:
    return digest((r.reference, r.text) for group in groups for r in group)


def _without(groups: Sequence[Group], present: frozenset[str]) -> list[Group]:
    kept = (tuple(r for r in group if r.reference not in present) for group in groups)
    return [group for group in kept if group]


def _batches(groups: Sequence[Group], size: int) -> list[list[Group]]:
    batches: list[list[Group]] = []
    room = 0
    for group in groups:
        if len(group) > room:
            batches.append([])
            room = size
        batches[-1].append(group)
        room -= len(group)
    return batches


async def _run(load: _Load, batches: Sequence[list[Group]], workers: int) -> None:
    """A batch starts when the batches that it refers to are done."""
    home = {r.reference: n for n, groups in enumerate(batches) for group in groups for r in group}
    finished = [asyncio.Event() for _ in batches]
    slots = asyncio.Semaphore(workers)

    async def one(number: int) -> None:
        needs = {home[t] for group in batches[number] for r in group for t in r.targets if t in home} - {number}
        for need in sorted(needs):
            await finished[need].wait()
        async with slots:
            await _write(load, batches[number])
        finished[number].set()

    try:
        async with asyncio.TaskGroup() as tasks:
            for number in range(len(batches)):
                tasks.create_task(one(number))
    except* BackendDown as down:
        raise down.exceptions[0] from None


async def _write(load: _Load, groups: list[Group]) -> None:
    members = [r for group in groups for r in group]
    references = [r.reference for r in members]
    answer = await _post(
        load,
        b'{"resourceType":"Bundle","type":"transaction","entry":['
        + b",".join(
            b'{"resource":' + r.text + b',"request":{"method":"PUT","url":"' + r.reference.encode() + b'"}}'
            for r in members
        )
        + b"]}",
    )
    if answer.status_code < 300:
        load.advance(references, loaded=True)
    elif len(groups) > 1:
        half = len(groups) // 2
        await _write(load, groups[:half])
        await _write(load, groups[half:])
    else:
        text = diagnostics(answer)
        load.failures += [Failure(reference, answer.status_code, text) for reference in references]
        load.advance(references, loaded=False)


async def _post(load: _Load, body: bytes) -> httpx.Response:
    headers = {**load.headers, "content-type": _FHIR_JSON, "accept": _FHIR_JSON, "prefer": "return=minimal"}
    return await _call(load, "POST", load.base, headers, body)


async def _call(
    load: _Load, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
) -> httpx.Response:
    reason = ""
    for attempt in range(load.retries):
        wait = min(0.25 * 2**attempt, 10.0)
        try:
            answer = await load.client.request(method, url, headers=dict(headers), content=body)
        except httpx.TransportError as error:
            reason = f"{type(error).__name__} {error}".strip()
        else:
            if answer.status_code not in _TRANSIENT:
                return answer
            reason = f"HTTP {answer.status_code}: {diagnostics(answer)}"
            wait = max(wait, _retry_after(answer))
        if attempt + 1 < load.retries:
            await load.sleep(wait)
    raise BackendDown(
        f"{load.base} does not answer after {load.retries} attempts ({reason}); {load.done} of {load.total} resources "
        "are done. Start the server and run the same command again: it goes on where it stopped."
    )


def _retry_after(answer: httpx.Response) -> float:
    text = answer.headers.get("retry-after", "")
    return min(float(text), 60.0) if text.isdigit() else 0.0


async def _still_there(load: _Load, references: Sequence[str]) -> frozenset[str]:
    """Those of the references that the server still has."""
    by_type: dict[str, list[str]] = {}
    for reference in references:
        kind, _, id_ = reference.partition("/")
        by_type.setdefault(kind, []).append(id_)
    found: set[str] = set()
    headers = {**load.headers, "accept": _FHIR_JSON, "cache-control": "no-cache"}
    for kind, ids in by_type.items():
        for start in range(0, len(ids), _CHECKED_AT_ONCE):
            some = ids[start : start + _CHECKED_AT_ONCE]
            url = f"{load.base}/{kind}?_id={','.join(some)}&_elements=id&_count={len(some)}"
            answer = await _call(load, "GET", url, headers)
            if answer.status_code == 200:
                entries = orjson.loads(answer.content).get("entry", [])
                found |= {f"{kind}/{e['resource']['id']}" for e in entries if e["resource"]["resourceType"] == kind}
    return frozenset(found)


def diagnostics(answer: httpx.Response) -> str:
    """The text of an OperationOutcome, or the start of whatever came instead."""
    try:
        node: Any = orjson.loads(answer.content)
        issues = node["issue"]
        texts = [i.get("diagnostics") or i.get("details", {}).get("text") or i.get("code", "") for i in issues]
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return answer.text[:200]
    return "; ".join(text for text in texts if text)
