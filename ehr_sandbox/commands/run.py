"""`ehr-sandbox run`: agents on tasks, over real HTTP."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import baselines
from ehr_sandbox.commands.options import Backend, Json, SaltFile, Seeds, TaskWord, WorldCache
from ehr_sandbox.console import console
from ehr_sandbox.results import RunResult, results_table, scored_line
from ehr_sandbox.runner import play
from ehr_sandbox.salt import read_salt
from ehr_sandbox.selection import select
from ehr_sandbox.suites import Suite
from ehr_sandbox.wire import House, arena_over_http
from fhir_r4 import NotFound
from tasks import Address

Records = Annotated[Path, typer.Option("--records", metavar="DIR", help="Where run records go.")]


def command(
    task: TaskWord,
    agent: Annotated[list[str], typer.Option("--agent", help="An agent's name; repeat for several.")] = ["reference"],  # noqa: B006
    seeds: Seeds = None,
    backend: Backend = None,
    records: Records = Path("runs"),
    salt_file: SaltFile = None,
    world_cache: WorldCache = None,
    model: Annotated[str | None, typer.Option(help="Model name for --agent llm.")] = None,
    model_url: Annotated[str | None, typer.Option(help="OpenAI-compatible base URL; or OPENAI_BASE_URL.")] = None,
    json: Json = False,
) -> None:
    """Run agents on tasks over real HTTP and grade them. The key of --agent llm is read from OPENAI_API_KEY."""
    selection = select(task)
    agents = agents_of(selection.suite, agent, model, model_url)
    house = House(read_salt(salt_file), records, backend, world_cache)
    results = asyncio.run(_run(house, selection.addresses(seeds), agents, json))
    if not json:
        say = console()
        say.print(results_table(results))
        say.print(f"{scored_line(results)}; records in {records}", markup=False, soft_wrap=True)
    if any(result.status == "failed" for result in results):
        raise typer.Exit(1)


def agents_of(
    suite: Suite, names: list[str], model: str | None, model_url: str | None
) -> Mapping[str, baselines.Agent]:
    """By name. Raises NotFound with the names there are."""
    known = dict(suite.agents)
    if "llm" in names:
        endpoint = baselines.endpoint_of(
            model_url or os.environ.get("OPENAI_BASE_URL", ""), model or "", os.environ.get("OPENAI_API_KEY", "")
        )
        known["llm"] = baselines.model_agent(endpoint)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise NotFound(f"{suite.name} has no agent {unknown[0]!r}; there are: {', '.join([*suite.agents, 'llm'])}")
    return {name: known[name] for name in names}


async def _run(
    house: House, addresses: list[Address], agents: Mapping[str, baselines.Agent], json: bool
) -> list[RunResult]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    results = []
    with Progress(*columns, console=Console(stderr=True), disable=json, transient=True) as progress:
        bar = progress.add_task("starting", total=len(addresses) * len(agents))
        async with arena_over_http(house) as arena:
            for address in addresses:
                for name, agent in agents.items():
                    progress.update(bar, description=f"{address} {name}")
                    results.append(await play(arena, address, name, agent, seed=address.index))
                    progress.advance(bar)
                    if json:
                        typer.echo(results[-1].model_dump_json())
    return results
