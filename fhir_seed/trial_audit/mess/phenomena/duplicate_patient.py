"""A second Patient for a person whom nobody merged: misspelled, under another number, with no part in the study."""

from fhir_seed.trial_audit.mess.chart import Chart, Setting, reference_to, subject_of
from fhir_seed.trial_audit.mess.draw import Draw
from fhir_seed.trial_audit.mess.step import Step
from fhir_seed.trial_audit.render import profiles
from fhir_seed.trial_audit.render.parts import MRN, MRN_TYPE
from fhir_seed.trial_audit.render.written import Json

_MISSPELLINGS = (("ie", "ei"), ("ll", "l"), ("ss", "s"), ("nn", "n"), ("y", "i"), ("a", "e"), ("o", "u"))


def prepare(draw: Draw, setting: Setting) -> Step:
    def touch(chart: Chart) -> None:
        for person in draw.among([chart.patient]):
            twin = second_patient(draw, person) | {"active": True}
            if draw.stream.chance(500):
                twin["link"] = [{"other": subject_of(chart), "type": "seealso"}]
            chart.add(twin)
            draw.note(reference_to(twin), reference_to(person), twin.get("birthDate", ""))

    return touch


def second_patient(draw: Draw, person: Json) -> Json:
    """As another desk wrote the same person down: one given name, and the birth date right, wrong or not asked."""
    official = person["name"][0]
    name = {"use": "official", "family": _misspelled(official["family"]), "given": list(official["given"])[:1]}
    twin = {
        "resourceType": "Patient",
        "id": draw.identifier(),
        "meta": profiles.PATIENT,
        "identifier": [{"use": "usual", "type": MRN_TYPE, "system": MRN, "value": _number(draw)}],
        "name": [name],
        "gender": person["gender"],
        "managingOrganization": person["managingOrganization"],
    }
    birth_date = _birth_date(draw, person.get("birthDate"))
    return twin | {"birthDate": birth_date} if birth_date else twin


def _misspelled(family: str) -> str:
    for right, wrong in _MISSPELLINGS:
        if right in family[1:]:
            return family[0] + family[1:].replace(right, wrong, 1)
    return f"{family}s"


def _number(draw: Draw) -> str:
    """Nine digits, so that it is nobody else's."""
    return str(draw.stream.integer(100_000_000, 999_999_999))


def _birth_date(draw: Draw, written: str | None) -> str | None:
    form, years = draw.stream.below(10), draw.stream.choice((-30, -20, -10, -1, 1, 10, 20, 30))
    if written is None or form < 2:
        return None
    if form < 5:
        year = int(written[:4]) + years
        return f"{year:04d}{written[4:]}" if year < 2022 and not written.endswith("-02-29") else written
    return written
