"""`ehr-sandbox demo`: what `make demo` shows."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn

import baselines
from ehr_sandbox.commands.options import Json, Records
from ehr_sandbox.console import console, progress
from ehr_sandbox.results import RunResult, results_table, scored_line
from ehr_sandbox.runner import play
from ehr_sandbox.suites import SUITES
from ehr_sandbox.wire import House, arena_over_http
from tasks import PUBLIC_SALT, Address


def command(records: Records = Path("runs"), json: Json = False) -> None:
    """Run every scripted agent on trial_audit tiny, easy, medium and hard (index 0), embedded, over real HTTP."""
    suite = SUITES["trial_audit"]
    results = asyncio.run(_play(House(PUBLIC_SALT, records), dict(suite.agents), list(suite.budgets), json))
    if json:
        for result in results:
            typer.echo(result.model_dump_json())
    else:
        _show(results, records)
    if not _as_promised(results):
        raise typer.Exit(1)


async def _play(
    house: House, agents: Mapping[str, baselines.Agent], variants: list[str], json: bool
) -> list[RunResult]:
    results = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with progress(*columns, is_json=json) as shown:
        bar = shown.add_task("starting", total=len(variants) * len(agents))
        async with arena_over_http(house) as arena:
            for variant in variants:
                for name, agent in agents.items():
                    shown.update(bar, description=f"trial_audit/{variant}/0 {name}")
                    address = Address(suite="trial_audit", variant=variant, index=0)
                    results.append(await play(arena, address, name, agent))
                    shown.advance(bar)
    return results


def _show(results: list[RunResult], records: Path) -> None:
    say = console()
    say.print("Scripted agents audit a clinical trial's charts over FHIR R4 (embedded engine, real HTTP).\n")
    say.print(results_table(results))
    best = next(r for r in results if r.agent == "reference")
    say.print(
        f"\n{scored_line(results)}. Records: {records}/ (public salt: for development, not benchmark results)\n"
        f"Look into one:  .venv/bin/ehr-sandbox grade {best.record} --explain\n"
        "Serve episodes to your own agent:  .venv/bin/ehr-sandbox serve",
        markup=False,
        soft_wrap=True,
    )


def _as_promised(results: list[RunResult]) -> bool:
    """Reference exactly 1, noop and flag_all exactly 0, everywhere."""
    exact = SUITES["trial_audit"].exact
    return all(r.reward == exact[r.agent] for r in results if r.agent in exact)
