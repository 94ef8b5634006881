"""Reads a request body: its content type, its JSON, and the resource in it as HAPI's lenient parser does.

https://hl7.org/fhir/R4/json.html
"""

import base64
import json
from typing import Any

from fhir_r4 import HAPI, Invalid, Request, Rules, Unsupported, dump_exact, parse_exact
from fhir_server.jackson import DEEPEST, complaint, too_deep
from fhir_server.lenient import UnreadableError, read_members
from fhir_server.strict import check_strict

FAILED = "HAPI-0450: Failed to parse request body as JSON resource. Error was: "
_JSON_FAILED = "HAPI-1861: Failed to parse JSON encoded FHIR content: "
_FHIR_JSON = frozenset({"application/fhir+json", "application/json", "application/json+fhir", "text/json", "json"})


def require_json(request: Request, operation: str) -> None:
    """Raises Invalid for a missing or foreign content type, Unsupported for XML."""
    given = request.headers.get("content-type", "")
    if given == "application/fhir+json":
        return
    kind = content_kind(given)
    if not kind:
        raise Invalid(
            "HAPI-0448: No Content-Type header was provided in the request. "
            f'This is required for "{operation}" operation',
            issue="processing",
        )
    if "xml" in kind:
        raise Unsupported(f"{kind} is not offered; send application/fhir+json")
    if kind not in _FHIR_JSON:
        code = "HAPI-0446" if kind == "application/x-www-form-urlencoded" else "HAPI-0449"
        raise Invalid(
            f'{code}: Incorrect Content-Type header value of "{given}" was provided in the request. '
            f'A FHIR Content-Type is required for "{operation}" operation',
            issue="processing",
        )


def content_kind(content_type: str) -> str:
    """`application/fhir+json` of `application/fhir+json; charset=utf-8`; case counts, as on HAPI."""
    return content_type.partition(";")[0].strip()


def read_body(request: Request, resource_type: str, operation: str, rules: Rules = HAPI) -> dict[str, Any]:
    """The resource that a create or update sends. A Binary may come as what it holds. Raises Invalid."""
    if resource_type == "Binary":
        kind = request.headers.get("content-type", "")
        if "fhir" not in kind:
            data = base64.b64encode(request.body or b"").decode()
            return (
                {"resourceType": "Binary"} | ({"contentType": kind} if kind else {}) | ({"data": data} if data else {})
            )
    require_json(request, operation)
    return read_resource(request.body, resource_type, rules)


def read_resource(body: bytes | None, expected: str, rules: Rules = HAPI) -> dict[str, Any]:
    """The resource in a body, decimals kept as written. Raises Invalid."""
    try:
        return _read(parse_json(body or b""), expected, rules)
    except UnreadableError as error:
        raise _refused(str(error)) from None


def _read(node: dict[str, Any], expected: str, rules: Rules) -> dict[str, Any]:
    name = node.get("resourceType")
    if not isinstance(name, str) or not name.strip():
        raise _refused("HAPI-1838: Invalid JSON content detected, missing required element: 'resourceType'")
    if name != expected:
        raise _refused(f'HAPI-1814: Incorrect resource type found, expected "{expected}" but found "{name}"')
    if rules.refuses_unknown_elements:
        check_strict(node, name)
    return read_members(node)


def parse_json(body: bytes) -> dict[str, Any]:
    """The JSON object in a body, decimals kept as written. Raises Invalid in Jackson's words."""
    try:
        node = read_json(body)
    except json.JSONDecodeError as error:
        raise _refused(_JSON_FAILED + _json_complaint(body, error)) from None
    if not isinstance(node, dict):
        raise _refused(_JSON_FAILED + _json_complaint(body, None))
    return node


def read_json(body: bytes) -> Any:
    """What a body holds, decimals kept as written. Raises json.JSONDecodeError, also for what is JSON by its form
    but too deep, a number too long, or no text.
    """
    try:
        node = parse_exact(body.decode())
        if body.count(b"{") + body.count(b"[") > DEEPEST and is_deep(node):
            raise json.JSONDecodeError(too_deep(), "", 0)
        if b"\\u" in body:
            dump_exact(node).encode()  # a lone surrogate is no text
    except json.JSONDecodeError:
        raise
    except RecursionError:
        raise json.JSONDecodeError(too_deep(), "", 0) from None
    except (UnicodeDecodeError, UnicodeEncodeError) as error:
        raise json.JSONDecodeError(f"no text: {error.reason}", "", 0) from None
    except ValueError:  # of int()
        raise json.JSONDecodeError("a number has more digits than can be read", "", 0) from None
    return node


def is_deep(node: Any) -> bool:
    """Whether there are more levels of objects and lists than are read."""
    level = [node] if isinstance(node, (dict, list)) else []
    for _ in range(DEEPEST):
        inner = (value for one in level for value in (one.values() if type(one) is dict else one))
        level = [value for value in inner if type(value) is dict or type(value) is list]
        if not level:
            return False
    return True


def _json_complaint(body: bytes, error: json.JSONDecodeError | None) -> str:
    text = body.decode(errors="replace")
    start = text.lstrip(" \t\r\n")
    if not start:
        return "HAPI-1857: Did not find any content to parse"
    if start[0] != "{":
        return (
            "HAPI-1859: Content does not appear to be FHIR JSON, first non-whitespace character was: "
            f"'{start[0]}' (must be '{{')"
        )
    return complaint(text) or (error.msg if error else "it is no object")


def _refused(reason: str) -> Invalid:
    return Invalid(FAILED + reason, issue="processing")


def without_version(node: dict[str, Any]) -> dict[str, Any]:
    """A resource without meta.versionId and meta.lastUpdated; dumped it is canonical (see `fhir_r4.canonical`)."""
    meta = node.get("meta")
    if meta is None:
        return node
    kept = {key: value for key, value in meta.items() if key not in ("versionId", "lastUpdated")}
    rest = {key: value for key, value in node.items() if key != "meta"}
    return rest | {"meta": kept} if kept else rest
