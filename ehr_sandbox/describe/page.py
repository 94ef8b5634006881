"""One HTML file that needs nothing else: no script, no font, no picture from anywhere."""

from collections.abc import Iterable, Sequence
from importlib.resources import files

from ehr_sandbox.describe.markup import Html, document, joined, style_sheet, tag


def page(title: str, *content: object, sections: Sequence[tuple[str, str]] = ()) -> str:
    """sections: (anchor, words) of the bar that leads to them."""
    css = (files("ehr_sandbox.describe") / "page.css").read_text(encoding="utf-8")
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", http_equiv="Content-Security-Policy", content="default-src 'none'; style-src 'unsafe-inline'"),
        tag("title", title),
        style_sheet(css),
    )
    return document("en", head, tag("body", *content[:1], _bar(sections), tag("main", *content[1:])))


def _bar(sections: Sequence[tuple[str, str]]) -> Html | None:
    links = [tag("a", words, href=f"#{anchor}") for anchor, words in sections]
    return tag("nav", *links) if links else None


def section(anchor: str, title: str, lead: str, *content: object) -> Html:
    return tag("section", tag("h2", title), tag("p", lead, class_="lead"), *content, id=anchor)


def figure(title: str, about: str, *content: object, wide: bool = False) -> Html | None:
    """A card with a plot; none if there is nothing to plot."""
    if not any(part is not None for part in content):
        return None
    caption = tag("figcaption", title, tag("small", about) if about else None)
    return tag("figure", caption, *content, class_="wide" if wide else None)


def cards(*content: Html | None, small: bool = False) -> Html | None:
    """small: three in a row rather than two."""
    return (
        tag("div", *content, class_="cards small" if small else "cards")
        if any(part is not None for part in content)
        else None
    )


def tiles(facts: Iterable[tuple[str, object]]) -> Html:
    return tag(
        "div",
        *(tag("div", tag("b", value), tag("span", words), class_="tile") for words, value in facts),
        class_="tiles",
    )


def table(head: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: frozenset[int] = frozenset()) -> Html:
    """numbers: the columns that are aligned to the right."""
    kinds = ["n" if i in numbers else None for i in range(len(head))]
    top = tag("tr", *(tag("th", words, class_=kind) for words, kind in zip(head, kinds, strict=True)))
    body = joined(
        tag("tr", *(tag("td", cell, class_=kind) for cell, kind in zip(row, kinds, strict=True))) for row in rows
    )
    return tag("table", tag("thead", top), tag("tbody", body))
