"""Says what is wrong with a JSON text in the words of Jackson, which HAPI passes on. Runs only on texts that failed.

Positions are the ones Jackson reports: of the offending character, or of the one after an unknown word.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

DEEPEST = 100
"""Levels of objects and lists that a body may have; Jackson takes 1000, no resource has 30."""

_SPACES = re.compile(r"[ \t\r\n]*")
_PLAIN = re.compile(r"[^\"'\\\x00-\x1f]*")
_WORD = re.compile(r"[^\W]*")
_NUMBER = re.compile(r"[+-]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
_KINDS = {
    "{": "START_OBJECT",
    "[": "START_ARRAY",
    '"': "VALUE_STRING",
    "t": "VALUE_TRUE",
    "f": "VALUE_FALSE",
    "n": "VALUE_NULL",
}


class _Opened(NamedTuple):
    kind: str
    at: int


class _ComplaintError(Exception):
    def __init__(self, text: str, at: int) -> None:
        super().__init__(text)
        self.text, self.at = text, at


_LONGEST = 1_000_000
"""Characters of a text that is looked through for what is wrong."""


def too_deep() -> str:
    return f"Document nesting depth ({DEEPEST + 1}) exceeds the maximum allowed ({DEEPEST})"


def complaint(text: str) -> str:
    """What Jackson says about a text that starts with `{` and is no JSON; empty if it finds nothing."""
    if len(text) > _LONGEST:
        return ""
    scanner = _Scanner(text)
    try:
        scanner.document()
    except _ComplaintError as found:
        return f"{found.text}\n at [{scanner.place(found.at)}]"
    return ""


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.open: list[_Opened] = []

    def place(self, at: int) -> str:
        line = self.text.count("\n", 0, at) + 1
        return f"line: {line}, column: {at - self.text.rfind(chr(10), 0, at)}"

    def document(self) -> None:
        self.value()
        while self.open:
            self.after_value()
        self.space()
        if self.at < len(self.text):
            self.trailing(self.text[self.at])

    def trailing(self, letter: str) -> None:
        if letter in "}]":
            kind = "Object" if letter == "}" else "Array"
            raise _ComplaintError(f"Unexpected close marker '{letter}': no open {kind} to close", self.at)
        start = self.at
        self.scalar_or_open(letter)
        name = _KINDS.get(letter, "VALUE_NUMBER_INT")
        raise _ComplaintError(
            f"Trailing token (of type {name}) found after value (bound as `com.fasterxml.jackson.databind.JsonNode`): "
            "not allowed as per `DeserializationFeature.FAIL_ON_TRAILING_TOKENS`",
            start,
        )

    def space(self) -> None:
        self.at = _end(_SPACES, self.text, self.at)

    def peek(self, at_end: Callable[[], str]) -> str:
        self.space()
        if self.at >= len(self.text):
            raise _ComplaintError(at_end(), self.at)
        return self.text[self.at]

    def unexpected(self, expected: str) -> _ComplaintError:
        letter = self.text[self.at]
        if letter == "/":
            expected = (
                "maybe a (non-standard) comment? (not recognized as one since Feature 'ALLOW_COMMENTS' not enabled "
                "for parser)"
            )
        return _ComplaintError(f"Unexpected character ({_named(letter)}): {expected}", self.at)

    def within(self) -> str:
        return f"Unexpected end-of-input within/between {self.open[-1].kind} entries" if self.open else ""

    def value(self) -> None:
        self.scalar_or_open(self.peek(self.within))

    def scalar_or_open(self, letter: str) -> None:
        if letter in "{[":
            self.open.append(_Opened("Object" if letter == "{" else "Array", self.at))
            if len(self.open) > DEEPEST:
                raise _ComplaintError(too_deep(), self.at)
            self.at += 1
            self.first_entry()
        elif letter in "\"'":
            self.string(letter)
        elif letter in "+-0123456789":
            self.number()
        elif letter.isalpha() or letter in "_$":
            self.word()
        elif self.open and self.open[-1].kind == "Array" and letter in "},":
            raise self.unexpected("expected a value")
        else:
            raise self.unexpected(f"expected a valid value {_VALUES}")

    def first_entry(self) -> None:
        opened = self.open[-1]
        letter = self.peek(self.unclosed)
        if letter == ("}" if opened.kind == "Object" else "]"):
            self.close()
        elif opened.kind == "Object":
            self.field()
        else:
            self.value()

    def unclosed(self) -> str:
        opened = self.open[-1]
        return (
            f"Unexpected end-of-input: expected close marker for {opened.kind} "
            f"(start marker at [{self.place(opened.at)}])"
        )

    def field(self) -> None:
        letter = self.peek(self.within)
        if letter not in "\"'":
            raise self.unexpected("was expecting double-quote to start field name")
        self.string(letter)
        if self.peek(self.within) != ":":
            raise self.unexpected("was expecting a colon to separate field name and value")
        self.at += 1
        self.value()

    def after_value(self) -> None:
        opened = self.open[-1]
        letter = self.peek(self.unclosed)
        if letter in "}]":
            self.close()
        elif letter != ",":
            raise self.unexpected(f"was expecting comma to separate {opened.kind} entries")
        else:
            self.at += 1
            if opened.kind == "Object":
                self.field()
            else:
                self.value()

    def close(self) -> None:
        opened, letter = self.open[-1], self.text[self.at]
        wanted = "}" if opened.kind == "Object" else "]"
        if letter != wanted:
            raise _ComplaintError(
                f"Unexpected close marker '{letter}': expected '{wanted}' "
                f"(for {opened.kind} starting at [{self.place(opened.at)}])",
                self.at,
            )
        self.open.pop()
        self.at += 1

    def string(self, quote: str) -> None:
        at = self.at + 1
        while (at := _end(_PLAIN, self.text, at)) < len(self.text):
            letter = self.text[at]
            if letter == quote:
                self.at = at + 1
                return
            if letter < " ":
                raise _ComplaintError(
                    f"Illegal unquoted character ((CTRL-CHAR, code {ord(letter)})): has to be escaped using backslash "
                    "to be included in string value",
                    at,
                )
            at = self.escape(at + 1) if letter == "\\" else at + 1
        raise _ComplaintError("Unexpected end-of-input: was expecting closing quote for a string value", len(self.text))

    def escape(self, at: int) -> int:
        if at >= len(self.text):
            raise _ComplaintError("Unexpected end-of-input in character escape sequence", at)
        letter = self.text[at]
        if letter == "u":
            for place in range(at + 1, at + 5):
                if place >= len(self.text):
                    raise _ComplaintError("Unexpected end-of-input in character escape sequence", place)
                if self.text[place] not in "0123456789abcdefABCDEF":
                    raise _ComplaintError(
                        f"Unexpected character ({_named(self.text[place])}): expected a hex-digit for character "
                        "escape sequence",
                        place,
                    )
            return at + 5
        if letter not in '"\\/bfnrt':
            raise _ComplaintError(f"Unrecognized character escape {_named(letter)}", at)
        return at + 1

    def number(self) -> None:
        found = _NUMBER.match(self.text, self.at)
        at = found.end() if found else self.at + 1
        letter = self.text[at : at + 1]
        if found is None:
            if letter:
                sign = "minus" if self.text[self.at] == "-" else "plus"
                raise _ComplaintError(
                    f"Unexpected character ({_named(letter)}) in numeric value: expected digit (0-9) to follow {sign} "
                    "sign, for valid numeric value",
                    at,
                )
        elif letter and letter in "0123456789":
            raise _ComplaintError("Invalid numeric value: Leading zeroes not allowed", at)
        elif letter and letter in ".eE" and self.text[at + 1 : at + 2]:
            what = "Decimal point" if letter == "." else "Exponent indicator"
            after = self.text[at + 1]
            raise _ComplaintError(
                f"Unexpected character ({_named(after)}) in numeric value: {what} not followed by a digit", at
            )
        self.at = at

    def word(self) -> None:
        found = _WORD.match(self.text, self.at)
        word = found.group() if found else ""
        at = self.at + max(len(word), 1)
        if word in ("NaN", "Infinity"):
            raise _ComplaintError(
                f"Non-standard token '{word}': enable `JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS` to allow", at
            )
        if word not in ("true", "false", "null"):
            raise _ComplaintError(f"Unrecognized token '{word}': was expecting {_VALUES}", at)
        self.at = at


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where what the pattern matches at a place ends."""
    found = pattern.match(text, at)
    return found.end() if found else at


def _named(letter: str) -> str:
    if letter < " ":
        return f"(CTRL-CHAR, code {ord(letter)})"
    return f"'{letter}' (code {ord(letter)})"
