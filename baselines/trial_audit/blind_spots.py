"""The perfect reader with one blind spot: everything else it does is what `reference` does, on a chart seen through it.

What such a reader loses shows what the blind spot costs, and that nothing else in a world depends on it.
"""

import base64
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from baselines.session import PAGE, AgentSession, Resource
from baselines.trial_audit.reference import reference as read_perfectly

Params = Sequence[tuple[str, str]]


def _as_it_is(resource: Resource) -> Resource:
    return resource


def _as_asked(resource_type: str, params: Params) -> Params:
    return params


def _as_concluded(report: Mapping[str, Any]) -> Mapping[str, Any]:
    return report


@dataclass(frozen=True, slots=True)
class BlindSpot:
    """see: what becomes of each resource that is read; ask: of a search's parameters; conclude: of the report."""

    see: Callable[[Resource], Resource] = _as_it_is
    ask: Callable[[str, Params], Params] = _as_asked
    conclude: Callable[[Mapping[str, Any]], Mapping[str, Any]] = _as_concluded


class BlindSession(AgentSession):
    """The same episode as another session's, seen with a blind spot."""

    def __init__(self, session: AgentSession, spot: BlindSpot) -> None:
        super().__init__(*session.access)
        self._spot = spot

    async def read(self, reference: str) -> Resource:
        return self._spot.see(await super().read(reference))

    async def pages(
        self, resource_type: str, params: Params = (), *, count: int = PAGE
    ) -> AsyncIterator[list[Resource]]:
        async for page in super().pages(resource_type, self._spot.ask(resource_type, params), count=count):
            yield [self._spot.see(resource) for resource in page]

    async def submit(self, report: Mapping[str, Any]) -> Mapping[str, Any]:
        return await super().submit(self._spot.conclude(report))


def blind(spot: BlindSpot) -> Callable[[AgentSession, int], Awaitable[None]]:
    """The reference as an agent with this blind spot."""

    async def agent(session: AgentSession, seed: int) -> None:
        await read_perfectly(BlindSession(session, spot), seed)

    return agent


_COUNTS_AS = {"MedicationAdministration": "completed", "Observation": "final"}
"""Status that a row has for who does not look at it."""


def _any_status(resource: Resource) -> Resource:
    status = _COUNTS_AS.get(resource["resourceType"])
    return resource if status is None else resource | {"status": status}


def _without_status(resource_type: str, params: Params) -> Params:
    return [(name, value) for name, value in params if name != "status" or resource_type not in _COUNTS_AS]


def _without_override(resource: Resource) -> Resource:
    """The protocol's clause 3.5 is overlooked."""
    return _with_text(resource, lambda text: _OVERRIDE.sub("", text))


def _with_text(resource: Resource, change: Callable[[str], str]) -> Resource:
    if resource["resourceType"] != "DocumentReference":
        return resource
    contents = []
    for content in resource.get("content", ()):
        text = base64.b64decode(content["attachment"].get("data", "")).decode()
        data = base64.b64encode(change(text).encode()).decode()
        contents.append(content | {"attachment": content["attachment"] | {"data": data}})
    return resource | {"content": contents}


def _crude_for_adjusted(report: Mapping[str, Any]) -> Mapping[str, Any]:
    """Who does not stratify takes the crude gap for the adjusted one; it is over the same threshold."""
    cohort = report.get("cohort")
    if cohort is None:
        return report
    verdict = "none" if cohort["verdict"] == "none" else "selection_bias"
    return {**report, "cohort": {**cohort, "verdict": verdict, "adjusted_gap": cohort["crude_gap"]}}


def _deaths_in_the_patient_only(resource: Resource) -> Resource:
    codings = resource.get("outcome", {}).get("coding", ()) if resource["resourceType"] == "AdverseEvent" else ()
    if not any(coding.get("code") == "fatal" for coding in codings):
        return resource
    return {name: value for name, value in resource.items() if name != "outcome"}


def _deaths_in_events_only(resource: Resource) -> Resource:
    if resource["resourceType"] != "Patient":
        return resource
    return {name: value for name, value in resource.items() if not name.startswith("deceased")}


def _date_prefixes(resource: Resource) -> Resource:
    """Every instant is the day that it is written with, whatever the offset."""
    return {name: _prefix(value) if name not in _INSTANTS else value for name, value in resource.items()}


def _prefix(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _prefix(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_prefix(inner) for inner in value]
    return value[: len("2024-01-31")] if isinstance(value, str) and _INSTANT.fullmatch(value) else value


def _first_codings(resource: Resource) -> Resource:
    """Of every concept the first coding alone."""
    return {name: _first(value) for name, value in resource.items()}


def _first(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: inner[:1] if name == "coding" else _first(inner) for name, inner in value.items()}
    return [_first(inner) for inner in value] if isinstance(value, list) else value


def _without_links(resource: Resource) -> Resource:
    if resource["resourceType"] != "Patient":
        return resource
    return {name: value for name, value in resource.items() if name != "link"}


def _without_notes(resource: Resource) -> Resource:
    """Notes of a patient say nothing; the protocol, which is of no patient, is read."""
    if resource["resourceType"] != "DocumentReference" or "subject" not in resource:
        return resource
    return _with_text(resource, lambda text: "")


def _weighed_in_kilograms(resource: Resource) -> Resource:
    """A quantity in pounds is taken for kilograms: the number is read, the unit is not."""
    quantity = resource.get("valueQuantity", {})
    if quantity.get("code") != "[lb_av]":
        return resource
    return resource | {"valueQuantity": quantity | {"code": "kg", "unit": "kg"}}


BLIND_SPOTS: Mapping[str, BlindSpot] = {
    "does_not_stratify": BlindSpot(conclude=_crude_for_adjusted),
    "ignores_merges": BlindSpot(see=_without_links),
    "ignores_override": BlindSpot(see=_without_override),
    "ignores_status": BlindSpot(see=_any_status, ask=_without_status),
    "ignores_units": BlindSpot(see=_weighed_in_kilograms),
    "reads_date_prefixes": BlindSpot(see=_date_prefixes),
    "reads_event_deaths": BlindSpot(see=_deaths_in_events_only),
    "reads_first_codings": BlindSpot(see=_first_codings),
    "reads_no_notes": BlindSpot(see=_without_notes),
    "reads_patient_deaths": BlindSpot(see=_deaths_in_the_patient_only),
}
_OVERRIDE = re.compile(r"^3\.5 .*$", re.MULTILINE)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*")
_INSTANTS = frozenset({"issued", "meta"})
"""They order rows; no rule takes their day."""
