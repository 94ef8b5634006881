"""How the text of a search compares with indexed text, one way per modifier."""

import operator
import re
from collections.abc import Callable

_ORDERS: dict[str, Callable[[str, str], bool]] = {
    "equal": operator.eq,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}


_PIECE = re.compile(r"\\.|.", re.DOTALL)


def comparison(modifier: str, wanted: str, wild: bool) -> Callable[[str], bool]:
    """A test of indexed text. modifier: as of a `Clause`; any that is not known compares the beginning."""
    if modifier in _ORDERS:
        compare = _ORDERS[modifier]
        return lambda text: compare(text, wanted)
    if modifier == "above":
        return lambda text: wanted.startswith(text)
    if wild:
        return _wild(modifier, wanted)
    if modifier == "unequal":
        return lambda text: text != wanted
    if modifier == "contains":
        return lambda text: wanted in text
    if modifier == "ends":
        return lambda text: text.endswith(wanted)
    return lambda text: text.startswith(wanted)


def _wild(modifier: str, wanted: str) -> Callable[[str], bool]:
    """`_` is any one character, unless it follows a backslash."""
    pattern = _PIECE.sub(lambda piece: "." if piece[0] == "_" else re.escape(piece[0][-1]), wanted)
    if modifier == "unequal":
        whole = re.compile(pattern, re.DOTALL)
        return lambda text: whole.fullmatch(text) is None
    if modifier == "contains":
        part = re.compile(pattern, re.DOTALL)
        return lambda text: part.search(text) is not None
    if modifier == "ends":
        end = re.compile(f"(?:{pattern})\\Z", re.DOTALL)
        return lambda text: end.search(text) is not None
    start = re.compile(pattern, re.DOTALL)
    return lambda text: start.match(text) is not None
