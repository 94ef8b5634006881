"""Small random charts: few people, few values, so that random searches often find something."""

from typing import Any

from fhir_r4 import World, WrittenNumber, canonical_of
from fhir_seed.stream import Stream
from tests.conformance.recorded import world_of_rows

Json = dict[str, Any]

LOINC, SCT, UCUM = "http://loinc.org", "http://snomed.info/sct", "http://unitsofmeasure.org"
FAMILIES = ("Smith", "Smithson", "Müller", "O'Neil-Smith", "de la Cruz", "Åberg", "smith")
GIVEN = ("Anna", "John", "Johnny", "Marie", "Q", "Élodie")
CITIES = ("Boston", "New York", "York", "São Paulo")
GENDERS = ("male", "female", "other", "unknown")
DAYS = ("2019", "2020", "2020-03", "2020-02", "2020-03-02", "2020-02-29", "2021-12-31", "2020-03-01")
TIMES = (
    "2020-03-02T00:00:00Z",
    "2020-03-01T23:30:00-05:00",
    "2020-03-02T12:15:30.123Z",
    "2021-12-31T23:59:59+02:00",
    "2020-02-29T12:00:00Z",
)
CODES = ((LOINC, "8867-4"), (LOINC, "2339-0"), (SCT, "44054006"), ("", "local"), (LOINC, "85354-9"))
VALUES = ("5.4", "5.40", "5", "88.0", "-1.5", "0.0005", "120", "7.25", "100")
UNITS = (("mmol/L", UCUM, "mmol/L"), ("beats/min", UCUM, "/min"), ("mg/dL", UCUM, "mg/dL"), ("widgets", "", ""))
STATUSES = ("final", "preliminary", "amended", "entered-in-error")
TAGS = ("vip", "test")
CDC, RACES = "urn:oid:2.16.840.1.113883.6.238", ("2106-3", "2028-9")
HOMES = ("home", "hosp")
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition"

PATIENTS = tuple(f"pt-{n}" for n in range(6))
DOCTORS = ("dr-1", "dr-2")
WARDS = ("org-1", "org-2")
VISITS = tuple(f"en-{n}" for n in range(5))
READINGS = tuple(f"ob-{n}" for n in range(14))
PROBLEMS = tuple(f"co-{n}" for n in range(5))
ORDERS = tuple(f"mr-{n}" for n in range(4))
REPORTS = tuple(f"dr-rep-{n}" for n in range(3))


def chart_world(stream: Stream) -> World:
    """Every resource of the chart is there, in an order that references allow."""
    rows = [organization(stream, id) for id in WARDS]
    rows += [practitioner(stream, id) for id in DOCTORS]
    rows += [patient(stream, id) for id in PATIENTS]
    rows += [encounter(stream, id) for id in VISITS]
    rows += [observation(stream, id) for id in READINGS]
    rows += [condition(stream, id) for id in PROBLEMS]
    rows += [medication_request(stream, id) for id in ORDERS]
    rows += [report(stream, id) for id in REPORTS]
    return world_of_rows([canonical_of(row) for row in rows])


def any_resource(stream: Stream) -> Json:
    """A resource of the chart, drawn anew; its id may be there already or not."""
    make, ids = stream.choice(
        (
            (patient, PATIENTS),
            (encounter, VISITS),
            (observation, READINGS),
            (observation, READINGS),
            (condition, PROBLEMS),
            (medication_request, ORDERS),
        )
    )
    return make(stream, stream.choice((*ids, "new-1", "new-2")))


def maybe(stream: Stream, node: Json, name: str, value: Any, per_mille: int = 700) -> None:
    if stream.chance(per_mille):
        node[name] = value


def concept(stream: Stream) -> Json:
    """One or two codings, with or without a text."""
    codings = []
    for system, code in stream.sample(CODES, stream.integer(1, 2)):
        coding = {"code": code} | ({"system": system} if system else {})
        codings.append(coding | ({"display": f"Display of {code}"} if stream.chance(400) else {}))
    return {"coding": codings} | ({"text": stream.choice(("Heart rate", "Chest pain"))} if stream.chance(300) else {})


def quantity(stream: Stream) -> Json:
    unit, system, code = stream.choice(UNITS)
    written = stream.choice(VALUES)
    value: Any = WrittenNumber(written) if "." in written else int(written)
    return {"value": value, "unit": unit} | ({"system": system, "code": code} if system else {})


def moment(stream: Stream) -> str:
    return stream.choice((*DAYS, *TIMES))


def period(stream: Stream) -> Json:
    ends = sorted([stream.choice(("2020-03-01", "2020-03-02", "2019", "2020-02-29")), "2021-01-01T10:00:00Z"])
    shape = stream.below(3)
    return {"start": ends[0], "end": ends[1]} if shape == 0 else {"start": ends[0]} if shape == 1 else {"end": ends[1]}


def to(name: str, id: str) -> Json:
    return {"reference": f"{name}/{id}"}


def organization(stream: Stream, id: str) -> Json:
    node: Json = {"resourceType": "Organization", "id": id, "name": stream.choice(("General Hospital", "Unit"))}
    if id == WARDS[1]:
        maybe(stream, node, "partOf", to("Organization", WARDS[0]))
    return node


def practitioner(stream: Stream, id: str) -> Json:
    name = {"family": stream.choice(FAMILIES), "given": [stream.choice(GIVEN)]}
    return {"resourceType": "Practitioner", "id": id, "name": [name]}


def patient(stream: Stream, id: str) -> Json:
    node: Json = {"resourceType": "Patient", "id": id}
    name = {"family": stream.choice(FAMILIES), "given": stream.sample(GIVEN, stream.integer(1, 2))}
    if stream.chance(300):
        node["meta"] = {"tag": [{"system": "http://tags.example", "code": stream.choice(TAGS)}]}
    parts = [{"url": "ombCategory", "valueCoding": {"system": CDC, "code": code}} for code in stream.sample(RACES, 1)]
    race = {"url": f"{US_CORE}/us-core-race", "extension": [*parts, {"url": "text", "valueString": "as said"}]}
    maybe(stream, node, "extension", [race], 500)
    maybe(stream, node, "identifier", [{"system": "http://mrn.example", "value": id.upper()}, {"value": "A,B"}], 800)
    maybe(stream, node, "active", stream.chance(800))
    maybe(stream, node, "name", [name], 900)
    maybe(stream, node, "telecom", [{"system": "phone", "value": "+1-813-555-0199"}], 300)
    maybe(stream, node, "gender", stream.choice(GENDERS))
    maybe(stream, node, "birthDate", stream.choice(DAYS))
    if stream.chance(300):
        node |= {"deceasedBoolean": stream.chance(500)} if stream.chance(500) else {"deceasedDateTime": moment(stream)}
    maybe(stream, node, "address", [{"city": stream.choice(CITIES), "line": ["1 Main Street"]}], 500)
    maybe(stream, node, "generalPractitioner", [to("Practitioner", stream.choice(DOCTORS))], 500)
    maybe(stream, node, "managingOrganization", to("Organization", stream.choice(WARDS)), 500)
    return node


def encounter(stream: Stream, id: str) -> Json:
    node: Json = {
        "resourceType": "Encounter",
        "id": id,
        "status": stream.choice(("finished", "in-progress", "planned")),
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": stream.choice(("IMP", "AMB"))},
        "subject": to("Patient", stream.choice(PATIENTS)),
    }
    maybe(stream, node, "period", period(stream), 800)
    home = {"coding": [{"system": "http://homes.example", "code": stream.choice(HOMES)}], "text": "Went home"}
    maybe(stream, node, "hospitalization", {"dischargeDisposition": home}, 500)
    maybe(stream, node, "participant", [{"individual": to("Practitioner", stream.choice(DOCTORS))}], 500)
    return node


def observation(stream: Stream, id: str) -> Json:
    node: Json = {
        "resourceType": "Observation",
        "id": id,
        "status": stream.choice(STATUSES),
        "code": concept(stream),
        "subject": to("Patient", stream.choice(PATIENTS)),
    }
    maybe(stream, node, "category", [concept(stream)], 300)
    maybe(stream, node, "encounter", to("Encounter", stream.choice(VISITS)), 400)
    if stream.chance(800):
        timed = stream.chance(850)
        node |= {"effectiveDateTime": moment(stream)} if timed else {"effectivePeriod": period(stream)}
    value = stream.below(5)
    if value < 3:
        node["valueQuantity"] = quantity(stream)
    elif value == 3:
        node["valueCodeableConcept"] = concept(stream)
    else:
        node["valueString"] = stream.choice(("Feeling Good", "see note"))
    parts = [{"code": concept(stream), "valueQuantity": quantity(stream)} for _ in range(stream.integer(1, 2))]
    maybe(stream, node, "component", parts, 250)
    return node


def condition(stream: Stream, id: str) -> Json:
    node: Json = {"resourceType": "Condition", "id": id, "subject": to("Patient", stream.choice(PATIENTS))}
    maybe(stream, node, "code", concept(stream), 900)
    maybe(stream, node, "encounter", to("Encounter", stream.choice(VISITS)), 400)
    maybe(stream, node, "onsetDateTime", moment(stream), 600)
    maybe(stream, node, "recordedDate", moment(stream), 600)
    asserted = {
        "url": "http://hl7.org/fhir/StructureDefinition/condition-assertedDate",
        "valueDateTime": moment(stream),
    }
    maybe(stream, node, "extension", [asserted], 500)
    return node


def medication_request(stream: Stream, id: str) -> Json:
    node: Json = {
        "resourceType": "MedicationRequest",
        "id": id,
        "status": stream.choice(("active", "stopped")),
        "intent": "order",
        "medicationCodeableConcept": concept(stream),
        "subject": to("Patient", stream.choice(PATIENTS)),
    }
    maybe(stream, node, "authoredOn", moment(stream))
    maybe(stream, node, "requester", to("Practitioner", stream.choice(DOCTORS)))
    return node


def report(stream: Stream, id: str) -> Json:
    node: Json = {
        "resourceType": "DiagnosticReport",
        "id": id,
        "status": "final",
        "code": concept(stream),
        "subject": to("Patient", stream.choice(PATIENTS)),
    }
    maybe(stream, node, "result", [to("Observation", one) for one in stream.sample(READINGS, 2)], 800)
    return node
