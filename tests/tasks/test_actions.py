"""What an agent sends is taken as its schema says, and not bent into shape."""

from typing import Any

import pytest
from pydantic import ValidationError

from tasks.trial_audit import (
    ACTIONS,
    COHORT_REPORT,
    EXTENDED_ACTIONS,
    EXTENDED_REPORT,
    EXTENDED_TYPES,
    ICH,
    KAHN,
    REPORT,
    TYPE_WEIGHTS,
    VARIANTS,
    actions_of,
    instructions,
    report_of,
)

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


@pytest.mark.parametrize("type_", EXTENDED_TYPES)
def test_only_the_extended_actions_take_every_type(type_: str) -> None:
    flag: Any = EXTENDED_ACTIONS.validate_python(FLAG | {"type": type_})
    assert flag.type == type_
    if type_ not in COUNTS:
        with pytest.raises(ValidationError):
            ACTIONS.validate_python(FLAG | {"type": type_})


def test_the_extended_report_counts_every_type() -> None:
    report = {"counts": dict.fromkeys(EXTENDED_TYPES, 1), "sites_to_escalate": [], "narrative": ""}
    assert EXTENDED_REPORT.validate_python(report).counts.model_dump() == dict.fromkeys(EXTENDED_TYPES, 1)
    with pytest.raises(ValidationError):
        EXTENDED_REPORT.validate_python(report | {"counts": COUNTS})


def test_a_variant_has_the_actions_and_the_report_of_its_types() -> None:
    assert (actions_of(VARIANTS["extended"]), report_of(VARIANTS["extended"])) == (EXTENDED_ACTIONS, EXTENDED_REPORT)
    assert (actions_of(VARIANTS["hard"]), report_of(VARIANTS["hard"])) == (ACTIONS, COHORT_REPORT)
    assert (actions_of(VARIANTS["tiny"]), report_of(VARIANTS["tiny"])) == (ACTIONS, REPORT)


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_the_brief_names_the_variants_types_and_how_many_they_are(name: str) -> None:
    variant = VARIANTS[name]
    text = instructions(variant.budget, equity=variant.equity_clause, types=variant.finding_types)
    named = [type_ for type_ in EXTENDED_TYPES if f"{type_} {TYPE_WEIGHTS[type_]}" in text]
    assert named == list(variant.finding_types)
    assert f"counts of the {'fifteen' if len(named) == 15 else 'three'} types" in text


def test_every_type_has_a_class_a_weight_and_a_category() -> None:
    assert set(ICH) == set(KAHN) == set(TYPE_WEIGHTS) == set(EXTENDED_TYPES)
    assert {ICH[name]: TYPE_WEIGHTS[name] for name in EXTENDED_TYPES} == {"important": 2, "other": 1}
