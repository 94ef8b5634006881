"""Generated requests over every route of the FHIR server: what is asked of it well, badly, and not at all.

A seed gives the same requests each time; some of them follow links and ids of earlier answers.
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from fhir_server.contract import contract_resources
from fhir_server.operations import OPERATIONS
from fhir_server.router import ROUTES
from tests.robustness.garbage import RAW, TEXTS, VALUES, cut_or_flipped, nested, spoiled, written
from tests.robustness.headers import Headers, headers
from tests.robustness.words import ALL_TYPES, TYPES, Words, as_ascii

FHIR_JSON = b"application/fhir+json"
_OF_OPERATIONS = (
    *(("_count", "3"), ("start", "2020"), ("_type", "Patient,Observation"), ("from", "Patient/p-a/_history/1")),
    *(("to", "Patient/p-b"), ("mode", "create"), ("mode", "delete"), ("profile", "http://x"), ("max", "2")),
    *(("fromVersion", "1"), ("includeMeta", "true"), ("_id", "p-a")),
)


@dataclass(frozen=True)
class Asked:
    """A request below the base, in the bytes that a client sends. path and query: percent-encoded."""

    method: str
    path: str
    query: str
    headers: Headers
    body: bytes

    def __str__(self) -> str:
        query = f"?{self.query}" if self.query else ""
        return f"{self.method} /{self.path}{query} {dict(self.headers)} {self.body!r}"[:3000]


@dataclass
class Author(Words):
    """Writes requests one after the other. links: what earlier answers offered, `path?query`."""

    links: list[str] = field(default_factory=list)
    resources: list[dict[str, Any]] = field(default_factory=contract_resources)

    def next(self) -> Asked:
        if self.links and self.stream.chance(60):
            path, _, query = self.stream.choice(self.links).partition("?")
            return Asked(self._method("GET"), path, self.scrambled(query), headers(self.stream, b""), b"")
        match self.stream.weighted((44, 20, 10, 7, 7, 6, 6)):
            case 0:
                return self._search_or_read()
            case 1:
                return self._write()
            case 2:
                return self._bundle()
            case 3:
                return self._json_patch()
            case 4:
                return self._fhirpath_patch()
            case 5:
                return self._operation()
            case _:
                return self._anything()

    # -- kinds of requests -----------------------------------------------------------------------------------------

    def _search_or_read(self) -> Asked:
        name = self.type()
        if self.stream.chance(120):
            body = self.query(name).encode("ascii", "replace")
            return Asked(
                "POST",
                f"{name}/_search",
                self.query(name) if self.stream.chance(300) else "",
                headers(self.stream, b"application/x-www-form-urlencoded"),
                body,
            )
        shapes = (
            (name, 700),
            (f"{name}/{self.id()}", 100),
            (f"{name}/{self.id()}/_history", 50),
            ("_history", 30),
            (f"{name}/_history", 40),
        )
        path = shapes[self.stream.weighted([weight for _, weight in shapes])][0]
        return Asked(self._method("GET"), path, self.query(name), headers(self.stream, b""), b"")

    def _write(self) -> Asked:
        resource = self._resource()
        name = resource.get("resourceType") if isinstance(resource.get("resourceType"), str) else self.type()
        path, query = quote(name, safe="", errors="replace"), ""
        method = self.stream.choice(("POST", "PUT", "PUT", "DELETE"))
        if method == "PUT" and self.stream.chance(700):
            id = resource.get("id")
            path += "/" + (
                quote(id[:80], safe="", errors="replace")
                if isinstance(id, str) and self.stream.chance(800)
                else self.id()
            )
        elif method == "DELETE" and self.stream.chance(800):
            path += "/" + self.id()
        elif method == "PUT" or self.stream.chance(200):
            query = self.query(name if name in ALL_TYPES else "Patient")
        return Asked(method, path, query, headers(self.stream, FHIR_JSON), self._body(resource))

    def _bundle(self) -> Asked:
        kind = self.stream.choice(("transaction", "transaction", "batch", "batch", "collection", "", None))
        entries = [self._entry(number) for number in range(self.stream.choice((0, 1, 2, 3, 6)))]
        bundle = {"resourceType": "Bundle", "type": kind, "entry": entries}
        return Asked("POST", "", "", headers(self.stream, FHIR_JSON), self._body(self._perhaps_spoiled(bundle)))

    def _entry(self, number: int) -> dict[str, Any]:
        resource, method = self._resource(), self.stream.choice(("POST", "PUT", "DELETE", "GET", "PATCH", "HEAD", "x"))
        name = str(resource.get("resourceType"))
        plain = f"{name}/{self.id()}"
        url = {
            "POST": name,
            "GET": self.stream.choice(
                (plain, f"{name}?{self.query('Patient')}", "metadata", "_history", f"{name}/$everything")
            ),
        }
        request: dict[str, Any] = {
            "method": method,
            "url": url.get(method, plain if self.stream.chance(800) else f"{name}?{self.query('Patient')}"),
        }
        if self.stream.chance(150):
            request[self.stream.choice(("ifNoneExist", "ifMatch", "ifNoneMatch"))] = self.value("token")
        if method == "PATCH":
            resource = self._patch_parameters()
        full = self.stream.choice((f"urn:uuid:{number:08}-0000-4000-8000-000000000000", "urn:uuid:1", "", plain))
        if self.stream.chance(200) and isinstance(resource, dict):
            resource["subject"] = {
                "reference": self.stream.choice(
                    (full, "urn:uuid:nope", f"Patient?{self.query('Patient')}", "Patient/p-a")
                )
            }
        return {"fullUrl": full, "resource": resource, "request": request}

    def _json_patch(self) -> Asked:
        paths = (
            "/gender",
            "/name/0/family",
            "/name/-",
            "/name",
            "",
            "/",
            "/id",
            "/resourceType",
            "/meta",
            "/name/00",
            "/name/99",
            "/a~2b",
            "/meta/versionId",
        )
        operations = [
            {
                "op": self.stream.choice(("add", "remove", "replace", "move", "copy", "test", "nope")),
                "path": self.stream.choice((*paths, *paths, self.stream.choice(TEXTS))),
                "from": self.stream.choice(paths),
                "value": self.stream.choice((*VALUES, *TEXTS)),
            }
            for _ in range(self.stream.integer(0, 4))
        ]
        body = self._body(self._perhaps_spoiled(operations))
        return self._patch_asked(b"application/json-patch+json", body)

    def _fhirpath_patch(self) -> Asked:
        return self._patch_asked(FHIR_JSON, self._body(self._perhaps_spoiled(self._patch_parameters())))

    def _patch_asked(self, content_type: bytes, body: bytes) -> Asked:
        name = self.type()
        if self.stream.chance(200):
            return Asked("PATCH", name, self.query(name), headers(self.stream, content_type), body)
        return Asked("PATCH", f"{name}/{self.id()}", "", headers(self.stream, content_type), body)

    def _patch_parameters(self) -> dict[str, Any]:
        return {
            "resourceType": "Parameters",
            "parameter": [self._patch_operation() for _ in range(self.stream.integer(0, 3))],
        }

    def _patch_operation(self) -> dict[str, Any]:
        path = self._path()
        part: list[dict[str, Any]] = [
            {"name": "type", "valueCode": self.stream.choice(("add", "insert", "delete", "replace", "move", "nope"))},
            {"name": "path", "valueString": path},
            {
                "name": "name",
                "valueString": self.stream.choice(
                    ("gender", "name", "identifier", "active", "deceased", "nope", "id", "contained")
                ),
            },
        ]
        if self.stream.chance(800):
            form = self.stream.choice(
                (
                    "valueString",
                    "valueCode",
                    "valueInteger",
                    "valueHumanName",
                    "valueBoolean",
                    "valueNope",
                    "part",
                    "resource",
                )
            )
            part.append({"name": "value", form: self.stream.choice((*VALUES, *TEXTS))})
        for index in ("index", "source", "destination"):
            if self.stream.chance(500):
                part.append({"name": index, "valueInteger": self.stream.choice((0, 1, -1, 5, 2**40, "x", True))})
        return {"name": "operation", "part": part}

    def _path(self) -> str:
        name = self.stream.choice((*TYPES, "Resource", "DomainResource", ""))
        steps = (
            *(
                "name",
                "name[0]",
                "identifier",
                "name.where(family = 'x')",
                "name.first()",
                "extension('x')",
                "meta",
                "id",
                "gender",
            ),
            *(
                "value",
                "value.value",
                "effective",
                "name.given",
                "name.given[0]",
                "where(",
                "skip(1)",
                "take(99)",
                "ofType(Quantity)",
            ),
            *(
                "deceased.exists()",
                "name.where(family.exists() and given = 'Anna' or true)",
                "children()",
                "[0]",
                "code.coding[9999999999999]",
            ),
            *(
                "name.where(given.where(1 = 1))",
                "contained",
                "not()",
                "name.tail()",
                "value.as(Quantity)",
                "\x00",
                "active = 5",
                "value > 3",
            ),
        )
        path = ".".join([name, *(self.stream.choice(steps) for _ in range(self.stream.weighted((1, 5, 3, 1))))])
        return (
            path
            if self.stream.chance(900)
            else self.stream.choice(
                ("(" * 3000, "a." * 3000 + "a", "Patient.where(" * 800, "not()." * 50, path + "[" * 99)
            )
        )

    def _operation(self) -> Asked:
        name = self.stream.choice((*OPERATIONS, *OPERATIONS, "nope", "", "validate\x00", "meta-add "))
        base = self.stream.choice(
            ("", f"{self.type()}/", f"{self.type()}/{self.id()}/", f"{self.type()}/{self.id()}/_history/1/")
        )
        chosen = [
            pair if self.stream.chance(700) else (pair[0], self.text())
            for pair in self.stream.sample(_OF_OPERATIONS, 3)
        ]
        query = "&".join(f"{key}={quote(text, safe='', errors='replace')}" for key, text in chosen)
        parameters = [
            {
                "name": key,
                self.stream.choice(
                    ("valueString", "valueCode", "valueMeta", "resource", "valueInteger")
                ): self.stream.choice((text, self._resource(), *VALUES)),
            }
            for key, text in (("resource", ""), ("mode", "create"), ("meta", ""), ("_count", "1"))
        ]
        body = self._body(self._perhaps_spoiled({"resourceType": "Parameters", "parameter": parameters}))
        if self.stream.chance(300):
            body = self._body(self._resource())
        method = self.stream.choice(("GET", "POST", "POST", "PUT"))
        return Asked(
            method,
            f"{base}${quote(name, safe='')}",
            query,
            headers(self.stream, FHIR_JSON),
            body if method != "GET" else b"",
        )

    def _anything(self) -> Asked:
        shape = self.stream.choice(sorted({shape for _, shape in ROUTES}))
        named = {
            "Type": self.type(),
            "id": self.id(),
            "version": self.stream.choice(("1", "2", "0", "x", "9" * 5000)),
            "$": "$meta",
        }
        parts = [named.get(part, part) for part in shape.split("/")] + [
            quote(self.text(), safe="", errors="replace")
        ] * self.stream.below(2)
        method = self.stream.choice(
            ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "X" * 300)
        )
        slash = self.stream.choice(("/", "/", "//", "/%2F", "/./"))
        query = self.stream.choice(("", self.query("Patient"), self.text(), "&" * 50, "=", "%ff=%ff"))
        return Asked(
            method, slash.join(parts), as_ascii(query), headers(self.stream, FHIR_JSON), self.stream.choice(RAW)
        )

    # -- parts of requests -----------------------------------------------------------------------------------------

    def _method(self, usual: str) -> str:
        return usual if self.stream.chance(960) else self.stream.choice(("HEAD", "OPTIONS", "DELETE", "POST", "PATCH"))

    def _resource(self) -> dict[str, Any]:
        resource = dict(self.stream.choice(self.resources))
        if self.stream.chance(300):
            resource["id"] = self.stream.choice(self.ids)
        return self._perhaps_spoiled(resource)

    def _perhaps_spoiled(self, node: Any) -> Any:
        changes = self.stream.weighted((7, 4, 1, 1))
        found = spoiled(self.stream, node, changes) if changes else node
        return found if type(found) is type(node) else node

    def _body(self, node: Any) -> bytes:
        if self.stream.chance(15):
            node = nested(self.stream, node)
        body = written(node)
        if self.stream.chance(50):
            return cut_or_flipped(self.stream, body)
        return self.stream.choice(RAW) if self.stream.chance(30) else body
