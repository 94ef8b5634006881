"""One request on two servers, and what of their answers must be equal.

Compared: the status, the resource as a whole, the outcome's codes; of a page its links and entries (in order when the
search sorts); of a history or a bundle's answer the entries in order; which resources the backend says it returned. A
total is compared where it is the last page: before that HAPI shows it or not by how many rows its database had read.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from fhir_r4 import Backend, Change, Handle, Request, Response, Store, dump_exact, parse_exact
from tests.conformance.normalise import Normaliser
from tests.conformance.random_requests import JSON, Asked

BASE = "http://gateway.example/episodes/abc/fhir"
_EXISTING, _NUMBER = "SUCCESSFUL_CREATE_WITH_CONDITIONAL_MATCH", re.compile(r"/_history/\d+$")
_CODE = re.compile(r"HAPI-\d{4}")
_LOCATION = re.compile(r"/(\d{3,9})/_history/1$")


@dataclass
class Side:
    """One of the two servers in one episode."""

    backend: Backend
    store: Store
    normaliser: Normaliser = field(default_factory=lambda: Normaliser(BASE))
    ids: list[str] = field(default_factory=list)
    """That the server gave."""

    async def ask(self, asked: Asked) -> Response:
        path, _, query = self._filled(asked.url).partition("?")
        body = None if asked.body is None else self._filled(dump_exact(asked.body)).encode()
        headers = JSON | dict(asked.headers)
        response = await self.backend.send(self.store, Request(asked.method, path, query, headers, body))
        self._remember(response)
        return response

    def _filled(self, text: str) -> str:
        return re.sub(r"\{\{(\d)\}\}", lambda found: (self.ids + ["none"] * 10)[int(found[1])], text)

    def _remember(self, response: Response) -> None:
        found = _LOCATION.search(response.headers.get("location", ""))
        if found:
            self.ids.append(found[1])

    def seen(self, response: Response, *, ordered: bool) -> Any:
        """The comparable part of an answer."""
        node = self.normaliser.json(parse_exact(response.body)) if response.body else None
        shown = {"status": response.status, "etag": response.headers.get("etag"), "body": _shown(node, ordered)}
        if _is_cut(node) and not ordered:
            return shown
        rows = [(self.normaliser.text(one.reference), one.version, one.full) for one in response.returned]
        return shown | {"returned": sorted(rows)}

    async def changes(self) -> dict[str, tuple[Any, Any]]:
        """What the episode changed, with the server's ids normalised."""
        found = await self.backend.changes(self.store)
        return {self.normaliser.text(reference): self._change(change) for reference, change in found.items()}

    def _change(self, change: Change) -> tuple[Any, Any]:
        texts = (change.before, change.after)
        before, after = (None if text is None else _plain(self.normaliser.json(parse_exact(text))) for text in texts)
        return before, after


async def side(backend: Backend, handle: Handle) -> Side:
    return Side(backend, await backend.fork(handle, BASE))


def _shown(node: Any, ordered: bool) -> Any:
    if not isinstance(node, dict):
        return node
    if node.get("resourceType") == "OperationOutcome":
        return [(i.get("severity"), i.get("code"), _CODE.findall(i.get("diagnostics", ""))) for i in node["issue"]]
    if node.get("resourceType") == "Bundle" and node.get("type") not in ("collection", "document", "message"):
        return _page(node, ordered)
    return _plain(node)


def _page(node: dict[str, Any], ordered: bool) -> Any:
    entries = [_entry(entry) for entry in node.get("entry", [])]
    shown: dict[str, Any] = {
        "type": node["type"],
        "total": node.get("total") if not _is_cut(node) else "cut",
        "links": [link["relation"] for link in node.get("link", [])],
        "entries": len(entries) if _is_cut(node) and not ordered else entries,
    }
    if not ordered and node["type"] == "searchset" and not _is_cut(node):
        shown["entries"] = sorted(entries, key=dump_exact)
    if ordered and node["type"] == "searchset":  # included resources have no order
        matches = [entry for entry in entries if entry["mode"] != "include"]
        shown["entries"] = [*matches, *sorted((e for e in entries if e["mode"] == "include"), key=dump_exact)]
    return shown


def _is_cut(node: Any) -> bool:
    """Whether there are more pages: which entries are on the first one is HAPI's choice if the search does not sort."""
    links = node.get("link", []) if isinstance(node, dict) else []
    return any(link["relation"] == "next" for link in links)


def _entry(entry: dict[str, Any]) -> dict[str, Any]:
    answer = entry.get("response", {})
    if _EXISTING in dump_exact(answer.get("outcome")):  # HAPI remembers the version that it had, for a while
        answer = answer | {"etag": None, "location": _NUMBER.sub("", answer["location"])}
    return {
        "resource": _shown(entry.get("resource"), ordered=False),
        "mode": entry.get("search", {}).get("mode"),
        "status": answer.get("status"),
        "etag": answer.get("etag"),
        "location": answer.get("location"),
        "outcome": _shown(answer.get("outcome"), ordered=False),
        "method": entry.get("request", {}).get("method"),
    }


def _plain(node: Any) -> Any:
    """JSON with tags in an order of their own, which HAPI does not keep; decimals stay as written."""
    if isinstance(node, list):
        return [_plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {name: sorted(value, key=dump_exact) if name == "tag" else _plain(value) for name, value in node.items()}
