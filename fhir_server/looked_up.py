"""What HAPI looks up for a whole transaction before it does the first entry."""

import re
from collections.abc import Iterable, Iterator

from fhir_r4 import Clause, PreconditionFailed, is_resource_type, parse_search
from fhir_server.bundle_entry import Entry
from fhir_server.conditional import match_ids, references_of
from fhir_server.store import EpisodeStore

_PLAIN = re.compile(r"[^?]+\?[a-z0-9-]+=[^&,]+")
"""A match URL that is looked up. HAPI looks at the first parameter only, and finds no modifier in it."""


def check_single(store: EpisodeStore, entry: Entry) -> None:
    """Raises PreconditionFailed if a condition or a reference means several resources."""
    for url, name, query in _plain_urls(entry):
        if len(match_ids(store, name, query)) > 1:
            raise PreconditionFailed(
                f'HAPI-2207: Invalid match URL "{url}" - Multiple resources match this search', issue="processing"
            )


def looked_up(store: EpisodeStore, entries: Iterable[Entry]) -> set[str]:
    """`Type/id` of what there is of the resources that entries refer to, change by their id, or mean by one token.

    Such an id is no choice for the new resource of a conditional update: the resource gets another one.
    """
    found: set[str] = set()
    for entry in entries:
        if entry.resource is None:
            continue
        if entry.method in ("PUT", "PATCH") and entry.id and store.current(entry.type, entry.id) is not None:
            found.add(f"{entry.type}/{entry.id}")
        if entry.method in ("PUT", "POST"):
            found.update(_targets(store, entry))
        for _, name, query in _plain_urls(entry):
            if _is_one_token(store, name, query):
                found.update(f"{name}/{id}" for id in match_ids(store, name, query))
    return found


def _plain_urls(entry: Entry) -> Iterator[tuple[str, str, str]]:
    """(match URL, type, query) of the condition and the conditional references of an entry."""
    if entry.resource is None:
        return
    for url in [entry.condition, *(node["reference"] for node in references_of(entry.resource))]:
        name, _, query = url.partition("?")
        if _PLAIN.match(url) is not None and "urn:" not in url and is_resource_type(name):
            yield url, name, query


def _targets(store: EpisodeStore, entry: Entry) -> Iterator[str]:
    for node in references_of(entry.resource or {}):
        parts = node["reference"].partition("/_history/")[0].split("/")
        if len(parts) > 1 and "?" not in node["reference"]:
            last = store.current(parts[-2], parts[-1])
            if last is not None and not last.is_gone:
                yield f"{parts[-2]}/{parts[-1]}"


def _is_one_token(store: EpisodeStore, name: str, query: str) -> bool:
    clauses = parse_search(name, query, store.rules).clauses
    codes = {one.parameter.code for one in clauses if isinstance(one, Clause) and one.parameter.type == "token"}
    return len(codes) == 1 and all(isinstance(one, Clause) and one.parameter.code in codes for one in clauses)
