"""What is measured, in the order of the table, with the goals. A measurement answers with {name: value}."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Values = Mapping[str, float]
"""By metric name, in the metric's unit."""
Curve = Sequence[tuple[int, Values]]
"""(how much of it, figures) per point."""


@dataclass(frozen=True)
class Metric:
    """goal: None if there is none; a rate should be above it, all else below."""

    name: str
    title: str
    unit: str
    goal: float | None = None

    @property
    def is_rate(self) -> bool:
        return self.unit.endswith("/s")

    def is_met(self, value: float) -> bool:
        return self.goal is None or (value >= self.goal if self.is_rate else value <= self.goal)


METRICS = (
    Metric("generate_tiny", "generate tiny, digest included, per core", "resources/s"),
    Metric("generate", "generate the world, digest included, per core", "resources/s", 120_000),
    Metric("build_tiny", "build a tiny world", "ms"),
    Metric("load_tiny", "load tiny into the server, per core", "resources/s"),
    Metric("load", "load the world into the server, per core", "resources/s", 90_000),
    Metric("fork", "fork (HAPI: reset + proof): a fresh world per episode", "us", 10),
    Metric("read", "read, in process", "us"),
    Metric("count", "search patient + code, count only, in process", "us", 12),
    Metric("search", "search patient + code, Bundle of 1 to 7, in process", "us"),
    Metric("page", "search patient + date, sorted, a page of 20, in process", "us", 35),
    Metric("population", "search code + date range, sorted, Bundle of 20, in process", "us", 400),
    Metric("write", "create, every element and reference checked, in process", "us", 20),
    Metric("write_found", "create and the count that finds it (indexing included), in process", "us"),
    Metric("engine_episode", "fork + 30 searches + 5 writes + changes, in process", "ms", 1),
    Metric("http_read", "read, HTTP", "us", 200),
    Metric("http_search", "search patient + code, Bundle of 1 to 7, HTTP", "us", 200),
    Metric("http_page", "search patient + date, sorted, a page of 20, HTTP", "us", 200),
    Metric("http_population", "search code + date range, sorted, Bundle of 20, HTTP", "us"),
    Metric("http_write", "create, HTTP", "us"),
    Metric("http_rate", "search patient + date, sorted, a page of 20, HTTP, one process", "requests/s", 9_000),
    Metric("cold_start_first", "first start of `ehr-sandbox fhir` on the world, to its first answer", "s"),
    Metric("cold_start", "a later start of it, the world on disk", "s", 1.2),
    Metric("resource_memory", "memory per resource of the world", "kB", 3),
    Metric("episode_memory_0", "memory per open episode, 0 writes", "kB", 1),
    Metric("episode_memory_5", "memory per open episode, 5 writes", "kB", 20),
    Metric("episode_memory_20", "memory per open episode, 20 writes", "kB", 50),
    Metric("largest_load", "load the largest world of the table below, one core", "s", 15),
    Metric("largest_memory", "memory of the process that holds it", "GB", 2.6),
    Metric("largest_search", "search patient + code on it, in times of that on 45,000 resources", "x", 1.5),
    Metric("new_episode_http", "tiny: build + load + reference episode + grade, HTTP", "ms", 150),
    Metric("episode_http", "tiny: reference episode + grade on a built world, HTTP", "ms", 60),
    Metric("new_episode_asgi", "tiny: build + load + reference episode + grade, no sockets", "ms", 150),
    Metric("episode_asgi", "tiny: reference episode + grade on a built world, no sockets", "ms", 60),
)
