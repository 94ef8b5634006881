"""What is asked, of every server alike: requests that differ from each other, so that no cache of answers helps."""

from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from fhir_r4 import Request, World

CODES = ("718-7", "2160-0", "1742-6", "777-3", "6690-2", "2345-7")
"""LOINC: hemoglobin, creatinine, ALT, platelets, leukocytes, glucose: one of each per patient, or one per cycle."""


@dataclass(frozen=True)
class Queries:
    """patients: ids. Every method gives `number` requests; start: how many were asked before."""

    patients: tuple[str, ...]

    def reads(self, number: int, start: int = 0) -> list[Request]:
        return [Request("GET", f"Patient/{self._patient(n)}") for n in range(start, start + number)]

    def searches(self, number: int, start: int = 0, more: str = "") -> list[Request]:
        """One patient's results of one test."""
        return [
            _search(f"patient={self._patient(n)}&code=http://loinc.org|{self._code(n)}{more}")
            for n in range(start, start + number)
        ]

    def pages(self, number: int, start: int = 0) -> list[Request]:
        """The newest 20 of all observations of one patient since some day (about 50)."""
        return [
            _search(f"patient={self._patient(n)}&date=ge2000-01-{1 + self._round(n) % 28:02}&_sort=-date&_count=20")
            for n in range(start, start + number)
        ]

    def populations(self, number: int, start: int = 0) -> list[Request]:
        """The first 20 of everybody's results of one test in about a year, newest first."""
        return [
            _search(
                f"code=http://loinc.org|{CODES[n % len(CODES)]}"
                f"&date=ge2023-{1 + n % 12:02}-{1 + n // 12 % 28:02}&date=lt2024-07-{1 + n // 7 % 28:02}"
                "&_sort=-date&_count=20"
            )
            for n in range(start, start + number)
        ]

    def creates(self, number: int, start: int = 0) -> list[Request]:
        return [
            Request("POST", "Observation", headers={"content-type": "application/fhir+json"}, body=self._new(n))
            for n in range(start, start + number)
        ]

    def _patient(self, n: int) -> str:
        return self.patients[n % len(self.patients)]

    def _round(self, n: int) -> int:
        return n // len(self.patients)

    def _code(self, n: int) -> str:
        return CODES[self._round(n) % len(CODES)]

    def _new(self, n: int) -> bytes:
        return orjson.dumps(
            {
                "resourceType": "Observation",
                "status": "final",
                "code": {"coding": [{"system": "http://loinc.org", "code": self._code(n)}], "text": "Bench"},
                "subject": {"reference": f"Patient/{self._patient(n)}"},
                "effectiveDateTime": f"2024-05-{1 + n % 28:02}T10:00:00Z",
                "valueQuantity": {
                    "value": 7,
                    "unit": "g/dL",
                    "system": "http://unitsofmeasure.org",
                    "code": "g/dL",
                },
            }
        )


def _search(query: str) -> Request:
    return Request("GET", "Observation", query)


def queries_on(world: World) -> Queries:
    """Only patients who are in the trial have every test: the subjects of hemoglobin results."""
    return Queries(tuple(dict.fromkeys(_subjects(world))))


def _subjects(world: World) -> Iterator[str]:
    wanted = f'"code":"{CODES[0]}"'.encode()
    for blob in world.resources:
        if wanted in blob and b'"resourceType":"Observation"' in blob:
            yield str(orjson.loads(blob)["subject"]["reference"]).removeprefix("Patient/")
