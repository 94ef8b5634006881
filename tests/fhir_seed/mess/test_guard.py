"""What is protected, by finding type."""

import pytest

from fhir_seed.trial_audit.mess import READS, guard_of
from tasks.trial_audit import EXTENDED_TYPES, FINDING_TYPES, VARIANTS


def test_every_finding_type_says_what_its_rule_reads() -> None:
    assert set(READS) == set(EXTENDED_TYPES)
    for variant in VARIANTS.values():
        guard_of(variant.finding_types)


def test_the_first_rules_read_no_measurement() -> None:
    guard = guard_of(FINDING_TYPES)
    assert guard.results == frozenset()
    assert not guard.reads("MedicationRequest", "status", "authoredOn")


def test_further_rules_protect_more() -> None:
    guard = guard_of(EXTENDED_TYPES)
    assert {"718-7", "29463-7", "89247-1"} <= guard.results
    assert guard.reads("MedicationRequest", "status")
    assert guard.reads("DocumentReference", "content")
    assert not guard.reads("MedicationRequest", "dosageInstruction")


def test_an_unknown_type_is_an_error() -> None:
    with pytest.raises(KeyError, match="new_type"):
        guard_of(["new_type"])
