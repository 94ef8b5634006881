"""A progress note in which a paragraph is copied from the note before. None with figures is copied here."""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence

from fhir_seed.trial_audit.mess.chart import Chart, Setting, reference_to
from fhir_seed.trial_audit.mess.draw import Draw
from fhir_seed.trial_audit.mess.step import Step
from fhir_seed.trial_audit.render.written import Json

_DIGIT = re.compile(r"\d")


def prepare(draw: Draw, setting: Setting) -> Step:
    def touch(chart: Chart) -> None:
        notes = chart.progress
        for place in draw.among(range(1, len(notes))):
            before, row = notes[place - 1], notes[place]
            copy_paragraph(draw, before, row, lambda line: not has_figure(line))

    return touch


def has_figure(line: str) -> bool:
    return _DIGIT.search(line) is not None


def copy_paragraph(draw: Draw, before: Json, row: Json, may_be: Callable[[str], bool]) -> None:
    """One labelled paragraph that differs, if there is one of which both versions may be copied or overwritten."""
    choice = draw.stream.word()
    old, new = _lines(before), _lines(row)
    theirs, ours = _paragraphs(old), _paragraphs(new)
    labels = [
        label
        for label, place in ours.items()
        if label in theirs and old[theirs[label]] != new[place] and may_be(old[theirs[label]]) and may_be(new[place])
    ]
    if labels:
        label = labels[choice * len(labels) >> 64]
        new[ours[label]] = old[theirs[label]]
        row["content"] = [{"attachment": row["content"][0]["attachment"] | {"data": _encoded(new)}}]
        draw.note(reference_to(row), label, reference_to(before))


def _paragraphs(lines: Sequence[str]) -> Mapping[str, int]:
    """Where the line of each label is."""
    return {line.partition(": ")[0]: place for place, line in enumerate(lines) if ": " in line}


def _lines(row: Json) -> list[str]:
    return b64decode(row["content"][0]["attachment"]["data"]).decode().split("\n")


def _encoded(lines: Sequence[str]) -> str:
    return b64encode("\n".join(lines).encode()).decode()
