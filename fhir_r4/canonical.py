"""Canonical JSON of a resource, and the digest of a world.

Canonical: UTF-8, keys sorted, no white space, decimals as they were written, without meta.versionId and
meta.lastUpdated (and without a meta that is empty then), so that what a server answers can be compared with what
was loaded. https://hl7.org/fhir/R4/datatypes.html#decimal says that precision is significant.
"""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

_escape = json.encoder.encode_basestring  # keeps non-ASCII as UTF-8, as orjson does


class WrittenNumber(str):
    """A JSON number with a fraction or exponent, kept as its text."""

    __slots__ = ()


def parse_exact(text: bytes | str) -> Any:
    """JSON with every decimal kept as a `WrittenNumber`; integers are ints. Raises json.JSONDecodeError."""
    return json.loads(text, parse_float=WrittenNumber, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> Any:
    raise json.JSONDecodeError(f"{name} is not a JSON number", name, 0)


def dump_exact(node: Any) -> str:
    """Compact JSON with sorted keys; the inverse of `parse_exact` up to white space and key order."""
    if isinstance(node, WrittenNumber):
        return str(node)
    if isinstance(node, str):
        return _escape(node)
    if isinstance(node, dict):
        return "{" + ",".join(f"{_escape(k)}:{dump_exact(node[k])}" for k in sorted(node)) + "}"
    if isinstance(node, list):
        return "[" + ",".join(map(dump_exact, node)) + "]"
    return json.dumps(node)


def canonical(resource: bytes) -> bytes:
    """Canonical bytes of one resource given as JSON text."""
    return canonical_of(parse_exact(resource))


def canonical_of(node: dict[str, Any]) -> bytes:
    """Canonical bytes of one resource that `parse_exact` read."""
    meta = node.get("meta")
    if meta is not None:
        kept = {k: v for k, v in meta.items() if k not in ("versionId", "lastUpdated")}
        node = {k: v for k, v in node.items() if k != "meta"} | ({"meta": kept} if kept else {})
    return dump_exact(node).encode()


def digest(resources: Iterable[tuple[str, bytes]]) -> str:
    """SHA-256 (hex) over (reference, canonical bytes), in order of reference: the same for any order of loading."""
    rows = sorted((ref, hashlib.sha256(data).digest()) for ref, data in resources)
    total = hashlib.sha256()
    for ref, one in rows:
        total.update(ref.encode() + b"\0" + one)
    return total.hexdigest()
