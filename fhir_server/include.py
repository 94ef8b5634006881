"""The resources that _include and _revinclude add to a page, in the four steps of HAPI 8.8.

Each step starts from the matches and all that earlier steps found: reverse, forward, reverse with `:iterate`, forward
with `:iterate`. https://hl7.org/fhir/R4/search.html#include
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from fhir_r4 import Include, search_parameters
from fhir_server.index import KeyIndex
from fhir_server.segment import Segment
from fhir_server.store import EpisodeStore

MOST = 1000
"""Resources that a page may add, as in HAPI."""

_LOOKED_AT = 20 * MOST
"""References that one step looks at; many may name the same resource."""

_STEPS = ((True, False), (False, False), (True, True), (False, True))


def included(store: EpisodeStore, includes: tuple[Include, ...], matches: list[str]) -> list[str]:
    """References to add to a page of these references, without repeats and without the matches themselves."""
    seen = dict.fromkeys(matches)
    for reverse, iterate in _STEPS:
        chosen = [one for one in includes if one.reverse == reverse and one.iterate == iterate]
        fresh = list(seen) if chosen else []
        while fresh:
            more = (ref for one in chosen for ref in _found(store, one, fresh) if ref not in seen)
            found = dict.fromkeys(islice(more, _LOOKED_AT))
            seen.update(found)
            fresh = list(found) if iterate and len(seen) - len(matches) < MOST else []
    return list(seen)[len(matches) : len(matches) + MOST]


def _found(store: EpisodeStore, include: Include, references: list[str]) -> Iterator[str]:
    return _reverse(store, include, references) if include.reverse else _forward(store, include, references)


def _reverse(store: EpisodeStore, include: Include, references: list[str]) -> Iterator[str]:
    keys = sorted(ref for ref in references if include.target is None or ref.startswith(f"{include.target}/"))
    for name in store.types() if include.source is None else (include.source,):
        for segment, hidden in store.layers(name):
            numbers = {n for index in _indexes(segment, include) for n in index.select_keys(keys)}
            for n in sorted(numbers):
                if n not in hidden:
                    yield f"{name}/{segment.ids[n]}"


def _forward(store: EpisodeStore, include: Include, references: list[str]) -> Iterator[str]:
    for reference in references:
        name, _, id = reference.partition("/")
        if include.source in (None, name):
            for segment, hidden in store.layers(name):
                n = segment.number_of.get(id)
                if n is not None and n not in hidden:
                    yield from _targets(store, segment, n, include)


def _targets(store: EpisodeStore, segment: Segment, n: int, include: Include) -> Iterator[str]:
    for index in _indexes(segment, include):
        for reference in index.keys_of(n):
            name, _, id = reference.partition("/")
            if include.target in (None, name) and store.exists(name, id):
                yield reference


def _indexes(segment: Segment, include: Include) -> Iterable[KeyIndex]:
    if include.parameter is not None:
        index = segment.indexes.get(include.parameter.code)
        return (index,) if isinstance(index, KeyIndex) else ()
    codes = search_parameters(segment.resource_type)
    return [
        index
        for code, index in segment.indexes.items()
        if isinstance(index, KeyIndex) and codes[code].type == "reference"
    ]
