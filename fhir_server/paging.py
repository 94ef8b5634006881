"""Pages of a search: the hits are kept under an id, so that pages stay stable while the episode writes.

The total appears when HAPI 8.8 shows it: once the search is known to be finished, which on the first page means within
max(13, page size + 1) hits, and on a later one that it ends before the page is full.
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
_PREFETCH = 13
_KEPT = 64
"""Searches whose pages an episode keeps; the oldest go first."""


@dataclass(frozen=True, slots=True)
class Search:
    """ids: every hit, in order. finished: a client may be told the total."""

    query: SearchQuery
    ids: list[str]
    finished: bool


def search_id(store: EpisodeStore) -> str:
    """An id in the form of a UUID, different in every episode."""
    text = f"{store.base}\x1f{store.fork}\x1f{store.next_search()}"
    hexed = hashlib.sha256(text.encode()).hexdigest()
    return f"{hexed[:8]}-{hexed[8:12]}-{hexed[12:16]}-{hexed[16:20]}-{hexed[20:32]}"


def first_page(store: EpisodeStore, query: SearchQuery, ids: list[str], self_url: str) -> Response:
    count = PAGE if query.count is None else query.count
    finished = len(ids) < max(_PREFETCH, count + 1) or query.total == "accurate"
    search, key = Search(query, ids, finished), search_id(store)
    if len(ids) > count:
        store.searches[key] = search
        while len(store.searches) > _KEPT:
            store.searches.popitem(last=False)
    return _page(store, key, search, 0, count, self_url)


def later_page(store: EpisodeStore, query: str) -> Response:
    """The page that a `next` or `previous` link asks for. Raises Gone if this episode did not issue the link."""
    asked = dict(parse_qsl(query, keep_blank_values=True))
    key = asked["_getpages"]
    search = store.searches.get(key)
    if search is None:
        raise Gone(f'HAPI-0417: Search ID "{key}" does not exist and may have expired', issue="processing")
    offset, count = _number(asked, "_getpagesoffset", 0), _number(asked, "_count", PAGE)
    if len(search.ids) < offset + count and not search.finished:
        search = store.searches[key] = replace(search, finished=True)
    return _page(store, key, search, offset, count, f"{store.base}?{query}")


def _number(asked: dict[str, str], name: str, default: int) -> int:
    text = asked.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit():
        raise Invalid(f"Invalid {name} value: {text}; follow the links of the first page as they are")
    return int(text[:9])


def _page(store: EpisodeStore, key: str, search: Search, offset: int, count: int, self_url: str) -> Response:
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
    total = len(hits) if search.finished else None
    return searchset(store, key, entries, tuple(returned), links, total)


def _rows(store: EpisodeStore, query: SearchQuery, page: list[str]) -> list[tuple[str, str, str]]:
    """(type, id, mode) of the matches of a page and of what they include."""
    rows = [(query.resource_type, id, "match") for id in page]
    for reference in included(store, query, page) if query.includes else ():
        name, _, id = reference.partition("/")
        rows.append((name, id, "include"))
    return rows


def _link(store: EpisodeStore, key: str, offset: int, count: int) -> str:
    return f"{store.base}?_getpages={key}&_getpagesoffset={offset}&_count={count}&_bundletype=searchset"
