"""A race whose words, as the person said them, are not those of the category beside them. The category stays."""

from typing import Any

from fhir_seed.trial_audit.mess.chart import Chart, Setting, reference_to
from fhir_seed.trial_audit.mess.draw import Draw
from fhir_seed.trial_audit.mess.phenomena.missing_race import RACE, url_of
from fhir_seed.trial_audit.mess.step import Step
from fhir_seed.trial_audit.mess.words import Memo, plain, written

_WORDS = ("White", "Black or African American", "Asian", "Other", "Declined to answer")


def prepare(draw: Draw, setting: Setting) -> Step:
    urls = Memo(url_of)

    def touch(chart: Chart) -> None:
        places = [place for place, part in enumerate(chart.patient.get("extension", ())) if urls.of(part) == RACE]
        for place in draw.among(places):
            said = draw.stream.word()
            row = chart.patient
            recorded = plain(row["extension"][place])
            before = next(part["valueString"] for part in recorded["extension"] if part["url"] == "text")
            if chart.take(row):
                others = [words for words in _WORDS if words != before]
                words = others[said * len(others) >> 64]
                row["extension"] = [*row["extension"]]
                row["extension"][place] = _saying(recorded, words)
                draw.note(reference_to(row), before, words)

    return touch


def _saying(recorded: dict[str, Any], words: str) -> Any:
    parts = [part for part in recorded["extension"] if part["url"] != "text"]
    return written(recorded | {"extension": [*parts, {"url": "text", "valueString": words}]})
