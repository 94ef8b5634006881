"""The reviewer's sheet: a CSV that opens in any spreadsheet, and what comes back of it."""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ehr_sandbox.review.draw import Candidate
from ehr_sandbox.review.findings import rule_of, words_of
from ehr_sandbox.review.markdown import plain_text
from fhir_r4 import Invalid, NotFound

ANSWERS = ("agree", "disagree", "unsure")
COLUMNS = (
    "chart",
    "page",
    "subject",
    "finding",
    "candidate finding in words",
    "deviation",
    "protocol clause",
    *ANSWERS,
    "comment",
)
_MARKS = frozenset({"x", "1", "y", "yes", "true", "\N{CHECK MARK}", "\N{HEAVY CHECK MARK}"})
_EMPTY = frozenset({"", "0", "n", "no", "false", "-"})
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def sheet_text(candidates: Iterable[Candidate]) -> str:
    """CSV in the order of the charts, with the answers' columns empty."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for candidate in candidates:
        rule = rule_of(candidate.type, candidate.world.protocol)
        clauses = " / ".join(f"{number} {plain_text(text)}" for number, text in rule.clauses)
        words = (candidate.chart, f"charts/{candidate.chart}.html", candidate.subject, candidate.type)
        cells = (*words, words_of(candidate.type), rule.deviation, clauses)
        writer.writerow([*map(_cell, cells), "", "", "", ""])
    return out.getvalue()


def _cell(text: str) -> str:
    """A spreadsheet must not take a cell for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


@dataclass(frozen=True)
class Answer:
    """One filled row."""

    chart: str
    subject: str
    finding: str
    answer: str
    comment: str


def read_sheet(path: Path, charts: Sequence[str]) -> list[Answer]:
    """Every chart's answer, in the order of `charts`. Raises NotFound, and Invalid that says what to mend."""
    if not path.is_file():
        raise NotFound(f"no sheet at {path}; it is the filled sheet.csv of a review folder")
    rows = _rows(path)
    header = [name.strip().lower() for name in rows[0]] if rows else []
    missing = [name for name in ("chart", "subject", "finding", *ANSWERS) if name not in header]
    if missing:
        raise Invalid(f"{path} has no column {', '.join(missing)}: keep the columns of sheet.csv as they were")
    answers: dict[str, Answer] = {}
    for cells in rows[1:]:
        row = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        if not any(row.values()):
            continue
        chart = row.get("chart", "")
        if chart not in charts:
            raise Invalid(f"{path}: chart {chart!r} is not in the key: is this the sheet of another review?")
        if chart in answers:
            raise Invalid(f"{path}: chart {chart} is there twice: keep one row for each chart")
        about = (row.get("subject", ""), row.get("finding", ""))
        answers[chart] = Answer(chart, *about, _answer(path, row), row.get("comment", ""))
    if absent := [chart for chart in charts if chart not in answers]:
        raise Invalid(f"{path} has no row for {', '.join(absent)}: every chart needs its row")
    if blank := [chart for chart in charts if not answers[chart].answer]:
        raise Invalid(f"{path}: no answer for {', '.join(blank)}: put an x under agree, disagree or unsure")
    return [answers[chart] for chart in charts]


def _rows(path: Path) -> list[list[str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid(f"{path} is not UTF-8: save it as CSV UTF-8") from error
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise Invalid(f"{path} is not CSV ({error}): save the spreadsheet as CSV UTF-8") from error


def _answer(path: Path, row: dict[str, str]) -> str:
    """The column with a mark; empty without one."""
    marked = []
    for name in ANSWERS:
        value = row.get(name, "").lower()
        if value in _MARKS:
            marked.append(name)
        elif value not in _EMPTY:
            raise Invalid(f"{path}: {value!r} under {name} of {row['chart']} is no mark: write x, or leave it empty")
    if len(marked) > 1:
        raise Invalid(f"{path}: {row['chart']} has a mark under {' and '.join(marked)}: leave one")
    return marked[0] if marked else ""
