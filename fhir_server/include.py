"""The resources that _include and _revinclude add to a page: reverse ones first, then forward ones, as HAPI does."""

from collections.abc import Iterator

from fhir_r4 import Include, SearchQuery
from fhir_server.index import KeyIndex
from fhir_server.store import EpisodeStore


def included(store: EpisodeStore, query: SearchQuery, page: list[str]) -> list[str]:
    """References to add for the ids of one page, without repeats and without the matches themselves."""
    matches = {f"{query.resource_type}/{id}" for id in page}
    found: dict[str, None] = {}
    for include in sorted(query.includes, key=lambda one: not one.reverse):
        if include.reverse:
            references = _reverse(store, include, matches)
        elif include.source == query.resource_type:
            references = _forward(store, include, page)
        else:
            continue
        found.update((reference, None) for reference in references if reference not in matches)
    return list(found)


def _reverse(store: EpisodeStore, include: Include, matches: set[str]) -> Iterator[str]:
    name, code = include.source, include.parameter.code
    for segment, hidden in store.layers(name):
        index = segment.indexes.get(code)
        if isinstance(index, KeyIndex):
            for n in sorted(index.select_keys(sorted(matches))):
                if n not in hidden:
                    yield f"{name}/{segment.ids[n]}"


def _forward(store: EpisodeStore, include: Include, page: list[str]) -> Iterator[str]:
    for id in page:
        for segment, hidden in store.layers(include.source):
            n = segment.number_of.get(id)
            index = segment.indexes.get(include.parameter.code)
            if n is None or n in hidden or index is None:
                continue
            for reference in index.keys_of(n):
                name, _, target = reference.partition("/")
                if include.target in (None, name) and store.exists(name, target):
                    yield reference
