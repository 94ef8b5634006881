"""What no finding can do to the score, over random truths and random findings."""

from collections.abc import Mapping
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from graders import grade_trial_audit, score_findings
from tasks import CohortTruth, Finding, RunRecord, Submitted, Truth
from tasks.trial_audit import COHORT_WEIGHT, EXTENDED_TYPES, FINDING_TYPES, TYPE_WEIGHTS
from tests.helpers.records import DIGEST, act, finding, item, read, record, record_of, truth

PEOPLE = tuple(f"ResearchSubject/{n}" for n in range(5))
PERSONS = {name.replace("ResearchSubject", kind): name for name in PEOPLE for kind in ("ResearchSubject", "Patient")}
PERSONS |= {f"Patient/{n}-copy": name for n, name in enumerate(PEOPLE)}
SITES = tuple(f"Organization/{n}" for n in range(6))
VERDICTS = ("selection_bias", "confounded", "none")
FIGURES = ("dominance", "male", "crude_gap", "adjusted_gap")
CONFIDENCE = st.integers(0, 100).map(lambda n: n / 100)
FIGURE = st.integers(-1000, 1000).map(lambda n: n / 1000)
PERSON = st.sampled_from(PEOPLE)


@st.composite
def cohorts(draw: st.DrawFn) -> CohortTruth:
    figures = {name: draw(FIGURE) for name in FIGURES}
    return CohortTruth(verdict=draw(st.sampled_from(VERDICTS)), weight=COHORT_WEIGHT, **figures)


@st.composite
def truths(draw: st.DrawFn, *, variants: tuple[str, ...] = ("tiny", "hard", "extended")) -> Truth:
    """Of a variant with three types, with the cohort too, or with fifteen types; with sites to escalate or none."""
    variant = draw(st.sampled_from(variants))
    types = EXTENDED_TYPES if variant == "extended" else FINDING_TYPES
    pairs = draw(st.sets(st.tuples(PERSON, st.sampled_from(types)), min_size=1, max_size=8))
    return truth(
        *(item(*pair) for pair in sorted(pairs)),
        persons=PERSONS,
        escalate=tuple(sorted(draw(st.sets(st.sampled_from(SITES), max_size=3)))),
        cohort=draw(cohorts()) if variant == "hard" else None,
        types=types,
    )


WITH_COHORT = truths(variants=("hard",))


def variant_of(expected: Truth) -> str:
    if expected.cohort is not None:
        return "hard"
    return "extended" if len(expected.counts) > len(FINDING_TYPES) else "tiny"


@st.composite
def findings(draw: st.DrawFn, number: int) -> Finding:
    """By any of the person's names; complete evidence or none. Half of them of a type that every variant has."""
    person = draw(PERSON)
    type_ = draw(st.one_of(st.sampled_from(FINDING_TYPES), st.sampled_from(EXTENDED_TYPES)))
    name = draw(st.sampled_from([alias for alias, canonical in PERSONS.items() if canonical == person]))
    evidence = draw(st.sampled_from([(), (person,)]))
    return finding(name, type_, draw(CONFIDENCE), id_=f"f{number}", evidence=evidence)


RUNS = st.integers(0, 6).flatmap(lambda n: st.tuples(*(findings(number) for number in range(n)))).map(list)


def net_of(expected: Truth, made: list[Finding]) -> float:
    """Of findings that its variant knows; there the API accepts no others."""
    known = [one for one in made if one.type in expected.counts]
    return score_findings(expected, record_of(*known), TYPE_WEIGHTS).net


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
def test_finding_everything_with_evidence_and_reporting_all_rightly_is_one(expected: Truth) -> None:
    assert reward_of(expected, everything(expected)) == 1.0


def everything(expected: Truth) -> list[Finding]:
    return [finding(i.subject, i.type) for i in expected.items]


def right_cohort(expected: Truth) -> dict[str, Any] | None:
    truth_ = expected.cohort
    if truth_ is None:
        return None
    return {"verdict": truth_.verdict, "confidence": 1.0} | {name: getattr(truth_, name) for name in FIGURES}


def reward_of(expected: Truth, made: list[Finding], *, requests: int = 3, **told: Any) -> float:
    """The grade of a whole run that reads the same whatever it flags. told: fields of the report that differ from what
    a perfect reader submits."""
    seen = [name for person in PEOPLE for name in (person, person.replace("ResearchSubject", "Patient"))]
    seen += [f"Patient/{n}-copy" for n in range(len(PEOPLE))]
    known = [one for one in made if one.type in expected.counts]
    right = {
        "counts": dict(expected.counts),
        "sites_to_escalate": list(expected.escalate),
        "narrative": "done",
        "cohort": right_cohort(expected),
    }
    events = [*(read(*seen) for _ in range(requests)), *map(act, known), Submitted(seq=0, report=right | told)]
    run: RunRecord = record(*events, variant=variant_of(expected))
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


@settings(deadline=None, max_examples=60)
@given(truths(), RUNS, st.sets(st.sampled_from(SITES), max_size=6))
def test_no_other_set_of_sites_pays_as_much_as_the_right_one_nor_does_more_of_them(
    expected: Truth, made: list[Finding], named: set[str]
) -> None:
    """A superset of the right sites, all of them, or none, is as wrong as any other."""
    for sites in (named, named | set(expected.escalate), set(SITES)):
        wrong = sites != set(expected.escalate)
        assert reward_of(expected, made, sites_to_escalate=sorted(sites)) <= reward_of(expected, made)
        assert (reward_of(expected, everything(expected), sites_to_escalate=sorted(sites)) < 1.0) == wrong


@settings(deadline=None, max_examples=60)
@given(truths(), st.data())
def test_no_padding_of_counts_pays(expected: Truth, data: st.DataObject) -> None:
    """More, fewer, or all that there could be: a count is right or wrong, and each costs the same."""
    made, right = everything(expected), dict(expected.counts)
    wrong = data.draw(st.dictionaries(st.sampled_from(sorted(right)), st.integers(0, 100_000), min_size=1))
    assume(all(right[name] != number for name, number in wrong.items()))
    costs = [
        reward_of(expected, made) - reward_of(expected, made, counts=right | part) for part in (wrong, one_of(wrong))
    ]
    assert costs[0] > 0
    assert abs(costs[0] - costs[1] * len(wrong)) < 2e-5  # rewards are rounded to 6 places


def one_of(counts: Mapping[str, int]) -> dict[str, int]:
    return dict([next(iter(counts.items()))])


@settings(deadline=None, max_examples=60)
@given(WITH_COHORT, RUNS, st.sampled_from(FIGURES), FIGURE)
def test_a_wrong_figure_never_raises_the_reward_and_costs_a_perfect_run(
    expected: Truth, made: list[Finding], name: str, told: float
) -> None:
    cohort = right_cohort(expected) or {}
    assume(abs(cohort[name] - told) > 0.0201)
    wrong = cohort | {name: told}
    assert reward_of(expected, made, cohort=wrong) <= reward_of(expected, made)
    assert reward_of(expected, everything(expected), cohort=wrong) < 1.0


@settings(deadline=None, max_examples=60)
@given(WITH_COHORT, RUNS, st.sampled_from(VERDICTS), CONFIDENCE)
def test_a_wrong_verdict_never_raises_the_reward_and_costs_a_perfect_run(
    expected: Truth, made: list[Finding], verdict: str, confidence: float
) -> None:
    cohort = right_cohort(expected) or {}
    assume(verdict != cohort["verdict"])
    right, wrong = cohort | {"confidence": confidence}, cohort | {"verdict": verdict, "confidence": confidence}
    assert reward_of(expected, made, cohort=wrong) <= reward_of(expected, made, cohort=right)
    assert reward_of(expected, everything(expected), cohort=wrong) < 1.0


@settings(deadline=None, max_examples=60)
@given(WITH_COHORT, RUNS, st.booleans(), CONFIDENCE, CONFIDENCE)
def test_more_confidence_in_a_right_verdict_never_lowers_the_reward_nor_raises_it_in_a_wrong_one(
    expected: Truth, made: list[Finding], is_right: bool, one: float, other: float
) -> None:
    cohort = right_cohort(expected) or {}
    if not is_right:
        cohort["verdict"] = next(verdict for verdict in VERDICTS if verdict != cohort["verdict"])
    low, high = (reward_of(expected, made, cohort=cohort | {"confidence": p}) for p in sorted((one, other)))
    assert high >= low if is_right else high <= low


@settings(deadline=None, max_examples=30)
@given(truths(), RUNS, st.integers(3, 60))
def test_reading_more_never_raises_the_reward(expected: Truth, made: list[Finding], requests: int) -> None:
    assert reward_of(expected, made, requests=requests) <= reward_of(expected, made)


@settings(deadline=None, max_examples=30)
@given(truths(variants=("tiny", "extended")))
def test_a_right_report_without_findings_is_worth_nothing(expected: Truth) -> None:
    assert reward_of(expected, []) == 0.0


@settings(deadline=None, max_examples=30)
@given(WITH_COHORT)
def test_a_right_report_without_findings_is_worth_the_cohort_item_at_most(expected: Truth) -> None:
    weight = COHORT_WEIGHT + sum(i.weight for i in expected.items)
    assert abs(reward_of(expected, []) - COHORT_WEIGHT / weight) < 1e-6
