"""Cheats are scored offline as the API would score them, within the budget of actions, and find planted leaks."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from baselines import AgentSession
from ehr_sandbox.gaming import BOUND, CHEATS, Answer, Claim, earned, play_cheat, play_cheats
from ehr_sandbox.gaming.games import GAMES
from ehr_sandbox.gaming.learned import best_claims, by_columns, by_words, learn, ways
from ehr_sandbox.probes import DEAD, WITHOUT_EXTENSION, WorldView, label_probes, read_view, view_of, write_view
from ehr_sandbox.probes.labels import label_population
from ehr_sandbox.run_folder import RunFolder
from ehr_sandbox.runner import play
from ehr_sandbox.validation_gaming import game_worlds
from ehr_sandbox.validation_summary import FEWEST, Gamed
from ehr_sandbox.wire import House, arena_in_process
from fhir_seed.trial_audit import Built, build
from tasks import PUBLIC_SALT, Address
from tasks.trial_audit import VARIANTS

ACTIONS = VARIANTS["tiny"].budget.actions


def address(index: int) -> Address:
    return Address(suite="trial_audit", variant="tiny", index=index)


@cache
def built(index: int) -> Built:
    return build(PUBLIC_SALT, address(index))


@cache
def views() -> tuple[WorldView, ...]:
    return tuple(view_of(built(index)) for index in range(60))


def test_a_view_is_read_as_it_was_written(tmp_path: Path) -> None:
    view = views()[0]
    write_view(view, tmp_path / "0.npz")
    again = read_view(tmp_path / "0.npz")
    for name, value in vars(view).items():
        assert np.array_equal(getattr(again, name), value), name


def test_a_view_has_the_truth_of_its_world() -> None:
    view, truth = views()[0], built(0).truth
    assert [(view.subjects[i.row], i.type, i.kind) for i in view.items] == [
        (i.subject, i.type, i.kind) for i in truth.items
    ]
    missing = [view.subjects[row] for row in view.missing_birth_date]
    assert missing == [i.subject for i in truth.items if i.kind == "missing"]
    assert view.total == sum(i.weight for i in truth.items)


def wrong_row(view: WorldView) -> int:
    return next(row for row in range(len(view.subjects)) if row not in {item.row for item in view.items})


def answers() -> dict[str, Answer]:
    """Some right, some wrong, doubles, more than the budget allows; reports half right."""
    view = views()[0]
    right = [Claim(item.row, item.type, 0.7) for item in view.items]
    wrong = [Claim(wrong_row(view), item.type, 0.2) for item in view.items]
    return {
        "right": Answer(tuple(right), dict(view.counts), view.escalate),
        "mixed": Answer((*right[:2], *wrong[:3]), dict(view.counts), ()),
        "twice": Answer((*right[:2], replace(right[0], confidence=0.1)), {}, view.sites),
        "over budget": Answer(tuple(Claim(row, "invalid_age", 0.3) for row in range(20)), dict(view.counts), ()),
    }


@pytest.mark.parametrize("name", ["right", "mixed", "twice", "over budget"])
async def test_an_answer_earns_offline_what_it_earns_through_the_api(tmp_path: Path, name: str) -> None:
    answer, view = answers()[name], views()[0]

    async def cheat(session: AgentSession, seed: int) -> None:
        """Retrieves the chart, and cites what the offline score grants."""
        for kind in ("Patient", "ResearchSubject", "MedicationAdministration", "AdverseEvent"):
            async for _ in session.search(kind):
                pass
        stages = ("code", "399537006,comorbidity-index")
        async for _ in session.search("Observation", [stages]):
            pass
        evidence = {(item.subject, item.type): item.evidence[0] for item in built(0).truth.items}
        for claim in answer.claims[:ACTIONS]:
            await session.flag(
                view.subjects[claim.row],
                claim.type,
                confidence=claim.confidence,
                corrective_action="query_site",
                evidence=evidence.get((view.subjects[claim.row], claim.type), ()),
            )
        counts = dict.fromkeys(view.counts, 0) | dict(answer.counts)
        await session.submit({"counts": counts, "sites_to_escalate": list(answer.sites), "narrative": ""})

    async with arena_in_process(House(PUBLIC_SALT, tmp_path)) as arena:
        result = await play(arena, address(0), "cheat", cheat)
    assert result.status == "completed", result.detail
    assert result.fhir_requests <= VARIANTS["tiny"].budget.par
    full = replace(answer, counts=dict.fromkeys(view.counts, 0) | dict(answer.counts))
    found = earned(full, view, ACTIONS)
    assert (result.net, result.reward) == (pytest.approx(found.net, abs=1e-6), pytest.approx(found.reward, abs=1e-6))


def test_every_cheat_keeps_its_bound_on_sixty_worlds() -> None:
    figures = {figure.name: figure for figure in play_cheats(views(), ACTIONS)}
    assert {name for name, figure in figures.items() if figure.is_bounded and figure.mean > 2 * BOUND} == set()
    assert (figures["flag_all"].mean, figures["replay_ids"].mean, figures["stuffed_report"].mean) == (0.0, 0.0, 0.0)
    assert figures["missing_birth_dates"].mean > 0.15
    assert figures["stage_iv_high_index"].mean > 0.03
    assert {figure.learned for figure in figures.values()} == {None, 3}
    assert {figure.worlds for figure in figures.values()} == {60}


def leaky(view: WorldView) -> WorldView:
    """Bytes and a word of a note give every item away."""
    items = sorted({item.row for item in view.items})
    ranks = view.ranks.copy()
    ranks[:, view.names.index("bytes Patient")] = 10
    ranks[items, view.names.index("bytes Patient")] = 250
    words = [view.words[view.starts[row] : view.starts[row + 1]] for row in range(len(view.subjects))]
    words = [np.append(own, np.uint16(7)) if row in items else own for row, own in enumerate(words)]
    starts = np.concatenate([[0], np.cumsum([len(own) for own in words])])
    return replace(view, ranks=ranks, words=np.concatenate(words), starts=starts)


def test_a_leak_is_found_and_paid() -> None:
    worlds = [leaky(view) for view in views()]
    for name in ("sizes", "note_words"):
        assert play_cheat(name, worlds, ACTIONS).mean > 2 * BOUND
    assert play_cheat("ids", worlds, ACTIONS).mean < BOUND
    assert any(not probe.holds for probe in label_probes(worlds))


def rare(view: WorldView, rank: int) -> WorldView:
    """One element that all subjects have alike but two in three of those with an item: they lack it (a low rank), or
    only they have it (a high one)."""
    ranks = view.ranks.copy()
    column = view.names.index("bytes Patient")
    ranks[:, column] = 128
    ranks[sorted({item.row for item in view.items})[: 2 * len(view.items) // 3], column] = rank
    return replace(view, ranks=ranks)


@pytest.mark.parametrize("rank", [1, 254], ids=["absence", "presence"])
def test_what_few_lack_is_found_like_what_few_have(rank: int) -> None:
    worlds = [rare(view, rank) for view in views()]
    assert play_cheat("sizes", worlds, ACTIONS).mean > 2 * BOUND
    assert any(not probe.holds for probe in label_probes(worlds))


def test_the_day_of_the_treatments_note_is_asked_of_every_kind_but_the_late_treatment() -> None:
    day = "first date DocumentReference 11506-3"
    asked = {kind: day in label_population(kind, views()).names for kind in ("window", "age", "temporal")}
    assert asked == {"window": False, "age": True, "temporal": True}


def test_few_worlds_teach_nothing_and_the_figure_says_so() -> None:
    figure = play_cheat("everything", views()[:6], ACTIONS)
    assert (figure.learned, figure.is_empty) == (0, True)
    assert not play_cheat("flag_all", views()[:6], ACTIONS).is_empty


def test_likely_claims_may_be_gambled_with() -> None:
    """A loss is cut off at 0, so the best way is chosen by what it earned on other worlds."""
    claims = (Claim(0, "invalid_age", 0.2), Claim(1, "protocol_window_violation", 0.3), Claim(2, "invalid_age", 0.1))
    offered = ways(claims)
    assert (offered["honest"], offered["nothing"]) == (claims, ())
    assert offered["top 2 at 1.0"] == (Claim(0, "invalid_age", 1.0), Claim(1, "protocol_window_violation", 1.0))


@pytest.mark.parametrize(("name", "demand"), [("the_dead", DEAD), ("stage_iv_high_index", WITHOUT_EXTENSION)])
def test_a_demand_is_flagged_without_reading_a_date(name: str, demand: str) -> None:
    view = views()[0]
    answer = GAMES[name].family(views())["2 at 0.5"](view)
    assert [claim.row for claim in answer.claims] == list(view.meets[demand][:2])
    assert not GAMES[name].is_bounded


def test_margins_of_the_cohort_give_three_of_its_figures() -> None:
    view = replace(views()[0], verdict="none", cohort_weight=5)
    answer = GAMES["cohort_by_margins"].family([view])["margins confounded 1.0"](view)
    assert answer.figures == 3
    without = earned(replace(answer, figures=0), view, ACTIONS)
    assert earned(answer, view, ACTIONS).reward > without.reward > 0


def test_what_is_learned_is_a_probability() -> None:
    """Without a leak the best claims are near the base rate; with one they are sure."""
    worlds = views()
    fit = by_columns(lambda name: name.startswith("bytes "))
    for known, least, most in ((worlds, 0.0, 0.4), ([leaky(v) for v in worlds], 0.2, 1.0)):
        learned = learn(fit, known[:20], known[20:40])
        (claims,) = best_claims(learned, [known[40]], ACTIONS)
        assert len(claims) == ACTIONS
        assert least < max(claim.confidence for claim in claims) <= most
    assert by_words(worlds[:1], "invalid_age") is None


class Heard:
    """A stage's start and end, as it says them."""

    def __init__(self, folder: Path) -> None:
        self.folder = RunFolder(folder)
        self.said: list[str] = []

    def game(self, worlds: int) -> dict[str, Gamed]:
        addresses = [address(index) for index in range(worlds)]
        return game_worlds(addresses, self.folder, workers=2, on_start=self.said.append, on_done=self.said.append)


def test_what_was_gamed_is_kept_with_the_worlds(tmp_path: Path) -> None:
    """Each cheat is a job of its own, and finds what it finds in one process; fewer worlds are not asked at all."""
    heard = Heard(tmp_path)
    for index in range(FEWEST):
        write_view(views()[index], heard.folder.view_path(address(index)))
    found = heard.game(FEWEST)
    assert heard.said == [f"trial_audit/tiny ({FEWEST} worlds)", "trial_audit/tiny"]
    assert found["trial_audit/tiny"].cheats[-1] == play_cheat(CHEATS[-1], views()[:FEWEST], ACTIONS)
    assert tuple(figure.name for figure in found["trial_audit/tiny"].cheats) == CHEATS
    assert found["trial_audit/tiny"].labels == tuple(label_probes(views()[:FEWEST]))
    assert heard.game(FEWEST) == found
    assert heard.game(FEWEST - 1) == {}
    assert len(heard.said) == 2


def same_answers(one: Sequence[Claim], two: Sequence[Claim]) -> bool:
    return {(c.row, c.type) for c in one} == {(c.row, c.type) for c in two}


def test_a_replay_repeats_places_not_people() -> None:
    one, two = views()[:2]
    places = next(iter(GAMES["replay_places"].family([one]).values()))(two)
    assert same_answers(places.claims, [Claim(i.row, i.type, 1.0) for i in one.items])
    assert GAMES["replay_ids"].family([one])["ids"](two).claims == ()
    assert same_answers(
        GAMES["replay_ids"].family([one])["ids"](one).claims, [Claim(i.row, i.type, 1.0) for i in one.items]
    )
