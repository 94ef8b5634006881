"""Resources per second into the embedded engine: parse, extract, index. A second is one of a core."""

import asyncio

from benchmarks.generation import build
from benchmarks.metrics import Values
from benchmarks.scale import Scale, tiny
from benchmarks.timing import least_cpu
from fhir_r4 import World
from fhir_server import EmbeddedBackend


def load(world: World) -> None:
    asyncio.run(EmbeddedBackend().load(world))


def measure(scale: Scale) -> Values:
    small, large = build(tiny(0)), build(scale.world)
    load(small)
    return {
        "load_tiny": small.size / least_cpu(load, [small] * scale.builds),
        "load": large.size / least_cpu(load, [large] * scale.loads),
    }
