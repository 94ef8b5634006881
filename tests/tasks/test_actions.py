"""What an agent sends is taken as its schema says, and not bent into shape."""

from typing import Any

import pytest
from pydantic import ValidationError

from tasks.trial_audit import ACTIONS, REPORT

FLAG: dict[str, Any] = {
    "action": "flag_finding",
    "subject": "ResearchSubject/a1",
    "type": "invalid_age",
    "evidence": ["Patient/a1"],
    "confidence": 1,
    "corrective_action": "query_site",
    "rationale": "",
}
COUNTS = {"invalid_age": 1, "temporal_inconsistency": 0, "protocol_window_violation": 0}


def test_a_flag_is_taken() -> None:
    flag: Any = ACTIONS.validate_python(FLAG)
    assert (flag.confidence, flag.evidence) == (1.0, ("Patient/a1",))


@pytest.mark.parametrize(
    "change",
    [
        {"confidence": True},
        {"confidence": "0.9"},
        {"confidence": 1.01},
        {"confidence": float("nan")},
        {"confidence": None},
        {"type": "bias"},
        {"corrective_action": ""},
        {"evidence": ["Patient/a"] * 9},
        {"extra": 1},
    ],
)
def test_a_flag_that_is_not_as_the_schema_says_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ACTIONS.validate_python(FLAG | change)


@pytest.mark.parametrize("count", ["3", True, 2.5, -1])
def test_a_count_is_a_whole_number(count: Any) -> None:
    report = {"counts": COUNTS | {"invalid_age": count}, "sites_to_escalate": [], "narrative": ""}
    with pytest.raises(ValidationError):
        REPORT.validate_python(report)
