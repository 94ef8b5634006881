"""Renders a whole world, person by person, so that few dicts are alive at a time."""

from collections.abc import Iterable, Iterator

from fhir_r4 import World, digest
from fhir_seed.trial_audit.plan import WorldPlan
from fhir_seed.trial_audit.render.document_reference import protocol_document
from fhir_seed.trial_audit.render.facts import Trial
from fhir_seed.trial_audit.render.location import site_location
from fhir_seed.trial_audit.render.numbers import Numbers
from fhir_seed.trial_audit.render.organization import site_organization, sponsor_organization
from fhir_seed.trial_audit.render.person import person_resources
from fhir_seed.trial_audit.render.practitioner import site_practitioner
from fhir_seed.trial_audit.render.research_study import research_study
from fhir_seed.trial_audit.render.streams import open_streams
from fhir_seed.trial_audit.render.trial import draw_trial
from fhir_seed.trial_audit.render.written import Json, Row, canonical_row


def render_world(plan: WorldPlan, entropy: bytes) -> World:
    """Raises Invalid for a protocol whose cancer has no codes."""
    rows = sorted(map(canonical_row, _resources(plan, entropy)))
    return World(
        now=plan.now,
        resources=tuple(data for *_, data in rows),
        counts=_counts(rows),
        digest=digest((f"{kind}/{identity}", data) for _, identity, kind, data in rows),
    )


def _resources(plan: WorldPlan, entropy: bytes) -> Iterator[Json]:
    streams = open_streams(entropy)
    trial = draw_trial(streams, plan)
    numbers = Numbers(streams.people)
    yield from _shared(trial)
    for subject in plan.subjects:
        yield from person_resources(streams, numbers, trial, subject)


def _shared(trial: Trial) -> Iterator[Json]:
    yield sponsor_organization(trial)
    yield research_study(trial)
    yield protocol_document(trial)
    for site in trial.sites:
        yield site_organization(site)
        yield site_location(site)
        yield from map(site_practitioner, site.clinicians)


def _counts(rows: Iterable[Row]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for _, _, kind, _ in rows:
        counts[kind] = counts.get(kind, 0) + 1
    return dict(sorted(counts.items()))
