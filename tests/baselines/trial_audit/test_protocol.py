from fractions import Fraction

import pytest

from baselines import Unreadable
from baselines.trial_audit.protocol import Code, Deviation, Equity, parse_protocol
from tests.baselines.protocols import protocol_text


def test_every_rule_is_read_from_the_text() -> None:
    rules = parse_protocol(protocol_text())
    assert rules.drug == Code("http://ehr-sandbox.example/fhir/CodeSystem/trial-terms", "study-drug-a")
    assert rules.arms == ("Drug arm", "Standard arm")
    assert (rules.administered, rules.reported) == ("completed", ("final", "amended", "corrected"))
    assert rules.stage.token == "http://snomed.info/sct|399537006"
    assert rules.index.code == "comorbidity-index"
    assert (rules.age_min, rules.age_max, rules.impossible_age) == (40, 90, 110)
    assert (rules.window, rules.extended_window, rules.extended_stage) == (21, 31, 4)
    assert (rules.override_above, rules.escalate, rules.equity) == (3, 2, None)
    assert rules.offsets == {"Organization/s1": -300, "Organization/s2": 330}


def test_the_table_of_deviations_is_read_by_clause() -> None:
    rules = parse_protocol(protocol_text())
    assert dict(rules.deviations) == {
        "3.1": Deviation("invalid_age", True, 2, "exclude_subject"),
        "3.2": Deviation("invalid_age", True, 2, "query_site"),
        "3.3": Deviation("temporal_inconsistency", True, 2, "query_site"),
        "3.4": Deviation("protocol_window_violation", False, 1, "report_deviation"),
        "3.5": Deviation("protocol_window_violation", False, 1, "report_deviation"),
    }


def test_a_protocol_without_override_has_none() -> None:
    assert parse_protocol(protocol_text(comorbidity_threshold=None)).override_above is None


def test_the_equity_section_is_read_as_exact_fractions() -> None:
    rules = parse_protocol(protocol_text(dominance=70, male=56, gap=15))
    assert rules.equity == Equity(
        "Standard arm", Fraction(7, 10), Fraction(14, 25), Fraction(3, 20), Fraction(3, 20), 5
    )


def test_other_words_in_the_text_give_other_rules() -> None:
    text = protocol_text().replace("`completed` (", "`in-progress` (").replace("For Stage IV", "For Stage III")
    rules = parse_protocol(text.replace("| report_deviation |", "| query_site |"))
    assert (rules.administered, rules.extended_stage) == ("in-progress", 3)
    assert rules.deviations["3.4"].action == "query_site"


@pytest.mark.parametrize(
    ("cut", "named"),
    [
        ("3.1 **", "clause 3.1"),
        ("3.4 **", "clause 3.4"),
        ("5.1 A", "clause 5.1"),
        ("| 3.3 |", "no row for clause 3.3"),
        ("Investigational", "head"),
        ("6.1 **", "section 6"),
    ],
)
def test_what_is_not_understood_is_named(cut: str, named: str) -> None:
    text = protocol_text(dominance=70, male=56, gap=15)
    with pytest.raises(Unreadable, match=named):
        parse_protocol(text.replace(cut, "?"))
