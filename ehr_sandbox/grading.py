"""Grade a record against the truth that its own header names: rebuilt, and refused if the world is another."""

from collections.abc import Sequence

from ehr_sandbox.suites import SUITES, Suite
from ehr_sandbox.worlds import WorldShelf
from fhir_r4 import Conflict, Invalid
from tasks import Address, RunRecord, Scorecard, Truth, parse_index, salt_fingerprint


def grade_record(record: RunRecord, shelf: WorldShelf) -> Scorecard:
    """A pure function of (truth, record). Raises Invalid or Conflict if the truth cannot be that of the record."""
    suite, truth = _truth_of(record, shelf)
    return suite.grade(truth, record, world_digest=record.header.world_digest)


def explain_record(record: RunRecord, shelf: WorldShelf) -> Sequence[str]:
    """One line per item: found, missed, wrong type, false."""
    suite, truth = _truth_of(record, shelf)
    return suite.explain(truth, record)


def _truth_of(record: RunRecord, shelf: WorldShelf) -> tuple[Suite, Truth]:
    header = record.header
    name, variant, index = _parts(header.task)
    suite = SUITES.get(name)
    if suite is None or variant not in suite.budgets:
        raise Invalid(f"the record is of {header.task}, which this version does not have")
    if header.salt != salt_fingerprint(shelf.salt):
        raise Conflict(
            f"the record was made under the salt {header.salt}, not {salt_fingerprint(shelf.salt)}:"
            " give the same --salt-file"
        )
    if header.world_version != suite.version:
        raise Conflict(f"the record's world is version {header.world_version}, this is version {suite.version}")
    built = shelf.built(Address(suite=name, variant=variant, index=parse_index(index)))
    if built.world.digest != header.world_digest:
        raise Conflict("the record's world has another digest than the one built here: the record was changed, or cut")
    return suite, built.truth


def _parts(task: str) -> tuple[str, str, str]:
    parts = task.split("/")
    if len(parts) != 3:
        raise Invalid(f"the record names no task: {task!r}")
    return parts[0], parts[1], parts[2]
