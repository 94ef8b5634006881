"""The ledger of findings: append-only versions; the last version of a finding counts."""

from dataclasses import dataclass

from tasks import Finding


@dataclass(frozen=True)
class Ledger:
    versions: tuple[Finding, ...] = ()
    """Every version ever written, in order."""

    def latest(self, finding_id: str) -> Finding | None:
        return next((finding for finding in reversed(self.versions) if finding.finding_id == finding_id), None)

    def standing(self) -> tuple[Finding, ...]:
        """Last version of every finding, retracted ones too, by id."""
        latest = {finding.finding_id: finding for finding in self.versions}
        return tuple(latest[key] for key in sorted(latest))

    @property
    def next_id(self) -> str:
        """F1, F2, ...: a counter of this episode."""
        return f"F{1 + len({finding.finding_id for finding in self.versions})}"

    def append(self, finding: Finding) -> "Ledger":
        return Ledger((*self.versions, finding))
