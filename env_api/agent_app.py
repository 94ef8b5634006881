"""The agent's API: one episode by its token, and nothing else."""

from fastapi import FastAPI
from starlette.routing import Route

from env_api.agent_routes import agent_routes
from env_api.desk import Desk
from env_api.fhir_route import FhirRoute
from env_api.problems import map_problems

_ABOUT = """\
Read `GET /episodes/{episode}/brief` first. FHIR R4 (read only) is at `/episodes/{episode}/fhir`; it is not part of this
document: `/episodes/{episode}/fhir/metadata` describes it. Every call needs the episode's Bearer token.
"""


def create_agent_app(desk: Desk) -> FastAPI:
    """FHIR comes before the framework's routes: it is most of the traffic."""
    app = FastAPI(
        title="Episode", version="1", description=_ABOUT, docs_url=None, redoc_url=None, redirect_slashes=False
    )
    fhir = FhirRoute(desk)
    for path in ("/episodes/{episode}/fhir", "/episodes/{episode}/fhir/{path:path}"):
        app.router.routes.append(Route(path, fhir, include_in_schema=False))
    app.include_router(agent_routes(desk))
    map_problems(app)
    return app
