"""What no finding can do to the score, over random truths and random findings."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from graders import grade_trial_audit, score_findings
from tasks import Finding, RunRecord, Truth
from tasks.trial_audit import FINDING_TYPES, WEIGHTS
from tests.helpers.records import DIGEST, act, finding, item, read, record, record_of, report, truth

PEOPLE = tuple(f"ResearchSubject/{n}" for n in range(5))
PERSONS = {name.replace("ResearchSubject", kind): name for name in PEOPLE for kind in ("ResearchSubject", "Patient")}
PERSONS |= {f"Patient/{n}-copy": name for n, name in enumerate(PEOPLE)}
PAIR = st.tuples(st.sampled_from(PEOPLE), st.sampled_from(FINDING_TYPES))
CONFIDENCE = st.integers(0, 100).map(lambda n: n / 100)


@st.composite
def truths(draw: st.DrawFn) -> Truth:
    pairs = draw(st.sets(PAIR, min_size=1, max_size=8))
    return truth(*(item(*pair) for pair in sorted(pairs)), persons=PERSONS)


@st.composite
def findings(draw: st.DrawFn, number: int) -> Finding:
    """By any of the person's names; complete evidence or none."""
    person, type_ = draw(PAIR)
    name = draw(st.sampled_from([alias for alias, canonical in PERSONS.items() if canonical == person]))
    evidence = draw(st.sampled_from([(), (person,)]))
    return finding(name, type_, draw(CONFIDENCE), id_=f"f{number}", evidence=evidence)


RUNS = st.integers(0, 6).flatmap(lambda n: st.tuples(*(findings(number) for number in range(n)))).map(list)


def net_of(expected: Truth, made: list[Finding]) -> float:
    return score_findings(expected, record_of(*made), WEIGHTS).net


def key_of(one: Finding) -> tuple[str, str]:
    return PERSONS[one.subject], one.type


def is_right(expected: Truth, one: Finding) -> bool:
    return key_of(one) in {(i.subject, i.type) for i in expected.items}


@settings(deadline=None)
@given(truths(), RUNS, findings(99))
def test_a_new_right_finding_never_lowers_net_and_a_new_wrong_one_never_raises_it(
    expected: Truth, made: list[Finding], new: Finding
) -> None:
    others = [one for one in made if key_of(one) != key_of(new)]
    before, after = net_of(expected, others), net_of(expected, [*others, new])
    assert after >= before if is_right(expected, new) else after <= before


@settings(deadline=None)
@given(truths(), RUNS, st.data())
def test_splitting_or_repeating_a_finding_under_any_name_changes_nothing(
    expected: Truth, made: list[Finding], data: st.DataObject
) -> None:
    again: list[Finding] = []
    for number, one in enumerate(made):
        names = [alias for alias, canonical in PERSONS.items() if canonical == PERSONS[one.subject]]
        copies = data.draw(st.lists(st.sampled_from(names), max_size=3))
        again += [
            one.model_copy(update={"subject": name, "finding_id": f"c{number}.{copy}"})
            for copy, name in enumerate(copies)
        ]
        again.append(one)
    assert net_of(expected, again) == net_of(expected, made)


@settings(deadline=None)
@given(truths(), RUNS)
def test_only_the_last_live_finding_of_a_person_and_type_counts(expected: Truth, made: list[Finding]) -> None:
    last = list({key_of(one): one for one in made}.values())
    assert net_of(expected, made) == net_of(expected, last)


@settings(deadline=None)
@given(truths(), RUNS, st.data())
def test_retracting_takes_a_finding_back(expected: Truth, made: list[Finding], data: st.DataObject) -> None:
    gone = data.draw(st.sets(st.sampled_from(range(len(made)))) if made else st.just(set()))
    kept = [one for number, one in enumerate(made) if number not in gone]
    taken_back = [made[n].model_copy(update={"version": 2, "retracted": True}) for n in sorted(gone)]
    assert net_of(expected, [*made, *taken_back]) == net_of(expected, kept)


@settings(deadline=None)
@given(truths(), RUNS, st.randoms(use_true_random=False))
def test_the_order_of_findings_about_different_things_does_not_matter(
    expected: Truth, made: list[Finding], order: Any
) -> None:
    distinct = list({key_of(one): one for one in made}.values())
    shuffled = list(distinct)
    order.shuffle(shuffled)
    assert net_of(expected, shuffled) == net_of(expected, distinct)


@settings(deadline=None)
@given(truths(), RUNS)
def test_net_never_exceeds_one_and_evidence_never_lowers_it(expected: Truth, made: list[Finding]) -> None:
    shown = [one.model_copy(update={"evidence": (PERSONS[one.subject],)}) for one in made]
    assert net_of(expected, made) <= net_of(expected, shown) <= 1.0 + 1e-12


@settings(deadline=None)
@given(truths())
def test_finding_everything_with_evidence_is_one(expected: Truth) -> None:
    everything: RunRecord = record_of(*(finding(i.subject, i.type) for i in expected.items))
    assert score_findings(expected, everything, WEIGHTS).net == 1.0


def reward_of(expected: Truth, made: list[Finding], *, sites: tuple[str, ...] = (), requests: int = 3) -> float:
    """The grade of a whole run that reads the same and reports the same, whatever it flags."""
    seen = [name for person in PEOPLE for name in (person, person.replace("ResearchSubject", "Patient"))]
    seen += [f"Patient/{n}-copy" for n in range(len(PEOPLE))]
    events = [*(read(*seen) for _ in range(requests)), *map(act, made)]
    run = record(*events, report([expected.counts[name] for name in FINDING_TYPES], sites))
    reward = grade_trial_audit(expected, run, world_digest=DIGEST).reward
    assert reward is not None
    return reward


@settings(deadline=None, max_examples=60)
@given(truths(), RUNS, findings(99))
def test_the_reward_too_rises_with_no_wrong_finding_and_falls_with_no_right_one(
    expected: Truth, made: list[Finding], new: Finding
) -> None:
    others = [one for one in made if key_of(one) != key_of(new)]
    before, after = reward_of(expected, others), reward_of(expected, [*others, new])
    assert 0.0 <= after <= 1.0
    assert after >= before if is_right(expected, new) else after <= before


@settings(deadline=None)
@given(truths(), RUNS, st.data())
def test_evidence_that_shows_nothing_is_worth_nothing(
    expected: Truth, made: list[Finding], data: st.DataObject
) -> None:
    others = st.lists(st.sampled_from(["Observation/1", "Encounter/2", "Patient/0-copy"]), max_size=7)
    padded = [one.model_copy(update={"evidence": (*one.evidence, *data.draw(others))}) for one in made]
    assert net_of(expected, padded) == net_of(expected, made)


@settings(deadline=None)
@given(truths(), findings(1), CONFIDENCE)
def test_more_confidence_never_lowers_what_a_right_finding_pays_nor_raises_what_a_wrong_one_does(
    expected: Truth, one: Finding, confidence: float
) -> None:
    less, more = sorted((one.confidence, confidence))
    low, high = (net_of(expected, [one.model_copy(update={"confidence": p})]) for p in (less, more))
    assert high >= low if is_right(expected, one) else high <= low


@settings(deadline=None, max_examples=30)
@given(truths(), RUNS, st.integers(1, 99))
def test_sites_that_need_no_escalation_never_raise_the_reward(
    expected: Truth, made: list[Finding], number: int
) -> None:
    stuffed = tuple(f"Organization/{n}" for n in range(number))
    assert reward_of(expected, made, sites=stuffed) <= reward_of(expected, made)


@settings(deadline=None, max_examples=30)
@given(truths(), RUNS, st.integers(3, 60))
def test_reading_more_never_raises_the_reward(expected: Truth, made: list[Finding], requests: int) -> None:
    assert reward_of(expected, made, requests=requests) <= reward_of(expected, made)


@settings(deadline=None, max_examples=30)
@given(truths())
def test_a_report_without_findings_is_worth_nothing(expected: Truth) -> None:
    assert reward_of(expected, []) == 0.0
