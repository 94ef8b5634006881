"""One thing that validation finds, and the OperationOutcome that says all of them, in HAPI's form."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fhir_server.operations.placed import Placed

_EXTENSION = "http://hl7.org/fhir/StructureDefinition/operationoutcome-"
_MESSAGES = "http://hl7.org/fhir/java-core-messageId"


@dataclass(frozen=True, slots=True)
class Issue:
    """path: FHIRPath of the element, empty for the whole. message: the id of the text in the HL7 validator."""

    severity: str
    text: str
    path: str
    line: int
    column: int
    message: str | None = None


def issue_at(severity: str, text: str, path: str, node: Placed, message: str | None = None) -> Issue:
    return Issue(severity, text, path, node.line, node.column, message)


def outcome_of(issues: Iterable[Issue]) -> dict[str, Any]:
    """An OperationOutcome with every issue, or one that says there is none."""
    rows = [_row(issue) for issue in issues]
    if not rows:
        text = "No issues detected during validation"
        rows = [{"severity": "information", "code": "informational", "diagnostics": text}]
    return {"resourceType": "OperationOutcome", "issue": rows}


def _row(issue: Issue) -> dict[str, Any]:
    extension: list[dict[str, Any]] = [
        {"url": f"{_EXTENSION}issue-line", "valueInteger": issue.line},
        {"url": f"{_EXTENSION}issue-col", "valueInteger": issue.column},
    ]
    row: dict[str, Any] = {"severity": issue.severity, "code": "processing"}
    if issue.message:
        extension.append({"url": f"{_EXTENSION}message-id", "valueString": issue.message})
        row["details"] = {"coding": [{"system": _MESSAGES, "code": issue.message}]}
    row["diagnostics"] = issue.text
    place = f"Line[{issue.line}] Col[{issue.column}]"
    row["location"] = [issue.path, place] if issue.path else [place]
    if issue.path:
        row["expression"] = [issue.path]
    return {"extension": extension, **row}
