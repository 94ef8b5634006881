"""A whole world: the courses of its people, and their resources person by person, so that few dicts are alive."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fhir_r4 import World, digest
from fhir_seed.trial_audit.plan import WorldPlan
from fhir_seed.trial_audit.render.course import draw_course
from fhir_seed.trial_audit.render.document_reference import protocol_document
from fhir_seed.trial_audit.render.facts import Course, Trial
from fhir_seed.trial_audit.render.location import site_location
from fhir_seed.trial_audit.render.numbers import Numbers
from fhir_seed.trial_audit.render.organization import site_organization, sponsor_organization
from fhir_seed.trial_audit.render.person import person_resources
from fhir_seed.trial_audit.render.practitioner import site_practitioner
from fhir_seed.trial_audit.render.research_study import research_study
from fhir_seed.trial_audit.render.streams import Streams, open_streams
from fhir_seed.trial_audit.render.trial import draw_trial
from fhir_seed.trial_audit.render.written import Json, Row, canonical_row


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a plan does not say, invented."""

    trial: Trial
    courses: Iterable[Course]
    """Of the plan's subjects, in their order. As first drawn they can be read once: each is drawn when it is asked for,
    so that few are alive; whoever needs all at once makes a tuple of them, which changes no byte of the world.
    """
    streams: Streams


def draw_courses(plan: WorldPlan, entropy: bytes) -> Drawn:
    """Raises Invalid for a protocol whose cancer has no codes."""
    streams = open_streams(entropy)
    trial = draw_trial(streams, plan)
    courses = (draw_course(streams, trial, trial.sites[s.site], s) for s in plan.subjects)
    return Drawn(trial, courses, streams)


def shared_resources(drawn: Drawn) -> Iterator[Json]:
    """The study, its protocol and sponsor, sites and clinicians."""
    trial = drawn.trial
    yield sponsor_organization(trial)
    yield research_study(trial)
    yield protocol_document(trial)
    for site in trial.sites:
        yield site_organization(site)
        yield site_location(site)
        yield from map(site_practitioner, (*site.clinicians, *site.nurses))


def people_resources(plan: WorldPlan, drawn: Drawn) -> Iterator[Iterator[Json]]:
    """Of each subject of the plan in turn; each is to be read to its end before the next is asked for."""
    numbers = Numbers(drawn.streams.people)
    for subject, course in zip(plan.subjects, drawn.courses, strict=True):
        yield person_resources(drawn.streams, numbers, drawn.trial, subject, course)


def render_world(plan: WorldPlan, entropy: bytes) -> World:
    """Raises Invalid for a protocol whose cancer has no codes."""
    drawn = draw_courses(plan, entropy)
    rows = [canonical_row(resource) for resource in shared_resources(drawn)]
    for resources in people_resources(plan, drawn):
        rows += map(canonical_row, resources)
    return world_of(rows, plan.now)


def world_of(rows: Iterable[Row], now: str) -> World:
    ordered = sorted(rows)
    return World(
        now=now,
        resources=tuple(data for *_, data in ordered),
        counts=_counts(ordered),
        digest=digest((f"{kind}/{identity}", data) for _, identity, kind, data in ordered),
    )


def _counts(rows: Iterable[Row]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for _, _, kind, _ in rows:
        counts[kind] = counts.get(kind, 0) + 1
    return dict(sorted(counts.items()))
