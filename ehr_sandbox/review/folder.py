"""A review on disk: the reviewer's folder, and the key that stays with the operator."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from ehr_sandbox.describe import Charts
from ehr_sandbox.review.draw import Candidate, Reviewed
from ehr_sandbox.review.key import key_bytes, key_of, seal_of
from ehr_sandbox.review.pages import chart_page
from ehr_sandbox.review.sheet import sheet_text
from fhir_r4 import Conflict, Invalid

SHEET = "sheet.csv"
README = "README.txt"

_HOW = """\
Review of {count} charts of clinical trials (synthetic patients)

1. Open a chart, charts/C01.html and so on, in a browser. On top is one claim about it, with the clauses of the protocol
   that it is about; then the whole chart; at the end the protocol. Every clause that matters is in the protocol.
2. In sheet.csv put an x under agree, disagree or unsure, in every row. Agree: by the protocol's words the chart shows
   this deviation. Disagree: it does not. Unsure: the chart does not settle it. A comment helps most where you disagree.
3. Save it as CSV (UTF-8) and send it back. Please do not compare notes with other reviewers before.

Some claims are right and some are wrong; how many is not told. Each claim stands for itself.

Seal of the key (SHA-256): {seal}
The key is with who sent you this. With the seal you can check, once it is opened, that it was not changed.
"""


ReadCharts = Callable[[Reviewed], Charts]
"""Builds a world's charts again; the same bytes, for a world is a function of its address and salt."""


def write_review(candidates: Sequence[Candidate], folder: Path, key_file: Path, secret: str, read: ReadCharts) -> str:
    """Returns the seal. The charts of one world at a time are held. Raises Conflict for a folder that holds anything,
    Invalid for a key inside it."""
    check_places(folder, key_file)
    key = key_bytes(key_of(candidates, secret))
    (folder / "charts").mkdir(parents=True, exist_ok=True)
    for file, content in reviewer_files(candidates, seal_of(key), read):
        (folder / file).write_bytes(content)
    key_file.parent.mkdir(parents=True, exist_ok=True)
    key_file.write_bytes(key)
    return seal_of(key)


def check_places(folder: Path, key_file: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict(f"{folder} is not an empty folder: name a new one, so that nothing is lost")
    if folder.resolve() in [key_file.resolve(), *key_file.resolve().parents]:
        raise Invalid(f"{key_file} is inside {folder}: keep the key where no reviewer reads")
    if key_file.exists():
        raise Conflict(f"{key_file} exists: name another with --key, so that no key is lost")


def reviewer_files(candidates: Sequence[Candidate], seal: str, read: ReadCharts) -> Iterator[tuple[str, bytes]]:
    """Name and content of everything that a reviewer gets, world by world. No label goes in here."""
    yield README, _HOW.format(count=len(candidates), seal=seal).encode()
    yield SHEET, sheet_text(candidates).encode("utf-8-sig")
    worlds = {str(candidate.world.address): candidate.world for candidate in candidates}
    for name, world in worlds.items():
        drawn = [candidate for candidate in candidates if str(candidate.world.address) == name]
        yield from _pages(drawn, read(world))


def _pages(drawn: Iterable[Candidate], charts: Charts) -> Iterator[tuple[str, bytes]]:
    """drawn: of the world of these charts."""
    people = {person.id: person for person in charts.persons}
    for one in drawn:
        page = chart_page(one.chart, charts, people[one.person], one.subject, one.type)
        yield f"charts/{one.chart}.html", page.encode()
