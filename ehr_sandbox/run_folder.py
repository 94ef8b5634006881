"""Where a validation run keeps what it has done, so that a killed run goes on: one JSON file per index, and one file
beside it for probes and cheats. The folder's name has the salt's fingerprint and a digest of the code, so that
nothing is reused that another generator, grader or agent made.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

import ehr_sandbox
from ehr_sandbox.validate import IndexReport
from tasks import Address, salt_fingerprint

_PACKAGES = ("fhir_r4", "tasks", "fhir_seed", "fhir_server", "env_api", "graders", "baselines", "ehr_sandbox")
_AFTERWARDS = (
    "commands",
    "describe",
    "gaming",
    "cards.py",
    "cli.py",
    "console.py",
    "not_asked.py",
    "probes/asked.py",
    "probes/boosted.py",
    "probes/figure.py",
    "probes/labels.py",
    "review",
    "validation_summary.py",
    "validation_gaming.py",
)
"""Parts of ehr_sandbox that see an index only once it is done, or not at all."""


@dataclass(frozen=True)
class RunFolder:
    """path: of this salt and code."""

    path: Path

    @classmethod
    def below(cls, folder: Path, salt: str) -> "RunFolder":
        return cls(folder / salt_fingerprint(salt).replace(":", "-") / code_digest()[:16])

    def view_path(self, address: Address) -> Path:
        path = self._stem(address).with_suffix(".npz")
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def kept(self, address: Address, parts: tuple[str, ...]) -> IndexReport | None:
        """An earlier report that has these parts; None: the index is to be checked."""
        path = self._stem(address).with_suffix(".json")
        if not path.is_file():
            return None
        try:
            report = IndexReport.model_validate_json(path.read_bytes())
        except ValidationError:  # written by other code with the same digest: a file that was edited or cut off
            return None
        has_view = "view" not in parts or self.view_path(address).is_file()
        return report if has_view and set(parts) <= set(report.parts) else None

    def keep(self, address: Address, report: IndexReport) -> None:
        path = self._stem(address).with_suffix(".json")
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".json.partial")
        partial.write_text(report.model_dump_json())
        partial.replace(path)

    def _stem(self, address: Address) -> Path:
        return self.path / address.suite / address.variant / f"{address.index}"


def code_digest() -> str:
    """SHA-256 (hex) of every file that can change what is found about an index."""
    root = Path(ehr_sandbox.__file__).parents[1]
    found = hashlib.sha256()
    for path in _files(root):
        found.update(str(path.relative_to(root)).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def _files(root: Path) -> Iterator[Path]:
    for package in _PACKAGES:
        for path in sorted((root / package).rglob("*")):
            inside = path.relative_to(root / package)
            skipped = package == "ehr_sandbox" and any(map(inside.is_relative_to, _AFTERWARDS))
            if path.is_file() and "__pycache__" not in path.parts and not skipped:
                yield path
