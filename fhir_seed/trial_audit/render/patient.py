"""Patient: the person as registered at the site, and merged duplicates that point to it."""

from dataclasses import dataclass
from types import MappingProxyType

from orjson import Fragment

from fhir_seed.codes import coding
from fhir_seed.stream import Stream
from fhir_seed.trial_audit.plan import Duplicate, Group, SubjectPlan
from fhir_seed.trial_audit.render import profiles
from fhir_seed.trial_audit.render.facts import Clinician, SiteFacts
from fhir_seed.trial_audit.render.names import FAMILY, GIVEN, STREETS
from fhir_seed.trial_audit.render.parts import MRN, MRN_TYPE, address, text_concept
from fhir_seed.trial_audit.render.written import Json, fixed

_US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition"
_RACES = MappingProxyType(
    {
        "white": "2106-3",
        "black": "2054-5",
        "asian": "2028-9",
        "native_american": "1002-5",
        "pacific_islander": "2076-8",
    }
)
_RACES_OF_HISPANIC = ("white", "white", "white", "black", "native_american")


def _extension(name: str, code: str) -> Fragment:
    value = coding("race", code)
    parts = [{"url": "ombCategory", "valueCoding": value}, {"url": "text", "valueString": value["display"]}]
    return fixed({"url": f"{_US_CORE}/us-core-{name}", "extension": parts})


RACE = MappingProxyType({group: _extension("race", code) for group, code in _RACES.items()})
"""Extensions; none for those whose race is not recorded."""
_HISPANIC = _extension("ethnicity", "2135-2")
_NOT_HISPANIC = _extension("ethnicity", "2186-5")
_BIRTH_SEX = MappingProxyType(
    {
        sex: fixed({"url": f"{_US_CORE}/us-core-birthsex", "valueCode": code})
        for sex, code in (("female", "F"), ("male", "M"))
    }
)
LANGUAGE = MappingProxyType({words: [{"language": text_concept(words)}] for words in ("English", "Spanish")})


@dataclass(frozen=True, slots=True)
class Registration:
    """What a registration desk asks; drawn for everyone, whatever the plan says."""

    mrn: str
    family: str
    given: tuple[str, ...]
    suffix: str | None
    former_family: str | None
    street: str
    former_street: str | None
    moved: str
    """Year of the former name's and address's end."""
    postal: str
    phone: str
    language: str
    race: str


def draw_registration(stream: Stream, subject: SubjectPlan, site: SiteFacts, mrn: str) -> Registration:
    given = GIVEN[subject.sex]
    return Registration(
        mrn=mrn,
        family=stream.choice(FAMILY),
        given=(stream.choice(given), stream.choice(given)) if stream.chance(400) else (stream.choice(given),),
        suffix=stream.choice(("Jr.", "Sr.", "III")) if subject.sex == "male" and stream.chance(50) else None,
        former_family=stream.choice(FAMILY) if stream.chance(80) else None,
        street=f"{stream.integer(1, 999)} {stream.choice(STREETS)}",
        former_street=f"{stream.integer(1, 999)} {stream.choice(STREETS)}" if stream.chance(100) else None,
        moved=str(subject.screening.year - stream.integer(1, 9)),
        postal=f"{site.place.postal}{stream.below(100):02d}",
        phone=f"+1-555-{stream.integer(200, 999)}-{stream.below(10_000):04d}",
        language=draw_language(stream, subject.group),
        race=draw_race(stream, subject.group),
    )


def draw_language(stream: Stream, group: Group) -> str:
    return "Spanish" if group == "hispanic" and stream.chance(250) else "English"


def draw_race(stream: Stream, group: Group) -> str:
    return stream.choice(_RACES_OF_HISPANIC) if group == "hispanic" else group


def subject_patient(subject: SubjectPlan, desk: Registration, clinician: Clinician, site: SiteFacts) -> Json:
    home = address(desk.street, site.place, desk.postal, "home")
    resource: Json = {
        "resourceType": "Patient",
        "id": subject.patient_id,
        "meta": profiles.PATIENT,
        "extension": _extensions(subject, desk),
        "identifier": _identifier(desk.mrn),
        "active": True,
        "name": [{"use": "official", "family": desk.family, "given": desk.given}],
        "telecom": [{"system": "phone", "use": "home", "value": desk.phone}],
        "gender": subject.sex,
        "address": [home],
        "communication": LANGUAGE[desk.language],
        "generalPractitioner": [clinician.reference],
        "managingOrganization": site.organization,
    }
    if desk.suffix:
        resource["name"][0]["suffix"] = [desk.suffix]
    if desk.former_family:
        period = {"end": desk.moved}
        resource["name"].append({"use": "old", "family": desk.former_family, "given": desk.given, "period": period})
    if desk.former_street:
        former = address(desk.former_street, site.place, desk.postal, "old")
        resource["address"].append(former | {"period": {"end": desk.moved}})
    if subject.birth_date is not None:
        resource["birthDate"] = subject.birth_date
    if subject.deceased is not None:
        resource["deceasedDateTime"] = site.clock.written(subject.deceased)
    return resource


def merged_duplicate(
    duplicate: Duplicate, subject: SubjectPlan, desk: Registration, mrn: str, survivor: Fragment, site: SiteFacts
) -> Json:
    """As first written down, under another number."""
    resource: Json = {
        "resourceType": "Patient",
        "id": duplicate.id,
        "meta": profiles.PATIENT,
        "identifier": _identifier(mrn),
        "active": False,
        "name": [{"use": "official", "family": desk.family, "given": desk.given[:1]}],
        "gender": subject.sex,
        "managingOrganization": site.organization,
        "link": [{"other": survivor, "type": "replaced-by"}],
    }
    return resource | {"birthDate": duplicate.birth_date} if duplicate.birth_date is not None else resource


def _identifier(mrn: str) -> list[Json]:
    return [{"use": "usual", "type": MRN_TYPE, "system": MRN, "value": mrn}]


def _extensions(subject: SubjectPlan, desk: Registration) -> list[Fragment]:
    sex = _BIRTH_SEX[subject.sex]
    if subject.group == "unknown":
        return [sex]
    return [RACE[desk.race], _HISPANIC if subject.group == "hispanic" else _NOT_HISPANIC, sex]
