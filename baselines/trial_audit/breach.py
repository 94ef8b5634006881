"""One deviation as an agent reports it."""

from dataclasses import dataclass

from baselines.trial_audit.chart import Subject


@dataclass(frozen=True, slots=True)
class Breach:
    """One deviation; clause: the number under which section 4 lists weight and corrective action."""

    subject: Subject
    clause: str
    evidence: tuple[str, ...]
    rationale: str
