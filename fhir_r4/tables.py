"""Reads the tables in `fhir_r4/definitions/`, each once, when first asked for."""

from functools import cache
from importlib.resources import files
from typing import Any

import orjson


@cache
def table(name: str) -> dict[str, Any]:
    """The JSON object in `definitions/<name>.json`; callers do not change it."""
    data: dict[str, Any] = orjson.loads((files("fhir_r4") / "definitions" / f"{name}.json").read_bytes())
    return data
