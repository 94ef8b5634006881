"""Puts a version into stored JSON without parsing it: the store keeps canonical bytes, answers carry their meta."""

import json

META = b'"meta":{'


def meta_offset(blob: bytes, has_meta: bool) -> int:
    """Where the members of the top-level `meta` start in canonical JSON; 0 if there is no meta."""
    if not has_meta:
        return 0
    at = blob.find(META)
    if blob.find(META, at + 1) < 0:
        return at + len(META)
    return _scan(blob)


def _scan(blob: bytes) -> int:
    """The same when a contained resource has a meta too: walk the top-level members."""
    text, decoder = blob.decode(), json.JSONDecoder()
    at = 1
    while True:
        key, at = decoder.raw_decode(text, at)
        if key == "meta":
            return len(text[: at + 2].encode())
        _, at = decoder.raw_decode(text, at + 1)
        at += 1


def stamp(version: int, updated: str) -> bytes:
    """The members that a version adds to meta."""
    return b'"lastUpdated":"%b","versionId":"%d"' % (updated.encode(), version)


def spliced(blob: bytes, offset: int, members: bytes) -> bytes:
    """The resource with the members in its meta."""
    if not offset:
        return b'{"meta":{' + members + b"}," + blob[1:]
    return blob[:offset] + members + b"," + blob[offset:]
