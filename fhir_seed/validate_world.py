"""Every resource of a world as `validate_resource` would find it, and its references, in a tenth of the time.

Thousands of resources differ only in values that are valid wherever a value of their kind is: instants, days, ids of
our form, base64, plain numbers, names. With those made alike few forms remain, and each is validated in full once. A
value that is unlike these patterns stays as it is, so that nothing odd is passed over.
"""

import hashlib
import re
from datetime import date

import orjson

from fhir_r4 import World
from fhir_seed.validate import validate_resource

_VALUE = re.compile(
    rb'":(?:"(?:'
    rb'((?<="reference":")[A-Z][A-Za-z]+/)[a-z][a-z0-9]{11}"'
    rb'|(\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:Z|[+-](?:0\d|1[0-3]):[0-5]\d)")'
    rb'|(\d{4}-\d\d-\d\d")'
    rb'|(\d{4}-(?:0[1-9]|1[0-2])")'
    rb'|((?<="id":")[a-z][a-z0-9]{11}"|(?<="value":")[A-Za-z0-9+()@. -]*[A-Za-z0-9]")'
    rb'|((?<="data":")(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")'
    rb")|(\d+\.\d+(?=[,}]))"
    rb"|([1-9]\d{0,5}(?=[,}])))"
)
"""The end of a key and a value, a group for each kind of value: one pass is faster than one for each kind."""
_ALIKE = (
    b'":"%bx"',
    b'":"2000-01-01T00:00:00Z"',
    b'":"2000-01-01"',
    b'":"2000-01"',
    b'":"x"',
    b'":"AAAA"',
    b'":1.5',
    b'":1',
)
"""By group of _VALUE; of a reference, its type stays."""
_NAMES: tuple[tuple[re.Pattern[bytes], bytes], ...] = (
    (re.compile(rb'"(city|family|postalCode)":"[A-Za-z0-9 .\'-]*[A-Za-z0-9]"'), rb'"\1":"x"'),
    (
        re.compile(rb'"(given|line)":\["[A-Za-z0-9 .\'-]*[A-Za-z0-9]"(?:,"[A-Za-z0-9 .\'-]*[A-Za-z0-9]")*\]'),
        rb'"\1":["x"]',
    ),
)
"""Of people and places, sought where a form is new."""
_DAY = re.compile(rb'":"(\d{4}-\d\d-\d\d)')
_REFERENCE = re.compile(rb'"reference":"([A-Za-z]+/[^"/]+)"')
_ID, _KIND = re.compile(rb'"id":"([^"]*)"'), re.compile(rb'"resourceType":"([^"]*)"')


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
    forms = _VALUE.sub(_alike, whole).split(b"\n")
    known = {form for form in set(forms) if memo.is_sound(form)}
    problems = []
    for form, blob in zip(forms, world.resources, strict=True):
        if form in known:
            continue
        found = _problems(form, blob, memo)
        if not found:
            known.add(form)
        problems += found
    return problems + _days(whole) + _dangling(world, whole)


def _alike(match: re.Match[bytes]) -> bytes:
    kind = match.lastindex or 0
    return _ALIKE[kind - 1] if kind > 1 else _ALIKE[0] % match[1]


def _problems(form: bytes, blob: bytes, memo: FormMemo) -> list[str]:
    """Of a form that is not known."""
    nameless = form
    for pattern, alike in _NAMES:
        nameless = pattern.sub(alike, nameless)
    if memo.is_sound(nameless):
        return []
    found = validate_resource(nameless) and validate_resource(blob)
    if not found:
        memo.add(nameless)
        return []
    node = orjson.loads(blob)
    return [f"{node['resourceType']}/{node['id']} {problem}" for problem in found]


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
    missing = wanted - _names(world, whole)
    return [f"nothing is at {target}, which is referred to" for target in sorted(missing)]


def _names(world: World, whole: bytes) -> set[str]:
    """`Type/id` of all, without parsing where no more ids and types are written than there are resources."""
    kinds, ids = _KIND.findall(whole), _ID.findall(whole)
    if len(kinds) == len(ids) == world.size:
        return {f"{kind.decode()}/{id_.decode()}" for kind, id_ in zip(kinds, ids, strict=True)}
    nodes = map(orjson.loads, world.resources)
    return {f"{node['resourceType']}/{node['id']}" for node in nodes}
