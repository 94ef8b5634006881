"""The boundary: every failure becomes a status and a body, FHIR's below /fhir, plain JSON elsewhere."""

import orjson
from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from fhir_r4 import Fault, MethodNotAllowed, NotFound, Problem, Unauthorized


def problem_body(problem: Problem) -> bytes:
    return orjson.dumps({"error": problem.category, "message": problem.message})


def problem_headers(problem: Problem) -> dict[str, str]:
    return {"www-authenticate": "Bearer"} if isinstance(problem, Unauthorized) else {}


def _response(problem: Problem) -> Response:
    headers = {"content-type": "application/json"} | problem_headers(problem)
    return Response(problem_body(problem), problem.status, headers)


async def _on_problem(request: Request, error: Exception) -> Response:
    return _response(error if isinstance(error, Problem) else Fault("the API failed: tell the operator"))


async def _on_http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 405:
        return _response(MethodNotAllowed("this path does not take this method: see /openapi.json"))
    return _response(NotFound("no such path: see /openapi.json"))


def map_problems(app: FastAPI) -> None:
    """Name every failure; nothing of what happened inside leaves with an unknown one."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, _on_problem)
