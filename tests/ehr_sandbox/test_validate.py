"""`validate` finds nothing wrong with the suites there are, and finds what is wrong with broken ones."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from ehr_sandbox.commands.validate import shown_problems
from ehr_sandbox.generators import Built
from ehr_sandbox.suites import SUITES, Suite
from ehr_sandbox.validate import IndexReport, check_index, truth_problems
from ehr_sandbox.validation_summary import summarise
from fhir_r4 import Fault, World
from tasks import PUBLIC_SALT, Address, Trap, Truth
from tests.ehr_sandbox.command import Outcome

Command = Callable[..., Outcome]
MOCK = Address(suite="mock", variant="tiny", index=0)


@dataclass(frozen=True)
class Pair:
    world: World
    truth: Truth


def built() -> Built:
    return SUITES["mock"].build(PUBLIC_SALT, MOCK)


def mock_with(**changes: Any) -> dict[str, Suite]:
    return {"mock": replace(SUITES["mock"], **changes)}


async def noop(session: object, seed: int) -> None:
    return None


async def broken(session: object, seed: int) -> None:
    raise ZeroDivisionError("by nothing")


def test_suites_are_sound(command: Command, tmp_path: Path) -> None:
    mock = command("validate", "mock", "--seeds", "0-1", "--json", "--resume", tmp_path)
    tiny = command("validate", "trial_audit/tiny", "--seeds", "0-2", "--json", "--resume", tmp_path)
    assert (mock.code, tiny.code, mock.err, tiny.err) == (0, 0, "", "")
    assert [(line["task"], line["indices"], line["problems"]) for line in (*mock.lines, *tiny.lines)] == [
        ("mock/tiny", 2, []),
        ("trial_audit/tiny", 3, []),
    ]
    assert tiny.lines[0]["means"]["reference"] == 1.0
    assert tiny.lines[0]["means"].keys() == SUITES["trial_audit"].agents.keys()


def test_a_variant_shows_what_it_measured(command: Command, tmp_path: Path) -> None:
    """The card says what the screen says, and both what so few indices cannot show."""
    outcome = command("validate", "trial_audit/tiny", "--seeds", "0-1", "--resume", tmp_path, "--card", tmp_path)
    assert outcome.code == 0, outcome.out
    card = (tmp_path / "trial_audit" / "tiny.md").read_text()
    for word in ("`ignores_override`", "`flag_all`", "Digest of the first", "Not asked"):
        assert word in outcome.out
        assert word in card


def test_readers_with_a_blind_spot_play_as_many_indices_as_asked(command: Command, tmp_path: Path) -> None:
    words = ("validate", "trial_audit/tiny", "--seeds", "0-1", "--resume", tmp_path, "--json")
    (none,), (one,) = command(*words, "--readers", "0").lines, command(*words, "--readers", "1").lines
    assert none["ablations"] == []
    assert {reader["indices"] for reader in one["ablations"]} == {1}


def test_table_shows_means(command: Command, tmp_path: Path) -> None:
    outcome = command("validate", "mock", "--seeds", "0", "--resume", tmp_path)
    assert outcome.out.split() == [
        *("task", "indices", "wrong", "most", "requests", "reference", "noop"),
        *("mock/tiny", "1", "0", "1", "1.000", "0.000"),
    ]


def test_differing_truth_is_reported() -> None:
    suite = replace(SUITES["mock"], recompute=lambda built: built.truth.model_copy(update={"items": ()}))
    (problem,) = truth_problems(suite, built())
    assert problem.startswith("injected and re-derived items differ: only injected {")
    assert built().truth.items[0].subject in problem


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"counts": {"missing_birth_date": 7}}, "re-derived counts differ: injected {'missing_birth_date': 1}"),
        ({"escalate": ("Organization/x",)}, "escalate differ: injected (), re-derived ('Organization/x',)"),
        ({"persons": {}}, "re-derived persons differ"),
    ],
)
def test_every_part_of_the_truth_is_compared(change: dict[str, Any], says: str) -> None:
    suite = replace(SUITES["mock"], recompute=lambda built: built.truth.model_copy(update=change))
    (problem,) = truth_problems(suite, built())
    assert says in problem


def test_trap_that_is_an_error_is_reported() -> None:
    whole = built()
    item = whole.truth.items[0]
    trap = Trap(subject=item.subject, type=item.type, family="lookalike")
    spoilt = Pair(whole.world, whole.truth.model_copy(update={"traps": (trap,)}))
    assert list(truth_problems(SUITES["mock"], spoilt)) == [
        f"trap lookalike on {item.subject} is an error: missing_birth_date"
    ]


async def test_reference_that_misses_is_reported() -> None:
    suites = mock_with(agents={"reference": noop, "noop": noop})
    report = await check_index(PUBLIC_SALT, MOCK, suites)
    missed, scored = report.problems
    assert missed.startswith("the reference agent missed {('Patient/")
    assert scored == "reference scored 0.0, must be exactly 1.0"


async def test_reference_over_par_is_reported() -> None:
    budget = SUITES["mock"].budgets["tiny"].model_copy(update={"par": 0})
    report = await check_index(PUBLIC_SALT, MOCK, mock_with(budgets={"tiny": budget}))
    assert report.problems == ("the reference agent needed 1 FHIR requests, par is 0",)


async def test_scripted_agent_that_crashes_is_reported_though_it_scores_nothing() -> None:
    suites = mock_with(agents={**SUITES["mock"].agents, "random": broken}, floors={"random": 0.05})
    report = await check_index(PUBLIC_SALT, MOCK, suites)
    assert report.problems == ("random failed by agent: ZeroDivisionError: by nothing",)


def report_of(index: int, reward: float) -> IndexReport:
    return IndexReport(
        task=f"mock/tiny/{index}",
        digest="",
        problems=(),
        rewards={"guess": reward},
        nets={"guess": reward},
        resources=0,
        reference_requests=0,
        items=0,
        traps=0,
    )


@pytest.mark.parametrize(
    ("rewards", "problems"),
    [
        ([0.0, 0.1], ()),
        ([0.1, 0.11], ("mock/tiny: guess has a mean reward of 0.1050, above its bound of 0.1",)),
        ([0.04] * 200, ()),
        ([0.06] * 200, ("mock/tiny: guess has a mean reward of 0.0600, above its bound of 0.05",)),
    ],
)
def test_floor_above_its_bound_is_reported(rewards: list[float], problems: tuple[str, ...]) -> None:
    reports = [report_of(index, reward) for index, reward in enumerate(rewards)]
    (summary,) = summarise(reports, mock_with(floors={"guess": 0.05}))
    assert summary.problems == problems


def test_index_that_cannot_be_built_is_reported_and_the_others_are_averaged() -> None:
    unbuilt = IndexReport.unbuilt(MOCK, Fault("no cohort fits"))
    (summary,) = summarise([unbuilt, report_of(1, 0.25), report_of(2, 0.75)])
    assert summary.problems == ("mock/tiny/0: cannot be built: no cohort fits",)
    assert (summary.indices, summary.means, summary.half_widths) == (3, {"guess": 0.5}, {"guess": 0.49})


def test_bounds_are_shown_first_and_what_is_left_out_is_counted() -> None:
    reports = [
        report_of(index, 1.0).model_copy(update={"problems": ("wrong 0", "wrong 1", "wrong 2")}) for index in range(4)
    ]
    summaries = summarise(reports, mock_with(floors={"guess": 0.05}))
    bound = "mock/tiny: guess has a mean reward of 1.0000, above its bound of 0.1"
    assert shown_problems(summaries, 3) == [bound, "mock/tiny/0: wrong 0", "mock/tiny/0: wrong 1", LEFT]
    assert len(shown_problems(summaries, 13)) == 13
    assert shown_problems([], 3) == []


LEFT = "and 10 more; --json lists all"


def test_one_index_has_no_interval() -> None:
    assert summarise([report_of(1, 0.25)])[0].half_widths == {}


def test_log_says_how_far_it_is(command: Command, tmp_path: Path) -> None:
    outcome = command("validate", "mock", "--seeds", "0-1", "--resume", tmp_path)
    assert outcome.err.split("\n") == ["validated 1 of 2 (0 wrong)", "validated 2 of 2 (0 wrong)", ""]
