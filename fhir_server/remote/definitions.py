"""The search parameters of implementation guides, given to a server that lacks them as SearchParameter resources."""

from functools import cache

import orjson

from fhir_r4 import HAPI, guide_parameters
from fhir_server.remote.upstream import FHIR_JSON, Upstream


async def give_definitions(upstream: Upstream) -> None:
    """For before resources are written: HAPI indexes by what it knows then. A server that takes none goes without."""
    statement = orjson.loads((await upstream.call("GET", "metadata")).content)
    known = {
        (resource["type"], parameter["name"])
        for rest in statement.get("rest", ())
        for resource in rest.get("resource", ())
        for parameter in resource.get("searchParam", ())
    }
    for reference, (names, text) in _definitions().items():
        if not names <= known:
            await upstream.call("PUT", reference, "", {"content-type": FHIR_JSON}, text)


def is_definition(reference: str) -> bool:
    """Whether this is one of those resources: it belongs to the server, not to a world."""
    return reference in _definitions()


@cache
def _definitions() -> dict[str, tuple[set[tuple[str, str]], bytes]]:
    """Reference -> (the (type, code) pairs that it defines, the resource)."""
    return {
        f"SearchParameter/{node['id']}": ({(name, node["code"]) for name in node["base"]}, orjson.dumps(node))
        for guide in HAPI.guides
        for node in guide_parameters(guide)
    }
