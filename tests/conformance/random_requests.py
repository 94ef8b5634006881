"""Random requests about a chart: searches of every kind, reads, history, operations, and writes of every kind."""

import base64
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fhir_r4 import dump_exact
from fhir_seed.stream import Stream
from tests.conformance import random_chart as chart

JSON = {"content-type": "application/fhir+json", "accept": "application/fhir+json"}
_DATE_PREFIXES = ("", "", "ge", "gt", "le", "lt", "ne", "sa", "eb")
_NUMBER_PREFIXES = ("", "", "ge", "gt", "le", "lt", "ne", "ap")

PARAMETERS: dict[str, tuple[str, ...]] = {
    "Patient": [
        "_id",
        "family",
        "given",
        "name",
        "gender",
        "birthdate",
        "active",
        "identifier",
        "deceased",
        "death-date",
        "address",
        "address-city",
        "phone",
        "telecom",
        "general-practitioner",
        "organization",
        "race",
        "_tag",
        "_lastUpdated",
    ],
    "Encounter": [
        "_id",
        "patient",
        "subject",
        "class",
        "status",
        "date",
        "participant",
        "practitioner",
        "discharge-disposition",
    ],
    "Observation": [
        "_id",
        "patient",
        "subject",
        "code",
        "category",
        "status",
        "date",
        "value-quantity",
        "value-concept",
        "value-string",
        "encounter",
        "combo-code",
        "component-code",
        "component-value-quantity",
        "combo-value-quantity",
        "code-value-quantity",
        "component-code-value-quantity",
    ],
    "Condition": ["_id", "patient", "subject", "code", "encounter", "onset-date", "recorded-date", "asserted-date"],
    "MedicationRequest": ["_id", "patient", "status", "intent", "code", "authoredon", "requester"],
    "DiagnosticReport": ["_id", "patient", "status", "code", "result"],
}
_SORTS: dict[str, tuple[str, ...]] = {
    "Patient": ("family", "birthdate", "gender", "given", "active", "race"),
    "Encounter": ("date", "status", "class", "discharge-disposition"),
    "Observation": ("date", "code", "status", "value-quantity"),
    "Condition": ("code", "onset-date", "recorded-date", "asserted-date"),
    "MedicationRequest": ("authoredon", "status"),
    "DiagnosticReport": ("code", "status"),
}
_INCLUDES: dict[str, tuple[str, ...]] = {
    "Patient": (
        "_include=Patient:general-practitioner",
        "_include=Patient:organization",
        "_revinclude=Observation:patient",
        "_revinclude=Condition:subject",
        "_include=*",
        "_revinclude:iterate=DiagnosticReport:result",
        "_include=Patient:organization&_include:iterate=Organization:partof",
    ),
    "Encounter": ("_include=Encounter:subject", "_revinclude=Observation:encounter", "_include=Encounter:*"),
    "Observation": (
        "_include=Observation:patient",
        "_include=Observation:encounter&_include:iterate=Encounter:participant",
        "_revinclude=DiagnosticReport:result",
        "_include=Observation:subject:Patient",
        "_include=Observation:*",
    ),
    "Condition": ("_include=Condition:encounter", "_include=Condition:patient"),
    "MedicationRequest": ("_include=MedicationRequest:requester", "_include=MedicationRequest:patient"),
    "DiagnosticReport": ("_include=DiagnosticReport:result&_include:iterate=Observation:encounter",),
}
_CHAINS: dict[str, tuple[str, ...]] = {
    "Encounter": ("patient.family=smith", "subject:Patient.gender=male", "participant:Practitioner.family=Müller"),
    "Observation": (
        "patient.birthdate=2020",
        "subject:Patient.name=anna",
        "encounter.class=IMP",
        "patient.general-practitioner.family=smith",
        "encounter.patient.gender=female",
        "patient.identifier=PT-1",
        "patient._id=pt-1",
    ),
    "Condition": (
        "patient.organization.name=unit",
        "encounter.status=finished",
        "patient.race=2106-3",
        "encounter.discharge-disposition=home",
    ),
    "MedicationRequest": ("requester.family=smith", "patient.active=true"),
    "DiagnosticReport": ("result.code=8867-4", "result.patient.gender=male"),
    "Patient": (
        "_has:Observation:patient:code=8867-4",
        "_has:Condition:subject:code=44054006",
        "_has:Condition:subject:asserted-date=ge2020",
        "_has:Observation:patient:encounter.class=IMP",
        "_has:Encounter:patient:_has:Observation:encounter:status=final",
        "general-practitioner.family=smith",
        "organization.partof.name=general",
    ),
}


@dataclass(frozen=True)
class Asked:
    """One request. body: JSON, or None. May hold `{{n}}`: the n-th id that the server gave."""

    method: str
    url: str
    body: Any = None
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """As one line, for a reader."""
        heads = " ".join(f"{name}: {value}" for name, value in self.headers)
        return f"{self.method} {self.url} {heads} {'' if self.body is None else dump_exact(self.body)}".strip()


def search(stream: Stream) -> Asked:
    kind = stream.choice(tuple(PARAMETERS))
    clauses = [_clause(stream, kind) for _ in range(stream.weighted((2, 5, 3)))]
    if stream.chance(150):
        clauses.append(stream.choice(_CHAINS[kind]))
    return Asked("GET", f"{kind}?{_escaped('&'.join([*clauses, *_result(stream, kind)]))}".rstrip("?"))


def _escaped(query: str) -> str:
    return quote(query, safe="=&,:$*.-_<>!/")


def _clause(stream: Stream, kind: str) -> str:
    name = stream.choice(PARAMETERS[kind])
    if stream.chance(60) and not name.startswith("_"):
        return f"{name}:missing={stream.choice(('true', 'false'))}"
    return VALUE_OF.get(name, _token)(stream, name)


def _result(stream: Stream, kind: str) -> list[str]:
    """Sorted searches end with _id, so that there are no ties; others get a page that holds everything."""
    parts = []
    if stream.chance(400):
        keys = stream.sample(_SORTS[kind], stream.integer(1, 2))
        parts.append("_sort=" + ",".join(stream.choice(("", "-")) + key for key in keys) + ",_id")
        if stream.chance(400):
            parts.append(f"_count={stream.integer(1, 6)}")
    else:
        parts.append("_count=100")
    if stream.chance(150):
        parts.append(stream.choice(_INCLUDES[kind]))
    if stream.chance(60):
        parts.append(stream.choice(("_elements=id,status", "_summary=true", "_summary=count", "_total=accurate")))
    return parts


def _listed(stream: Stream, texts: tuple[str, ...]) -> str:
    return ",".join(stream.sample(texts, 2)) if len(texts) > 1 and stream.chance(150) else stream.choice(texts)


def _text(texts: tuple[str, ...]) -> Any:
    def value(stream: Stream, name: str) -> str:
        modifier = stream.choice(("", "", "", ":exact", ":contains"))
        one = _listed(stream, texts)
        return f"{name}{modifier}={one[: stream.integer(2, 20)].strip() if stream.chance(500) else one}"

    return value


def _token(stream: Stream, name: str) -> str:
    return f"{name}{_not(stream)}={_listed(stream, ('final', 'active', 'finished', 'male', 'true', 'IMP', 'order'))}"


def _not(stream: Stream) -> str:
    return ":not" if stream.chance(150) else ""


def _of(*texts: str) -> Any:
    return lambda stream, name: f"{name}{_not(stream)}={_listed(stream, texts)}"


def _code(stream: Stream, name: str) -> str:
    if stream.chance(80):
        return f"{name}:text={stream.choice(('heart', 'display', 'pain', 'Chest'))}"
    system, code = stream.choice(chart.CODES)
    shapes = (code, code, f"{system}|{code}" if system else f"|{code}", f"{system}|", f"|{code}", f"http://no|{code}")
    return f"{name}{_not(stream)}={_listed(stream, shapes)}"


def _date(stream: Stream, name: str) -> str:
    first = f"{name}={stream.choice(_DATE_PREFIXES)}{chart.moment(stream)}"
    if stream.chance(150):
        first = f"{name}=ge{stream.choice(chart.DAYS)}&{name}=lt{stream.choice(chart.DAYS)}"
    return first


def _quantity(stream: Stream, name: str) -> str:
    value = f"{stream.choice(_NUMBER_PREFIXES)}{stream.choice(chart.VALUES)}"
    unit, system, code = stream.choice(chart.UNITS)
    return f"{name}={value}" + stream.choice(("", "", f"|{system}|{code}", f"||{code or unit}"))


def _composite(stream: Stream, name: str) -> str:
    return f"{name}={stream.choice(chart.CODES)[1]}${stream.choice(('gt', 'lt', ''))}{stream.choice(chart.VALUES)}"


def _reference(kind: str, ids: tuple[str, ...]) -> Any:
    def value(stream: Stream, name: str) -> str:
        one = stream.choice((*ids, "nobody"))
        shapes = (one, f"{kind}/{one}", f"{one},{stream.choice(ids)}", f"Group/{one}")
        return f"{name}{stream.choice(('', '', f':{kind}'))}={stream.choice(shapes)}"

    return value


_PERSON = _reference("Patient", chart.PATIENTS)
_VISIT = _reference("Encounter", chart.VISITS)
_DOCTOR = _reference("Practitioner", chart.DOCTORS)
VALUE_OF: dict[str, Any] = {
    "_id": _of(*chart.PATIENTS, *chart.READINGS[:4], *chart.VISITS[:2], "nobody"),
    "_tag": _of("vip", "http://tags.example|vip", "test", "|vip"),
    "_lastUpdated": _of("ge2000-01-01", "lt2000-01-01", "gt2000-01"),
    "family": _text(chart.FAMILIES),
    "given": _text(chart.GIVEN),
    "name": _text((*chart.FAMILIES, *chart.GIVEN)),
    "address": _text((*chart.CITIES, "1 Main")),
    "address-city": _text(chart.CITIES),
    "value-string": _text(("Feeling Good", "see note")),
    "gender": _of(*chart.GENDERS),
    "active": _of("true", "false"),
    "deceased": _of("true", "false"),
    "identifier": _of("PT-1", "http://mrn.example|PT-2", "http://mrn.example|", "|PT-1", "A\\,B", "pt-1"),
    "phone": _of("+1-813-555-0199", "5550199"),
    "telecom": _of("+1-813-555-0199"),
    "race": _of(*chart.RACES, f"|{chart.RACES[0]}", f"{chart.CDC}|{chart.RACES[0]}", f"{chart.CDC}|"),
    "discharge-disposition": _of(*chart.HOMES, "http://homes.example|home", "|home", "http://homes.example|"),
    "class": _of("IMP", "AMB", "http://terminology.hl7.org/CodeSystem/v3-ActCode|IMP"),
    "birthdate": _date,
    "death-date": _date,
    "date": _date,
    "onset-date": _date,
    "recorded-date": _date,
    "asserted-date": _date,
    "authoredon": _date,
    "value-quantity": _quantity,
    "component-value-quantity": _quantity,
    "combo-value-quantity": _quantity,
    "code-value-quantity": _composite,
    "component-code-value-quantity": _composite,
    "code": _code,
    "category": _code,
    "value-concept": _code,
    "combo-code": _code,
    "component-code": _code,
    "patient": _PERSON,
    "subject": _PERSON,
    "encounter": _VISIT,
    "participant": _DOCTOR,
    "practitioner": _DOCTOR,
    "requester": _DOCTOR,
    "general-practitioner": _DOCTOR,
    "organization": _reference("Organization", chart.WARDS),
    "result": _reference("Observation", chart.READINGS),
}


def other_read(stream: Stream) -> Asked:
    """Reads, versions, histories, operations."""
    kind, ids = stream.choice(
        (("Patient", chart.PATIENTS), ("Observation", chart.READINGS), ("Encounter", chart.VISITS))
    )
    id = stream.choice((*ids, "nobody", "new-1"))
    urls = (
        f"{kind}/{id}",
        f"{kind}/{id}/_history/{stream.integer(1, 3)}",
        f"{kind}/{id}/_history",
        f"{kind}/{id}?_elements=status,gender",
        f"{kind}/{id}?_summary=true",
        f"Patient/{stream.choice(chart.PATIENTS)}/$everything?_count=100",
        f"Encounter/{stream.choice(chart.VISITS)}/$everything?_count=100",
        f"{kind}/{id}/$meta",
        f"{kind}/{{{{{stream.below(3)}}}}}",
    )
    return Asked("GET", stream.choice(urls))


def write(stream: Stream) -> Asked:
    make = stream.choice((put, put, post, delete, patch, patch, conditional, conditional, bundle, bundle, label))
    return make(stream)


def put(stream: Stream) -> Asked:
    node = chart.any_resource(stream)
    match = (("if-match", f'W/"{stream.integer(1, 2)}"'),) if stream.chance(150) else ()
    return Asked("PUT", f"{node['resourceType']}/{node['id']}", node, match)


def post(stream: Stream) -> Asked:
    node = chart.any_resource(stream)
    return Asked("POST", node["resourceType"], node)


def delete(stream: Stream) -> Asked:
    ids = {"Observation": chart.READINGS, "Condition": chart.PROBLEMS, "Patient": chart.PATIENTS}
    kind = stream.choice(("Observation", "Observation", "Condition", "Patient"))
    return Asked("DELETE", f"{kind}/{stream.choice((*ids[kind], 'nobody'))}")


def patch(stream: Stream) -> Asked:
    id = stream.choice((*chart.PATIENTS, "nobody"))
    steps = (
        [{"op": "replace", "path": "/gender", "value": stream.choice(chart.GENDERS)}],
        [{"op": "add", "path": "/birthDate", "value": stream.choice(chart.DAYS)}],
        [{"op": "remove", "path": "/gender"}],
        [{"op": "test", "path": "/gender", "value": "male"}, {"op": "add", "path": "/active", "value": False}],
    )
    return Asked("PATCH", f"Patient/{id}", stream.choice(steps), (("content-type", "application/json-patch+json"),))


def conditional(stream: Stream) -> Asked:
    node = {name: value for name, value in chart.patient(stream, "x").items() if name != "id"}
    chart.maybe(stream, node, "id", stream.choice((*chart.PATIENTS, "chosen-1")), 300)
    query = _escaped(
        stream.choice(
            (f"identifier=http://mrn.example|PT-{stream.below(9)}", "family:exact=Åberg", "gender=male", "_id=pt-0")
        )
    )
    shape = stream.below(4)
    if shape == 0:
        return Asked("POST", "Patient", node, (("if-none-exist", query),))
    if shape == 1:
        return Asked("PUT", f"Patient?{query}", node)
    if shape == 2:
        return Asked("DELETE", f"Observation?_id={stream.choice(chart.READINGS)}")
    step = [{"op": "add", "path": "/active", "value": True}]
    return Asked("PATCH", f"Patient?{query}", step, (("content-type", "application/json-patch+json"),))


def bundle(stream: Stream) -> Asked:
    entries, seen = [], set()
    for n in range(stream.integer(1, 4)):
        one = stream.choice((put, put, post, delete, delete, search, conditional, patch))(stream)
        if _may_be_one_of(one, seen) or (one.method != "POST" and one.url.replace("?_id=", "/") in seen):
            continue
        if one.method != "POST" and entries and _deletes_patients([*entries, _entry(one, n)]):
            continue
        seen.add(one.url.replace("?_id=", "/"))
        entries.append(_entry(one, n))
    kind = stream.choice(("transaction", "transaction", "batch"))
    return Asked("POST", "", {"resourceType": "Bundle", "type": kind, "entry": entries})


def _may_be_one_of(one: Asked, urls: set[str]) -> bool:
    """Whether it makes or changes a patient that another entry may change too: HAPI then loses one of the changes."""
    if one.method == "POST":
        return "if-none-exist" in dict(one.headers) and any(url.startswith("Patient?") for url in urls)
    kind, _, rest = one.url.partition("?")
    patients = any(url.partition("?")[0].partition("/")[0] == "Patient" for url in urls)
    return one.method != "GET" and patients and kind.startswith("Patient") and (bool(rest) or one.method == "PATCH")


def _deletes_patients(entries: list[dict[str, Any]]) -> bool:
    """And changes what refers to them: HAPI looks at one of the resources that do, whichever its database names."""
    asked = [(entry["request"]["method"], entry["request"]["url"].startswith("Patient")) for entry in entries]
    return ("DELETE", True) in asked and any(method in ("PUT", "DELETE") and not patient for method, patient in asked)


def _entry(one: Asked, n: int) -> dict[str, Any]:
    """A request as the n-th entry of a Bundle."""
    request = {"method": one.method, "url": one.url}
    for name, text in one.headers:
        if name == "if-match":
            request["ifMatch"] = text
        elif name == "if-none-exist":  # HAPI 8.8 fails on some of them that come without their type
            request["ifNoneExist"] = f"{one.url}?{text}"
    if one.body is None:
        return {"request": request}
    if one.method == "PATCH":
        data = base64.b64encode(dump_exact(one.body).encode()).decode()
        patch = {"resourceType": "Binary", "contentType": "application/json-patch+json", "data": data}
        return {"request": request, "resource": patch}
    return {"request": request, "resource": one.body, "fullUrl": f"urn:uuid:22222222-2222-4222-8222-00000000000{n}"}


def label(stream: Stream) -> Asked:
    tag = {"system": "http://tags.example", "code": stream.choice(chart.TAGS)}
    body = {"resourceType": "Parameters", "parameter": [{"name": "meta", "valueMeta": {"tag": [tag]}}]}
    operation = stream.choice(("$meta-add", "$meta-delete"))
    return Asked("POST", f"Patient/{stream.choice(chart.PATIENTS)}/{operation}", body)
