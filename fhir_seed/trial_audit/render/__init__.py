"""From a world's plan to its FHIR R4 resources: canonical bytes in write order, the same for the same entropy."""

from fhir_seed.trial_audit.render.world import render_world

__all__ = ["render_world"]
