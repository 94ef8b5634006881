"""Is the record sound, and does the truth belong to its world? If not there is an Invalid problem, never a score."""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from fhir_r4 import Invalid
from tasks import ActionTaken, Budget, FhirCall, Finding, RunRecord, Submitted


def check_world(record: RunRecord, world_digest: str) -> None:
    """Raises Invalid if the truth was built for another world than the episode's."""
    if record.header.world_digest != world_digest:
        raise Invalid(
            f"the record of {record.header.task} is of world {record.header.world_digest[:12]}, the truth of"
            f" {world_digest[:12]}: grade with the same generator version ({record.header.world_version}) and salt"
            f" ({record.header.salt})"
        )


def check_variant(record: RunRecord, suite: str, budgets: Mapping[str, Budget]) -> Budget:
    """The budget of the record's variant. Raises Invalid for another suite, variant or budget."""
    header = record.header
    name, _, rest = header.task.partition("/")
    variant = rest.partition("/")[0]
    if name != suite or variant not in budgets:
        raise Invalid(f"task {header.task!r} is not one of {suite}/{{{','.join(budgets)}}}: use its own grader")
    budget = budgets[variant]
    if (header.fhir_budget, header.action_budget, header.par) != (budget.fhir, budget.actions, budget.par):
        raise Invalid(f"the budgets in the record's header are not those of {suite}/{variant}: the record was changed")
    return budget


def check_events(record: RunRecord, report: TypeAdapter[Any]) -> None:
    """Raises Invalid if events are out of order, or the end or the report disagrees with them."""
    numbers = [event.seq for event in record.events] + ([record.end.seq] if record.end else [])
    if any(later <= earlier for earlier, later in zip(numbers, numbers[1:], strict=False)):
        raise Invalid("the events of the record are not in order: the record was changed")
    submitted = False
    for event in record.events:
        if submitted and not isinstance(event, FhirCall):
            raise Invalid(f"event {event.seq} comes after the report, which ends an episode: the record was changed")
        if isinstance(event, ActionTaken) and event.finding is not None:
            _check_finding(event, event.finding)
        submitted = submitted or isinstance(event, Submitted)
    _check_end(record)
    if record.report is not None:
        _check_report(record, report)


def _check_end(record: RunRecord) -> None:
    if record.end is not None:
        standing = {finding.finding_id: finding for finding in record.end.findings}
        if standing != {finding.finding_id: finding for finding in record.findings}:
            raise Invalid("the findings at the end of the record are not those of its events: the record was changed")
        if record.end.report != record.report:
            raise Invalid("the report at the end of the record is not the one submitted: the record was changed")


def _check_finding(event: ActionTaken, finding: Finding) -> None:
    if event.outcome != "accepted" or not 0.0 <= finding.confidence <= 1.0:
        raise Invalid(f"event {event.seq} of the record cannot have written {finding.finding_id}: it was changed")


def _check_report(record: RunRecord, report: TypeAdapter[Any]) -> None:
    try:
        report.validate_python(record.report)
    except ValidationError as error:
        raise Invalid(f"the report in the record is not one of this task: {error.errors()[0]['msg']}") from error
