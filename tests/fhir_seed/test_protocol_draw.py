"""The drawn protocol: every value from the variant's published choices."""

import re

import pytest

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.draw_protocol import CANCERS, SITES, draw_protocol
from fhir_seed.trial_audit.protocol_text import render_protocol
from fhir_seed.trial_audit.render.cancers import cancer_named
from tasks.trial_audit import VARIANTS, Protocol


def draw(variant: str, seed: int) -> Protocol:
    return draw_protocol(Stream(seed.to_bytes(4, "big"), "protocol"), VARIANTS[variant])


@pytest.mark.parametrize("variant", sorted(VARIANTS))
def test_values_are_those_the_variant_offers(variant: str) -> None:
    v = VARIANTS[variant]
    for p in (draw(variant, seed) for seed in range(30)):
        assert (p.age_min, p.age_max) in v.age_ranges
        assert p.window in v.windows
        assert p.stage_iv_window - p.window in v.stage_iv_extra
        assert p.comorbidity_threshold in (v.comorbidity_thresholds or (None,))
        assert p.escalate == v.escalate
        assert (p.equity is not None) == v.equity_clause


def test_every_choice_is_taken_somewhere() -> None:
    drawn = [draw("hard", seed) for seed in range(150)]
    assert {(p.age_min, p.age_max) for p in drawn} == set(VARIANTS["hard"].age_ranges)
    assert {p.window for p in drawn} == set(VARIANTS["hard"].windows)
    assert {p.equity.gap for p in drawn if p.equity} == {12, 15, 18}
    assert {p.cancer for p in drawn} == set(CANCERS)


def test_sites_have_random_ids_and_different_names() -> None:
    sites = draw("tiny", 1).sites
    assert len({s.organization for s in sites}) == len({s.name for s in sites}) == SITES
    assert all(re.fullmatch(r"Organization/[a-z][a-z0-9]{11}", s.organization) for s in sites)
    assert not {s.organization for s in sites} & {s.organization for s in draw("tiny", 2).sites}


def test_offsets_are_mostly_of_us_zones() -> None:
    offsets = [s.offset_minutes for s in draw("hard", 3).sites]
    assert sum(-480 <= offset <= -300 for offset in offsets) == 12
    assert all(offset % 60 == 0 and -720 < offset < 720 for offset in offsets)


@pytest.mark.parametrize("variant", sorted(VARIANTS))
def test_a_drawn_protocol_has_a_text(variant: str) -> None:
    text = render_protocol(draw(variant, 0))
    assert "{" not in text
    assert "## Appendix A" in text


def test_every_cancer_has_codes() -> None:
    assert len({cancer_named(display).snomed for display in CANCERS}) == len(CANCERS)
