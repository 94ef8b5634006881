"""Race and ethnicity that nobody recorded, or recorded as unknown."""

from typing import Any

from fhir_seed.trial_audit.mess.chart import Chart, Setting, reference_to
from fhir_seed.trial_audit.mess.draw import Draw
from fhir_seed.trial_audit.mess.step import Step
from fhir_seed.trial_audit.mess.words import Memo, plain
from fhir_seed.trial_audit.render.written import Json, fixed

US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition"
RACE, ETHNICITY = f"{US_CORE}/us-core-race", f"{US_CORE}/us-core-ethnicity"
_UNKNOWN = {
    url: fixed({"url": url, "extension": [{"url": "text", "valueString": "Unknown"}]}) for url in (RACE, ETHNICITY)
}


def prepare(draw: Draw, setting: Setting) -> Step:
    """Never where the equity clause reads the group: there it would change the figures."""
    urls = Memo(url_of)

    def touch(chart: Chart) -> None:
        if chart.is_compared:
            return
        for row in draw.among([chart.patient]):
            unknown = draw.stream.chance(500)
            kept = [part for part in row["extension"] if urls.of(part) not in _UNKNOWN]
            if len(kept) < len(row["extension"]) and chart.take(row):
                row["extension"] = [*(_UNKNOWN.values() if unknown else ()), *kept]
                _drop_empty(row)
                draw.note(reference_to(row), "recorded", "Unknown" if unknown else "")

    return touch


def url_of(extension: Any) -> str:
    return str(plain(extension)["url"])


def _drop_empty(row: Json) -> None:
    if not row["extension"]:
        del row["extension"]
