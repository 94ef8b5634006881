"""Sends requests straight into the app, byte for byte as a server would hand them over, and judges the answers."""

import gzip
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType
from typing import Any
from urllib.parse import unquote

import orjson
from starlette.types import ASGIApp, Message

from tests.robustness.asked import Asked

HANGS_AFTER = 20.0
"""Seconds: generous, because it only tells a hang from an answer."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float


@dataclass
class Tally:
    """What the answers were: by status, and the slowest of them."""

    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest: list[tuple[float, str]] = field(default_factory=list)

    def note(self, asked: Asked, answer: Answer) -> None:
        self.statuses[answer.status] += 1
        self.slowest = sorted([*self.slowest, (answer.seconds, str(asked)[:300])], reverse=True)[:5]
        wrong = fault_of(asked, answer)
        if wrong:
            self.faults.append(f"{wrong}: {asked}\n{answer.body[:500]!r}")

    def __str__(self) -> str:
        counts = ", ".join(f"{status}: {number}" for status, number in sorted(self.statuses.items()))
        seconds, asked = self.slowest[0]
        return f"{self.statuses.total()} requests ({counts}); slowest {seconds * 1000:.0f} ms: {asked}"


async def send(app: ASGIApp, asked: Asked) -> Answer:
    """Raises what the app raises, and TimeoutError if it does not come back."""
    sent: list[Message] = []
    parts: list[Message] = [{"type": "http.request", "body": asked.body, "more_body": False}]

    async def receive() -> Message:
        return parts.pop() if parts else {"type": "http.disconnect"}

    async def take(message: Message) -> None:
        sent.append(message)

    started = time.perf_counter()
    with _hang_detector(str(asked)):
        await app(_scope(asked), receive, take)
    seconds = time.perf_counter() - started
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], headers, b"".join(part.get("body", b"") for part in sent[1:]), seconds)


def _scope(asked: Asked) -> dict[str, Any]:
    path = "/fhir" + (f"/{asked.path}" if asked.path else "")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": asked.method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode("ascii", "replace"),
        "query_string": asked.query.encode("ascii", "replace"),
        "root_path": "",
        "headers": [*asked.headers, *([(b"content-length", b"%d" % len(asked.body))] if asked.body else [])],
        "server": ("server", 80),
        "client": ("client", 1),
    }


@contextmanager
def _hang_detector(what: str) -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"no answer after {HANGS_AFTER} s: {what}")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, HANGS_AFTER)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def fault_of(asked: Asked, answer: Answer) -> str:
    """What is wrong with an answer; nothing for a good one."""
    if answer.status >= 500:
        return f"{answer.status}"
    if asked.method == "OPTIONS" and b"origin" in dict(asked.headers):  # what a browser asks first is no FHIR
        return ""
    if answer.status in (204, 304) or asked.method == "HEAD" or (answer.status < 300 and not answer.body):
        return ""
    try:
        body = orjson.loads(_plain(answer))
    except orjson.JSONDecodeError:
        return "no JSON"
    if not isinstance(body, dict) or not isinstance(body.get("resourceType"), str):
        return "no resource"
    return _fault_of_outcome(body) if answer.status >= 400 else ""


def _plain(answer: Answer) -> bytes:
    return gzip.decompress(answer.body) if answer.headers.get("content-encoding") == "gzip" else answer.body


def _fault_of_outcome(body: dict[str, Any]) -> str:
    if body["resourceType"] != "OperationOutcome" or not body.get("issue"):
        return "no OperationOutcome"
    good = all(issue.get("severity") and issue.get("code") and issue.get("diagnostics") for issue in body["issue"])
    return "" if good else "an issue without severity, code or diagnostics"
