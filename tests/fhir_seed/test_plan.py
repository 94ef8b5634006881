"""The finished plan: same bytes, truth equal to the rules read off the plan, traps apart from errors."""

import hashlib
import subprocess
import sys
from collections import Counter
from datetime import date, timedelta

import pytest

from fhir_seed.trial_audit.build_plan import plan_world
from fhir_seed.trial_audit.plan import SubjectPlan, WorldPlan
from fhir_seed.trial_audit.traps import TRAP_COUNTS
from tasks import PUBLIC_SALT, Address, entropy
from tasks.trial_audit import CORRECTIVE_ACTIONS, VARIANTS, VERSION, Protocol, Tier

GOLDEN_TINY = "503964d3d874f03306cf2aeb09a9f1d4b6d56b21e6d597cbf9682af6947dab8d"
SEEDS = {"tiny": 15, "easy": 3, "medium": 4, "hard": 4}
CASES = [(variant, index) for variant, n in SEEDS.items() for index in range(n)]


def world(variant: str, index: int) -> WorldPlan:
    address = Address(suite="trial_audit", variant=variant, index=index)
    return plan_world(entropy(PUBLIC_SALT, address, VERSION), VARIANTS[variant])


def digest(plan: WorldPlan) -> str:
    return hashlib.sha256(repr(plan).encode()).hexdigest()


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0]}/{case[1]}")
def plan(request: pytest.FixtureRequest) -> WorldPlan:
    return world(*request.param)


def test_tiny_0_is_what_it_always_was() -> None:
    assert digest(world("tiny", 0)) == GOLDEN_TINY


def test_another_process_draws_the_same_plan() -> None:
    code = (
        "import hashlib; from tasks.trial_audit import VARIANTS;"
        "from fhir_seed.trial_audit.build_plan import plan_world;"
        "print(hashlib.sha256(repr(plan_world(b'x' * 32, VARIANTS['hard'])).encode()).hexdigest())"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == digest(plan_world(b"x" * 32, VARIANTS["hard"]))


def test_the_rules_find_the_injected_items_and_no_others(plan: WorldPlan) -> None:
    expected = {found for s in plan.subjects if s.enrolment for found in violations(s, plan.protocol)}
    assert {(i.subject, i.type, i.kind, i.evidence) for i in plan.truth.items} == expected
    assert len(expected) == len({(subject, type_) for subject, type_, *_ in expected})


def test_items_carry_the_action_of_the_deviation_clause(plan: WorldPlan) -> None:
    for item in plan.truth.items:
        assert item.corrective_action == CORRECTIVE_ACTIONS[item.type, item.kind]


def test_the_stage_and_index_that_count_are_those_of_the_plan(plan: WorldPlan) -> None:
    for s in plan.subjects:
        assert counting(s.stage_rows, s).stage == s.stage  # type: ignore[attr-defined]
        assert counting(s.index_rows, s).value == s.index  # type: ignore[attr-defined]


def test_no_subject_is_both_an_error_and_a_trap_nor_two_traps(plan: WorldPlan) -> None:
    trapped = [t.subject for t in plan.truth.traps]
    assert len(trapped) == len(set(trapped))
    assert not set(trapped) & {i.subject for i in plan.truth.items}


def test_every_family_of_traps_has_its_count(plan: WorldPlan) -> None:
    found = Counter(t.family for t in plan.truth.traps)
    assert found in [expected_traps(tier) for tier in TRAP_COUNTS]


def expected_traps(tier: Tier) -> Counter[str]:
    counts: Counter[str] = Counter()
    for family, n in TRAP_COUNTS[tier].items():
        counts[family.removesuffix("_stage_iv")] += n
    return counts


def test_arms_are_exactly_half_and_screen_failures_have_none(plan: WorldPlan) -> None:
    arms = Counter(s.arm for s in plan.subjects)
    assert arms["control"] == arms["treatment"] == arms.total() // 2 - arms[None] // 2
    for s in plan.subjects:
        assert (s.arm is None) == (s.enrolment is None)
        assert s.arm or not (s.administrations or s.deceased or s.fatal_event)


def test_delays_of_the_others_keep_two_days_from_the_window(plan: WorldPlan) -> None:
    special = {i.subject for i in plan.truth.items} | {t.subject for t in plan.truth.traps}
    ordinary = [s for s in plan.subjects if s.enrolment and f"ResearchSubject/{s.subject_id}" not in special]
    extended = [s for s in ordinary if delay(s) > plan.protocol.window - 2]
    assert all(s.stage == 4 and plan.protocol.window < delay(s) <= plan.protocol.stage_iv_window - 2 for s in extended)
    assert all(delay(s) >= 2 for s in ordinary)


def test_everyone_is_named_once_by_every_reference(plan: WorldPlan) -> None:
    persons = plan.truth.persons
    for s in plan.subjects:
        named = f"ResearchSubject/{s.subject_id}"
        assert persons[named] == persons[f"Patient/{s.patient_id}"] == named
        assert not s.duplicate or persons[f"Patient/{s.duplicate.id}"] == named
    assert len(persons) == 2 * len(plan.subjects) + sum(s.duplicate is not None for s in plan.subjects)


def test_ids_are_unique(plan: WorldPlan) -> None:
    ids = [x.id for s in plan.subjects for x in (*s.stage_rows, *s.index_rows, *s.administrations)]
    ids += [x for s in plan.subjects for x in (s.patient_id, s.subject_id)]
    ids += [s.duplicate.id for s in plan.subjects if s.duplicate]
    ids += [s.fatal_event.id for s in plan.subjects if s.fatal_event]
    assert len(ids) == len(set(ids))


def test_every_recorded_day_is_before_now(plan: WorldPlan) -> None:
    now = date.fromisoformat(plan.now[:10])
    assert max(day for s in plan.subjects for day in recorded_days(s)) < now - timedelta(days=7)


def test_courses_are_plausible(plan: WorldPlan) -> None:
    for s in plan.subjects:
        given = sorted(a.effective.day for a in s.administrations if a.status == "completed")
        assert len(given) == len(set(given)) <= 6
        assert (s.enrolment is None) == (not given)
        assert plan.protocol.age_min <= s.age_for_course <= plan.protocol.age_max
        assert not s.enrolment or s.enrolment.day - s.screening <= timedelta(days=21)


def test_treatment_stops_before_an_ordinary_death(plan: WorldPlan) -> None:
    wrong = {i.subject for i in plan.truth.items if i.type == "temporal_inconsistency"}
    for s in plan.subjects:
        if (died := death(s)) and f"ResearchSubject/{s.subject_id}" not in wrong:
            assert max(a.effective.day for a in s.administrations if a.status == "completed") < died[0]


def test_sites_with_enough_important_deviations_are_escalated(plan: WorldPlan) -> None:
    important = {i.subject for i in plan.truth.items if i.weight == 2}
    by_site = Counter(s.site for s in plan.subjects if f"ResearchSubject/{s.subject_id}" in important)
    names = [plan.protocol.sites[site].organization for site, n in by_site.items() if n >= plan.protocol.escalate]
    assert plan.truth.escalate == tuple(sorted(names))


# The protocol's clauses, read off the plan.


def violations(s: SubjectPlan, p: Protocol) -> list[tuple[str, str, str, tuple[tuple[str, ...], ...]]]:
    me, patient = f"ResearchSubject/{s.subject_id}", f"Patient/{s.patient_id}"
    found = []
    if kind := age_kind(s, p):
        refs = (patient, me) if kind == "out_of_range" else (patient,)
        found.append((me, "invalid_age", kind, (refs,)))
    starts = sorted(f"MedicationAdministration/{a.id}" for a in first_doses(s))
    died = death(s)
    if died and died[0] < first_doses(s)[0].effective.day:
        sets = tuple(sorted(tuple(sorted((source, start))) for source in died[1] for start in starts))
        found.append((me, "temporal_inconsistency", "death_before_treatment", sets))
    stage, index = counting(s.stage_rows, s), counting(s.index_rows, s)
    void = p.comorbidity_threshold is not None and index.value > p.comorbidity_threshold  # type: ignore[attr-defined]
    four = stage.stage == 4  # type: ignore[attr-defined]
    if delay(s) > (p.stage_iv_window if four and not void else p.window):
        refs = (me,)
        kind = "window"
        if delay(s) <= p.stage_iv_window:
            refs += (f"Observation/{stage.id}",)  # type: ignore[attr-defined]
            if four:
                kind, refs = "override", (*refs, f"Observation/{index.id}")  # type: ignore[attr-defined]
        sets = tuple(sorted(tuple(sorted((*refs, start))) for start in starts))
        found.append((me, "protocol_window_violation", kind, sets))
    return found


def age_kind(s: SubjectPlan, p: Protocol) -> str | None:
    if s.birth_date is None:
        return "missing"
    assert s.enrolment
    kinds = {kind_of_birth(born, s.enrolment.day, p) for born in completions(s.birth_date)}
    assert len(kinds) == 1, f"completions of {s.birth_date} differ"
    return kinds.pop()


def kind_of_birth(born: date, enrolled: date, p: Protocol) -> str | None:
    age = enrolled.year - born.year - ((enrolled.month, enrolled.day) < (born.month, born.day))
    if born > enrolled or age > 110:
        return "impossible"
    return None if p.age_min <= age <= p.age_max else "out_of_range"


def completions(text: str) -> list[date]:
    parts = [int(x) for x in text.split("-")]
    if len(parts) == 3:
        return [date(*parts)]
    days = [date(parts[0], 1, 1) + timedelta(days=n) for n in range(366)]
    return [d for d in days if d.year == parts[0] and (len(parts) == 1 or d.month == parts[1])]


def counting(rows: tuple[object, ...], s: SubjectPlan) -> object:
    last = s.enrolment.day if s.enrolment else s.screening
    live = [r for r in rows if r.status != "entered-in-error" and r.effective.day <= last]  # type: ignore[attr-defined]
    order = sorted(live, key=lambda r: (r.effective.day, r.issued.day, r.issued.minute, r.id))  # type: ignore[attr-defined]
    return order[-1]


def first_doses(s: SubjectPlan) -> list:  # type: ignore[type-arg]
    given = [a for a in s.administrations if a.status == "completed"]
    return [a for a in given if a.effective.day == min(b.effective.day for b in given)]


def delay(s: SubjectPlan) -> int:
    assert s.enrolment
    return (first_doses(s)[0].effective.day - s.enrolment.day).days


def death(s: SubjectPlan) -> tuple[date, list[str]] | None:
    sources = []
    if s.deceased:
        sources.append((s.deceased.day, f"Patient/{s.patient_id}"))
    if s.fatal_event:
        sources.append((s.fatal_event.date.day, f"AdverseEvent/{s.fatal_event.id}"))
    if not sources:
        return None
    first = min(day for day, _ in sources)
    return first, [name for day, name in sources if day == first]


def recorded_days(s: SubjectPlan) -> list[date]:
    rows = (*s.stage_rows, *s.index_rows)
    days = [s.screening, *(r.effective.day for r in rows), *(r.issued.day for r in rows)]
    days += [a.effective.day for a in s.administrations]
    days += [m.day for m in (s.deceased, s.fatal_event.date if s.fatal_event else None) if m]
    return days
