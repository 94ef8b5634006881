"""The stopwatch."""

from collections.abc import Awaitable, Callable, Iterable
from statistics import median
from time import perf_counter, process_time
from typing import TypeVar

Item = TypeVar("Item")


def p50(step: Callable[[Item], object], items: Iterable[Item]) -> float:
    """Median seconds of `step(item)`; the making of the items does not count."""
    seconds = []
    for item in items:
        start = perf_counter()
        step(item)
        seconds.append(perf_counter() - start)
    return median(seconds)


def least(step: Callable[[Item], object], items: Iterable[Item]) -> float:
    """The least seconds of `step(item)`."""
    seconds = []
    for item in items:
        start = perf_counter()
        step(item)
        seconds.append(perf_counter() - start)
    return min(seconds)


def least_cpu(step: Callable[[Item], object], items: Iterable[Item]) -> float:
    """The least processor seconds of `step(item)`: what one core needs, however busy the machine is."""
    seconds = []
    for item in items:
        start = process_time()
        step(item)
        seconds.append(process_time() - start)
    return min(seconds)


async def p50_async(step: Callable[[Item], Awaitable[object]], items: Iterable[Item]) -> float:
    """The same for a coroutine function."""
    seconds = []
    for item in items:
        start = perf_counter()
        await step(item)
        seconds.append(perf_counter() - start)
    return median(seconds)
