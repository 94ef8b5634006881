"""What US Core 6.1.0 asks for, profile by profile: `tests/data/us-core-6.1-searches.json` as records."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TABLE = Path(__file__).parents[1] / "data" / "us-core-6.1-searches.json"
_LOCATION = {
    "name": ("name", "alias"),
    "address": ("address",),
    "address-city": ("address.city",),
    "address-state": ("address.state",),
    "address-postalcode": ("address.postalCode",),
}


@dataclass(frozen=True)
class Parameter:
    paths: tuple[str, ...]
    comparators: tuple[str, ...] = ()
    multiple_or: bool = False
    values: tuple[str, ...] = ()
    """The codes that the IG lists for it."""


@dataclass(frozen=True)
class Profile:
    """searches: (parameter names, SHALL or SHOULD). mandatory: paths in the resource."""

    type: str
    url: str
    searches: tuple[tuple[tuple[str, ...], str], ...]
    parameters: Mapping[str, Parameter]
    includes: tuple[str, ...]
    revincludes: tuple[str, ...]
    mandatory: tuple[str, ...]
    must_support: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.type}/{self.url.rsplit('/', 1)[1].removeprefix('us-core-')}"

    def of(self, resources: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Those of the resources that claim to conform to it."""
        return [r for r in resources if r["resourceType"] == self.type and self.url in profiles_of(r)]


def profiles_of(resource: Mapping[str, Any]) -> set[str]:
    return {str(url).partition("|")[0] for url in resource.get("meta", {}).get("profile", ())}


def read_profiles() -> tuple[Profile, ...]:
    table = json.loads(_TABLE.read_text())
    profiles = [_profile(kind, row) for kind, rows in table["profiles"].items() for row in rows]
    return (*profiles, _location(table["capability"]["Location"]))


def _profile(kind: str, row: Mapping[str, Any]) -> Profile:
    return Profile(
        type=kind,
        url=row["profile"],
        searches=tuple((tuple(search["params"]), search["exp"]) for search in row["searches"]),
        parameters={name: _parameter(spec) for name, spec in row["params"].items()},
        includes=tuple(row["include"]),
        revincludes=tuple(row["revinclude"]),
        mandatory=tuple(path.partition(".")[2] for path in row["mandatory"]),
        must_support=row["mustSupport"],
    )


def _parameter(spec: Mapping[str, Any]) -> Parameter:
    comparators = spec.get("comparators", {})
    return Parameter(
        paths=tuple(spec["paths"]),
        comparators=tuple(prefix for level in comparators.values() for prefix in level),
        multiple_or="multipleOr" in spec,
        values=tuple(spec.get("values", ())),
    )


def _location(row: Mapping[str, Any]) -> Profile:
    """Inferno has no group for Location; the IG's CapabilityStatement has its searches."""
    return Profile(
        type="Location",
        url="http://hl7.org/fhir/us/core/StructureDefinition/us-core-location",
        searches=tuple(((name,), expectation) for name, (_, expectation) in row["params"].items()),
        parameters={name: Parameter(paths) for name, paths in _LOCATION.items()},
        includes=(),
        revincludes=(),
        mandatory=("name",),
        must_support={"elements": ["status", "name", "telecom", "address"], "extensions": [], "slices": []},
    )
