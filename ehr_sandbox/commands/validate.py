"""`ehr-sandbox validate`: prove worlds, truth, floors, and that the truth can be neither guessed nor gamed."""

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from ehr_sandbox.cards import measured, write_cards
from ehr_sandbox.commands.options import Json, SaltFile, Seeds, TaskWord
from ehr_sandbox.console import console, progress
from ehr_sandbox.run_folder import RunFolder
from ehr_sandbox.salt import read_salt
from ehr_sandbox.selection import select
from ehr_sandbox.suites import SUITES
from ehr_sandbox.validate import IndexReport
from ehr_sandbox.validation_gaming import game_worlds
from ehr_sandbox.validation_run import FEWEST_WORKERS, SAMPLE, Sample, validate_indices
from ehr_sandbox.validation_summary import VariantSummary, summarise
from tasks import Address


def command(
    task: TaskWord,
    seeds: Seeds = None,
    salt_file: SaltFile = None,
    workers: Annotated[
        int, typer.Option(min=FEWEST_WORKERS, metavar="N", help="Processes; each digest is made in two.")
    ] = max(FEWEST_WORKERS, os.cpu_count() or FEWEST_WORKERS),
    resume: Annotated[
        Path, typer.Option("--resume", metavar="DIR", help="Keeps what is done; a run that was killed goes on from it.")
    ] = Path("runs/validate"),
    card: Annotated[
        Path | None, typer.Option("--card", metavar="DIR", help="Write a card per variant to DIR/<suite>/<variant>.md.")
    ] = None,
    readers: Annotated[
        int,
        typer.Option(min=0, metavar="N", help="First indices of a variant that readers with a blind spot play."),
    ] = SAMPLE.ablations,
    json: Json = False,
) -> None:
    """Check indices: truth equal three ways, every resource valid, reference 1.0 within par, floors, blind spots,
    cheats, probes, stable digests."""
    addresses = select(task, SUITES).addresses(seeds)
    salt = read_salt(salt_file)
    folder = RunFolder.below(resume, salt)
    sample = replace(SAMPLE, ablations=readers)
    reports = _run(salt, addresses, folder, workers, sample, json)
    gamed = game_worlds(
        addresses,
        folder,
        workers=workers,
        sample=sample,
        on_start=_saying("probing and gaming", is_silent=json),
        on_done=_saying("probed and gamed", is_silent=json),
    )
    summaries = summarise(reports, gamed=gamed)
    if json:
        for summary in summaries:
            typer.echo(summary.model_dump_json())
    else:
        _show(summaries)
    if card is not None:
        write_cards(summaries, card)
    if any(summary.problems for summary in summaries):
        raise typer.Exit(1)


def _run(
    salt: str, addresses: list[Address], folder: RunFolder, workers: int, sample: Sample, json: bool
) -> list[IndexReport]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with progress(*columns, is_json=json) as shown:
        bar = shown.add_task("validating", total=len(addresses))
        log = _Log(len(addresses), is_silent=json or not shown.disable)

        def on_report(report: IndexReport) -> None:
            log.add(report)
            shown.update(bar, advance=1, description=f"validating ({log.wrong} wrong)")

        return validate_indices(salt, addresses, folder, workers=workers, on_report=on_report, sample=sample)


class _Log:
    """Where nobody watches a bar, ten lines on standard error."""

    def __init__(self, total: int, *, is_silent: bool) -> None:
        self.total, self.is_silent = total, is_silent
        self.done = self.wrong = 0

    def add(self, report: IndexReport) -> None:
        self.done += 1
        self.wrong += bool(report.problems)
        is_tenth = self.done * 10 // self.total > (self.done - 1) * 10 // self.total
        if is_tenth and not self.is_silent:
            typer.echo(f"validated {self.done} of {self.total} ({self.wrong} wrong)", err=True)


def _saying(what: str, *, is_silent: bool) -> Callable[[str], None]:
    def say(task: str) -> None:
        if not is_silent:
            typer.echo(f"{what}: {task}", err=True)

    return say


def _show(summaries: list[VariantSummary]) -> None:
    say = console()
    agents = list(dict.fromkeys(name for s in summaries for name in s.means))
    table = Table("task", "indices", "wrong", "most requests", *agents, box=None, header_style="bold")
    for s in summaries:
        means = (_interval(s, agent) for agent in agents)
        table.add_row(s.task, str(s.indices), str(len(s.problems)), str(s.most_requests), *means)
    say.print(table)
    for summary in summaries:
        if text := measured(summary):
            say.print(f"\n{summary.task}\n\n{text}", markup=False, soft_wrap=True)
    for problem in shown_problems(summaries):
        say.print(f"  {problem}", markup=False, soft_wrap=True)


def shown_problems(summaries: Iterable[VariantSummary], most: int = 50) -> list[str]:
    """Bounds of whole variants first: there are few, and each stands for many indices; then single indices'."""
    problems = [(problem, summary.task) for summary in summaries for problem in summary.problems]
    bounds = [problem for problem, task in problems if problem.startswith(f"{task}: ")]
    ordered = bounds + [problem for problem, task in problems if not problem.startswith(f"{task}: ")]
    left = len(ordered) - most
    return ordered[:most] + ([f"and {left} more; --json lists all"] if left > 0 else [])


def _interval(summary: VariantSummary, agent: str) -> str:
    """The mean, and the half-width of its 95 % interval if it has one."""
    mean, half = summary.means.get(agent), summary.half_widths.get(agent)
    if mean is None:
        return "-"
    return f"{mean:.3f} ±{half:.3f}".replace("±0.", "±.") if half else f"{mean:.3f}"
