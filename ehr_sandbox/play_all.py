"""Play every agent on every task over real HTTP, with progress, one result line at a time."""

from collections.abc import Iterator, Mapping

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn

import baselines
from ehr_sandbox.console import progress
from ehr_sandbox.results import RunResult
from ehr_sandbox.runner import play
from ehr_sandbox.wire import House, arena_over_http
from tasks import Address


async def play_all(
    house: House,
    addresses: list[Address],
    agents: Mapping[str, baselines.Agent],
    results: list[RunResult],
    *,
    is_json: bool,
) -> None:
    """Results are added as they come, so that what was played is not lost when a Problem ends it."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with progress(*columns, is_json=is_json) as shown:
        bar = shown.add_task("starting", total=len(addresses) * len(agents))
        loading = shown.add_task("loading", visible=False)

        def loaded(done: int, total: int) -> None:
            shown.update(loading, description="loading the world", completed=done, total=total, visible=done < total)

        async with arena_over_http(house, loaded) as arena:
            for address, name in _pairs(addresses, agents):
                shown.update(bar, description=f"{address} {name}")
                results.append(await play(arena, address, name, agents[name], seed=address.index))
                shown.advance(bar)
                if is_json:
                    typer.echo(results[-1].model_dump_json())


def _pairs(addresses: list[Address], agents: Mapping[str, baselines.Agent]) -> Iterator[tuple[Address, str]]:
    """Task by task, so that a world is built, and on HAPI loaded, once."""
    return ((address, name) for address in addresses for name in agents)
