"""Puts a version into stored JSON without parsing it: the store keeps canonical bytes, answers carry their meta."""

import json

META = b'"meta":{'
_VERSION = b'"versionId":"'


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


def unspliced(json: bytes, offset: int) -> bytes:
    """The resource without the members that `spliced` put at this offset."""
    number = json.index(_VERSION, offset) + len(_VERSION)
    end = json.index(b'"', number) + 1
    return json[:offset] + json[end + 1 :] if offset else b"{" + json[end + 2 :]


_BETWEEN = b'","resource":'


def entry_text(id: str, json: bytes) -> bytes:
    """The part of a Bundle's entry from the id in its fullUrl to the end of its resource."""
    return b"".join((id.encode(), _BETWEEN, json))


def spliced_entry(id: str, blob: bytes, offset: int, members: bytes) -> bytes:
    """The same of `spliced`, in one copy."""
    if not offset:
        return entry_text(id, spliced(blob, 0, members))
    return b"".join((id.encode(), _BETWEEN, blob[:offset], members, b",", blob[offset:]))


def resource_in(entry: bytes, id: str) -> bytes:
    """What `entry_text` was made of."""
    return entry[len(id) + len(_BETWEEN) :]
