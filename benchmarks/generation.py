"""Resources per second: plan, rendering to JSON bytes, and digest, in this process. A second is one of a core."""

from benchmarks.metrics import Values
from benchmarks.scale import SALT, Scale, tiny
from benchmarks.timing import least_cpu, p50
from fhir_r4 import World
from fhir_seed import trial_audit
from tasks import Address


def build(address: Address) -> World:
    return trial_audit.build(SALT, address).world


def measure(scale: Scale) -> Values:
    """A world is built once before the clock starts, so that imports and tables do not count."""
    small, large = build(tiny(0)).size, build(scale.world).size
    return {
        "generate_tiny": small / least_cpu(build, [tiny(0)] * scale.builds),
        "build_tiny": p50(build, [tiny(index) for index in range(scale.builds)]) * 1e3,
        "generate": large / least_cpu(build, [scale.world] * scale.loads),
    }
