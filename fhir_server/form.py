"""The form of an answer: which JSON media type it carries, and whether it is pretty-printed.

Answers are JSON only. A client that takes XML, Turtle or HTML but no JSON gets a 406; one whose wishes are not known
gets JSON, as on HAPI. https://hl7.org/fhir/R4/http.html#mime-type
"""

import re
from functools import lru_cache
from urllib.parse import parse_qsl

from fhir_r4 import NotAcceptable
from fhir_server.answer import CONTENT_TYPE

_LEGACY = "application/json+fhir"
_JSON = frozenset({"json", "application/json", "application/fhir+json", "text/json", _LEGACY})
_OTHER = re.compile(r"xml|html|ttl|turtle|rdf")
_ANY = frozenset({"*/*", "application/*", "*"})


def content_type_for(accept: str | None, query: str) -> str:
    """The media type to answer with. Raises NotAcceptable."""
    asked = _format(query) if "format" in query or "%" in query else ""
    return _negotiated(accept if accept is not None else "*/*", asked)


@lru_cache(maxsize=4096)
def _format(query: str) -> str:
    values = (text for name, text in parse_qsl(query) if name == "_format")
    return next(values, "").partition(";")[0].strip().replace(" ", "+").lower()


@lru_cache(maxsize=1024)
def _negotiated(accept: str, asked: str) -> str:
    if asked in _JSON:
        return _media_type(asked)
    if _OTHER.search(asked):
        raise _not_json(f"_format={asked}")
    ranges = sorted(_ranges(accept.lower()), key=lambda pair: -pair[1])
    taken = [name for name, quality in ranges if quality > 0]
    json = next((name for name in taken if name in _JSON or name in _ANY), None)
    if json is None and any(_OTHER.search(name) for name in taken):
        raise _not_json(f"Accept: {accept}")
    return _media_type(json or "json")


def _media_type(name: str) -> str:
    return CONTENT_TYPE.replace("application/fhir+json", _LEGACY) if name == _LEGACY else CONTENT_TYPE


def _ranges(accept: str) -> list[tuple[str, float]]:
    """(media range, quality)"""
    found = []
    for part in accept.split(","):
        name, *parameters = (text.strip() for text in part.split(";"))
        quality = next((text[2:] for text in parameters if text.startswith("q=")), "1")
        found.append((name, float(quality) if re.fullmatch(r"[01](\.\d{0,3})?", quality) else 1.0))
    return found


def _not_json(asked: str) -> NotAcceptable:
    return NotAcceptable(f"answers are JSON only, not {asked}; send Accept: application/fhir+json, no other _format")


_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


def pretty(body: bytes) -> bytes:
    """Compact JSON with line breaks and two spaces per level, lists in line, as HAPI prints it."""
    out: list[bytes] = []
    depth = 0
    lists: list[bool] = []
    for token in _TOKEN.findall(body):
        if token in b"{[":
            lists.append(token == b"[")
            depth += token == b"{"
            out.append(b"[ " if lists[-1] else b"{\n" + b"  " * depth)
        elif token in b"}]":
            depth -= not lists.pop()
            out.append(b" ]" if token == b"]" else b"\n" + b"  " * depth + b"}")
        elif token == b",":
            out.append(b", " if lists[-1] else b",\n" + b"  " * depth)
        else:
            out.append(b": " if token == b":" else token)
    return b"".join(out)
