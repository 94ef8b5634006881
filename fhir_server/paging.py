"""Pages of a search: the hits are kept under an id, so that pages stay stable while the episode writes.

The total appears when HAPI 8.8 shows it: once the search is known to be finished. HAPI looks for up to 13 hits (or a
page and one more), then 503, then 2003, then all, each time a page needs more than it has; a full page is sent before
it is known how many hits lie beyond.
"""

import hashlib
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from fhir_r4 import Gone, Invalid, Response, Returned, SearchQuery
from fhir_server.answer import entry_of, searchset
from fhir_server.include import included
from fhir_server.store import EpisodeStore
from fhir_server.subset import wanted

PAGE = 20
_WINDOWS = (13, 503, 2003)
_KEPT = 64
"""Searches whose pages an episode keeps; the oldest go first."""


@dataclass(frozen=True, slots=True)
class Search:
    """ids: every hit, in order. known: how many of them HAPI has looked for. finished: it has found the last one."""

    query: SearchQuery
    ids: list[str]
    known: int
    finished: bool

    def upto(self, last: int) -> "Search":
        """The search when a page needs hits up to `last`."""
        known, finished = self.known, self.finished
        while known < last and not finished:
            window = next((w for w in _WINDOWS if w > known), len(self.ids) + 1)
            known, finished = window, len(self.ids) < window
        return replace(self, known=known, finished=finished)


def search_id(store: EpisodeStore) -> str:
    """An id in the form of a UUID, different in every episode."""
    text = f"{store.base}\x1f{store.fork}\x1f{store.next_search()}"
    hexed = hashlib.sha256(text.encode()).hexdigest()
    return f"{hexed[:8]}-{hexed[8:12]}-{hexed[12:16]}-{hexed[16:20]}-{hexed[20:32]}"


def first_page(store: EpisodeStore, query: SearchQuery, ids: list[str], self_url: str) -> Response:
    count = PAGE if query.count is None else query.count
    known = max(_WINDOWS[0], count + 1)
    finished = len(ids) < known or query.total == "accurate"
    search, key = Search(query, ids, known, finished), search_id(store)
    if len(ids) > count:
        store.searches[key] = search
        while len(store.searches) > _KEPT:
            store.searches.popitem(last=False)
    return _page(store, key, search, 0, count, self_url, total=finished)


def later_page(store: EpisodeStore, query: str) -> Response:
    """The page that a `next` or `previous` link asks for. Raises Gone if this episode did not issue the link."""
    asked = dict(parse_qsl(query, keep_blank_values=True))
    key = asked["_getpages"]
    search = store.searches.get(key)
    if search is None:
        raise Gone(f'HAPI-0417: Search ID "{key}" does not exist and may have expired', issue="processing")
    offset, count = _number(asked, "_getpagesoffset", 0), _number(asked, "_count", PAGE)
    store.searches[key] = search.upto(offset + count)
    total = search.finished or len(search.ids) < offset + count
    return _page(store, key, search, offset, count, f"{store.base}?{query}", total=total)


def _number(asked: dict[str, str], name: str, default: int) -> int:
    text = asked.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit():
        raise Invalid(f"Invalid {name} value: {text}; follow the links of the first page as they are")
    return int(text[:9])


def _page(
    store: EpisodeStore, key: str, search: Search, offset: int, count: int, self_url: str, *, total: bool
) -> Response:
    query, hits = search.query, search.ids
    page = hits[offset : offset + count]
    entries: list[bytes] = []
    returned: list[Returned] = []
    for name, id, mode in _rows(store, query, page):
        version = store.current(name, id)
        if version is not None and version.blob is not None:
            paths = None if query.elements is None else wanted(query.elements, name, query.resource_type)
            entry, one = entry_of(store, f"{name}/{id}", version, mode, paths)
            entries.append(entry)
            returned.append(one)
    links = [("self", self_url)]
    if offset + count < len(hits):
        links.append(("next", _link(store, key, offset + count, count)))
    if offset:
        links.append(("previous", _link(store, key, max(0, min(offset, len(hits)) - count), count)))
    return searchset(store, key, entries, tuple(returned), links, len(hits) if total else None)


def _rows(store: EpisodeStore, query: SearchQuery, page: list[str]) -> list[tuple[str, str, str]]:
    """(type, id, mode) of the matches of a page and of what they include."""
    rows = [(query.resource_type, id, "match") for id in page]
    for reference in included(store, query, page) if query.includes else ():
        name, _, id = reference.partition("/")
        rows.append((name, id, "include"))
    return rows


def _link(store: EpisodeStore, key: str, offset: int, count: int) -> str:
    return f"{store.base}?_getpages={key}&_getpagesoffset={offset}&_count={count}&_bundletype=searchset"
