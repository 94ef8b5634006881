"""Named failures, mapped once to HTTP status and FHIR OperationOutcome.

    Problem                    category     status  issue code
    ├── Invalid                invalid      400     invalid
    ├── Unsupported            unsupported  400     not-supported
    ├── Unauthorized           unauthorized 401     login
    ├── Forbidden              forbidden    403     forbidden
    ├── TooCostly              too_costly   403     too-costly
    ├── NotFound               not_found    404     not-found
    ├── MethodNotAllowed       method       405     not-supported
    ├── NotAcceptable          accept       406     not-supported
    ├── Conflict               conflict     409     conflict
    ├── Gone                   gone         410     deleted
    ├── PreconditionFailed     precondition 412     conflict
    ├── TooLarge               too_large    413     too-long
    ├── Unprocessable          unprocessable 422    processing
    ├── Busy                   busy         503     transient
    ├── BackendDown            backend_down 502     transient
    └── Fault                  fault        500     exception

A message says what happened and what to do about it. https://hl7.org/fhir/R4/operationoutcome.html
"""

from typing import Any, ClassVar

import orjson


class Problem(Exception):
    """A failure that a caller can act on. `issue` overrides the class's FHIR issue code. also: further failures of the
    same kind, one issue each."""

    category: ClassVar[str] = "fault"
    status: ClassVar[int] = 500
    issue: ClassVar[str] = "exception"

    def __init__(self, message: str, *, issue: str | None = None, also: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.issue_code = issue or self.issue
        self.also = also

    def outcome(self) -> dict[str, Any]:
        """The OperationOutcome that a FHIR client gets."""
        outcome = operation_outcome("error", self.issue_code, self.message)
        for text in self.also:
            outcome["issue"] += operation_outcome("error", self.issue_code, text)["issue"]
        return outcome

    def outcome_bytes(self) -> bytes:
        return orjson.dumps(self.outcome())


class Invalid(Problem):
    category, status, issue = "invalid", 400, "invalid"


class Unsupported(Problem):
    category, status, issue = "unsupported", 400, "not-supported"


class Unauthorized(Problem):
    category, status, issue = "unauthorized", 401, "login"


class Forbidden(Problem):
    category, status, issue = "forbidden", 403, "forbidden"


class TooCostly(Problem):
    category, status, issue = "too_costly", 403, "too-costly"


class NotFound(Problem):
    category, status, issue = "not_found", 404, "not-found"


class MethodNotAllowed(Problem):
    category, status, issue = "method", 405, "not-supported"


class NotAcceptable(Problem):
    category, status, issue = "accept", 406, "not-supported"


class Conflict(Problem):
    category, status, issue = "conflict", 409, "conflict"


class Gone(Problem):
    category, status, issue = "gone", 410, "deleted"


class PreconditionFailed(Problem):
    category, status, issue = "precondition", 412, "conflict"


class TooLarge(Problem):
    category, status, issue = "too_large", 413, "too-long"


class Unprocessable(Problem):
    category, status, issue = "unprocessable", 422, "processing"


class Busy(Problem):
    category, status, issue = "busy", 503, "transient"


class BackendDown(Problem):
    category, status, issue = "backend_down", 502, "transient"


class Fault(Problem):
    category, status, issue = "fault", 500, "exception"


def operation_outcome(severity: str, code: str, diagnostics: str) -> dict[str, Any]:
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": severity, "code": code, "diagnostics": diagnostics}],
    }


_BY_CATEGORY: dict[str, type[Problem]] = {kind.category: kind for kind in Problem.__subclasses__()}


def problem_named(category: str, message: str) -> Problem:
    """The Problem of a category that came over the wire; Fault for one that is not known."""
    return _BY_CATEGORY.get(category, Fault)(message)
