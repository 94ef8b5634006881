"""Types, ids and searches, well and badly written: the real names, modifiers and prefixes, and garbage."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from fhir_r4 import search_parameters
from fhir_seed.stream import Stream
from tests.robustness.garbage import TEXTS

TYPES = ("Patient", "Observation", "Encounter", "Condition", "Practitioner", "Organization")
ALL_TYPES = (
    *TYPES * 4,
    "DiagnosticReport",
    "Group",
    "List",
    "Binary",
    "Bundle",
    "Parameters",
    "Provenance",
    "ValueSet",
)
IDS = ("p-a", "p-b", "p-c", "o-a", "e-a", "c-a", "w-01", "w-02", "dr-a", "org-a", "1000", "1001", "new", "nope")
_MODIFIERS = (
    *("exact", "contains", "missing", "not", "text", "in", "not-in", "above", "below", "of-type", "identifier"),
    *("Patient", "Observation", "Nope", "iterate", "recurse", "", "x:y"),
)
_PREFIXES = ("", "eq", "ne", "gt", "ge", "lt", "le", "sa", "eb", "ap", "zz")
_RESULTS = (
    *("_sort", "_include", "_revinclude", "_include:iterate", "_revinclude:iterate", "_count", "_offset", "_elements"),
    *(
        "_summary",
        "_total",
        "_format",
        "_pretty",
        "_has",
        "_filter",
        "_contained",
        "_containedType",
        "_text",
        "_content",
    ),
    *(
        "_list",
        "_query",
        "_type",
        "_since",
        "_at",
        "_getpages",
        "_getpagesoffset",
        "_bundletype",
        "_language",
        "_graphql",
    ),
)


@dataclass
class Words:
    """ids: of resources that are there, or might be."""

    stream: Stream
    ids: Sequence[str] = IDS

    def type(self) -> str:
        return (
            self.stream.choice(ALL_TYPES)
            if self.stream.chance(980)
            else quote(self.text()[:50], safe="", errors="replace")
        )

    def id(self) -> str:
        return (
            self.stream.choice(self.ids)
            if self.stream.chance(950)
            else quote(self.text()[:100], safe="", errors="replace")
        )

    def text(self) -> str:
        return self.stream.choice(TEXTS)

    def query(self, resource_type: str) -> str:
        """Search parameters of a type, well and badly used; percent-encoded."""
        number = self.stream.weighted((8, 40, 25, 12, 6, 2)) if self.stream.chance(995) else 300
        pairs = [self._pair(resource_type if resource_type in ALL_TYPES else "Patient") for _ in range(number)]
        written = (f"{quote(name, safe=':._-')}={self._quoted(text)}" for name, text in pairs)
        return as_ascii(self.scrambled("&".join(written)))

    def _quoted(self, text: str) -> str:
        return quote(text, safe=self.stream.choice(("", ",|$:/*")), errors="replace")

    def _pair(self, resource_type: str) -> tuple[str, str]:
        if self.stream.chance(350):
            return self._result(resource_type)
        parameters = search_parameters(resource_type)
        code = self.stream.choice(tuple(parameters))
        kind, name = parameters[code].type, code
        if kind == "reference" and self.stream.chance(400):
            for _ in range(self.stream.integer(1, 3)):
                target = (
                    self.stream.choice((*parameters[code].targets, "Patient")) if self.stream.chance(900) else "Nope"
                )
                step = self.stream.choice(tuple(search_parameters(target))) if target != "Nope" else "x"
                name += (f":{target}" if self.stream.chance(500) else "") + f".{step}"
        elif self.stream.chance(150):
            back = self.stream.choice(("Observation", "Condition", "Encounter", "Nope"))
            name = f"_has:{back}:{self.stream.choice(('patient', 'subject', 'code', 'encounter', ''))}:{code}"
        elif self.stream.chance(250):
            name += f":{self.stream.choice(_MODIFIERS)}"
        return name, self.value(kind)

    def _result(self, resource_type: str) -> tuple[str, str]:
        name = self.stream.choice(_RESULTS)
        codes = tuple(search_parameters(resource_type))
        code = self.stream.choice(codes)
        texts: dict[str, tuple[str, ...]] = {
            "_sort": (code, f"-{code}", f"{code},-_id,_lastUpdated", f"Patient:subject.{code}", "-", ",".join(codes)),
            "_count": ("0", "1", "3", "1000000", "2147483647", "2147483648", "-5", "x"),
            "_offset": ("0", "5", "2147483647", "-1"),
            "_summary": ("true", "count", "text", "data", "false", "count,true", "x"),
            "_total": ("accurate", "none", "estimate", "x"),
            "_elements": ("id,name", "Patient.name", "x", "*", ",".join(f"e{n}" for n in range(500))),
            "_filter": (
                f"{code} eq x",
                f"not ({code} co 'x') or {code} pr true",
                "(" * 500,
                f"({code} eq 'a' and {code} ne \"b\")",
                "x eq",
            ),
            "_getpagesoffset": ("0", "5", "99999999999"),
            "_format": ("json", "xml", "html/json", "x"),
            "_pretty": ("true", "false", "x"),
            "_since": ("2020", "2026-03-02T14:00:00Z", "x"),
            "_at": ("ge2020", "2026", "x"),
        }
        if "include" in name:
            return name, self.stream.choice(
                (
                    "*",
                    f"{resource_type}:{code}",
                    f"{resource_type}:*",
                    "Observation:subject:Patient",
                    "Nope:x",
                    ":",
                    "*:*",
                    self.text(),
                )
            )
        if name == "_has":
            return f"_has:Observation:patient:{code}", self.value("token")
        return name, self.stream.choice(texts.get(name, TEXTS)) if self.stream.chance(850) else self.text()

    def value(self, kind: str) -> str:
        if self.stream.chance(200):
            return self.text()
        prefix = self.stream.choice(_PREFIXES)
        known: dict[str, tuple[str, ...]] = {
            "token": (
                "male",
                "8867-4",
                "http://loinc.org|8867-4",
                "http://loinc.org|",
                "|male",
                "final",
                "true",
                "http://hospital.example/mrn|MRN-p-a",
            ),
            "reference": (
                "Patient/p-a",
                "p-a",
                "http://server/fhir/Patient/p-a",
                "Encounter/e-a",
                "Practitioner/dr-a,Nope/x",
            ),
            "date": (
                f"{prefix}2020",
                f"{prefix}2020-01",
                f"{prefix}2020-01-15",
                f"{prefix}2020-01-15T22:30:00-05:00",
                "2020,2021",
            ),
            "quantity": (
                f"{prefix}72",
                f"{prefix}72.5|http://unitsofmeasure.org|/min",
                f"{prefix}5||mg/dL",
                f"{prefix}1e2",
            ),
            "number": (f"{prefix}5", f"{prefix}0.50", f"{prefix}1e3"),
            "string": ("Smith", "smi", "Müller", "a,b", "Anna\\,B", "_m_"),
            "composite": ("8867-4$gt5", "a$b$c", "$", "http://loinc.org|8867-4$72||/min"),
            "uri": ("http://x", "urn:oid:1", "http://hl7.org/fhir/us/core/StructureDefinition/us-core-patient"),
        }
        return self.stream.choice(known.get(kind, TEXTS))

    def scrambled(self, query: str) -> str:
        if not query or self.stream.chance(940):
            return query
        at = self.stream.below(len(query))
        return (
            query[:at]
            + self.stream.choice(("%", "%00", "%ff", "&", "=", "+", "%2C", "%ED%A0%80", query[at:] * 2))
            + query[at + 1 :]
        )


def as_ascii(text: str) -> str:
    return text.encode("ascii", "replace").decode()
