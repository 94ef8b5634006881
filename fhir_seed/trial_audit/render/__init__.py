"""From a world's plan to its FHIR R4 resources: canonical bytes in write order, the same for the same entropy."""

from fhir_seed.trial_audit.render.world import (
    Drawn,
    draw_courses,
    people_resources,
    render_world,
    shared_resources,
    world_of,
)

__all__ = ["Drawn", "draw_courses", "people_resources", "render_world", "shared_resources", "world_of"]
