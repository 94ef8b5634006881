"""Who is meant, and which version counts."""

from graders.resolve import live_claims
from tasks import RunRecord
from tests.helpers.records import AGE, WINDOW, act, finding, record, record_of, refused

PERSONS = dict.fromkeys(("ResearchSubject/a", "Patient/a", "Patient/a-copy"), "ResearchSubject/a")


def confidences(made: RunRecord) -> list[tuple[str, str, float]]:
    return [(c.subject, c.type, c.finding.confidence) for c in live_claims(made, PERSONS)]


def test_every_name_of_a_person_is_the_person() -> None:
    made = record_of(
        finding("Patient/a", AGE, 0.1), finding("Patient/a-copy", AGE, 0.2), finding("ResearchSubject/a", AGE, 0.3)
    )
    assert confidences(made) == [("ResearchSubject/a", AGE, 0.3)]


def test_a_name_of_nobody_stands_for_itself() -> None:
    assert confidences(record_of(finding("Patient/x"))) == [("Patient/x", AGE, 1.0)]


def test_claims_are_sorted_and_types_are_apart() -> None:
    made = record_of(finding("Patient/x"), finding("Patient/a", WINDOW), finding("Patient/a", AGE))
    assert [(s, t) for s, t, _ in confidences(made)] == [
        ("Patient/x", AGE),
        ("ResearchSubject/a", AGE),
        ("ResearchSubject/a", WINDOW),
    ]


def test_an_amended_finding_is_the_latest() -> None:
    first, second = finding("Patient/a", id_="F1", confidence=0.1), finding("Patient/a", id_="F2", confidence=0.2)
    amended = finding("Patient/a", id_="F1", confidence=0.9, version=2)
    assert confidences(record_of(first, second, amended)) == [("ResearchSubject/a", AGE, 0.9)]


def test_retracting_the_latest_brings_the_earlier_one_back() -> None:
    first, second = finding("Patient/a", id_="F1", confidence=0.1), finding("Patient/a", id_="F2", confidence=0.2)
    gone = finding("Patient/a", id_="F2", version=2, retracted=True)
    assert confidences(record_of(first, second, gone)) == [("ResearchSubject/a", AGE, 0.1)]


def test_refused_and_malformed_actions_claim_nothing() -> None:
    assert live_claims(record(refused(), refused("malformed")), PERSONS) == ()
    assert len(live_claims(record(refused(), act(finding("Patient/a"))), PERSONS)) == 1
