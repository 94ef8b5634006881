"""Draws the shared part of a world: sites with their clinicians, the sponsor, the study drug's dose."""

from datetime import date, timedelta

from fhir_seed.codes import coding
from fhir_seed.stream import Stream
from fhir_seed.trial_audit.plan import WorldPlan
from fhir_seed.trial_audit.render.cancers import cancer_named
from fhir_seed.trial_audit.render.facts import Clinician, SiteFacts, Trial
from fhir_seed.trial_audit.render.ids import Ids
from fhir_seed.trial_audit.render.names import FAMILY, GIVEN, STREETS
from fhir_seed.trial_audit.render.places import HOME, places
from fhir_seed.trial_audit.render.streams import Streams
from fhir_seed.trial_audit.render.when import site_clock
from fhir_seed.trial_audit.render.written import fixed, reference
from tasks.trial_audit import Protocol, Site

_DOSES = (120, 200, 240, 360, 400)


def draw_trial(streams: Streams, plan: WorldPlan) -> Trial:
    stream, ids = streams.sites, streams.ids
    protocol = plan.protocol
    study_id, sponsor_id = ids.identifier(), ids.identifier()
    cancer = cancer_named(protocol.cancer)
    return Trial(
        protocol=protocol,
        study_id=study_id,
        study=reference("ResearchStudy", study_id),
        document_id=ids.identifier(),
        sponsor_id=sponsor_id,
        sponsor=reference("Organization", sponsor_id),
        sponsor_npi=_npi(stream),
        sponsor_place=stream.choice(places(HOME)),
        registration=f"EX{stream.below(10**8):08d}",
        first_day=_first_day(plan) - timedelta(days=stream.integer(30, 90)),
        last_day=date.fromisoformat(plan.now[:10]) - timedelta(days=1),
        drug=fixed({"coding": [coding("trial", protocol.drug_code)], "text": protocol.drug_name}),
        dose=_draw_dose(stream, protocol),
        cancer=cancer,
        cancer_concept=cancer.concept(),
        sites=tuple(_draw_site(stream, ids, site) for site in protocol.sites),
    )


def _draw_dose(stream: Stream, protocol: Protocol) -> int:
    """mg; what the protocol says, if it does."""
    drawn = stream.choice(_DOSES)
    return drawn if protocol.extended is None else protocol.extended.dose


def _first_day(plan: WorldPlan) -> date:
    return min((s.screening for s in plan.subjects), default=date.fromisoformat(plan.now[:10]))


def _draw_site(stream: Stream, ids: Ids, site: Site) -> SiteFacts:
    place = stream.choice(places(site.offset_minutes))
    organization_id, location_id = site.organization.removeprefix("Organization/"), ids.identifier()
    return SiteFacts(
        site=site,
        clock=site_clock(site.offset_minutes),
        place=place,
        street=f"{stream.integer(100, 9900)} {stream.choice(STREETS)}",
        postal=f"{place.postal}{stream.below(100):02d}",
        phone=_phone(stream),
        npi=_npi(stream),
        organization_id=organization_id,
        organization=reference("Organization", organization_id),
        location_id=location_id,
        location=reference("Location", location_id),
        clinicians=_draw_clinicians(stream, ids, "MD", stream.integer(2, 4)),
        nurses=_draw_clinicians(stream, ids, "RN", stream.integer(1, 2)),
    )


def _draw_clinicians(stream: Stream, ids: Ids, title: str, number: int) -> tuple[Clinician, ...]:
    return tuple(_draw_clinician(stream, ids.identifier(), title) for _ in range(number))


def _draw_clinician(stream: Stream, identity: str, title: str) -> Clinician:
    sex = stream.choice(("female", "male"))
    return Clinician(
        id=identity,
        title=title,
        family=stream.choice(FAMILY),
        given=stream.choice(GIVEN[sex]),
        sex=sex,
        npi=_npi(stream),
        phone=_phone(stream),
        reference=reference("Practitioner", identity),
    )


def _phone(stream: Stream) -> str:
    return f"+1-555-{stream.integer(200, 999)}-{stream.below(10_000):04d}"


def _npi(stream: Stream) -> str:
    """Ten digits with a right check digit, but a first digit that is never issued."""
    body = f"9{stream.below(10**8):08d}"
    total = 24  # of the prefix 80840
    for place, digit in enumerate(reversed(body)):
        doubled = int(digit) * (2 - place % 2)
        total += doubled - 9 if doubled > 9 else doubled
    return f"{body}{-total % 10}"
