"""`ehr-sandbox demo`: what `make demo` shows."""

import asyncio
from pathlib import Path

import typer

from ehr_sandbox.commands.options import Json, Records
from ehr_sandbox.console import console
from ehr_sandbox.play_all import play_all
from ehr_sandbox.results import RunResult, results_table, scored_line
from ehr_sandbox.suites import SUITES
from ehr_sandbox.wire import House
from tasks import PUBLIC_SALT, Address


def command(records: Records = Path("runs"), json: Json = False) -> None:
    """Run every scripted agent on every variant of trial_audit (index 0), embedded, over real HTTP."""
    suite = SUITES["trial_audit"]
    addresses = [Address(suite=suite.name, variant=variant, index=0) for variant in suite.budgets]
    results: list[RunResult] = []
    asyncio.run(play_all(House(PUBLIC_SALT, records), addresses, suite.agents, results, is_json=json))
    if not json:
        _show(results, records)
    if not _as_promised(results):
        raise typer.Exit(1)


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
