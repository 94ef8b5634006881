"""POST [base]/Type, also conditional. https://hl7.org/fhir/R4/http.html#create"""

from typing import Any

from fhir_r4 import Invalid, Problem, Request, Response
from fhir_server.body import read_body
from fhir_server.conditional import claim, made_before, meets, one_match, query_of
from fhir_server.integrity import check_references
from fhir_server.interactions.writing import Written, check_storable, prepared, tidy_references, write_answer
from fhir_server.store import EpisodeStore


def create(store: EpisodeStore, request: Request, resource_type: str) -> Response:
    """201 with a server-given id; the id in the body is ignored. 200 if `If-None-Exist` finds one resource."""
    resource = read_body(request, resource_type, "CREATE", store.rules)
    resource.pop("id", None)
    check_storable(resource)
    condition = request.headers.get("if-none-exist")
    if condition:
        return write_answer(store, request, create_unless(store, resource, condition, request.body), located=True)
    tidy_references(store, resource, request.body)
    return write_answer(store, request, created(store, resource), located=True)


def created(store: EpisodeStore, resource: dict[str, Any]) -> Written:
    """Store a new resource. Raises a Problem before anything is stored."""
    write = prepared(resource, store.upcoming_id())
    check_references(store, write, ())
    store.next_id()
    reference = write.reference
    return Written(reference, store.put(write), "SUCCESSFUL_CREATE", created_text(f"{reference}/_history/1"))


def created_text(versioned: str) -> str:
    return f'Successfully created resource "{versioned}".'


def create_unless(store: EpisodeStore, resource: dict[str, Any], condition: str, body: bytes | None) -> Written:
    """A conditional create. Raises PreconditionFailed for several matches, Invalid if the resource is no match."""
    name, query = resource["resourceType"], query_of(condition)
    id = one_match(store, name, query, "HAPI-0958", "CREATE", condition)
    if id is not None:
        return existing(store, f"{name}/{id}", condition)
    tidy_references(store, resource, body)
    new = create_matching(store, resource, query, condition)
    text = conditional_text(new.versioned, condition)
    return Written(new.reference, new.version, "SUCCESSFUL_CREATE_NO_CONDITIONAL_MATCH", text)


def create_matching(store: EpisodeStore, resource: dict[str, Any], query: str, shown: str) -> Written:
    """Store a new resource that the query finds. Raises Invalid if it does not find it, Conflict if it should find
    another that was made under it."""
    name, mark = resource["resourceType"], store.mark()
    new = created(store, resource)
    try:
        if not meets(store, name, new.reference.partition("/")[2], query):
            raise Invalid(
                f"HAPI-0929: Failed to process conditional create. The supplied resource {shown} of type {name} did "
                "not satisfy the conditional URL.",
                issue="processing",
            )
        if not claim(store, new.reference, query):
            raise made_before()
    except Problem:
        store.back_to(mark)
        raise
    return new


def conditional_text(versioned: str, condition: str) -> str:
    return (
        f'Successfully conditionally created resource "{versioned}". No existing resources matched URL "{condition}".'
    )


def existing(store: EpisodeStore, reference: str, condition: str) -> Written:
    """What a conditional create says of the one match; HAPI prints milliseconds where the resource should stand."""
    name, _, id = reference.partition("/")
    version = store.current(name, id)
    assert version is not None
    text = f'Successfully conditionally created resource "0". Existing resource matched URL "{condition}".'
    return Written(reference, version, "SUCCESSFUL_CREATE_WITH_CONDITIONAL_MATCH", text, changed=False)
