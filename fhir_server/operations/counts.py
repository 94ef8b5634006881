"""$get-resource-counts: how many resources of each type there are."""

from fhir_r4 import Request, Response
from fhir_server.answer import json_answer
from fhir_server.store import EpisodeStore


def resource_counts(store: EpisodeStore, request: Request) -> Response:
    """Parameters, one for each type that has any."""
    rows = [{"name": name, "valueInteger": number} for name in store.types() if (number := _count(store, name))]
    return json_answer({"resourceType": "Parameters", **({"parameter": rows} if rows else {})})


def _count(store: EpisodeStore, name: str) -> int:
    return sum(len(segment) - len(hidden) for segment, hidden in store.layers(name))
