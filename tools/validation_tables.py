"""Rebuild `fhir_seed/definitions/required-concepts.json`: `python tools/validation_tables.py SOURCE_DIR`.

SOURCE_DIR holds r4-elements.json and r4-required-codes.json (extracted from the R4 StructureDefinitions and ValueSets).
`fhir_r4.elements` knows the required bindings of `code` elements; this adds those of Coding and CodeableConcept, for
the resource types that worlds are made of and the types inside them.
"""

import json
import sys
from pathlib import Path
from typing import Any

from fhir_r4 import TIERS

OUT = Path(__file__).parent.parent / "fhir_seed" / "definitions" / "required-concepts.json"


def reachable(types: dict[str, Any], roots: list[str]) -> list[str]:
    """The types that the roots are made of, themselves included; contained resources are not followed."""
    found: set[str] = set()
    todo = list(roots)
    while todo:
        name = todo.pop()
        if name in found or name not in types or (types[name]["k"] == "resource" and name not in roots):
            continue
        found.add(name)
        todo += [t for row in types[name]["e"].values() for t in row["t"]]
        todo += [types[name]["base"]] if "base" in types[name] else []
    return sorted(found)


def bindings(types: dict[str, Any], codes: dict[str, Any]) -> dict[str, dict[str, list[str]]]:
    """`Type.element` -> system -> codes."""
    return {
        f"{name}.{element}": {system: sorted(listed) for system, listed in sorted(codes[row["vs"]].items())}
        for name in reachable(types, sorted(TIERS))
        for element, row in sorted(types[name]["e"].items())
        if row["t"][0] in ("Coding", "CodeableConcept") and row.get("vs") in codes
    }


def main(source: Path) -> None:
    types = json.loads((source / "r4-elements.json").read_text(encoding="utf-8"))["types"]
    codes = json.loads((source / "r4-required-codes.json").read_text(encoding="utf-8"))["required"]
    OUT.write_text(json.dumps(bindings(types, codes), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
