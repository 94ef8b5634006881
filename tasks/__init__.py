"""What is asked and what was done: the data that crosses between seeds, API, graders and agents' operator."""

from tasks.address import (
    PUBLIC_SALT,
    SPLITS,
    Address,
    entropy,
    parse_address,
    parse_index,
    parse_salt,
    salt_fingerprint,
)
from tasks.finding import (
    AmendFields,
    Confidence,
    Finding,
    FlagFields,
    ReferenceText,
    RetractFinding,
)
from tasks.model import Frozen
from tasks.record import (
    SCHEMA_VERSION,
    ActionTaken,
    ChangeText,
    End,
    EndCause,
    FailedBy,
    FhirCall,
    Header,
    RunRecord,
    Submitted,
    dump_line,
    read_record,
    record_schema,
)
from tasks.scorecard import Checkpoint, Scorecard
from tasks.suite import Assignment, Brief, Budget
from tasks.truth import CohortTruth, Trap, Truth, TruthItem

__all__ = [
    "PUBLIC_SALT",
    "SCHEMA_VERSION",
    "SPLITS",
    "ActionTaken",
    "Address",
    "AmendFields",
    "Assignment",
    "Brief",
    "Budget",
    "ChangeText",
    "Checkpoint",
    "CohortTruth",
    "Confidence",
    "End",
    "EndCause",
    "FailedBy",
    "FhirCall",
    "Finding",
    "FlagFields",
    "Frozen",
    "Header",
    "ReferenceText",
    "RetractFinding",
    "RunRecord",
    "Scorecard",
    "Submitted",
    "Trap",
    "Truth",
    "TruthItem",
    "dump_line",
    "entropy",
    "parse_address",
    "parse_index",
    "parse_salt",
    "read_record",
    "record_schema",
    "salt_fingerprint",
]
