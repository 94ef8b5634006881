"""One entry of a transaction or batch Bundle, checked for what HAPI checks before it does anything."""

import re
from dataclasses import dataclass
from typing import Any

from fhir_r4 import Invalid, is_resource_type
from fhir_server.conditional import query_of

ORDER = {"DELETE": 1, "POST": 2, "PUT": 3, "PATCH": 4, "GET": 5}
"""What is done first, whatever the order of the entries. https://hl7.org/fhir/R4/http.html#trules"""

_PLACEHOLDER = re.compile(r"urn:(uuid|oid):.*", re.DOTALL)
_NO_ID = re.compile(r"[a-zA-Z]+:.*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Entry:
    """number: its place in the Bundle. type, id, query: what its URL says. source: what other entries call it."""

    number: int
    method: str
    url: str
    resource: dict[str, Any] | None
    full_url: str
    type: str
    id: str
    query: str
    if_match: str
    if_none_match: str
    if_none_exist: str

    @property
    def condition(self) -> str:
        """The match URL it depends on, or nothing."""
        if self.method == "POST":
            return self.if_none_exist
        return "" if self.id or self.method == "GET" else f"{self.type}?{self.query}"

    @property
    def condition_with_type(self) -> str:
        name = self.resource["resourceType"] if self.resource else self.type
        return f"{name}?{query_of(self.condition)}"


def read_entry(number: int, entry: dict[str, Any]) -> Entry:
    """Raises Invalid for an entry without a method."""
    request = entry.get("request", {})
    method = request.get("method")
    if method is None:
        raise Invalid(
            "HAPI-0529: Transaction bundle entry has missing or invalid HTTP Verb specified in "
            f'Bundle.entry({number}).request.method. Found value: "null"',
            issue="processing",
        )
    url = request.get("url", "")
    path, _, query = url.partition("?")
    parts = [part for part in path.split("/") if part]
    return Entry(
        number,
        method,
        url,
        entry.get("resource"),
        entry.get("fullUrl", ""),
        parts[0] if parts else "",
        parts[1] if len(parts) > 1 and parts[1][0] not in "$_" else "",
        query,
        request.get("ifMatch", ""),
        request.get("ifNoneMatch", ""),
        request.get("ifNoneExist", ""),
    )


def check_url(entry: Entry) -> None:
    """Raises Invalid for a URL that names no resource type; a POST may go without."""
    if not entry.url:
        if entry.method == "POST":
            return
        if entry.method == "PUT":
            raise Invalid("HAPI-1101: Parameter value missing in request", issue="processing")
        raise Invalid(f"HAPI-0545: Unable to perform {entry.method}, no URL provided.", issue="processing")
    if not is_resource_type(entry.type):
        raise Invalid(
            f"HAPI-2006: Unable to perform {entry.method}, URL provided is invalid: {entry.url}", issue="processing"
        )


def check_resource(entry: Entry) -> dict[str, Any]:
    """Raises Invalid if there is no resource."""
    if entry.resource is None:
        raise Invalid(
            f"HAPI-0543: Missing required resource in Bundle.entry[{entry.number}].resource for operation "
            f"{entry.method}",
            issue="processing",
        )
    return entry.resource


def is_placeholder(text: str) -> bool:
    return _PLACEHOLDER.fullmatch(text) is not None


def source_of(entry: Entry) -> str:
    """What references to this entry's resource say: a placeholder, or `Type/id`; nothing if it has no name yet."""
    if entry.resource is None:
        return ""
    name = entry.resource["resourceType"]
    if is_placeholder(entry.full_url):
        return entry.full_url
    id = entry.resource.get("id") or entry.full_url
    if not id:
        return ""
    if is_placeholder(id):
        return str(id)
    if "/" not in id and _NO_ID.fullmatch(id):
        raise Invalid(
            f"HAPI-0533: Invalid placeholder ID found: {id} - Must be of the form 'urn:uuid:[uuid]' or 'urn:oid:[oid]'",
            issue="processing",
        )
    parts = id.split("/_history/")[0].rstrip("/").split("/")
    return f"{parts[-2] if len(parts) > 1 else name}/{parts[-1]}"


def chosen_name(entry: Entry) -> str:
    """`Type/id` by the id that a resource comes with, or its fullUrl if it has none; after the base of its fullUrl if
    that ends in this id; nothing if all it has is a placeholder."""
    resource = entry.resource or {}
    id, url = resource.get("id", ""), entry.full_url.partition("/_history/")[0]
    if url.startswith("urn:") and url.endswith(f":{id}"):
        return ""
    if not id or ("://" in url and url.rpartition("/")[2] == id):
        id = url
    if id.startswith(("urn:", "#")):
        return ""
    return id if "/" in id or not id else f"{resource['resourceType']}/{id}"


def sort_key(entry: Entry, placeholders: frozenset[str]) -> tuple[int, int]:
    """DELETE, POST, PUT, PATCH; within each what has no condition first, what refers to a placeholder last."""
    condition = entry.condition
    if not condition:
        return ORDER.get(entry.method, 0), 0
    return ORDER.get(entry.method, 0), 2 if ":" in condition and any(text in condition for text in placeholders) else 1


def check_unique(entries: list[Entry]) -> None:
    """Raises Invalid if two entries are about the same resource."""
    seen: set[str] = set()
    for entry in entries:
        source = source_of(entry)
        if not source or (entry.method == "POST" and not is_placeholder(source)):
            continue
        if source in seen:
            code = "HAPI-0534" if is_placeholder(source) else "HAPI-0535"
            raise Invalid(
                f"{code}: Transaction bundle contains multiple resources with ID: {source}", issue="processing"
            )
        seen.add(source)


def without_repeats(entries: list[Entry]) -> tuple[list[Entry], dict[str, str]]:
    """The entries without those that repeat a conditional one, and which fullUrl each of those stands for.

    Raises Invalid for repeats without a fullUrl.
    """
    kept: list[Entry] = []
    replaced: dict[str, str] = {}
    anonymous: set[str] = set()
    named: dict[str, str] = {}
    for entry in entries:
        if entry.resource is None or entry.method not in ("PUT", "POST") or not entry.condition or entry.id:
            kept.append(entry)
            continue
        key = f"{entry.method}|{entry.condition_with_type}"
        if not entry.full_url:
            if key in anonymous:
                raise Invalid(
                    "HAPI-2008: Unable to process Transaction - Request contains multiple anonymous entries "
                    "(Bundle.entry.fullUrl not populated) with conditional URL: "
                    f'"{entry.condition_with_type}". Does transaction request contain duplicates?',
                    issue="processing",
                )
            anonymous.add(key)
        elif key in named:
            replaced[entry.full_url] = named[key]
            continue
        else:
            named[key] = entry.full_url
        kept.append(entry)
    return kept, replaced
