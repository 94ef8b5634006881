"""What a value set holds, for :in and :not-in: sets in the store that list their codes, and those that R4 requires."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_plus

import orjson

from fhir_r4 import Invalid, NotFound, TokenValue, Unsupported, required_codes
from fhir_server.index import KeyIndex
from fhir_server.store import EpisodeStore

_DEEPEST = 8


def expanded(store: EpisodeStore, text: str, depth: int = 0) -> tuple[TokenValue, ...]:
    """text: the url of a value set, `ValueSet/id` or an id. Raises NotFound, or Unsupported for one by filters."""
    url = text.partition("|")[0]
    found = _stored(store, url)
    if found is not None:
        return tuple(dict.fromkeys(_codes(store, found, depth)))
    known = required_codes(url)
    if known is None:
        raise NotFound(f"HAPI-2788: Unknown ValueSet: {quote_plus(text)}", issue="processing")
    return tuple(TokenValue(system, code) for system, codes in known.items() for code in codes)


def _stored(store: EpisodeStore, text: str) -> dict[str, Any] | None:
    id = text.removeprefix("ValueSet/")
    version = store.current("ValueSet", id)
    if version is not None and not version.is_gone:
        return _parsed(version.json)
    for segment, hidden in store.layers("ValueSet"):
        index = segment.indexes.get("url")
        if isinstance(index, KeyIndex):
            for n in sorted(index.posting(text)):
                if n not in hidden:
                    return _parsed(segment.json(n))
    return None


def _parsed(blob: bytes) -> dict[str, Any]:
    resource: dict[str, Any] = orjson.loads(blob)
    return resource


def _codes(store: EpisodeStore, value_set: dict[str, Any], depth: int) -> Iterator[TokenValue]:
    if depth > _DEEPEST:
        raise Invalid("this value set includes others too deeply; list its codes", issue="processing")
    expansion, compose = value_set.get("expansion"), value_set.get("compose", {})
    if expansion:
        yield from _contained(expansion.get("contains", ()))
        return
    excluded = {code for part in compose.get("exclude", ()) for code in _part(store, part, depth)}
    for part in compose.get("include", ()):
        yield from (code for code in _part(store, part, depth) if code not in excluded)


def _contained(entries: list[dict[str, Any]]) -> Iterator[TokenValue]:
    for entry in entries:
        if "code" in entry and not entry.get("abstract"):
            yield TokenValue(entry.get("system", ""), entry["code"])
        yield from _contained(entry.get("contains", []))


def _part(store: EpisodeStore, part: dict[str, Any], depth: int) -> Iterator[TokenValue]:
    system, concepts = part.get("system"), part.get("concept", ())
    if part.get("filter") or (system and not concepts and not part.get("valueSet")):
        raise Unsupported(f"value sets that do not list their codes are not offered ({system})")
    sets = [set(expanded(store, url, depth + 1)) for url in part.get("valueSet", ())]
    if system:
        yield from (
            code
            for code in (TokenValue(system, concept["code"]) for concept in concepts)
            if all(code in one for one in sets)
        )
    elif sets:
        yield from sorted(set.intersection(*sets), key=lambda code: (code.system or "", code.code or ""))
