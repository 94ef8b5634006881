"""The run record: one append-only NDJSON file per episode; everything but the truth that a later grade needs.

First line `header`, then one line per event, then one line `end`. A record without `end` (a killed run) is readable
up to its last whole line and is graded as it stands, without a report. There is no wall clock in it: `seq` orders it.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from fhir_r4 import Invalid
from tasks.finding import Finding
from tasks.model import Frozen

SCHEMA_VERSION: Literal["1"] = "1"

FailedBy = Literal["agent", "harness", "model_provider", "backend", "task"]
"""The one boundary to which a failed run is attributed."""

EndCause = Literal["submitted", "closed", "idle", "failed"]
"""submitted: the agent ended it; closed: the operator; idle: the limit; failed: a boundary other than the agent."""


class Header(Frozen):
    event: Literal["header"] = "header"
    schema_version: Literal["1"] = SCHEMA_VERSION
    episode: str = Field(description="random id of the episode")
    task: str = Field(description="suite/variant/index")
    world_version: str = Field(description="version of the suite's world generator")
    world_digest: str
    salt: str = Field(description="`public` or the fingerprint of a secret salt")
    backend: str
    agent: str | None = Field(default=None, description="name that the operator gave the agent")
    now: str = Field(description="the episode's virtual instant")
    fhir_base: str
    fhir_budget: int
    action_budget: int
    par: int
    assisted: bool = Field(default=False, description="a dense training signal was shown")


class FhirCall(Frozen):
    """One FHIR request: what it asked, what came back by reference and version."""

    event: Literal["fhir"] = "fhir"
    seq: int
    method: str
    path: str
    query: str
    status: int
    bytes: int = Field(description="length of the answer's body")
    cost: int
    left: int
    full: tuple[str, ...] = Field(description="`Type/id/_history/v` returned whole")
    partial: tuple[str, ...] = Field(default=(), description="returned, but SUBSETTED")
    issue: str | None = Field(default=None, description="issue code of an error answer")


class ActionTaken(Frozen):
    """One audit action. action: what the agent sent (truncated text if it was no JSON object)."""

    event: Literal["action"] = "action"
    seq: int
    outcome: Literal["accepted", "refused", "malformed"]
    action: Mapping[str, Any]
    observation: Mapping[str, Any] | None = None
    problem: str | None = None
    finding: Finding | None = Field(default=None, description="the ledger version that this action wrote")
    left: int


class Submitted(Frozen):
    event: Literal["submit"] = "submit"
    seq: int
    report: Mapping[str, Any]


class ChangeText(Frozen):
    """Resource JSON text with decimals as written; None: absent."""

    before: str | None
    after: str | None


class End(Frozen):
    event: Literal["end"] = "end"
    seq: int
    cause: EndCause
    failed_by: FailedBy | None = None
    detail: str | None = None
    findings: tuple[Finding, ...] = Field(description="last version of every finding, retracted ones too, by id")
    report: Mapping[str, Any] | None
    changes: Mapping[str, ChangeText]


Event = Annotated[FhirCall | ActionTaken | Submitted | End, Field(discriminator="event")]
Line = Annotated[Header | FhirCall | ActionTaken | Submitted | End, Field(discriminator="event")]
_LINE: TypeAdapter[Header | FhirCall | ActionTaken | Submitted | End] = TypeAdapter(Line)


class RunRecord(Frozen):
    header: Header
    events: tuple[FhirCall | ActionTaken | Submitted, ...]
    end: End | None = Field(description="None: the episode was cut off")

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Last version of every finding, from the events alone, by id."""
        latest: dict[str, Finding] = {}
        for event in self.events:
            if isinstance(event, ActionTaken) and event.finding is not None:
                latest[event.finding.finding_id] = event.finding
        return tuple(latest[key] for key in sorted(latest))

    @property
    def report(self) -> Mapping[str, Any] | None:
        return next((e.report for e in self.events if isinstance(e, Submitted)), None)

    @property
    def fhir_requests(self) -> int:
        return sum(e.cost for e in self.events if isinstance(e, FhirCall))

    @property
    def bytes_read(self) -> int:
        return sum(e.bytes for e in self.events if isinstance(e, FhirCall))

    @property
    def actions_taken(self) -> int:
        return sum(isinstance(e, ActionTaken) for e in self.events)

    @property
    def retrieved(self) -> frozenset[str]:
        """References (`Type/id`) that the agent received whole."""
        return frozenset(
            ref.partition("/_history/")[0] for e in self.events if isinstance(e, FhirCall) for ref in e.full
        )


def dump_line(line: Header | FhirCall | ActionTaken | Submitted | End) -> bytes:
    return line.model_dump_json().encode() + b"\n"


def read_record(lines: Iterable[bytes]) -> RunRecord:
    """Parse a record. A last line that was cut off (no newline) is left out. Raises Invalid with the line's number."""
    header: Header | None = None
    events: list[FhirCall | ActionTaken | Submitted] = []
    end: End | None = None
    for number, raw in enumerate(lines, 1):
        if not raw.endswith(b"\n"):
            break
        try:
            line = _LINE.validate_json(raw)
        except ValidationError as error:
            raise Invalid(f"line {number} of the run record is not one: {error.errors()[0]['msg']}") from error
        if (header is None) != isinstance(line, Header) or end is not None:
            raise Invalid(f"line {number} of the run record is out of place: one header first, one end last")
        if isinstance(line, Header):
            header = line
        elif isinstance(line, End):
            end = line
        else:
            events.append(line)
    if header is None:
        raise Invalid("the run record has no header line: it is empty, or not a run record")
    return RunRecord(header=header, events=tuple(events), end=end)


def record_schema() -> dict[str, Any]:
    """JSON Schema of one line; committed as `docs/run-record.schema.json`."""
    return _LINE.json_schema()
