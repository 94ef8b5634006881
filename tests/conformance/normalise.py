"""Replaces what no two servers share: the base URL, ids that the server gave, uuids, times, request ids."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from fhir_r4 import WrittenNumber

KEPT_HEADERS = frozenset(
    [
        "content-type",
        "content-encoding",
        "etag",
        "location",
        "content-location",
        "last-modified",
        "x-powered-by",
        "x-request-id",
        "allow",
        "vary",
        "accept",
        "accept-patch",
        "access-control-allow-origin",
        "access-control-allow-methods",
        "access-control-allow-headers",
        "access-control-expose-headers",
    ]
)
_TIMES = frozenset({"lastUpdated", "lastModified", "timestamp"})
_OF_A_CASE = ("11111111-1111-", "22222222-2222-", "00000000-0000-")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_STAMP = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,3}(?:Z|[+-]\d\d:\d\d)")
_STAMP_OF_A_CASE = "2020-03-01T12:00:00.123"
_HTTP_DATE = re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} 20\d\d \d\d:\d\d:\d\d GMT")
_GIVEN_IDS = (
    re.compile(r"(\b[A-Z][A-Za-z]+/)(\d{3,9})(?=[/\"'\s\],.?<&)]|$)"),
    re.compile(r"([?&]_id=)(\d{3,9})\b"),
    re.compile(r"(ID\[|ID )(\d{4,9})\b"),
)
# which of the two paths of a reference parameter HAPI names changes from run to run (HAPI-1094, -1096, -0515)
_EITHER_PATH = re.compile(r"\.where\(resolve\(\) is \w+\)")
# HAPI prints the milliseconds where the id should stand
_MILLISECONDS = (
    (re.compile(r"\b\d+ms\b"), "{ms}ms"),
    (re.compile(r'(conditionally created resource )"\d+"'), r'\1"{ms}"'),
)
_REQUEST_ID = re.compile(r"\[[A-Za-z0-9]{16}\]")


class Normaliser:
    """Of one recording: the same id has the same mark in every answer."""

    def __init__(self, base: str) -> None:
        self._bases = (base, quote(base, safe=""))
        self._ids: dict[str, str] = {}
        self._uuids: dict[str, str] = {}

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        kept = {name: self.text(text) for name, text in headers.items() if name in KEPT_HEADERS}
        return kept | ({"x-request-id": "{reqid}"} if "x-request-id" in kept else {})

    def json(self, node: Any, key: str = "") -> Any:
        if isinstance(node, dict):
            return {name: self.json(value, name) for name, value in node.items()}
        if isinstance(node, list):
            return [self.json(value, key) for value in node]
        if isinstance(node, WrittenNumber) or not isinstance(node, str):
            return node
        if key in _TIMES and node.startswith("20"):
            return "{ts}"
        if key == "id" and re.fullmatch(r"\d{3,9}", node):
            return self._id(node)
        return self.text(node)

    def text(self, text: str) -> str:
        for base in self._bases:
            text = text.replace(base, "{base}")
        text = _UUID.sub(lambda found: self._uuid(found[0]), text)
        text = _EITHER_PATH.sub("", text)
        for pattern in _GIVEN_IDS:
            text = pattern.sub(lambda found: found[1] + self._id(found[2]), text)
        text = _STAMP.sub(lambda found: found[0] if found[0].startswith(_STAMP_OF_A_CASE) else "{ts}", text)
        text = _HTTP_DATE.sub("{http-date}", text)
        for pattern, mark in _MILLISECONDS:
            text = pattern.sub(mark, text)
        return _REQUEST_ID.sub("[{reqid}]", text)

    def _id(self, given: str) -> str:
        return self._ids.setdefault(given, f"{{sid-{len(self._ids) + 1}}}")

    def _uuid(self, given: str) -> str:
        if given.startswith(_OF_A_CASE):
            return given
        return self._uuids.setdefault(given, f"{{uuid-{len(self._uuids) + 1}}}")
