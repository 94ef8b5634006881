"""Notes: what they quote is what the chart says, and they keep silent about what is graded."""

import re
from base64 import b64decode
from collections.abc import Iterator

from fhir_seed.trial_audit.plausibility.chart import Chart, Json, Person, moment, name, taken, value
from fhir_seed.trial_audit.plausibility.values import CREATININE, HEMOGLOBIN, NEUTROPHILS, PLATELETS, WEIGHT

_QUOTED = {
    "neutrophils": NEUTROPHILS,
    "platelets": PLATELETS,
    "hemoglobin": HEMOGLOBIN,
    "creatinine": CREATININE,
    "lactate dehydrogenase": "2532-0",
}
_LABORATORY = re.compile(r"^Laboratory[^:]*: (.+)\.$", re.MULTILINE)
_VALUE = re.compile(rf"({'|'.join(_QUOTED)}) ([\d.]+)")
_WEIGHT = re.compile(r"weight ([\d.]+) kg")
_GIVEN_LINE = re.compile(r"^\S+ (\d+) mg\. ", re.MULTILINE)
_GRADED = re.compile(
    r"\b(born|birth|years? old|year-old|aged?|stage [I1-4]+V?|control arm|died|death|deceased)\b", re.I
)
_DAYS = 3 * 86_400


def quotes(person: Person, chart: Chart) -> Iterator[tuple[str, str]]:
    for note in person.of("DocumentReference"):
        text = _text(note)
        visit = (note.get("context", {}).get("encounter") or [{}])[0].get("reference")
        weights = [value(row) for row in person.measured(WEIGHT) if row.get("encounter", {}).get("reference") == visit]
        for found in _WEIGHT.findall(text):
            if weights and float(found) not in weights:
                yield name(note), f"weight {found}, charted {weights}"
        yield from _doses(person, note, text, visit)
        for line in _LABORATORY.findall(text):
            yield from _results(person, note, line)


def silent(person: Person, chart: Chart) -> Iterator[tuple[str, str]]:
    born = person.patient.get("birthDate", "")
    for note in person.of("DocumentReference"):
        text = _text(note)
        if found := _GRADED.search(text):
            yield name(note), f"says {found.group()!r}"
        if len(born) == 10 and born in text:
            yield name(note), "says the birth date"


def _doses(person: Person, note: Json, text: str, visit: str | None) -> Iterator[tuple[str, str]]:
    given = [
        row.get("dosage", {}).get("dose", {}).get("value")
        for row in person.doses()
        if row.get("context", {}).get("reference") == visit
    ]
    for found in _GIVEN_LINE.findall(text):
        if given and int(found) not in given:
            yield name(note), f"{found} mg, charted {given}"


def _results(person: Person, note: Json, line: str) -> Iterator[tuple[str, str]]:
    """Against the results of the days before the note."""
    if "date" not in note:
        return
    written = moment(note["date"]).last
    for words, found in _VALUE.findall(line):
        charted = {value(row) for row in person.measured(_QUOTED[words]) if 0 <= written - taken(row) <= _DAYS}
        if charted and float(found) not in charted:
            yield name(note), f"{words} {found}, charted {sorted(map(str, charted))}"


def _text(note: Json) -> str:
    return "\n".join(
        b64decode(part["attachment"]["data"]).decode()
        for part in note.get("content", ())
        if part["attachment"].get("contentType") == "text/plain" and "data" in part["attachment"]
    )
