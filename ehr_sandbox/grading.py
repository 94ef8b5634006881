"""Grade a record against the truth that its own header names: rebuilt, and refused if the world is another."""

from collections.abc import Sequence

from ehr_sandbox.generators import Built
from ehr_sandbox.suites import SUITES, Suite
from ehr_sandbox.worlds import WorldShelf
from fhir_r4 import Conflict, Invalid
from tasks import RunRecord, Scorecard, parse_address, salt_fingerprint


def grade_record(record: RunRecord, shelf: WorldShelf) -> Scorecard:
    """A pure function of (truth, record). Raises Invalid or Conflict if the truth cannot be that of the record."""
    suite, built = _built_for(record, shelf)
    return suite.grade(built.truth, record, world_digest=built.world.digest)


def explain_record(record: RunRecord, shelf: WorldShelf) -> Sequence[str]:
    """One line per item: found, missed, wrong type, false. Raises as `grade_record` does."""
    suite, built = _built_for(record, shelf)
    suite.grade(built.truth, record, world_digest=built.world.digest)
    return suite.explain(built.truth, record)


def _built_for(record: RunRecord, shelf: WorldShelf) -> tuple[Suite, Built]:
    header = record.header
    address = parse_address(header.task)
    suite = SUITES.get(address.suite)
    if suite is None or address.variant not in suite.budgets:
        raise Invalid(f"the record is of {header.task}, which this version does not have")
    if header.salt != salt_fingerprint(shelf.salt):
        raise Conflict(
            f"the record was made under the salt {header.salt}, not {salt_fingerprint(shelf.salt)}:"
            " give the same --salt-file"
        )
    if header.world_version != suite.version:
        raise Conflict(f"the record's world is version {header.world_version}, this is version {suite.version}")
    return suite, shelf.built(address)
