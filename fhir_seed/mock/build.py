"""Three patients with two heart rates each; one or two of them have no birth date."""

from dataclasses import dataclass
from typing import Any

import orjson

from fhir_r4 import TIERS, Invalid, World, digest
from fhir_seed.stream import Stream
from tasks import Address, Truth, TruthItem, entropy
from tasks.mock import VARIANTS, VERSION, WEIGHTS

NOW = "2026-03-02T14:00:00Z"
_NAMES = (("Rivera", "Ana"), ("Okafor", "Ben"), ("Lindqvist", "Cora"))


@dataclass(frozen=True)
class Built:
    world: World
    truth: Truth


def build(salt: str, address: Address) -> Built:
    """The world and, apart from it, the truth. Raises Invalid for an unknown variant."""
    if address.variant not in VARIANTS:
        raise Invalid(f"mock has no variant {address.variant!r}; it has {', '.join(VARIANTS)}")
    stream = Stream(entropy(salt, address, VERSION), "mock")
    missing = set(stream.sample(range(3), stream.integer(1, 2)))
    resources: list[dict[str, Any]] = []
    for number, (family, given) in enumerate(_NAMES):
        patient = _patient(stream, family, given, number in missing)
        resources += [patient, *(_heart_rate(stream, patient["id"]) for _ in range(2))]
    resources.sort(key=lambda r: (TIERS[r["resourceType"]], r["id"]))
    return Built(_world(resources), _truth([r for r in resources if r["resourceType"] == "Patient"]))


def _patient(stream: Stream, family: str, given: str, missing: bool) -> dict[str, Any]:
    day = f"19{stream.integer(40, 95)}-{stream.integer(1, 12):02d}-{stream.integer(1, 28):02d}"
    patient: dict[str, Any] = {
        "resourceType": "Patient",
        "id": stream.identifier(),
        "identifier": [{"system": "http://ehr-sandbox.example/mrn", "value": stream.identifier(8)}],
        "name": [{"family": family, "given": [given]}],
        "gender": stream.choice(("female", "male")),
    }
    return patient if missing else patient | {"birthDate": day}


def _heart_rate(stream: Stream, patient_id: str) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": stream.identifier(),
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4", "display": "Heart rate"}]},
        "subject": {"reference": f"Patient/{patient_id}"},
        "effectiveDateTime": f"2026-02-{stream.integer(1, 28):02d}T10:00:00Z",
        "valueQuantity": {
            "value": stream.integer(55, 95),
            "unit": "/min",
            "system": "http://unitsofmeasure.org",
            "code": "/min",
        },
    }


def _world(resources: list[dict[str, Any]]) -> World:
    blobs = tuple(orjson.dumps(r, option=orjson.OPT_SORT_KEYS) for r in resources)
    counts: dict[str, int] = {}
    for resource in resources:
        counts[resource["resourceType"]] = counts.get(resource["resourceType"], 0) + 1
    named = ((f"{r['resourceType']}/{r['id']}", blob) for r, blob in zip(resources, blobs, strict=True))
    return World(now=NOW, resources=blobs, counts=counts, digest=digest(named))


def _truth(patients: list[dict[str, Any]]) -> Truth:
    references = [f"Patient/{p['id']}" for p in patients]
    items = tuple(
        TruthItem(
            subject=reference,
            type="missing_birth_date",
            kind="missing",
            weight=WEIGHTS["missing_birth_date"],
            evidence=((reference,),),
            corrective_action="query_site",
        )
        for reference, patient in zip(references, patients, strict=True)
        if "birthDate" not in patient
    )
    return Truth(
        items=tuple(sorted(items, key=lambda item: item.subject)),
        traps=(),
        persons={reference: reference for reference in references},
        counts={"missing_birth_date": len(items)},
    )
