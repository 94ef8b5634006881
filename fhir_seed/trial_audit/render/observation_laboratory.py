"""Laboratory Observations: what was measured in a blood draw, against the ordinary range."""

from collections.abc import Iterable, Iterator
from functools import cache

from orjson import Fragment

from fhir_seed.codes import concept
from fhir_seed.trial_audit.render import profiles
from fhir_seed.trial_audit.render.facts import Result, SiteFacts
from fhir_seed.trial_audit.render.labs import LABS
from fhir_seed.trial_audit.render.medicines import quantity
from fhir_seed.trial_audit.render.written import Json, decimal, fixed

_LABORATORY = fixed([concept("observation-category", "laboratory")])
_HIGH, _LOW, _NORMAL = (fixed([concept("interpretation", code)]) for code in ("H", "L", "N"))


def laboratory_observations(results: Iterable[Result], subject: Fragment, site: SiteFacts) -> Iterator[Json]:
    """One for each result; those of one blood draw share what they say about time."""
    before: Result | None = None
    taken = issued = ""
    performer = [site.organization]
    for result in results:
        if before is None or not _drawn_together(before, result):
            taken = site.clock.at(result.day, result.minute)
            issued = site.clock.at(result.issued_day, result.issued_minute)
            before = result
        lab = result.lab
        assert LABS.get(lab.words) is lab, "results are of tests of the table"
        value, interpretation = _measured(lab.words, result.value)
        resource = {
            "resourceType": "Observation",
            "id": result.id,
            "meta": profiles.LABORATORY,
            "status": result.status,
            "category": _LABORATORY,
            "code": lab.code,
            "subject": subject,
            "effectiveDateTime": taken,
            "issued": issued,
            "performer": performer,
            "valueQuantity": value,
            "interpretation": interpretation,
            "referenceRange": lab.reference_range,
        }
        if result.visit is not None:
            resource["encounter"] = result.visit.reference
        yield resource


def _drawn_together(one: Result, other: Result) -> bool:
    return (one.day, one.minute, one.issued_day, one.issued_minute) == (
        other.day,
        other.minute,
        other.issued_day,
        other.issued_minute,
    )


@cache
def _measured(words: str, value: int) -> tuple[Fragment, Fragment]:
    """Quantity and interpretation; there are few different ones, and each is written often."""
    lab = LABS[words]
    judged = _HIGH if value > lab.high else _LOW if value < lab.low else _NORMAL
    return fixed(quantity(decimal(value, lab.places), lab.unit)), judged
