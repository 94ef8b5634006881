"""HTML and SVG as text that cannot be broken by what a chart says: whatever is not `Html` already is escaped."""

import html
import re
from collections.abc import Iterable

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_VOID = frozenset({"meta", "br", "hr", "link", "col"})


class Html(str):
    """Text that is markup. Only this module makes it out of anything else."""

    __slots__ = ()


def escaped(text: object) -> Html:
    return Html(html.escape(_UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", str(text))))


def tag(name: str, /, *children: object, **attributes: object) -> Html:
    """`tag("p", "a < b", class_="lead")`. None leaves a child or an attribute out; True writes only its name;
    `stroke_width` is `stroke-width`."""
    written = "".join(_attribute(key, value) for key, value in attributes.items() if value is not None)
    if name in _VOID:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{joined(children)}</{name}>")


def joined(parts: Iterable[object]) -> Html:
    return Html("".join(part if isinstance(part, Html) else escaped(part) for part in parts if part is not None))


def style_sheet(css: str) -> Html:
    """Our own style sheet, never a chart's text."""
    return Html(f"<style>\n{css}</style>")


def document(language: str, *children: object) -> str:
    return f"<!DOCTYPE html>\n{tag('html', *children, lang=language)}\n"


def _attribute(key: str, value: object) -> str:
    name = key.rstrip("_").replace("_", "-") if key not in _CAMEL else _CAMEL[key]
    if value is True:
        return f" {name}"
    return f' {name}="{short(value) if isinstance(value, float) else escaped(value)}"'


_CAMEL = {"view_box": "viewBox"}


def short(value: float) -> str:
    """At most one decimal: half a pixel is finer than any eye, and the file stays small."""
    return f"{value:.1f}".removesuffix(".0")
