"""The tools that a model gets: two to read the chart, and one for each action and the report, made from the brief."""

import base64
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from baselines.errors import BudgetSpent, Refused
from baselines.session import AgentSession

_READING: Sequence[Mapping[str, Any]] = (
    {
        "name": "fhir_search",
        "description": "Search the chart by FHIR REST. Answers the resources of one page and, if there are more, the"
        " `next` link: pass it as query to go on. Costs 1 FHIR request.",
        "parameters": {
            "type": "object",
            "properties": {
                "query": {
                    "type": "string",
                    "description": "e.g. `Observation?patient=Patient/x&_sort=_id&_count=50`, or a `next` link",
                }
            },
            "required": ["query"],
            "additionalProperties": False,
        },
    },
    {
        "name": "fhir_read",
        "description": "Read one resource whole; attached text is decoded. Costs 1 FHIR request.",
        "parameters": {
            "type": "object",
            "properties": {"reference": {"type": "string", "description": "Type/id"}},
            "required": ["reference"],
            "additionalProperties": False,
        },
    },
)
SUBMIT = "submit_report"


def tools_of(brief: Mapping[str, Any]) -> list[dict[str, Any]]:
    """In the shape of OpenAI's `tools`."""
    functions = [*_READING]
    schema = brief["action_schema"]
    for variant in schema.get("oneOf", [schema]):
        action = _inlined(variant, schema.get("$defs", {}))
        properties = dict(action["properties"])
        name = properties.pop("action")["const"]
        parameters = action | {
            "properties": properties,
            "required": [field for field in action.get("required", ()) if field != "action"],
        }
        functions.append(_function(name, "Costs 1 action.", parameters))
    report = brief["report_schema"]
    functions.append(_function(SUBMIT, "Ends the audit. Free.", _inlined(report, report.get("$defs", {}))))
    return [{"type": "function", "function": function} for function in functions]


async def use(session: AgentSession, name: str, arguments: str, names: Sequence[str], limit: int) -> str:
    """What the tool says back, as JSON text of at most `limit` characters. A refusal is an answer too."""
    try:
        given = orjson.loads(arguments or "{}")
    except orjson.JSONDecodeError:
        return _error("malformed", "the arguments are not JSON")
    if name not in names or not isinstance(given, dict):
        return _error("malformed", f"call one of {', '.join(names)} with a JSON object")
    try:
        return _fitting(await _answer(session, name, given), limit)
    except Refused as refused:
        return _error(refused.error, refused.message)
    except BudgetSpent as spent:
        return _error("budget_spent", str(spent))


async def _answer(session: AgentSession, name: str, given: dict[str, Any]) -> dict[str, Any]:
    if name == "fhir_search":
        return _page(await session.get(str(given.get("query", ""))), session.fhir_left)
    if name == "fhir_read":
        resource = await session.read(str(given.get("reference", "")))
        return {"resource": _legible(resource), "fhir_left": session.fhir_left}
    if name == SUBMIT:
        return dict(await session.submit(given))
    return dict(await session.act({**given, "action": name}))


def _page(bundle: Mapping[str, Any], left: int | None) -> dict[str, Any]:
    links = {link["relation"]: link["url"] for link in bundle.get("link", ())}
    return {
        "total": bundle.get("total"),
        "resources": [_legible(entry["resource"]) for entry in bundle.get("entry", ()) if "resource" in entry],
        "next": links.get("next"),
        "fhir_left": left,
    }


def _legible(resource: dict[str, Any]) -> dict[str, Any]:
    """A document's attached text in place of its base64 `data`: a model reads words."""
    if resource.get("resourceType") != "DocumentReference":
        return resource
    return resource | {"content": [_with_text(content) for content in resource.get("content", ())]}


def _with_text(content: dict[str, Any]) -> dict[str, Any]:
    attachment = content.get("attachment", {})
    if not attachment.get("contentType", "").startswith("text/") or "data" not in attachment:
        return content
    text = base64.b64decode(attachment["data"]).decode(errors="replace")
    kept = {key: value for key, value in attachment.items() if key != "data"}
    return content | {"attachment": kept | {"text": text}}


def _fitting(answer: dict[str, Any], limit: int) -> str:
    """A page too large loses whole resources from its end, and says so; anything else is cut."""
    text = orjson.dumps(answer).decode()
    if len(text) <= limit:
        return text
    resources = answer.get("resources", [])
    room, kept = limit - 300, 0
    for resource in resources:
        room -= len(orjson.dumps(resource)) + 1
        if room < 0:
            break
        kept += 1
    if kept:
        note = f"{len(resources) - kept} resources left out: the page is too large, ask with a smaller _count"
        return orjson.dumps(answer | {"resources": resources[:kept], "left_out": note}).decode()
    return text[: max(limit - 40, 0)] + " ... [cut: the answer is too large]"


def _error(word: str, message: str) -> str:
    return orjson.dumps({"error": word, "message": message}).decode()


def _function(name: str, cost: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    described = " ".join(part for part in (parameters.get("description", ""), cost) if part)
    kept = {key: value for key, value in parameters.items() if key not in ("title", "description", "$defs")}
    return {"name": name, "description": described, "parameters": kept}


def _inlined(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """Without `$ref`, which not every provider follows. The brief's schemas do not refer to themselves."""
    if isinstance(schema, list):
        return [_inlined(part, definitions) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        return _inlined(definitions[schema["$ref"].rpartition("/")[2]], definitions) | beside
    return {key: _inlined(value, definitions) for key, value in schema.items() if key != "$defs"}
