"""Sites whose laboratory reports hemoglobin in g/L, rightly converted, with the reference range in the same unit."""

from fhir_seed.codes import UCUM, lookup
from fhir_seed.trial_audit.mess.chart import Chart, Setting, reference_to
from fhir_seed.trial_audit.mess.draw import Draw
from fhir_seed.trial_audit.mess.guard import HEMOGLOBIN
from fhir_seed.trial_audit.mess.step import Step
from fhir_seed.trial_audit.mess.words import quantity_of, scaled, text_of, unscaled
from fhir_seed.trial_audit.render.written import Json, fixed

_PER_LITRE = "g/L"


def _in_grams_per_litre(value: object) -> Json:
    number, places = scaled(value)
    in_litre = unscaled(number, places - 1) if places else number * 10
    return {"value": in_litre, "unit": _PER_LITRE, "system": UCUM, "code": _PER_LITRE}


def _range() -> list[Json]:
    row = lookup("loinc", HEMOGLOBIN)
    bounds = {name: int(text.replace(".", "")) for name, text in (("low", row.low), ("high", row.high))}
    return [{n: {"value": v, "unit": _PER_LITRE, "system": UCUM, "code": _PER_LITRE} for n, v in bounds.items()}]


_RANGE = fixed(_range())


def prepare(draw: Draw, setting: Setting) -> Step:
    """Where a rule reads hemoglobin, no site has another unit."""
    may_differ = [] if HEMOGLOBIN in setting.guard.codes else [site.organization for site in setting.protocol.sites]
    sites = frozenset(draw.among(may_differ))

    def touch(chart: Chart) -> None:
        if chart.site not in sites:
            return
        twins = [row for row in chart.added if "code" in row and chart.code(row) == HEMOGLOBIN]
        for row in [*chart.observed(HEMOGLOBIN), *twins]:
            if "valueQuantity" in row:
                quantity = quantity_of(row)
                if quantity.get("unit") != "g/dL":
                    continue
                before, after = quantity["value"], _in_grams_per_litre(quantity["value"])
                row |= {"valueQuantity": after, "referenceRange": _RANGE}
                draw.note(reference_to(row), f"{text_of(before)} g/dL", f"{text_of(after['value'])} g/L")

    return touch
