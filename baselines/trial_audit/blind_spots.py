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
    """see: what becomes of each resource that is read; ask: of a search's parameters; conclude: of the report.
    compare: of all that a search for Patients gave, taken together; None: it is read page by page."""

    see: Callable[[Resource], Resource] = _as_it_is
    ask: Callable[[str, Params], Params] = _as_asked
    compare: Callable[[list[Resource]], list[Resource]] | None = None
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
        asked = super().pages(resource_type, self._spot.ask(resource_type, params), count=count)
        if self._spot.compare is not None and resource_type == "Patient":
            yield self._spot.compare([self._spot.see(resource) async for page in asked for resource in page])
            return
        async for page in asked:
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


def _duplicates_for_survivors(resources: list[Resource]) -> list[Resource]:
    """Name, numbers and birth date of a merged duplicate are taken for those of the Patient that replaced it.

    Of several duplicates one is taken that says another birth date, if there is one.
    """
    born = {_reference(row): row.get("birthDate") for row in resources}
    written: dict[str, Resource] = {}
    for row in resources:
        survivor = _survivor(row)
        if survivor and (survivor not in written or row.get("birthDate") != born.get(survivor)):
            written[survivor] = row
    return [_as_of(written.get(_reference(row)), row) for row in resources]


def _as_of(duplicate: Resource | None, patient: Resource) -> Resource:
    if duplicate is None:
        return patient
    own = {name: value for name, value in patient.items() if name not in _WHO}
    return own | {name: duplicate[name] for name in _WHO if name in duplicate}


def _reference(resource: Resource) -> str:
    return f"{resource['resourceType']}/{resource['id']}"


def _survivor(resource: Resource) -> str:
    links = resource.get("link", ()) if resource["resourceType"] == "Patient" else ()
    return next((str(link["other"]["reference"]) for link in links if link.get("type") == "replaced-by"), "")


_WHO = ("name", "identifier", "birthDate")


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


def _dated_by_report(resource: Resource) -> Resource:
    """A laboratory result is of the moment when it was reported, not of its collection."""
    if "issued" not in resource or not _is_laboratory(resource):
        return resource
    return resource | {"effectiveDateTime": resource["issued"]}


def _is_laboratory(resource: Resource) -> bool:
    categories = resource.get("category", ()) if resource["resourceType"] == "Observation" else ()
    return any(coding.get("code") == "laboratory" for one in categories for coding in one.get("coding", ()))


def _never_ended(resource: Resource) -> Resource:
    """Every order that was in use still is."""
    if resource["resourceType"] != "MedicationRequest" or resource["status"] not in _ENDED:
        return resource
    kept = {name: value for name, value in resource.get("dispenseRequest", {}).items() if name != "validityPeriod"}
    return resource | {"status": "active", "dispenseRequest": kept}


_ENDED = ("active", "on-hold", "completed", "stopped")
"""Statuses of orders that were in use once; an active one may have an end too."""


BLIND_SPOTS: Mapping[str, BlindSpot] = {
    "does_not_stratify": BlindSpot(conclude=_crude_for_adjusted),
    "ignores_merges": BlindSpot(compare=_duplicates_for_survivors),
    "ignores_order_ends": BlindSpot(see=_never_ended),
    "ignores_override": BlindSpot(see=_without_override),
    "ignores_status": BlindSpot(see=_any_status, ask=_without_status),
    "ignores_units": BlindSpot(see=_weighed_in_kilograms),
    "reads_date_prefixes": BlindSpot(see=_date_prefixes),
    "reads_event_deaths": BlindSpot(see=_deaths_in_events_only),
    "reads_first_codings": BlindSpot(see=_first_codings),
    "reads_issued_dates": BlindSpot(see=_dated_by_report),
    "reads_no_notes": BlindSpot(see=_without_notes),
    "reads_patient_deaths": BlindSpot(see=_deaths_in_the_patient_only),
}
_OVERRIDE = re.compile(r"^3\.5 .*$", re.MULTILINE)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*")
_INSTANTS = frozenset({"issued", "meta"})
"""They order rows; no rule takes their day."""
