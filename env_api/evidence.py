"""The evidence gate: a finding may only rest on resources that the episode returned whole to the agent."""

from collections.abc import Sequence, Set
from dataclasses import dataclass

from env_api.ledger import Ledger
from env_api.refusals import BadReference, BadSubject, NotRetrieved
from fhir_r4 import Reference, parse_reference

SUBJECTS = frozenset({"Patient", "ResearchSubject"})


@dataclass(frozen=True)
class Desktop:
    """What an action may look at. retrieved: `Type/id` of every resource returned whole; base: FHIR URL."""

    ledger: Ledger
    retrieved: Set[str]
    base: str

    def subject(self, text: str) -> str:
        """Raises BadReference, BadSubject, NotRetrieved."""
        reference = self._reduce(text, "the subject")
        if reference.type not in SUBJECTS:
            raise BadSubject
        return self._require(reference, "the subject")

    def evidence(self, texts: Sequence[str]) -> tuple[str, ...]:
        """As `Type/id`, each once, in order. Raises BadReference, NotRetrieved."""
        places = [(text, f"evidence {number}") for number, text in enumerate(texts, 1)]
        reduced = [(self._reduce(text, place), place) for text, place in places]
        return tuple(dict.fromkeys(self._require(reference, place) for reference, place in reduced))

    def _reduce(self, text: str, place: str) -> Reference:
        reference = parse_reference(text, self.base)
        if reference is None:
            raise BadReference(place)
        return reference

    def _require(self, reference: Reference, place: str) -> str:
        if str(reference) not in self.retrieved:
            raise NotRetrieved(place)
        return str(reference)
