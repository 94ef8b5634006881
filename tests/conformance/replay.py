"""Sends the recorded requests to a FHIR application in process, each as HTTP would bring it."""

import gzip
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from starlette.types import ASGIApp, Message, Scope

from fhir_r4 import parse_exact
from tests.conformance.normalise import Normaliser
from tests.conformance.recorded import Answer, Case

BASE = "http://fhir.test/fhir"
_SAFE = "/?&=:,$%*+._-~'()!@;[]{}#"
_HTML_LENGTH = 400
_TYPES_IN_FULL = ("Patient", "Observation")


class Replay:
    """Keeps what later requests need of earlier answers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._normaliser = Normaliser(BASE)
        self._values = {"BASE": BASE}

    async def ask(self, case: Case) -> tuple[str, Answer]:
        """The path that was asked, and the answer, both normalised."""
        path = self._filled(case.path)
        target = quote(path.removeprefix(BASE), safe=_SAFE)
        body = None if case.body is None else _bytes(json.loads(self._filled(json.dumps(case.body))))
        status, headers, raw = await http(self._app, case.method, "/fhir" + target, case.headers, body)
        node = _parsed(gzip.decompress(raw) if headers.get("content-encoding") == "gzip" else raw)
        for name, where in case.save.items():
            self._values[name] = _saved(where, node)
        return self._normaliser.text(path), self._normalised(status, headers, node)

    def _normalised(self, status: int, headers: Mapping[str, str], node: Any) -> Answer:
        if isinstance(node, str):
            html = "html" in headers.get("content-type", "")
            node = self._normaliser.text(node[:_HTML_LENGTH] if html else node)
        else:
            node = self._normaliser.json(_trimmed(node))
        return Answer(status, self._normaliser.headers(headers), node)

    def _filled(self, text: str) -> str:
        return re.sub(r"\{\{(\w+)\}\}", lambda found: self._values.get(found[1], f"unset-{found[1]}"), text)


async def http(
    app: ASGIApp, method: str, target: str, headers: Mapping[str, str], body: bytes | None
) -> tuple[int, dict[str, str], bytes]:
    """(status, headers by lower-case name, body) of one request, whose target is sent as it is written."""
    path, _, query = target.partition("#")[0].partition("?")
    sent = [(name.lower().encode(), text.encode("latin-1")) for name, text in headers.items()]
    if body is not None:
        sent.append((b"content-length", str(len(body)).encode()))
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": _unquoted(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"fhir.test"), *sent],
        "client": ("127.0.0.1", 1),
        "server": ("fhir.test", 80),
    }
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body or b"", "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    with suppress(Exception):  # a crash has been answered with 500 before it gets here
        await app(scope, receive, send)
    start = messages[0]
    given = {name.decode(): text.decode("latin-1") for name, text in start["headers"]}
    content = b"".join(message.get("body", b"") for message in messages[1:])
    return start["status"], given, b"" if method == "HEAD" else content


def _unquoted(path: str) -> str:
    return re.sub(rb"%([0-9A-Fa-f]{2})", lambda found: bytes([int(found[1], 16)]), path.encode()).decode(
        "utf-8", "replace"
    )


def _bytes(body: Any) -> bytes:
    return (body if isinstance(body, str) else json.dumps(body)).encode()


def _parsed(raw: bytes) -> Any:
    text = raw.decode("utf-8", "replace")
    if not text:
        return None
    try:
        return parse_exact(text)
    except json.JSONDecodeError:
        return text


def _trimmed(node: Any) -> Any:
    """A CapabilityStatement as the recording keeps it: two resource types in full, of the others the name."""
    if isinstance(node, dict) and node.get("resourceType") == "CapabilityStatement":
        for rest in node.get("rest", ()):
            rows = rest.get("resource", ())
            rest["resource"] = [row if row["type"] in _TYPES_IN_FULL else {"type": row["type"]} for row in rows]
    return node


def _saved(where: str, node: Any) -> str:
    """The part of an answer that `where` names, or a text that says which part was missing."""
    try:
        if where == "entry0.location":
            return str(node["entry"][0]["response"]["location"])
        if where == "id":
            return str(node["id"])
        relation, _, offset = where.removeprefix("link:").partition("@")
        url = next(str(link["url"]) for link in node["link"] if link["relation"] == relation)
        return re.sub(r"_getpagesoffset=\d+", f"_getpagesoffset={offset}", url) if offset else url
    except (KeyError, StopIteration, TypeError, IndexError):
        return "missing-" + where
