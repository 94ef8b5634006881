"""Memory of a loaded world and of open episodes: growth of the resident set of a fresh process that streams the world
from a file, so that nothing but the engine is in it. `python -m benchmarks.memory FILE COUNT NOW` is that process."""

import asyncio
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import orjson

from benchmarks.generation import build
from benchmarks.lines import Lines
from benchmarks.machine import ROOT
from benchmarks.metrics import Values
from benchmarks.queries import queries_on
from benchmarks.scale import Scale
from fhir_r4 import World
from fhir_server import EmbeddedBackend

EPISODES = {0: 4000, 5: 200, 20: 200}
"""Open episodes by their number of writes."""


def measure(scale: Scale) -> Values:
    world = build(scale.world)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "world.ndjson"
        path.write_bytes(b"".join(blob + b"\n" for blob in world.resources))
        command = [sys.executable, "-m", "benchmarks.memory", str(path), str(world.size), world.now]
        output = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    values: dict[str, float] = orjson.loads(output)
    return values


def in_this_process(path: Path, number: int, now: str) -> Values:
    """kB per resource, and per open episode by number of writes."""
    world = World(now, Lines(path, number), {"Resource": number}, "0" * 64)
    ask = queries_on(world)
    backend = EmbeddedBackend()
    start = resident_kb()
    handle = asyncio.run(backend.load(world))
    values = {"resource_memory": (resident_kb() - start) / number}
    stores = []
    for writes, episodes in EPISODES.items():
        start = resident_kb()
        for n in range(episodes):
            store = backend.fork_now(handle, f"http://127.0.0.1:8800/episodes/{n:021}/fhir")
            for request in ask.creates(writes, n):
                backend.answer(store, request)
            stores.append(store)
        values[f"episode_memory_{writes}"] = (resident_kb() - start) / episodes
    return values


def resident_kb() -> float:
    """What this process holds; where that is not known, the most that it ever held."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024


if __name__ == "__main__":
    print(orjson.dumps(in_this_process(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])).decode())
