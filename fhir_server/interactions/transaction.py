"""What a transaction Bundle does. https://hl7.org/fhir/R4/http.html#transaction

Deletes, creates, updates, patches and reads, in this order. Every resource gets its id first, then references between
entries are rewritten, then everything is checked and stored; whatever fails takes all of it back.
"""

import base64
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from fhir_r4 import (
    Conflict,
    Invalid,
    NotFound,
    PreconditionFailed,
    Problem,
    Request,
    Response,
    Returned,
    TooCostly,
    parse_exact,
)
from fhir_server.bundle_entry import (
    Entry,
    check_resource,
    check_unique,
    check_url,
    chosen_name,
    is_placeholder,
    sort_key,
    source_of,
    without_repeats,
)
from fhir_server.conditional import (
    can_be_told,
    claim,
    id_taken,
    made_before,
    match_ids,
    meets,
    one_match,
    query_of,
    resolve_match_references,
    strip_versions,
)
from fhir_server.exact import dump
from fhir_server.integrity import check_references
from fhir_server.interactions.create import conditional_text, created_text, existing
from fhir_server.interactions.delete import delete_now, nothing_deleted
from fhir_server.interactions.deletions import Deletions
from fhir_server.interactions.patch import (
    Patch,
    fhirpath_patch_of,
    json_patch_of,
    match_patch_said,
    patch_said,
    readable,
)
from fhir_server.interactions.update import check_client_id, check_version, conditionally, stored, version_of
from fhir_server.interactions.writing import Written, check_storable, kept_labels, labelled, prepared
from fhir_server.looked_up import check_single, looked_up
from fhir_server.placeholders import rename, renamed
from fhir_server.store import EpisodeStore, Version

_MOST_READ = 64 * 1024 * 1024
"""Bytes that the reads of one Bundle may answer."""

Fetch = Callable[[EpisodeStore, Request], Response]
"""Answers a read; raises a Problem."""


@dataclass(slots=True)
class Plan:
    """What an entry will store, once references are known. change: the patch, for a PATCH; resource: then what it makes
    of what is there before the Bundle. done: nothing to store.

    taken: its id, which the client chose, is another resource's.
    """

    entry: Entry
    resource: dict[str, Any]
    id: str
    condition: str = ""
    change: Patch | None = None
    done: Written | None = None
    taken: bool = False

    @property
    def reference(self) -> str:
        return f"{self.resource['resourceType']}/{self.id}"


@dataclass(slots=True)
class Answered:
    """The response of one entry. body: JSON of the resource it carries."""

    response: dict[str, Any]
    body: bytes | None = None
    returned: tuple[Returned, ...] = ()


class Transaction:
    """Runs the entries of one Bundle. Answers are by the number of their entry.

    goes_on: something comes after what is stored, so that HAPI writes it down at once, as it does what comes alone.
    looked_up: `Type/id` of the resources that HAPI knows, which a conditional update may not choose. made: condition ->
    id of the resource that it makes; later entries with this condition mean that one.
    """

    def __init__(self, store: EpisodeStore, request: Request, fetch: Fetch) -> None:
        self.store = store
        self.fetch = fetch
        self.goes_on = False
        self.looked_up: set[str] = set()
        self.made: dict[str, str] = {}
        self.room = _MOST_READ
        self.shows_resources = "return=representation" in request.headers.get("prefer", "")

    def batch(self, entries: list[Entry]) -> dict[int, Answered]:
        """Writes first, in their order, then reads; a failure is the answer of its entry alone."""
        answers: dict[int, Answered] = {}
        for entry in sorted(entries, key=lambda one: one.method == "GET"):
            try:
                answers[entry.number] = self.transaction([replace(entry, number=0)])[0]
            except Problem as problem:
                answers[entry.number] = Answered(_refusal(problem))
        return answers

    def transaction(self, entries: list[Entry]) -> dict[int, Answered]:
        writes = [entry for entry in entries if entry.method != "GET"]
        self.goes_on = any(entry.method in ("PATCH", "GET") for entry in entries)
        self.looked_up, self.made = set(), {}
        answers: dict[int, Answered] = {}
        if writes:
            mark = self.store.mark()
            try:
                answers = self._write(writes)
            except Problem:
                self.store.back_to(mark)
                raise
        for entry in entries:
            if entry.method == "GET":
                answers[entry.number] = self._read(entry)
        return answers

    # -- writing -------------------------------------------------------------------------------------------------

    def _write(self, entries: list[Entry]) -> dict[int, Answered]:
        for entry in entries:
            check_single(self.store, entry)
        if any(entry.method == "PUT" and entry.condition and entry.resource for entry in entries):
            self.looked_up = looked_up(self.store, entries)
        ordered, substitutes = _in_order(entries)
        answers: dict[int, Answered] = {}
        deletions = Deletions()
        names: dict[str, str] = {}
        plans = self._plans(ordered, names, answers, deletions)
        for repeated, kept in substitutes.items():
            if kept in names:
                names[repeated] = names[kept]
        for plan in plans:
            if plan.entry.method != "POST":
                self.store.release(plan.reference)
        deletions.check({plan.reference: plan.resource for plan in plans})
        self._store(plans, names, answers, deletions.done)
        self._claim(plans, at_end=True)
        self._check_conditions(plans)
        return answers

    def _plans(
        self, entries: list[Entry], names: dict[str, str], answers: dict[int, Answered], deletions: Deletions
    ) -> list[Plan]:
        """What is to be stored; deletes at once."""
        plans: list[Plan] = []
        planned: set[str] = set()
        for entry in entries:
            if entry.method == "DELETE":
                answers[entry.number] = self._delete(entry, deletions)
                continue
            if plans and plans[-1].entry.method != entry.method:
                self._claim(plans)
            plan = self._plan(entry, names, planned)
            plans.append(plan)
            planned.add(plan.reference)
            if plan.taken or self._is_new(plan):
                self.looked_up.add(plan.reference)
                if plan.condition:
                    self.made[_url(plan)] = plan.id
            self._name(plan, names)
        if self.goes_on:
            self._claim(plans)
        return plans

    def _name(self, plan: Plan, names: dict[str, str]) -> None:
        """Remember what other entries may call this one's resource."""
        source = source_of(plan.entry) if plan.change is None else plan.entry.full_url
        if source and source != plan.reference:
            names[source] = plan.reference
            if is_placeholder(source):
                names[f"{plan.resource['resourceType']}/{source}"] = plan.reference

    def _delete(self, entry: Entry, deletions: Deletions) -> Answered:
        response: dict[str, Any] = {"status": "204 No Content"}
        if not entry.id:
            if not entry.query:
                raise Invalid("HAPI-0967: Can not perform delete, no ID provided", issue="processing")
            id = one_match(self.store, entry.type, entry.query, "HAPI-0962", "DELETE")
            if id is None:
                return Answered(response | {"outcome": nothing_deleted(entry.condition)})
            deletions.note(self.store, f"{entry.type}/{id}")
            return Answered(response | {"outcome": delete_now(self.store, entry.type, id)[0]})
        reference = f"{entry.type}/{entry.id}"
        if reference in deletions.named:
            return Answered(response)
        deletions.note(self.store, reference)
        outcome, number = delete_now(self.store, entry.type, entry.id)
        if number is not None:
            deletions.named.add(reference)
            response |= {"location": f"{reference}/_history/{number}", "etag": str(number)}
        return Answered(response | {"outcome": outcome})

    def _plan(self, entry: Entry, names: dict[str, str], planned: set[str]) -> Plan:
        if entry.method == "POST":
            return self._plan_create(entry, names)
        if entry.method == "PUT":
            return self._plan_update(entry, names)
        if entry.method == "PATCH":
            return self._plan_patch(entry, names, planned)
        raise Invalid(f"HAPI-0538: Unable to handle verb in transaction: {entry.method}", issue="processing")

    def _plan_create(self, entry: Entry, names: dict[str, str]) -> Plan:
        resource = check_resource(entry)
        check_storable(resource)
        name = resource["resourceType"]
        condition = renamed(entry.if_none_exist, names)
        if condition:
            found = one_match(self.store, name, query_of(condition), "HAPI-0958", "CREATE", condition)
            if found is not None:
                done = existing(self.store, f"{name}/{found}", condition)
                return Plan(entry, resource, found, condition, done=done)
        return Plan(entry, resource, self.store.next_id(), condition)

    def _plan_update(self, entry: Entry, names: dict[str, str]) -> Plan:
        resource = check_resource(entry)
        check_storable(resource)
        name = resource["resourceType"]
        if entry.id:
            check_client_id(self.store, name, entry.id)
            last = self.store.current(name, entry.id)
            check_version(version_of(entry.if_match), f"{name}/{entry.id}", last)
            return Plan(entry, resource, entry.id)
        condition = renamed(f"{entry.type}?{entry.query}", names)
        found = self.made.get(condition) or one_match(self.store, name, query_of(condition), "HAPI-0988", "UPDATE")
        chosen = chosen_name(entry)
        given = chosen.rpartition("/")[2]
        if not given or (chosen in self.looked_up and self.store.rules.forgets_known_ids):
            return Plan(entry, resource, found or self.store.next_id(), condition)
        if found is None:
            check_client_id(self.store, name, given)
        elif found != given:
            raise Invalid(
                f'HAPI-2279: Failed to UPDATE resource with match URL "{condition}" because the matching resource does '
                "not match the provided ID",
                issue="processing",
            )
        taken = found is None and self.store.current(name, given) is not None
        return Plan(entry, resource, given, condition, taken=taken)

    def _plan_patch(self, entry: Entry, names: dict[str, str], planned: set[str]) -> Plan:
        change = _patch_of(check_resource(entry))
        id, condition = entry.id, ""
        if not id:
            condition = renamed(entry.condition, names)
            query = query_of(condition)
            found = self.made.get(condition) or one_match(self.store, entry.type, query, "HAPI-0972", "PATCH")
            if found is None:
                raise NotFound(
                    f'HAPI-0973: Invalid match URL "{condition}" - No resources match this search', issue="processing"
                )
            id = found
        elif self.store.current(entry.type, id) is None and f"{entry.type}/{id}" not in planned:
            raise NotFound(f"HAPI-1997: {entry.type}/{id}", issue="processing")
        resource = {"resourceType": entry.type}
        if f"{entry.type}/{id}" not in planned:
            last = self.store.current(entry.type, id)
            resource = change(readable(self.store, entry.type, id, last, version_of(entry.if_match)))
        return Plan(entry, resource, id, condition, change)

    def _store(self, plans: list[Plan], names: dict[str, str], answers: dict[int, Answered], deleted: set[str]) -> None:
        pending = {plan.reference for plan in plans}
        known = {plan.condition: plan.reference for plan in plans if plan.condition}
        known |= {plan.entry.condition_with_type: plan.reference for plan in plans if plan.condition}
        for plan in plans:
            if plan.done is None and plan.change is None:
                self._refer(plan.resource, names, known)
        allowed = pending | deleted
        for plan in plans:
            if plan.done is None:
                plan.done = self._stored(plan, names, known, pending if plan.change else allowed)
            answers[plan.entry.number] = self._answer(plan, plan.done)

    def _refer(self, resource: dict[str, Any], names: dict[str, str], known: dict[str, str]) -> None:
        """Write references as they are stored: literal, to resources of this transaction or of the store."""
        rename(resource, names, (), resource["resourceType"])
        strip_versions(resource)
        resolve_match_references(self.store, resource, known, "HAPI-2207")

    def _stored(self, plan: Plan, names: dict[str, str], known: dict[str, str], pending: set[str]) -> Written:
        name = plan.resource["resourceType"]
        last = self.store.current(name, plan.id)
        resource = plan.resource
        if plan.change is not None:
            resource = plan.change(readable(self.store, name, plan.id, last, version_of(plan.entry.if_match)))
            self._refer(resource, names, known)
        if plan.change is not None or (plan.entry.method == "PUT" and last is not None):
            resource = kept_labels(resource, labelled(self.store, name, plan.id, last))
        write = prepared(resource, plan.id)
        check_references(self.store, write, pending)
        if plan.entry.method == "POST":
            version = self.store.put(write)
            return _created(write.reference, version, plan.condition)
        done = stored(self.store, write, alone=self.goes_on)
        if plan.change is not None:
            return match_patch_said(done, plan.condition) if plan.condition else patch_said(done)
        if not plan.condition:
            return done
        if last is None:
            done = Written(done.reference, done.version, "SUCCESSFUL_UPDATE_NO_CONDITIONAL_MATCH", "")
        return conditionally(done, plan.condition)

    def _answer(self, plan: Plan, done: Written) -> Answered:
        new = done.created and done.version.number == 1
        response: dict[str, Any] = {
            "status": "201 Created" if done.created else "200 OK",
            "location": done.versioned,
            "etag": str(done.version.number),
        }
        if new:
            response["lastModified"] = self.store.world.now
        response["outcome"] = done.outcome(took=new)
        if not self.shows_resources:
            return Answered(response)
        returned = Returned(done.reference, str(done.version.number), True)
        return Answered(response, done.version.json, (returned,))

    def _claim(self, plans: list[Plan], *, at_end: bool = False) -> None:
        """Raises Conflict if the condition of a new resource was that of another one, or its id is. at_end: after
        everything else; HAPI then has words of its own for it, and before it shows its database's."""
        taken = next((plan for plan in plans if plan.taken), None)
        if taken is not None:
            if at_end:
                raise id_taken(_flushing(plans))
            raise Conflict(
                f'HAPI-0550: there is another {taken.reference}, which the condition "{taken.condition}" does not '
                "find; choose another id, or none",
                issue="processing",
            )
        for plan in plans:
            if not plan.condition or plan.change is not None or not self._is_new(plan):
                continue
            if not claim(self.store, plan.reference, query_of(plan.condition)):
                if at_end:
                    raise made_before(_flushing(plans))
                raise Conflict(
                    f'HAPI-0550: another resource was made under the condition "{plan.condition}" and does not meet '
                    "it; change or delete that one first",
                    issue="processing",
                )

    def _is_new(self, plan: Plan) -> bool:
        if plan.done is None:
            return self.store.current(plan.resource["resourceType"], plan.id) is None
        return plan.done.created

    def _check_conditions(self, plans: list[Plan]) -> None:
        """Raises Invalid if what was stored meets a condition twice, PreconditionFailed if it does not meet its own."""
        checked = [plan for plan in plans if plan.condition and plan.done and plan.done.changed]
        found = {_url(plan): match_ids(self.store, *_url(plan).split("?", 1)) for plan in checked}
        versions = Counter(plan.reference for plan in plans if plan.done and plan.done.changed)
        for plan in plans:
            if versions[plan.reference] > 1 and _is_in_place(plan):
                versions[plan.reference] -= 1
        for plan in checked:
            url = _url(plan)
            name, _, query = url.partition("?")
            times = sum(versions[f"{name}/{id}"] for id in found[url])
            if times > 1 and plan.done and plan.done.created and can_be_told(self.store, name, query):
                raise Invalid(
                    "HAPI-0542: Unable to process Transaction - Request would cause multiple resources to match URL: "
                    f'"{plan.entry.condition_with_type}". Does transaction request contain duplicates?',
                    issue="processing",
                )
        for plan in checked:
            url = _url(plan)
            name, _, query = url.partition("?")
            if plan.id not in found[url] and not meets(self.store, name, plan.id, query):
                raise PreconditionFailed(
                    f'HAPI-0539: Invalid conditional URL "{plan.condition}". The given resource is not matched by '
                    "this URL.",
                    issue="processing",
                )

    # -- reading -------------------------------------------------------------------------------------------------

    def _read(self, entry: Entry) -> Answered:
        if not entry.url:
            raise Invalid("HAPI-0545: Unable to perform GET, no URL provided.", issue="processing")
        path, _, query = entry.url.partition("?")
        headers = {"if-none-match": entry.if_none_match} if entry.if_none_match else {}
        try:
            response = self._fetched(Request("GET", path.strip("/"), query, headers))
        except Problem as problem:
            return Answered(_refusal(problem))
        status = {"status": _status(response.status)}
        if response.status >= 400:
            issue = parse_exact(response.body)["issue"][0] | {"code": "exception"}
            return Answered(status | {"outcome": {"resourceType": "OperationOutcome", "issue": [issue]}})
        if response.status >= 300:
            return Answered(status)
        self.room -= len(response.body)
        if self.room < 0:
            return Answered(_refusal(TooCostly(f"the Bundle reads more than {_MOST_READ} bytes: use a lower _count")))
        return Answered(status, response.body, response.returned)

    def _fetched(self, request: Request) -> Response:
        """The answer to a read. In a Bundle HAPI shows whole resources although `_elements` stands in the links."""
        response = self.fetch(self.store, request)
        if "_elements=" not in request.query or "_summary=" in request.query or response.status != 200:
            return response
        others = "&".join(pair for pair in request.query.split("&") if not pair.startswith("_elements="))
        whole = self.fetch(self.store, replace(request, query=others))
        if b'"link"' not in response.body:
            return whole
        shown, page = parse_exact(response.body), parse_exact(whole.body)
        body = dump({**page, "id": shown["id"], "link": shown["link"]})
        return Response(whole.status, whole.headers, body, whole.returned)


def _in_order(entries: list[Entry]) -> tuple[list[Entry], dict[str, str]]:
    """The entries in the order in which they are done, without repeats, and which fullUrl each of those stands for."""
    placeholders = frozenset(entry.full_url for entry in entries if entry.full_url.startswith("urn:"))
    ordered = sorted(entries, key=lambda entry: sort_key(entry, placeholders))
    ordered, substitutes = without_repeats(ordered)
    for entry in ordered:
        check_url(entry)
    check_unique(ordered)
    return ordered, substitutes


def _url(plan: Plan) -> str:
    """The condition of a plan, with its type."""
    return f"{plan.resource['resourceType']}?{query_of(plan.condition)}"


def _is_in_place(plan: Plan) -> bool:
    """Whether it changes, on HAPI, the very resource that an entry before it stores."""
    return plan.change is not None and plan.entry.resource is not None and "parameter" in plan.entry.resource


def _flushing(plans: list[Plan]) -> str:
    """What HAPI says it was doing, with the types of what is written."""
    stored = {(plan.reference, 1 if plan.taken or not plan.done else plan.done.version.number) for plan in plans}
    counts = sorted(Counter(reference.partition("/")[0] for reference, _ in stored).items())
    written = ", ".join(name if number == 1 else f"{name} (x{number})" for name, number in counts)
    return f"Error flushing transaction with resource types: [{written}] - "


def _created(reference: str, version: Version, condition: str) -> Written:
    versioned = f"{reference}/_history/{version.number}"
    if condition:
        text = conditional_text(versioned, condition)
        return Written(reference, version, "SUCCESSFUL_CREATE_NO_CONDITIONAL_MATCH", text)
    return Written(reference, version, "SUCCESSFUL_CREATE", created_text(versioned))


def _status(status: int) -> str:
    return f"{status} {HTTPStatus(status).phrase}"


def _refusal(problem: Problem) -> dict[str, Any]:
    """The response of an entry that failed by itself."""
    message = problem.message
    if isinstance(problem, Conflict) and message.startswith("Unable to delete"):
        message = f"HAPI-0550: HAPI-0515: {message}"
    issue = {"severity": "error", "code": "exception", "diagnostics": message}
    return {"status": _status(problem.status), "outcome": {"resourceType": "OperationOutcome", "issue": [issue]}}


def _patch_of(resource: dict[str, Any]) -> Patch:
    """A PATCH entry holds a Binary with a JSON Patch, or Parameters with a FHIRPath Patch. Raises Invalid."""
    name = resource["resourceType"]
    if name == "Parameters":
        return fhirpath_patch_of(resource)
    if name == "Binary":
        kind = resource.get("contentType", "").partition(";")[0].strip()
        if "fhir" in kind:
            raise Invalid(
                "HAPI-0536: Binary PATCH detected with FHIR content type. FHIR Patch should use Parameters resource.",
                issue="processing",
            )
        if kind != "application/json-patch+json":
            raise Invalid(f"HAPI-1965: Invalid Content-Type for PATCH operation: {kind}", issue="processing")
        if "data" in resource:
            return json_patch_of(base64.b64decode(resource["data"]))
    raise Invalid("HAPI-0537: Unable to determine PATCH body from request", issue="processing")
