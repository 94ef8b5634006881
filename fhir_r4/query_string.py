"""Query strings as pairs of name and value. Most hold nothing encoded, and those are only split."""

from functools import lru_cache
from urllib.parse import parse_qsl, quote

Pairs = tuple[tuple[str, str], ...]


def query_pairs(query: str) -> Pairs:
    """(name, value) of a raw query string without `?`, decoded, in order; blank values are kept."""
    if "%" in query or "+" in query:
        return tuple(parse_qsl(query, keep_blank_values=True))
    pairs = []
    for part in query.split("&"):
        if part:
            name, _, text = part.partition("=")
            pairs.append((name, text))
    return tuple(pairs)


def escaped(text: str) -> str:
    """Percent-encoded as HAPI writes it in links."""
    return text if text.isalnum() and text.isascii() else _quoted(text)


@lru_cache(maxsize=4096)
def _quoted(text: str) -> str:
    return quote(text, safe="*").replace("~", "%7E")
