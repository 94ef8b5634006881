"""The operator's API: opens, watches, closes and grades episodes; it also ends those that nobody calls any more."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from fastapi import FastAPI

from env_api.desk import Desk
from env_api.operator_routes import operator_routes
from env_api.problems import map_problems
from fhir_r4 import Problem

_LOG = logging.getLogger("env_api")


def create_operator_app(desk: Desk) -> FastAPI:
    """Its lifespan sweeps idle episodes and, at the end, ends what is still open."""

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        sweeper = asyncio.create_task(_sweep(desk))
        try:
            yield
        finally:
            sweeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sweeper
            await desk.stop()

    app = FastAPI(
        title="EHR Sandbox operator",
        version="1",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.include_router(operator_routes(desk))
    map_problems(app)
    return app


async def _sweep(desk: Desk) -> None:
    while True:
        await asyncio.sleep(desk.ports.settings.sweep_seconds)
        try:
            await desk.sweep()
        except Problem as problem:
            _LOG.error("an idle episode did not end well: %s", problem.message)
