"""The answer to a request that no interaction understands, in HAPI's words."""

from collections.abc import Iterable
from urllib.parse import parse_qsl

from fhir_r4 import Invalid, Request


def not_understood(request: Request) -> Invalid:
    pairs = parse_qsl(request.query, keep_blank_values=True)
    if request.method == "POST" and request.body and is_form(request):
        pairs += parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True)
    names = ", ".join(_listed(dict.fromkeys(name for name, _ in pairs)))
    return Invalid(
        "Invalid request: The FHIR endpoint on this server does not know how to handle "
        f"{request.method} operation[{request.path}] with parameters [[{names}]]",
        issue="not-supported",
    )


def _listed(names: Iterable[str]) -> list[str]:
    """In the order in which HAPI's hash table holds them."""
    given = list(names)
    size = 16
    while len(given) > size * 3 // 4:
        size *= 2
    return sorted(given, key=lambda name: _java_hash(name) % size)


def _java_hash(text: str) -> int:
    code = 0
    for letter in text:
        code = (code * 31 + ord(letter)) & 0xFFFF_FFFF
    return code ^ (code >> 16)


def is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
