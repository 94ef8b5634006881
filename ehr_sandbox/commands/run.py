"""`ehr-sandbox run`: agents on tasks, over real HTTP."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

import baselines
from ehr_sandbox.commands.options import Backend, Json, Records, SaltFile, Seeds, TaskWord, WorldCache
from ehr_sandbox.console import console
from ehr_sandbox.play_all import play_all
from ehr_sandbox.results import RunResult, results_table, scored_line
from ehr_sandbox.salt import read_salt
from ehr_sandbox.selection import select
from ehr_sandbox.suites import SUITES, Suite
from ehr_sandbox.urls import http_url
from ehr_sandbox.wire import House
from fhir_r4 import Invalid, NotFound


def command(
    task: TaskWord,
    agent: Annotated[
        list[str], typer.Option("--agent", metavar="NAME", help="An agent's name; repeat for several.")
    ] = ["reference"],  # noqa: B006
    seeds: Seeds = None,
    backend: Backend = None,
    records: Records = Path("runs"),
    salt_file: SaltFile = None,
    world_cache: WorldCache = None,
    model: Annotated[str | None, typer.Option(metavar="NAME", help="Model name for --agent llm.")] = None,
    model_url: Annotated[
        str | None, typer.Option(metavar="URL", help="OpenAI-compatible base URL; or OPENAI_BASE_URL.")
    ] = None,
    json: Json = False,
) -> None:
    """Run agents on tasks over real HTTP and grade them. The key of --agent llm is read from OPENAI_API_KEY."""
    selection = select(task, SUITES)
    agents = agents_of(selection.suite, agent, model, model_url)
    house = House(read_salt(salt_file), records, backend, world_cache)
    results: list[RunResult] = []
    try:
        asyncio.run(play_all(house, selection.addresses(seeds), agents, results, is_json=json))
    finally:  # a Problem or an interruption in the middle: what was run until then is shown
        if results and not json:
            _show(results, records)
    if any(result.status == "failed" for result in results):
        raise typer.Exit(1)


def _show(results: list[RunResult], records: Path) -> None:
    say = console()
    say.print(results_table(results))
    say.print(f"{scored_line(results)}; records in {records}", markup=False, soft_wrap=True)
    for result in results:
        if result.status == "failed":
            say.print(f"  {result.task} {result.agent}: {result.detail}", markup=False, soft_wrap=True)


def agents_of(
    suite: Suite, names: list[str], model: str | None, model_url: str | None
) -> Mapping[str, baselines.Agent]:
    """By name. Raises NotFound with the names there are, Invalid if the llm agent lacks something."""
    known = {**suite.agents, **suite.ablations}
    if "llm" in names:
        known["llm"] = _model_agent(model, model_url or os.environ.get("OPENAI_BASE_URL", ""))
    unknown = [name for name in names if name not in known]
    if unknown:
        there_are = ", ".join([*suite.agents, *suite.ablations, "llm"])
        raise NotFound(f"{suite.name} has no agent {unknown[0]!r}; there are: {there_are}")
    return {name: known[name] for name in names}


def _model_agent(model: str | None, model_url: str) -> baselines.Agent:
    """Raises Invalid."""
    try:
        endpoint = baselines.endpoint_of(model_url, model, os.environ.get("OPENAI_API_KEY"))
    except baselines.MissingKey as error:
        needs = "OPENAI_API_KEY in the environment, --model NAME, --model-url URL (or OPENAI_BASE_URL)"
        raise Invalid(f"{error}; it takes {needs}") from error
    http_url(model_url, "--model-url", "https://HOST/v1")
    return baselines.model_agent(endpoint)
