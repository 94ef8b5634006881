"""Query strings as HAPI writes them in links: parameters sorted by name, values percent-encoded."""

from collections.abc import Iterable
from functools import lru_cache
from operator import itemgetter

from fhir_r4 import escaped, query_pairs


@lru_cache(maxsize=256)
def written_query(query: str) -> str:
    """The query string of a self link with its `?`; empty for no parameters."""
    return _written(query_pairs(query))


def query_with(query: str, count: int, offset: int) -> str:
    """The same for another page by `_offset`."""
    pairs = [pair for pair in query_pairs(query) if pair[0] not in ("_count", "_offset")]
    return _written([*pairs, ("_count", str(count)), ("_offset", str(offset))])


def _written(pairs: Iterable[tuple[str, str]]) -> str:
    written = [f"{escaped(name)}={escaped(text)}" for name, text in sorted(pairs, key=itemgetter(0))]
    return "?" + "&".join(written) if written else ""
