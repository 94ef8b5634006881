"""Imports point one way (the contracts of pyproject.toml), and packages are used by their public names."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("baselines", "ehr_sandbox", "env_api", "fhir_r4", "fhir_seed", "fhir_server", "graders", "tasks")


def test_contracts_are_kept() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    checked = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def imported(file: Path) -> Iterator[str]:
    """Every module that the file imports, by its full name."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            yield node.module or ""


def test_other_packages_are_imported_by_their_public_names() -> None:
    foreign = [
        f"{file.relative_to(ROOT)} imports {name}"
        for package in PACKAGES
        for file in sorted((ROOT / package).rglob("*.py"))
        for name in imported(file)
        if name.partition(".")[0] in PACKAGES and not name.startswith((f"{package}.", package))
        if not (ROOT / name.replace(".", "/") / "__init__.py").is_file()
    ]
    assert foreign == []
