"""Pages of a search: the hits are kept under an id, so that pages stay stable while the episode writes.

The total appears when HAPI 8.8 shows it: once the search is known to be finished. HAPI looks for up to 13 hits (or a
page and one more), then 503, then 2003, then all, each time a page needs more than it has; a full page is sent before
it is known how many hits lie beyond. With `_offset` a search keeps nothing, and with `Cache-Control: no-store` it says
nothing of further pages.
"""

import hashlib
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl

from fhir_r4 import Gone, Include, Part, Request, Response, Results, Returned, page_link, read_part
from fhir_server.address import query_with, written_query
from fhir_server.answer import Page, entries_of, page_answer
from fhir_server.include import included
from fhir_server.store import EpisodeStore

PAGE = 20
MOST = 10_000
"""Entries of a page; whoever asks for more follows `next`. HAPI knows no limit."""
_WINDOWS = (13, 503, 2003)
_KEPT = 64
"""Searches whose pages an episode keeps; the oldest go first."""

_TAGGED = ("true", "data")


class Search(NamedTuple):
    """What a page is cut from.

    resource_type: empty if `ids` are references, of several types. ids: every hit, in order. known: how many of them
    HAPI has looked for. finished: it has found the last one.
    """

    resource_type: str
    ids: Sequence[str]
    includes: tuple[Include, ...]
    known: int
    finished: bool

    def upto(self, last: int) -> "Search":
        """The search when a page needs hits up to `last`."""
        known, finished = self.known, self.finished
        while known < last and not finished:
            window = next((w for w in _WINDOWS if w > known), len(self.ids) + 1)
            known, finished = window, len(self.ids) < window
        return self._replace(known=known, finished=finished)


_STEP, _MASK = 0x9E3779B97F4A7C15F39CC0605CEDC835, (1 << 128) - 1


@lru_cache(maxsize=1024)
def _seed(base: str, fork: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{base}\x1f{fork}".encode()).digest()[:16])


def search_id(store: EpisodeStore) -> str:
    """An id in the form of a UUID, different in every episode."""
    seed = _seed(store.base, store.fork)
    hexed = f"{(seed + store.next_search() * _STEP) & _MASK:032x}"
    return f"{hexed[:8]}-{hexed[8:12]}-{hexed[12:16]}-{hexed[16:20]}-{hexed[20:32]}"


def first_page(
    store: EpisodeStore, resource_type: str, results: Results, ids: Sequence[str], path: str, query: str
) -> Response:
    """path, query: what the self link says, after the base."""
    count = PAGE if results.count is None else min(results.count, MOST)
    known = max(_WINDOWS[0], count + 1)
    finished = len(ids) < known or results.total == "accurate" or not count
    search, key = Search(resource_type, ids, results.includes, known, finished), search_id(store)
    links = [("self", f"{store.base}/{path}{written_query(query)}")]
    after, step = (count, count) if count else (PAGE, PAGE)
    if len(ids) > after and (count >= 0 or finished):
        links.append(("next", _link(store, key, after, step, results.link)))
        _keep(store, key, search)
    page = ids[: max(0, count)]
    headers = {"content-location": f"{store.base}/Bundle/{key}"} if "$" in path else None
    total, searched = len(ids) if finished else None, resource_type or "*"
    return _page(store, key, search, page, results.part, searched, links, total, headers)


def only_page(
    store: EpisodeStore,
    resource_type: str,
    results: Results,
    ids: Sequence[str],
    path: str,
    query: str,
    most: int | None,
) -> Response:
    """A page that is cut afresh: of a search with `_offset`, or (most: not None) with `Cache-Control: no-store`."""
    asked = PAGE if results.count is None else max(0, min(results.count, MOST))
    offset = results.offset or 0
    count = asked if most is None else min(asked, most)
    search = Search(resource_type, ids, results.includes, len(ids), finished=True)
    page = search.ids[offset : offset + count]
    total = len(ids) if results.total == "accurate" else offset + len(page)
    known = results.total == "accurate" or len(page) < count or (most is not None and count == asked)
    links = [("self", f"{store.base}/{path}{written_query(query)}")]
    if most is None and offset + count < len(ids):
        links.append(("next", f"{store.base}/{path}{query_with(query, count, offset + count)}"))
    if offset:
        links.append(("previous", f"{store.base}/{path}{query_with(query, count, max(0, offset - count))}"))
    return _page(store, search_id(store), search, page, results.part, resource_type, links, total if known else None)


def later_page(store: EpisodeStore, request: Request) -> Response:
    """The page that a `next` or `previous` link asks for. Raises Gone if this episode did not issue the link."""
    asked: dict[str, list[str]] = {}
    for name, text in parse_qsl(request.query, keep_blank_values=True):
        asked.setdefault(name, []).append(text)
    key = asked["_getpages"][0]
    search: Search | None = store.searches.get(key)
    if search is None:
        raise Gone(f'HAPI-0417: Search ID "{key}" does not exist and may have expired', issue="processing")
    offset, count = _number(asked, "_getpagesoffset", 0), min(_number(asked, "_count", PAGE) or PAGE, MOST)
    store.searches[key] = search.upto(offset + count)
    total = search.finished or len(search.ids) < offset + count
    bundle_type = asked.get("_bundletype", [""])[0]
    tail = page_link(asked, asked.get("_include", ()), bundle_type if bundle_type == "searchset" else "")
    links = [("self", f"{store.base}?{request.query}")]
    if offset + count < len(search.ids):
        links.append(("next", _link(store, key, offset + count, count, tail)))
    if offset:
        links.append(("previous", _link(store, key, max(0, min(offset, len(search.ids)) - count), count, tail)))
    place = f"{store.base}/Bundle/{key}"
    headers = {"content-location": place} | ({"location": place} if request.method == "POST" else {})
    page, part = search.ids[offset : offset + count], read_part(asked)[1]
    return _page(store, key, search, page, part, "*", links, len(search.ids) if total else None, headers)


def _keep(store: EpisodeStore, key: str, search: Search) -> None:
    store.searches[key] = search
    while len(store.searches) > _KEPT:
        store.searches.popitem(last=False)


def _number(asked: dict[str, list[str]], name: str, default: int) -> int:
    """Anything but a whole number counts as the default, as in HAPI."""
    text = asked.get(name, [""])[0]
    return int(text[:9]) if text.isascii() and text.isdigit() else default


def _page(
    store: EpisodeStore,
    key: str,
    search: Search,
    page: Sequence[str],
    part: Part,
    searched: str,
    links: list[tuple[str, str]],
    total: int | None,
    headers: dict[str, str] | None = None,
) -> Response:
    name = search.resource_type
    if name:
        entries, returned = entries_of(store, name, page, "match", part, searched)
    else:
        entries, returned = _mixed(store, page, "match", part, searched)
    if search.includes:
        matches = [f"{name}/{id}" for id in page] if name else list(page)
        more, also = _mixed(store, included(store, search.includes, matches), "include", part, searched)
        entries += more
        returned += also
    tagged = part.summary in _TAGGED
    return page_answer(store, Page(key, entries, tuple(returned), links, total, "searchset", tagged), headers)


def _mixed(
    store: EpisodeStore, references: Iterable[str], mode: str, part: Part, searched: str
) -> tuple[list[bytes], list[Returned]]:
    """The entries of resources of several types."""
    entries: list[bytes] = []
    returned: list[Returned] = []
    for reference in references:
        name, _, id = reference.partition("/")
        more, also = entries_of(store, name, (id,), mode, part, searched)
        entries += more
        returned += also
    return entries, returned


def _link(store: EpisodeStore, key: str, offset: int, count: int, tail: str) -> str:
    return f"{store.base}?_getpages={key}&_getpagesoffset={offset}&_count={count}{tail}"
