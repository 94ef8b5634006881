"""The protocol's text as HTML: headings, paragraphs, tables, lists, bold and code; everything else stays as it is."""

import re

from ehr_sandbox.describe import Html, tag

_INLINE = re.compile(r"\*\*(?P<bold>.+?)\*\*|`(?P<code>[^`]+)`")
_HEADING = re.compile(r"(#{1,4})\s+(.+)")


def rendered(text: str) -> list[Html]:
    """Blocks in order; a block ends at an empty line, and a heading is one by itself."""
    blocks: list[Html] = []
    lines: list[str] = []
    for line in [*text.splitlines(), ""]:
        if heading := _HEADING.fullmatch(line.strip()):
            blocks += [*_flushed(lines), tag(f"h{len(heading[1]) + 1}", *inline(heading[2]))]
        elif line.strip():
            lines.append(line.strip())
        else:
            blocks += _flushed(lines)
    return blocks


def inline(text: str) -> list[object]:
    """Bold and code inside one line."""
    out: list[object] = []
    at = 0
    for match in _INLINE.finditer(text):
        out.append(text[at : match.start()])
        out.append(tag("b", match["bold"]) if match["bold"] else tag("code", match["code"]))
        at = match.end()
    return [*out, text[at:]]


def plain_text(text: str) -> str:
    """Without the marks of bold and code."""
    return _INLINE.sub(lambda match: match["bold"] or match["code"], text)


def _flushed(lines: list[str]) -> list[Html]:
    taken = lines.copy()
    lines.clear()
    if not taken:
        return []
    if all(line.startswith("|") for line in taken):
        return [_table(taken)]
    if all(line.startswith("- ") for line in taken):
        return [tag("ul", *(tag("li", *inline(line[2:])) for line in taken))]
    return [tag("p", *inline(line)) for line in taken]


def _table(lines: list[str]) -> Html:
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    rows = [row for row in cells if not all(set(cell) <= set("-: ") for cell in row)]
    head = tag("tr", *(tag("th", *inline(cell)) for cell in rows[0])) if rows else None
    return tag("table", head, *(tag("tr", *(tag("td", *inline(cell)) for cell in row)) for row in rows[1:]))
