"""Bodies that callers send: read up to a cap, parsed once, and told what is wrong without repeating their text."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request

from env_api.refusals import Malformed
from fhir_r4 import TooLarge

_KEPT_TEXT = 2000
_KEPT_DEPTH = 16
_TOLD = 5


async def read_capped(request: Request, cap: int) -> bytes:
    """The body. Raises TooLarge as soon as more than `cap` bytes have come."""
    kept = bytearray()
    async for chunk in request.stream():
        kept += chunk
        if len(kept) > cap:
            raise TooLarge(f"the body is over {cap} bytes: send less")
    return bytes(kept)


def parse_object(body: bytes) -> dict[str, Any]:
    """Raises Malformed."""
    try:
        sent = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Malformed("the body is not JSON: send one JSON object") from error
    if not isinstance(sent, dict):
        raise Malformed("the body is JSON, but no object: send one JSON object")
    return sent


def validated(form: TypeAdapter[Any], sent: Mapping[str, Any], what: str) -> Any:
    """`sent` as `form`. Raises Malformed, which names known fields only."""
    try:
        return form.validate_python(sent)
    except ValidationError as error:
        known = frozenset(_names(form.json_schema()))
        raise Malformed(f"{what} is not well-formed: {describe(error, known)}") from error


def describe(error: ValidationError, known: frozenset[str]) -> str:
    """What is wrong and where, e.g. `confidence: Input should be less than or equal to 1`."""
    problems = error.errors(include_url=False, include_context=True, include_input=False)
    told = [_one(problem, known) for problem in problems[:_TOLD]]
    more = len(problems) - len(told)
    return "; ".join(dict.fromkeys(told)) + (f"; and {more} more" if more else "")


def _one(problem: Any, known: frozenset[str]) -> str:
    place = ".".join(str(part) for part in problem["loc"] if isinstance(part, int) or part in known)
    match problem["type"]:
        case "extra_forbidden":
            text = "it has a field that is not in the schema: leave it out"
        case "union_tag_invalid":
            text = f"{problem['ctx']['discriminator']} must be one of {problem['ctx']['expected_tags']}"
        case "union_tag_not_found":
            text = f"{problem['ctx']['discriminator']} is missing: it says which action this is"
        case _:
            text = problem["msg"]
    return f"{place}: {text}" if place else text


def _names(schema: Any) -> Iterator[str]:
    """Every property and discriminator value of a JSON Schema."""
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key in ("properties", "mapping") and isinstance(value, dict):
                yield from value
            yield from _names(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _names(value)


def kept_of(body: bytes) -> dict[str, Any]:
    """What a record keeps of a malformed action: the object if it is one of sane depth, else its first characters."""
    try:
        sent = orjson.loads(body)
    except orjson.JSONDecodeError:
        sent = None
    if isinstance(sent, dict) and _shallow(sent, _KEPT_DEPTH):
        return sent
    return {"text": body[: 4 * _KEPT_TEXT].decode("utf-8", "replace")[:_KEPT_TEXT]}


def _shallow(node: Any, depth: int) -> bool:
    if depth == 0:
        return not isinstance(node, dict | list)
    if isinstance(node, dict):
        return all(_shallow(value, depth - 1) for value in node.values())
    if isinstance(node, list):
        return all(_shallow(value, depth - 1) for value in node)
    return True
