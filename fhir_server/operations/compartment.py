"""Which resources $everything gives: some resources of a type, what refers to them, and all that those refer to.

As HAPI 8.8 does it: the resources, then their referrers in order of writing, then everything that can be reached by
references from these; other patients are not followed to from a single one.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fhir_server.index import KeyIndex
from fhir_server.segment import Segment
from fhir_server.store import EpisodeStore

_NOT_REFERRERS = frozenset({"Group", "List"})
_NOT_FOLLOWED = frozenset({"Group", "List", "Provenance"})


@dataclass(frozen=True, slots=True)
class Compartment:
    """ids: of the resources in the middle; None for all of the type. types: of referrers, and of what is followed from;
    empty for all."""

    resource_type: str
    ids: tuple[str, ...] | None
    types: frozenset[str] = frozenset()

    @property
    def is_one_patient(self) -> bool:
        return self.resource_type == "Patient" and self.ids is not None and len(self.ids) == 1


def everything(store: EpisodeStore, compartment: Compartment) -> list[str]:
    """References, each once."""
    found = dict.fromkeys(_centre(store, compartment))
    found.update(dict.fromkeys(_referrers(store, compartment, frozenset(found))))
    found.update(dict.fromkeys(_in_order(store, _reached(store, compartment, found))))
    return list(found)


def _reached(store: EpisodeStore, compartment: Compartment, start: Iterable[str]) -> set[str]:
    """What can be reached by references from these, without them."""
    seen = set(start)
    edge = list(seen)
    while edge:
        edge = list({target for source in edge for target in _followed(store, compartment, source)} - seen)
        seen.update(edge)
    return seen.difference(start)


def _in_order(store: EpisodeStore, references: set[str]) -> list[str]:
    """By the order of writing."""
    names = {name: n for n, name in enumerate(_types_as_written(store))}

    def place(reference: str) -> tuple[int, int]:
        name, _, id = reference.partition("/")
        found = _document(store, name, id)
        return names[name], found[0].order[found[1]] if found else 0

    return sorted(references, key=place)


def _document(store: EpisodeStore, name: str, id: str) -> tuple[Segment, int] | None:
    """The segment and number of a resource that exists."""
    for segment, hidden in store.layers(name):
        n = segment.number_of.get(id)
        if n is not None and n not in hidden:
            return segment, n
    return None


def _centre(store: EpisodeStore, compartment: Compartment) -> Iterable[str]:
    name = compartment.resource_type
    if compartment.ids is not None:
        return [f"{name}/{id}" for id in compartment.ids if store.exists(name, id)]
    rows = [(order, id) for order, id, _, _ in _documents(store, name)]
    return [f"{name}/{id}" for _, id in sorted(rows)]


def _documents(store: EpisodeStore, name: str) -> Iterator[tuple[int, str, Segment, int]]:
    """(place in the order of writing, id, segment, document) of every resource of a type."""
    for segment, hidden in store.layers(name):
        for n in range(len(segment)):
            if n not in hidden:
                yield segment.order[n], segment.ids[n], segment, n


def _referrers(store: EpisodeStore, compartment: Compartment, centre: frozenset[str]) -> Iterator[str]:
    for name in _types_as_written(store):
        if name in _NOT_REFERRERS and compartment.resource_type == "Patient":
            continue
        if compartment.types and name not in compartment.types:
            continue
        rows: set[tuple[int, str]] = set()
        for segment, hidden in store.layers(name):
            for n in _refer_to(segment, centre):
                if n not in hidden:
                    rows.add((segment.order[n], segment.ids[n]))
        yield from (f"{name}/{id}" for _, id in sorted(rows))


def _refer_to(segment: Segment, references: frozenset[str]) -> set[int]:
    found: set[int] = set()
    for index in segment.indexes.values():
        if isinstance(index, KeyIndex):
            found.update(index.select_keys(list(references)))
    return found


def _types_as_written(store: EpisodeStore) -> list[str]:
    return list(dict.fromkeys([*store.world.segments, *store.overlay]))


def _followed(store: EpisodeStore, compartment: Compartment, reference: str) -> Iterator[str]:
    """What a resource refers to, as far as it exists."""
    name, _, id = reference.partition("/")
    one_patient = compartment.is_one_patient
    if (one_patient and name in _NOT_FOLLOWED) or (compartment.types and name not in compartment.types):
        return
    found = _document(store, name, id)
    for target in _references_of(*found) if found else ():
        kind, _, key = target.partition("/")
        if not (one_patient and kind == "Patient") and store.exists(kind, key):
            yield target


def _references_of(segment: Segment, n: int) -> Iterator[str]:
    for index in segment.indexes.values():
        if isinstance(index, KeyIndex):
            yield from index.keys_of(n)
