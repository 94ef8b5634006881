"""What a Bundle deletes, and what referred to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fhir_r4 import references_in
from fhir_server.integrity import Referrer, conflict_of, referrers_of
from fhir_server.store import EpisodeStore


@dataclass(slots=True)
class Deletions:
    """done: what was there. named: what its URLs name, there or deleted before.

    As on HAPI, what refers to a resource counts as it was when its turn came. referrers: by what is deleted.
    """

    done: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)
    referrers: dict[str, list[Referrer]] = field(default_factory=dict)

    def note(self, store: EpisodeStore, reference: str) -> None:
        """Before it is deleted."""
        name, _, id = reference.partition("/")
        if store.exists(name, id):
            self.done.add(reference)
            self.referrers[reference] = list(referrers_of(store, reference))

    def check(self, written: Mapping[str, dict[str, Any]]) -> None:
        """written: what else the Bundle stores, by reference. Raises Conflict if something goes on to refer to what is
        deleted, with an issue for each deletion."""
        first = (self._first(referrers, written) for referrers in self.referrers.values())
        left = [referrer for referrer in first if referrer is not None]
        if left:
            raise conflict_of(left)

    def _first(self, referrers: list[Referrer], written: Mapping[str, dict[str, Any]]) -> Referrer | None:
        for one in referrers:
            if one.reference in self.done:
                continue
            if one.reference not in written or one.target in references_in(written[one.reference]):
                return one
        return None
