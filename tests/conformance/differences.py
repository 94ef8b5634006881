"""What differs between a recorded and a replayed answer, and which of it docs/hapi-differences.md allows.

Tolerated without a row, because HAPI itself is not stable there: the order of a search without `_sort`, of tags, and
the numbering of ids that the server gives (equal ones must stay equal within a case). And `_pretty=true` in page links:
the server of the recording prints pretty by default.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from fhir_r4 import dump_exact, parse_exact
from tests.conformance.recorded import Answer

TABLE = Path(__file__).parents[2] / "docs" / "hapi-differences.md"
_MARK = re.compile(r"\{(sid|uuid)-\d+\}")
_ASKS_FOR_PRETTY = re.compile(r'(_getpages=[^"]*)&_pretty=true')
_ROW = re.compile(r"^\| *`([^`|]+)` *\| *([^|]+?) *\| *(.+?) *\|$")
_LABELS = frozenset({"tag", "security"})


@dataclass(frozen=True)
class Listed:
    """A row of the table. cases: a glob over `group/name`. parts: `status`, `body`, or a header's name."""

    cases: str
    parts: frozenset[str]
    reason: str


def listed_differences(text: str) -> list[Listed]:
    """The rows of the document's tables. Raises ValueError for a row without parts or reason."""
    rows = [_ROW.match(line) for line in text.splitlines() if line.startswith("| `")]
    if not all(rows):
        raise ValueError("a row of docs/hapi-differences.md reads | `group/name` | parts | reason |")
    return [Listed(row[1], frozenset(re.split(r", *", row[2])), row[3]) for row in rows if row]


def allowed(case: str, listed: Iterable[Listed]) -> frozenset[str]:
    """The parts of a case's answer that may differ."""
    return frozenset(part for row in listed if fnmatchcase(case, row.cases) for part in row.parts)


def differing_parts(asked: str, recorded: Answer, replayed_path: str, replayed: Answer) -> frozenset[str]:
    """`status`, `body`, and the names of headers that are not equal."""
    unsorted = "_sort" not in asked and "$" not in asked
    left = _numbered(asked, recorded, unsorted)
    right = _numbered(replayed_path, replayed, unsorted)
    names = left[0].keys() | right[0].keys()
    parts = {name for name in names if left[0].get(name) != right[0].get(name)}
    if recorded.status != replayed.status:
        parts.add("status")
    if left[1] != right[1]:
        parts.add("body")
    return frozenset(parts)


def explained(asked: str, recorded: Answer, replayed_path: str, replayed: Answer) -> list[str]:
    """One line for each difference, HAPI's value first."""
    unsorted = "_sort" not in asked and "$" not in asked
    left = _numbered(asked, recorded, unsorted)
    right = _numbered(replayed_path, replayed, unsorted)
    lines = [f"status: {recorded.status} != {replayed.status}"] if recorded.status != replayed.status else []
    lines += unequal("headers", left[0], right[0])
    return lines + list(unequal("body", parse_exact(left[1]), parse_exact(right[1])))


def unequal(place: str, left: Any, right: Any) -> Iterator[str]:
    """One line for each place where two JSON values differ."""
    if isinstance(left, dict) and isinstance(right, dict):
        for name in sorted(left.keys() | right.keys()):
            yield from unequal(f"{place}.{name}", left.get(name), right.get(name))
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for n, (one, other) in enumerate(zip(left, right, strict=True)):
            yield from unequal(f"{place}[{n}]", one, other)
    elif left != right:
        yield f"{place}: {dump_exact(left)[:300]} != {dump_exact(right)[:300]}"


def _numbered(path: str, answer: Answer, unsorted: bool) -> tuple[dict[str, str], str]:
    """Headers and body with the marks of ids numbered anew, by first appearance in this case."""
    marks: dict[str, str] = {}

    def renumber(text: str) -> str:
        text = _ASKS_FOR_PRETTY.sub(r"\1", text)
        return _MARK.sub(lambda found: marks.setdefault(found[0], f"{{{found[1]}#{len(marks)}}}"), text)

    renumber(path)
    headers = {name: renumber(answer.headers[name]) for name in sorted(answer.headers)}
    return headers, renumber(dump_exact(_ordered(answer.body, unsorted)))


def _ordered(node: Any, unsorted: bool) -> Any:
    """The body with tags, and the entries of an unsorted search, in an order of their own."""
    if not isinstance(node, dict):
        return node
    node = _with_ordered_labels(node)
    if unsorted and node.get("resourceType") == "Bundle" and node.get("type") == "searchset" and "entry" in node:
        node = node | {"entry": sorted(node["entry"], key=_without_marks)}
    return node


def _with_ordered_labels(node: Any, key: str = "") -> Any:
    if isinstance(node, dict):
        return {name: _with_ordered_labels(value, name) for name, value in node.items()}
    if isinstance(node, list):
        rows = [_with_ordered_labels(value) for value in node]
        return sorted(rows, key=dump_exact) if key in _LABELS else rows
    return node


def _without_marks(entry: Any) -> str:
    return _MARK.sub("{id}", dump_exact(entry))
