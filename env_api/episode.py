"""The episode as a state machine: open, then ended for good. Values in, values out.

What was retrieved only grows and is large, so the one live object holds it (`env_api.live`) and lends it to actions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from env_api.ledger import Ledger
from env_api.refusals import BudgetSpent, EpisodeOver
from tasks import Budget, EndCause, FailedBy, Finding


@dataclass(frozen=True)
class Ending:
    cause: EndCause
    failed_by: FailedBy | None = None
    detail: str | None = None


@dataclass(frozen=True)
class Episode:
    fhir_left: int
    actions_left: int
    seq: int = 0
    """Number of the last event."""
    ledger: Ledger = Ledger()
    report: Mapping[str, Any] | None = None
    ending: Ending | None = None

    def require_open(self) -> None:
        """Raises EpisodeOver."""
        if self.ending is not None:
            raise EpisodeOver

    def require_fhir(self) -> None:
        """Raises EpisodeOver, BudgetSpent."""
        self.require_open()
        if self.fhir_left <= 0:
            raise BudgetSpent("the FHIR budget of this episode is spent: act on what you have read, or submit")

    def require_action(self) -> None:
        """Raises EpisodeOver, BudgetSpent."""
        self.require_open()
        if self.actions_left <= 0:
            raise BudgetSpent("the action budget of this episode is spent: submit the report")

    def after_fhir(self) -> "Episode":
        return replace(self, fhir_left=self.fhir_left - 1, seq=self.seq + 1)

    def after_action(self, finding: Finding | None) -> "Episode":
        ledger = self.ledger if finding is None else self.ledger.append(finding)
        return replace(self, actions_left=self.actions_left - 1, seq=self.seq + 1, ledger=ledger)

    def after_submit(self, report: Mapping[str, Any]) -> "Episode":
        return replace(self, report=report, seq=self.seq + 1)

    def after_end(self, ending: Ending) -> "Episode":
        return replace(self, ending=ending, seq=self.seq + 1)


def opened(budget: Budget) -> Episode:
    return Episode(fhir_left=budget.fhir, actions_left=budget.actions)
