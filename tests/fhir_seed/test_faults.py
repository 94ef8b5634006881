"""Which subjects carry errors and traps: counts, fits, independence."""

from collections import Counter
from functools import cache

import pytest

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.draw_protocol import draw_protocol
from fhir_seed.trial_audit.faults import Faults, draw_counts, draw_faults
from fhir_seed.trial_audit.people import Profile, draw_people, site_weights
from fhir_seed.trial_audit.traps import TRAP_COUNTS, draw_traps
from tasks.trial_audit import VARIANTS, Protocol

Drawn = tuple[Protocol, list[Profile], Faults]


@cache
def drawn(variant: str, seed: int) -> Drawn:
    entropy = seed.to_bytes(4, "big")
    v = VARIANTS[variant]
    protocol = draw_protocol(Stream(entropy, "protocol"), v)
    people = draw_people(Stream(entropy, "people"), v, site_weights(Stream(entropy, "sites")))
    return protocol, people, draw_faults(Stream(entropy, "faults"), v, protocol, people)


@pytest.mark.parametrize("variant", ["easy", "medium", "hard"])
def test_counts_are_within_three_tenths_of_the_mean(variant: str) -> None:
    stream = Stream(b"", variant)
    many = [draw_counts(stream, VARIANTS[variant]) for _ in range(2000)]
    for rows in zip(*many, strict=True):
        mean = rows[0][0].mean
        counts = [n for _, n in rows]
        assert max(1, mean * 7 // 10) <= min(counts)
        assert max(counts) <= mean * 13 / 10 + 0.5
        assert abs(sum(counts) / len(counts) - mean) < 0.03 * mean + 0.05


def test_tiny_has_one_of_each_and_half_the_time_one_more() -> None:
    stream = Stream(b"", "tiny")
    totals = Counter(sum(n for _, n in draw_counts(stream, VARIANTS["tiny"])) for _ in range(2000))
    assert set(totals) == {5, 6}
    assert 900 < totals[6] < 1100


def test_faults_fall_on_subjects_who_fit() -> None:
    for seed in range(20):
        _, people, faults = drawn("hard", seed)
        for i, found in faults.faults.items():
            kinds = {fault.kind for fault in found}
            assert "override" not in kinds or people[i].stage == 4
            assert "death_before_treatment" not in kinds or people[i].dead


def test_a_subject_has_at_most_one_error_of_a_type() -> None:
    for seed in range(40):
        for found in drawn("medium", seed)[2].faults.values():
            assert len({fault.type for fault in found}) == len(found) <= 2


def test_about_one_error_subject_in_twenty_has_two() -> None:
    found = [len(fs) for seed in range(120) for fs in drawn("medium", seed)[2].faults.values()]
    assert 0.03 < found.count(2) / len(found) < 0.07


@pytest.mark.parametrize("variant", ["tiny", "easy"])
def test_the_small_variants_have_no_double_errors(variant: str) -> None:
    assert all(len(fs) == 1 for seed in range(40) for fs in drawn(variant, seed)[2].faults.values())


def test_ages_are_out_by_one_two_or_five_years_or_impossible() -> None:
    out = set()
    for seed in range(60):
        protocol, _, faults = drawn("hard", seed)
        for i, found in faults.faults.items():
            marks = faults.marks[i]
            if any(f.kind == "out_of_range" for f in found) and marks.age is not None:
                out.add(marks.age - protocol.age_max if marks.age > 60 else marks.age - protocol.age_min)
            assert any(f.kind == "impossible" for f in found) == (marks.birth_date in ("future", "ancient"))
    assert out == {-5, -2, -1, 1, 2, 5}


def test_faults_are_independent_of_arm_and_site() -> None:
    arms: Counter[str | None] = Counter()
    low_sites = total = 0
    for seed in range(120):
        _, people, faults = drawn("medium", seed)
        for i in faults.faults:
            arms[people[i].arm] += 1
            low_sites += people[i].site < 7
            total += 1
    assert abs(arms["treatment"] / total - 0.5) < 0.035
    assert abs(low_sites / total - 7 / 15) < 0.035


@pytest.mark.parametrize("variant", sorted(VARIANTS))
def test_traps_avoid_subjects_with_errors(variant: str) -> None:
    for seed in range(10):
        protocol, people, faults = drawn(variant, seed)
        counts = TRAP_COUNTS[VARIANTS[variant].tier]
        traps = draw_traps(Stream(bytes([seed]), "traps"), VARIANTS[variant].tier, protocol, people, faults.faults)
        wanted = sum(counts.values()) - counts.get("screen_failure", 0)
        assert len(traps) == wanted
        assert not set(traps) & set(faults.faults)


def test_another_trap_stream_leaves_the_faults() -> None:
    protocol, people, faults = drawn("medium", 3)
    first = draw_traps(Stream(b"a", "traps"), "medium", protocol, people, faults.faults)
    second = draw_traps(Stream(b"b", "traps"), "medium", protocol, people, faults.faults)
    assert set(first) != set(second)
    assert draw_faults(Stream((3).to_bytes(4, "big"), "faults"), VARIANTS["medium"], protocol, people) == faults
