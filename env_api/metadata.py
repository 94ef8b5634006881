"""/metadata as the gateway answers it: what passes the screen, the same on every backend."""

from importlib.metadata import version

import orjson

from fhir_r4 import CHART_TYPES, Response, capability_statement


def metadata_answer(base: str) -> Response:
    """The CapabilityStatement of one episode's FHIR base."""
    statement = capability_statement(CHART_TYPES, ("read", "search-type"), base, version("ehr-sandbox"))
    return Response(200, {"content-type": "application/fhir+json"}, orjson.dumps(statement))
