"""Searches over any population: of every type and every R4 parameter that has values in it, with those values."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from fhir_r4 import SearchParameter, reference_of, search_parameters
from tests.us_core.paths import values

Resource = dict[str, Any]

_FUNCTION = re.compile(r"\.where\(resolve\(\) is \w+\)| as \w+|\.as\(\w+\)|[()]")
_PAGE = "_count=100"


def addresses(resources: Sequence[Resource], number: int) -> list[str]:
    """That many different searches, spread evenly over types, parameters and kinds of search."""
    by_type: dict[str, list[Resource]] = {}
    for resource in resources:
        by_type.setdefault(resource["resourceType"], []).append(resource)
    every = [
        address
        for kind, rows in sorted(by_type.items())
        for parameter in search_parameters(kind).values()
        for address in _of_parameter(kind, parameter, rows, by_type)
    ]
    every = list(dict.fromkeys(every))
    return [every[k * len(every) // number] for k in range(number)] if len(every) > number else every


def _of_parameter(
    kind: str, parameter: SearchParameter, rows: Sequence[Resource], by_type: Mapping[str, Sequence[Resource]]
) -> Iterator[str]:
    code = parameter.code
    found = [v for path in _paths(parameter.expression) for row in rows for v in values(row, path)]
    if not found or parameter.type in ("composite", "special") or code.startswith("_"):
        return
    some = found[:: max(1, len(found) // 3)][:3]
    for value in some:
        for test in _TESTS.get(parameter.type, _none)(value):
            yield f"{kind}?{code}{test}&{_PAGE}"
    yield f"{kind}?{code}:missing=true&_count=7&_sort=_id"
    if parameter.type != "reference":  # those are sorted by the order in which their targets were loaded
        yield f"{kind}?_sort={code},_id&_count=20"
        yield f"{kind}?_sort=-{code},_id&_count=20"
    if parameter.type == "reference":
        yield from _joins(kind, code, some, by_type)


def _joins(kind: str, code: str, some: Sequence[Any], by_type: Mapping[str, Sequence[Resource]]) -> Iterator[str]:
    """Chains, reverse chains and includes over the reference."""
    target = next((v["reference"] for v in some if "/" in v.get("reference", "")), None)
    if target is None:
        return
    other, _, id_ = target.partition("/")
    yield f"{kind}?{code}={target}&_include={kind}:{code}&_count=20"
    yield f"{other}?_id={id_}&_revinclude={kind}:{code}"
    yield f"{other}?_has:{kind}:{code}:_lastUpdated=ge2000-01-01&_summary=count"
    chained = next((r for r in by_type.get(other, ()) if reference_of(r) == target), {})
    if family := next(iter(values(chained, "name.family")), None):
        yield f"{kind}?{code}:{other}.name={quote(family)}&{_PAGE}"
        yield f"{kind}?{code}:{other}.gender={chained.get('gender', 'unknown')}&_summary=count"


def _paths(expression: str) -> list[str]:
    """The simple paths of an expression; those with other functions are left out."""
    plain = (_FUNCTION.sub("", part.strip()) for part in expression.split(" | "))
    return [path.partition(".")[2] for path in plain if re.fullmatch(r"\w+(\.\w+)+", path)]


def _none(value: Any) -> list[str]:
    return []


def _token(value: Any) -> list[str]:
    if isinstance(value, bool):
        return [f"={str(value).lower()}"]
    if isinstance(value, str):
        return [f"={quote(value)}", f":not={quote(value)}"]
    coding = (value.get("coding") or [value])[0]
    system, code = coding.get("system"), coding.get("code", coding.get("value"))
    if not isinstance(code, str):
        return []
    tests = [f"={quote(code)}", f"={quote(code)},no-such-code", f":not={quote(code)}"]
    return tests + [f"={quote(f'{system}|{code}')}", f"={quote(f'{system}|')}", f"={quote(f'|{code}')}"] * bool(system)


def _string(value: Any) -> list[str]:
    texts = [value] if isinstance(value, str) else values(value, "family") + values(value, "city")
    words = [quote(text.replace("\\", "\\\\").replace(",", "\\,").replace("$", "\\$")) for text in texts[:1]]
    return [f"{how}={word}" for word in words for how in ("", ":exact", ":contains")] + [
        f"={quote(text[:3].lower())}" for text in texts[:1]
    ]


def _date(value: Any) -> list[str]:
    text = value if isinstance(value, str) else value.get("start", "")
    if len(text) < 10:
        return []
    bounds = [f"={prefix}{text[:10]}" for prefix in ("", "ge", "gt", "le", "lt", "ne", "sa", "eb")]
    return bounds + [f"={prefix}{quote(text)}" for prefix in ("", "ge", "lt")] * (len(text) > 10) + [f"={text[:7]}"]


def _reference(value: Any) -> list[str]:
    target = value.get("reference", "") if isinstance(value, dict) else ""
    if not re.fullmatch(r"\w+/[\w.-]+", target):
        return []
    return [f"={target}", f"={target.partition('/')[2]}", f"={target},Patient/no-such-id"]


def _quantity(value: Any) -> list[str]:
    if not isinstance(value, dict) or "value" not in value:
        return []
    number, unit = str(value["value"]), f"|{value.get('system', '')}|{value.get('code', '')}"
    return [f"={number}", f"={quote(number + unit)}", f"=gt{number}", f"=le{quote(number + unit)}", f"=ne{number}"]


def _uri(value: Any) -> list[str]:
    return [f"={quote(value)}"] if isinstance(value, str) else []


_TESTS = {
    "token": _token,
    "string": _string,
    "date": _date,
    "reference": _reference,
    "quantity": _quantity,
    "uri": _uri,
}
