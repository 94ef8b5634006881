"""POST [base]/Type. https://hl7.org/fhir/R4/http.html#create"""

from typing import Any

from fhir_r4 import Request, Response, Unsupported
from fhir_server.answer import outcome, version_url
from fhir_server.body import read_resource, require_json
from fhir_server.integrity import check_references
from fhir_server.interactions.writing import check_storable, prepared, write_answer
from fhir_server.store import EpisodeStore


def create(store: EpisodeStore, request: Request, resource_type: str) -> Response:
    """201 with a server-given id; the id in the body is ignored."""
    require_json(request, "CREATE")
    if "if-none-exist" in request.headers:
        raise Unsupported("conditional create (If-None-Exist) is not offered; search first, then create")
    resource = read_resource(request.body, resource_type)
    resource.pop("id", None)
    check_storable(resource)
    check_references(store, resource, ())
    write = prepared(resource, store.next_id())
    version = store.put(write)
    headers = {"location": version_url(store, write.reference, version)}
    said = created_outcome(write.reference)
    return write_answer(store, request, write.reference, version, status=201, said=said, headers=headers)


def created_outcome(reference: str) -> dict[str, Any]:
    return outcome("SUCCESSFUL_CREATE", "Create succeeded.", f'Successfully created resource "{reference}/_history/1".')
