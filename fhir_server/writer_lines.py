"""The writers of `rows` that are called most, spelt out as lines of Python: compiled code need not call them."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from fhir_server.rows import WRITERS, Coded, Writer
from fhir_server.walk import Text

NEITHER = ("", "")
"""A token without system and code; the lines refer to it by this name."""


class Lines(NamedTuple):
    """head: what leads to a key; what is done with the key follows it, `depth` levels further in. v: the variable of
    the element, w: the name of the writer."""

    head: tuple[str, ...]
    depth: int
    key: str

    def write(self, text: Text, writer: Writer, value: str, depth: int, uses: Iterable[str]) -> None:
        """uses: what is done with the key, which they name `{key}`."""
        for line in self.head:
            text.line(depth, line.format(v=value, w=text.name_of(writer)))
        key = self.key.format(v=value)
        for use in uses:
            text.line(depth + self.depth, use.format(key=key))


def lines_of(writer: Writer) -> Lines | None:
    return _CODED if isinstance(writer, Coded) else _LINES.get(writer)


def _coding(value: str, code: str = "code") -> tuple[str, ...]:
    return (
        "try:",
        f"    k = {value}['system'], {value}['{code}'] or ''",
        "except KeyError:",
        f"    k = {value}.get('system', ''), {value}.get('{code}') or ''",
        "if k != NEITHER:",
    )


_TARGET = (
    "k = {v}.get('reference')",
    "if k and k[0] != '#':",
    "    if '/_history/' in k: k = k[:k.find('/_history/')]",
)
_CODED = Lines(("k = {w}.pairs.get({v}) or ('', {v})",), 0, "k")
_LINES: Mapping[Writer, Lines] = {
    WRITERS["token"]["code"]: Lines((), 0, "('', {v})"),
    WRITERS["token"]["Coding"]: Lines(_coding("{v}"), 1, "k"),
    WRITERS["token"]["Identifier"]: Lines(_coding("{v}", "value"), 1, "k"),
    WRITERS["token"]["CodeableConcept"]: Lines(
        ("for c in {v}.get('coding', ()):", *(f"    {line}" for line in _coding("c"))), 2, "k"
    ),
    WRITERS["reference"]["Reference"]: Lines(_TARGET, 1, "k"),
    WRITERS["string"]["string"]: Lines((), 0, "str({v})"),
}
