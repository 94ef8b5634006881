"""What the wiring hands in: tasks, worlds, grading, the backend, time and random ids. Truth stays on its side."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import Field

from env_api.settings import Settings
from fhir_r4 import Backend, Progress, World
from tasks import Address, Assignment, Budget, Frozen, RunRecord, Scorecard


class TaskRow(Frozen):
    """One variant of a suite, as the operator lists it."""

    task: str = Field(description="suite/variant; add /index to open an episode")
    title: str
    version: str = Field(description="version of the suite's world generator")
    budget: Budget


@dataclass(frozen=True)
class Ports:
    assign: Callable[[Address], Assignment]
    """Raises a Problem for an unknown suite or variant."""
    open_world: Callable[[Address], Awaitable[World]]
    grade: Callable[[RunRecord], Scorecard]
    """Slow: it may build the truth. Called outside the event loop."""
    list_tasks: Callable[[], Sequence[TaskRow]]
    backend: Backend
    clock: Callable[[], float]
    """Monotonic seconds, for the idle limit only."""
    new_id: Callable[[], str]
    """Random episode id, safe in a URL path and a file name; tells nothing of the task."""
    new_token: Callable[[], str]
    operator_token: str
    records: Path
    """Folder of run records; must not be readable from where agents run."""
    settings: Settings = field(default_factory=Settings)
    progress: Progress | None = None
    """Told how far the backend is with a world; a remote server may need minutes."""
