"""Traps tempt: what a careless reader sees on each family is an error, and the rules see none."""

from datetime import date, timedelta
from functools import cache

import pytest

from fhir_seed.trial_audit.build_plan import plan_world
from fhir_seed.trial_audit.plan import Moment, SubjectPlan, WorldPlan
from tasks.trial_audit import VARIANTS, Protocol

SEEDS = range(12)


@cache
def world(variant: str, seed: int) -> WorldPlan:
    return plan_world(seed.to_bytes(32, "big"), VARIANTS[variant])


def trapped(variant: str, family: str) -> list[tuple[SubjectPlan, Protocol]]:
    found = []
    for seed in SEEDS:
        plan = world(variant, seed)
        subjects = {t.subject for t in plan.truth.traps if t.family == family}
        found += [(s, plan.protocol) for s in plan.subjects if f"ResearchSubject/{s.subject_id}" in subjects]
    assert found, f"no trap of family {family}"
    return found


def start(s: SubjectPlan) -> Moment:
    return min((a.effective for a in s.administrations if a.status == "completed"), key=lambda m: m.day)


def delay(s: SubjectPlan) -> int:
    assert s.enrolment
    return (start(s).day - s.enrolment.day).days


def death(s: SubjectPlan) -> date:
    return min(m.day for m in (s.deceased, s.fatal_event.date if s.fatal_event else None) if m)


@pytest.mark.parametrize("variant", ["tiny", "easy", "hard"])
def test_boundary_ages_are_within_two_years_of_a_bound(variant: str) -> None:
    for s, p in trapped(variant, "boundary_age"):
        assert s.enrolment
        assert s.birth_date
        born = date.fromisoformat((s.birth_date + "-01-01")[:10])
        age = s.enrolment.day.year - born.year - (s.enrolment.day.timetuple()[1:3] < born.timetuple()[1:3])
        assert min(age - p.age_min, p.age_max - age) <= 2


@pytest.mark.parametrize("variant", ["tiny", "medium", "hard"])
def test_allowed_delays_are_at_the_bound_or_a_day_before(variant: str) -> None:
    for s, p in trapped(variant, "allowed_delay"):
        assert delay(s) in (p.window, p.window - 1, p.stage_iv_window, p.stage_iv_window - 1)


def test_near_deaths_follow_the_start_within_three_days() -> None:
    for s, _ in trapped("hard", "near_death"):
        assert s.stage == 4
        assert 1 <= (death(s) - start(s).day).days <= 3


@pytest.mark.parametrize("variant", ["tiny", "easy", "medium", "hard"])
def test_late_deaths_are_well_after_the_start(variant: str) -> None:
    assert all((death(s) - start(s).day).days >= 120 for s, _ in trapped(variant, "late_death"))


def is_masked(s: SubjectPlan, p: Protocol) -> bool:
    """Whether who counts every administration sees no late start."""
    assert s.enrolment
    first = min(a.effective.day for a in s.administrations)
    return first < start(s).day and (first - s.enrolment.day).days <= p.window


@pytest.mark.parametrize("variant", ["tiny", "medium", "hard", "extended"])
def test_rows_that_do_not_count_hide_late_starts_and_are_as_frequent_among_all(variant: str) -> None:
    late, other = [], []
    for seed in SEEDS:
        plan = world(variant, seed)
        wrong = {item.subject for item in plan.truth.items if item.type == "protocol_window_violation"}
        for s in plan.subjects:
            if s.enrolment:
                among = late if f"ResearchSubject/{s.subject_id}" in wrong else other
                among.append(is_masked(s, plan.protocol))
    share = sum(other) / len(other)
    assert 0.1 < share < 0.2
    assert sum(late)
    assert abs(sum(late) - share * len(late)) <= 4 * (share * len(late)) ** 0.5


@pytest.mark.parametrize("variant", ["medium", "hard"])
def test_another_stage_before_or_after_would_void_the_extension(variant: str) -> None:
    for family in ("stage_superseded", "stage_after_enrolment"):
        for s, p in trapped(variant, family):
            assert s.enrolment
            enrolled = s.enrolment.day
            others = [r for r in s.stage_rows if r.stage < 4 and r.status == "final"]
            assert p.window < delay(s) <= p.stage_iv_window
            assert [r.effective.day > enrolled for r in others] == [family == "stage_after_enrolment"]


def test_the_result_before_the_correction_would_void_the_extension() -> None:
    for s, p in trapped("hard", "result_corrected"):
        assert p.comorbidity_threshold is not None
        assert p.window < delay(s) <= p.stage_iv_window
        assert s.index <= p.comorbidity_threshold < max(r.value for r in s.index_rows)
        assert "corrected" in {r.status for r in s.index_rows}
    assert all({r.stage for r in s.stage_rows} == {3, 4} for s, _ in trapped("medium", "result_corrected"))


def test_an_evening_at_the_site_is_the_day_after_the_bound_in_utc() -> None:
    for s, p in trapped("hard", "offset_across_midnight"):
        first = start(s)
        assert s.enrolment
        assert delay(s) == (p.stage_iv_window if s.stage == 4 else p.window)
        assert first.written_offset == 0
        assert utc_day(first, p, s) == first.day + timedelta(days=1)
        assert utc_day(s.enrolment, p, s) == s.enrolment.day


def utc_day(moment: Moment, p: Protocol, s: SubjectPlan) -> date:
    return moment.day + timedelta(days=(moment.minute - p.sites[s.site].offset_minutes) // 1440)


def test_a_merged_duplicate_has_a_birth_date_out_of_range_or_none() -> None:
    for s, p in trapped("hard", "merged_duplicate"):
        assert s.enrolment
        assert s.duplicate
        if s.duplicate.birth_date is not None:
            years = (s.enrolment.day - date.fromisoformat(s.duplicate.birth_date)).days / 365.25
            assert not p.age_min + 0.1 < years < p.age_max + 0.9


@pytest.mark.parametrize("variant", ["tiny", "medium", "hard"])
def test_trapped_screen_failures_have_no_enrolment(variant: str) -> None:
    assert all(s.enrolment is None and s.arm is None for s, _ in trapped(variant, "screen_failure"))
