"""Rebuild `fhir_r4/definitions/` from the HL7 FHIR R4 definitions: `python tools/definitions.py SOURCE_DIR`.

SOURCE_DIR holds r4-search-parameters.json (the official SearchParameter bundle), r4-elements.json and
r4-required-codes.json (extracted from the R4 StructureDefinitions and ValueSets), and us_core_610.tgz (the HL7 package
of US Core 6.1.0). Output: one compact line per type. What US Core defines goes to our HAPI build as well.
"""

import json
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "fhir_r4" / "definitions"
HAPI = ROOT / "docker" / "hapi" / "src" / "main" / "resources"
_ASSERTED = "Condition.extension.where(url = 'http://hl7.org/fhir/StructureDefinition/condition-assertedDate')"
MENDED = {f"{_ASSERTED}.valueDateTime": f"{_ASSERTED}.value.as(dateTime)"}
"""An expression as it is published -> as FHIRPath reads it: a choice is named without its type."""


def alternatives(expression: str) -> list[str]:
    """The parts of a FHIRPath union, split at `|` outside parentheses."""
    parts, depth, start = [], 0, 0
    for at, letter in enumerate(expression):
        depth += (letter == "(") - (letter == ")")
        if letter == "|" and depth == 0:
            parts.append(expression[start:at].strip())
            start = at + 1
    return [*parts, expression[start:].strip()]


def for_type(expression: str, base: str) -> str:
    """Only the alternatives that start at one resource type; two official ones lack their type (`.subject`, `name`)."""
    parts = (
        part if part[:1] not in ".abcdefghijklmnopqrstuvwxyz" else f"{base}.{part.lstrip('.')}"
        for part in alternatives(expression)
    )
    return " | ".join(part for part in parts if f"{part.lstrip('(')}.".startswith(base + "."))


def search_rows(bundle: dict[str, Any]) -> dict[str, dict[str, list[Any]]]:
    """type -> code -> [parameter type, expression, target types, and of a composite [code, expression] per part]"""
    rows: dict[str, dict[str, list[Any]]] = {}
    codes = {entry["resource"]["url"]: entry["resource"]["code"] for entry in bundle["entry"]}
    for entry in bundle["entry"]:
        parameter = entry["resource"]
        for base in parameter["base"]:
            expression = for_type(parameter.get("expression", ""), base)
            targets = sorted(parameter.get("target", []))
            parts = [[codes[part["definition"]], part["expression"]] for part in parameter.get("component", [])]
            row = [parameter["type"], expression, targets, parts]
            rows.setdefault(base, {})[parameter["code"]] = row if parts else row[:3]
    return rows


def search_texts(bundle: dict[str, Any]) -> dict[str, list[Any]]:
    """url -> [code, types, description]"""
    every = (entry["resource"] for entry in bundle["entry"])
    return {p["url"]: [p["code"], sorted(p["base"]), p.get("description", "")] for p in every}


def guide_parameters(package: Path, official: dict[str, dict[str, list[Any]]]) -> dict[str, Any]:
    """A Bundle of the SearchParameter resources of a guide whose codes the specification lacks, without narratives."""
    with tarfile.open(package) as files:
        names = sorted(n for n in files.getnames() if n.startswith("package/SearchParameter-"))
        every = [json.load(files.extractfile(name) or sys.stdin) for name in names]
    known = {(base, code) for base, rows in official.items() for code in rows}
    own = [p for p in every if not {(base, p["code"]) for name in p["base"] for base in (name, "Resource")} & known]
    entries = [
        {"resource": {key: MENDED.get(str(value), value) for key, value in p.items() if key != "text"}} for p in own
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def element_row(row: dict[str, Any], listed: set[str]) -> list[Any]:
    """[types joined by |, 1 if it repeats, reference targets, value set that binds it if its codes are listed]"""
    bound = row.get("vs", "").partition("|")[0]
    cells = [
        "|".join(row["t"]),
        int(row["max"] == "*"),
        row.get("ref", []),
        bound if bound in listed and row["t"] == ["code"] else "",
    ]
    while cells[-1] in ("", 0, []):
        cells.pop()
    return cells


def element_types(source: dict[str, Any], listed: set[str]) -> dict[str, dict[str, Any]]:
    """type or backbone path -> {kind, base, elements}"""
    return {
        name: {
            "kind": row["k"],
            "base": row.get("base", ""),
            "abstract": bool(row.get("abstract")),
            "elements": {element: element_row(cells, listed) for element, cells in row["e"].items()},
        }
        for name, row in source["types"].items()
    }


def summary_rows(source: dict[str, Any]) -> dict[str, list[list[str]]]:
    """type or backbone path -> [own elements that a summary shows, own elements that are mandatory]"""
    rows = {
        name: [[e for e, cells in row["e"].items() if cells.get("sum")], [e for e, c in row["e"].items() if c["min"]]]
        for name, row in source["types"].items()
    }
    return {name: row for name, row in rows.items() if row != [[], []]}


def member_rows(source: dict[str, Any]) -> dict[str, list[str]]:
    """type or backbone path -> names of its own elements as the definition orders them, a choice once: `value[x]`"""
    return {
        name: list(dict.fromkeys(cells.get("choice", element) for element, cells in row["e"].items()))
        for name, row in source["types"].items()
        if row["e"]
    }


def lines(rows: dict[str, Any]) -> str:
    """A JSON object with one member per line."""
    members = (f"{json.dumps(k)}:{json.dumps(rows[k], separators=(',', ':'), sort_keys=True)}" for k in sorted(rows))
    return "{\n" + ",\n".join(members) + "\n}\n"


def bundle_lines(bundle: dict[str, Any]) -> str:
    """A Bundle with one entry per line."""
    entries = (json.dumps(entry, separators=(",", ":"), ensure_ascii=False) for entry in bundle["entry"])
    return '{"resourceType":"Bundle","type":"collection","entry":[\n' + ",\n".join(entries) + "\n]}\n"


def outputs(source: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    def read(name: str) -> Any:
        return json.loads((source / name).read_text())

    elements, codes = read("r4-elements.json"), read("r4-required-codes.json")["required"]
    types = element_types(elements, set(codes))
    used = {row[3] for one in types.values() for row in one["elements"].values() if len(row) > 3}
    yield "search-parameters.json", search_rows(read("r4-search-parameters.json"))
    yield "search-parameter-texts.json", search_texts(read("r4-search-parameters.json"))
    yield "elements.json", types
    yield "summaries.json", summary_rows(elements)
    yield "members.json", member_rows(elements)
    yield (
        "primitives.json",
        {name: [row["base"], row.get("regex", ""), row["json"]] for name, row in elements["primitives"].items()},
    )
    yield (
        "required-codes.json",
        {url: {system: sorted(listed) for system, listed in codes[url].items()} for url in used},
    )


def main() -> None:
    source = Path(sys.argv[1])
    TARGET.mkdir(exist_ok=True)
    for name, rows in outputs(source):
        (TARGET / name).write_text(lines(rows))
    official = search_rows(json.loads((source / "r4-search-parameters.json").read_text()))
    guide = bundle_lines(guide_parameters(source / "us_core_610.tgz", official))
    for folder in (TARGET, HAPI):
        (folder / "us-core-search-parameters.json").write_text(guide)


if __name__ == "__main__":
    main()
