"""Random resource ids: as `Stream.identifier` writes them, but of one 64-bit word, because every resource needs one."""

from fhir_seed.stream import Stream

_LETTERS = "abcdefghjkmnpqrstuvwxyz"
_ALPHABET = _LETTERS + "23456789"
_PAIRS = tuple(a + b for a in _ALPHABET for b in _ALPHABET)
_ALL = len(_LETTERS) * len(_ALPHABET) ** 11


class Ids:
    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def identifier(self) -> str:
        """12 characters: a letter, then lower case and digits, no look-alikes."""
        rest, a = divmod(self._stream.below(_ALL), 961)
        rest, b = divmod(rest, 961)
        rest, c = divmod(rest, 961)
        rest, d = divmod(rest, 961)
        rest, e = divmod(rest, 961)
        letter, last = divmod(rest, 31)
        pairs = _PAIRS
        return f"{_LETTERS[letter]}{pairs[a]}{pairs[b]}{pairs[c]}{pairs[d]}{pairs[e]}{_ALPHABET[last]}"
