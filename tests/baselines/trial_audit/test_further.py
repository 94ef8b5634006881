"""Section 8 as the reference agent reads it, over HTTP and from the protocol: the same charts as the oracle reads."""

from fractions import Fraction

import pytest

from baselines import Unreadable
from baselines.trial_audit.chart import read_chart
from baselines.trial_audit.further_protocol import Medicine
from baselines.trial_audit.protocol import parse_protocol
from baselines.trial_audit.rules import find_breaches
from fhir_seed.trial_audit import render_protocol
from tasks.trial_audit import EXTENDED_TYPES, ICH, TYPE_WEIGHTS
from tests.baselines.charts import study
from tests.helpers.agent_api import FakeEpisode
from tests.helpers.chart import PROTOCOL, Json
from tests.helpers.further import EXTENDED, chart
from tests.helpers.further_cases import CASES, IDS

TEXT = render_protocol(EXTENDED)


@pytest.mark.parametrize(("type_", "name", "rows", "evidence"), CASES, ids=IDS)
async def test_a_clause_gives_one_verdict(
    type_: str, name: str, rows: list[Json], evidence: tuple[str, ...] | None
) -> None:
    found = await read_chart(FakeEpisode([*study(TEXT), *rows]).session())
    clause = f"8.{EXTENDED_TYPES.index(type_) - 2}"
    breaches = [tuple(sorted(b.evidence)) for b in find_breaches(found) if b.clause == clause]
    assert breaches == ([evidence] if evidence else [])


async def test_a_lawful_chart_breaks_nothing() -> None:
    assert find_breaches(await read_chart(FakeEpisode([*study(TEXT), *chart()]).session())) == []


def test_section_8_and_the_appendices_are_read_from_the_text() -> None:
    rules = parse_protocol(TEXT).further
    assert rules is not None
    assert (rules.dose, rules.levels, rules.tolerance) == (200, (100, 80, 60), 5)
    assert (rules.neutrophils_floor, rules.platelets_floor) == (1, 75)
    assert (rules.eligibility_days, rules.lab_days, rules.washout, rules.overlap, rules.reporting) == (28, 3, 7, 7, 1)
    assert (rules.factor, rules.pound) == (Fraction(3, 2), Fraction("0.45359237"))
    assert rules.medicines["310965"] == Medicine("ibuprofen", True, None)
    assert rules.medicines["860975"] == Medicine("metformin", False, Fraction(9, 5))
    assert rules.codes["creatinine"] == "2160-0"
    assert (rules.ordered, rules.consented) == (("active", "on-hold", "completed", "stopped"), ("active", "inactive"))
    assert rules.note_types == ("34117-2", "11506-3")


def test_every_type_has_its_row_in_the_table_of_deviations() -> None:
    deviations = {row.type: row for row in parse_protocol(TEXT).deviations.values()}
    assert set(deviations) == set(EXTENDED_TYPES)
    for name, row in deviations.items():
        assert (row.weight, row.important) == (TYPE_WEIGHTS[name], ICH[name] == "important")


def test_a_protocol_without_section_8_has_no_further_rules() -> None:
    assert parse_protocol(render_protocol(PROTOCOL)).further is None


@pytest.mark.parametrize(
    ("cut", "named"),
    [("7.1 **", "clause 7.1"), ("8.4 **", "clause 8.4"), ("8.12 **", "clause 8.12"), ("## Appendix C", "Appendix C")],
)
def test_a_text_that_lacks_a_rule_is_unreadable(cut: str, named: str) -> None:
    with pytest.raises(Unreadable, match=named):
        parse_protocol(TEXT.replace(cut, "lost "))


def test_a_protocol_without_medicines_is_unreadable() -> None:
    lines = [
        line for line in TEXT.splitlines() if not line.endswith(("| no | none |", "| yes | none |", "| no | 1.80 |"))
    ]
    with pytest.raises(Unreadable, match="Appendix B"):
        parse_protocol("\n".join(lines))
