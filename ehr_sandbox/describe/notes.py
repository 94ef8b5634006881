"""The text of a patient's documents."""

import base64
import binascii
from typing import Any

from ehr_sandbox.describe.charts import Charts, Person
from ehr_sandbox.describe.markup import Html, tag
from ehr_sandbox.describe.reading import Node, at, concept_text, happened, rows_at, shown_when, text_at, written_when

_FEW = 8
"""So many are unfolded always."""
_FOLDED = 40
"""Notes shown where not all are wanted."""


def notes(charts: Charts, person: Person, *, is_open: bool) -> Html | None:
    """In order of time; folded they are the first 40."""
    ordered = sorted(person.of("DocumentReference"), key=lambda n: (happened(n) or 0, str(n["id"])))
    if not ordered:
        return None
    shown = ordered if is_open else ordered[:_FOLDED]
    more = f", the first {len(shown)}" if len(shown) < len(ordered) else ""
    cards = tag("div", *(_note(charts, node) for node in shown), class_="notes")
    return tag(
        "details",
        tag("summary", f"Notes' text ({len(ordered)}{more})"),
        cards,
        open=is_open or len(ordered) <= _FEW or None,
    )


def _note(charts: Charts, node: Node) -> Html:
    author = charts.named(text_at(node, "author", 0, "reference"))
    parts = (shown_when(written_when(node)), author, text_at(node, "docStatus") or text_at(node, "status"))
    words = " \N{MIDDLE DOT} ".join(p for p in parts if p)
    head = tag("b", concept_text(at(node, "type")) or "Document")
    return tag("div", head, tag("div", words, class_="note"), tag("pre", note_text(node)), class_="noted")


def note_text(node: Node) -> str:
    """Of every attachment; of one that is no text, what it is."""
    return "\n\n".join(_attached(at(content, "attachment")) for content in rows_at(node, "content")) or "(no content)"


def _attached(attachment: Any) -> str:
    kind, data = text_at(attachment, "contentType") or "unknown type", text_at(attachment, "data")
    if data is None:
        return f"({kind} at {text_at(attachment, 'url') or 'no address'})"
    try:
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return f"({kind} that is not base64)"
    return _decoded(content) if kind.startswith("text/") else f"({kind}, {len(content)} bytes)"


def _decoded(content: bytes) -> str:
    return content.decode("utf-8", errors="replace").strip()
