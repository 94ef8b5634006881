"""The mock suite's world: three patients."""

from fhir_seed.mock.build import Built, build
from fhir_seed.mock.oracle import recompute

__all__ = ["Built", "build", "recompute"]
