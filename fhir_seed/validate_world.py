"""Every resource of a world as `validate_resource` would find it, and its references, in a fifth of the time.

Thousands of resources differ only in values that are valid wherever a value of their kind is: instants, days, ids of
our form, base64, plain numbers. With those made alike few forms remain, and each is validated in full once. A value
that is unlike these patterns stays as it is, so that nothing odd is passed over.
"""

import hashlib
import re
from datetime import date

import orjson

from fhir_r4 import World
from fhir_seed.validate import validate_resource

_ALIKE: tuple[tuple[re.Pattern[bytes], bytes], ...] = (
    (re.compile(rb'"data":"(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"'), b'"data":"AAAA"'),
    (re.compile(rb'"reference":"([A-Za-z]+)/[a-z][a-z0-9]{11}"'), rb'"reference":"\1/x"'),
    (re.compile(rb'"id":"[a-z][a-z0-9]{11}"'), b'"id":"x"'),
    (
        re.compile(rb'":"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d)"'),
        b'":"2000-01-01T00:00:00Z"',
    ),
    (re.compile(rb'":"\d{4}-\d\d-\d\d"'), b'":"2000-01-01"'),
    (re.compile(rb'":"\d{4}-(?:0[1-9]|1[0-2])"'), b'":"2000-01"'),
    (re.compile(rb'"value":"[A-Za-z0-9+()@. -]*[A-Za-z0-9]"'), b'"value":"x"'),
    (re.compile(rb'":\d+\.\d+(?=[,}])'), b'":1.5'),
    (re.compile(rb'":[1-9]\d{0,5}(?=[,}])'), b'":1'),
)
_DAY = re.compile(rb'":"(\d{4}-\d\d-\d\d)')
_REFERENCE = re.compile(rb'"reference":"([A-Za-z]+/[^"/]+)"')
_ID, _TYPE = b'"id":"', b'"resourceType":"'


class FormMemo:
    """Forms that were validated and have no problem."""

    def __init__(self) -> None:
        self._sound: set[bytes] = set()

    def is_sound(self, form: bytes) -> bool:
        return _mark(form) in self._sound

    def add(self, form: bytes) -> None:
        self._sound.add(_mark(form))


def _mark(form: bytes) -> bytes:
    return hashlib.blake2b(form, digest_size=16).digest()


def validate_world(world: World, memo: FormMemo) -> list[str]:
    """`Type/id problem` for each problem of a resource, days that no calendar has, references that lead nowhere."""
    whole = b"\n".join(world.resources)
    forms = whole
    for pattern, alike in _ALIKE:
        forms = pattern.sub(alike, forms)
    problems = []
    for form, blob in zip(forms.split(b"\n"), world.resources, strict=True):
        if memo.is_sound(form):
            continue
        found = validate_resource(form) and validate_resource(blob)
        if found:
            node = orjson.loads(blob)
            problems += [f"{node['resourceType']}/{node['id']} {problem}" for problem in found]
        else:
            memo.add(form)
    return problems + _days(whole) + _dangling(world, whole)


def _days(whole: bytes) -> list[str]:
    return [
        f"{day} is not on the calendar" for day in sorted({*map(bytes.decode, _DAY.findall(whole))}) if _is_odd(day)
    ]


def _is_odd(day: str) -> bool:
    try:
        date.fromisoformat(day)
    except ValueError:
        return True
    return False


def _dangling(world: World, whole: bytes) -> list[str]:
    wanted = {*map(bytes.decode, _REFERENCE.findall(whole))}
    missing = wanted - {_name(blob) for blob in world.resources}
    return [f"nothing is at {target}, which is referred to" for target in sorted(missing)]


def _name(blob: bytes) -> str:
    """`Type/id`, without parsing where only one id and one type are written."""
    if blob.count(_ID) != 1 or blob.count(_TYPE) != 1:
        node = orjson.loads(blob)
        return f"{node['resourceType']}/{node['id']}"
    kind, identity = blob.index(_TYPE) + len(_TYPE), blob.index(_ID) + len(_ID)
    return f"{_up_to_quote(blob, kind)}/{_up_to_quote(blob, identity)}"


def _up_to_quote(blob: bytes, start: int) -> str:
    return blob[start : blob.index(b'"', start)].decode()
