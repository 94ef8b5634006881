"""A candidate finding in words, and what the protocol's own text says of it: clauses and class of the deviation."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ehr_sandbox.describe import Charts, note_text
from fhir_r4 import Unsupported

WORDS: Mapping[str, str] = {
    "invalid_age": "The age at enrolment is outside the protocol's range, or the birth date is missing or impossible.",
    "temporal_inconsistency": "The recorded death lies before the start of treatment.",
    "protocol_window_violation": "Treatment started later after enrolment than the protocol allows for this subject.",
    "consent_after_procedure": "A study procedure was done before the subject consented.",
    "eligibility_lab_expired": "The hemoglobin result used for eligibility was too old on the enrolment day.",
    "missed_safety_lab": "A dose was given without one of the safety results that the protocol wants before it.",
    "dose_modification_error": "A dose given differs from the dose that the protocol's dosing rule gives.",
    "prohibited_conmed": "The study drug was given while a prohibited medicine was in use, or too soon after it.",
    "sae_reporting_delay": "A serious adverse event was recorded later than the protocol allows.",
    "duplicate_therapy": "Two orders for the same medicine were in use together for longer than the protocol allows.",
    "allergy_conflict": "A medicine was ordered after an allergy to it had been recorded.",
    "renal_dosing": "A medicine was ordered although the creatinine was over its limit.",
    "note_structured_mismatch": "A note's ECOG performance status differs from the result of the same visit.",
    "unit_or_plausibility_error": "A body weight cannot be right, or is in the wrong unit.",
    "duplicate_subject": "This person was enrolled twice; this is the later enrolment.",
}
"""By finding type; the same for a right finding and a wrong one."""

_ROW = re.compile(
    r"^\|(?P<clauses>[^|]+)\|(?P<type>[^|]+)\|(?P<class>[^|]+)\|(?P<weight>[^|]+)\|[^|]+\|\s*$", re.MULTILINE
)
_CLAUSE = re.compile(r"^(?P<number>\d+\.\d+)\s+(?P<text>.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Rule:
    """What a protocol prints about one finding type. clauses: number and text (markdown) of each."""

    clauses: tuple[tuple[str, str], ...]
    deviation: str
    """`important` or `other`, after ICH E6."""

    @property
    def numbers(self) -> str:
        return ", ".join(number for number, _ in self.clauses)


def words_of(finding_type: str) -> str:
    return WORDS.get(finding_type) or f"The chart shows: {finding_type.replace('_', ' ')}."


def protocol_text(charts: Charts) -> str:
    """Of the document that the ResearchStudy names. Raises Unsupported for a world without one."""
    for artifact in (charts.study or {}).get("relatedArtifact", ()):
        document = charts.by_reference.get(artifact.get("document", {}).get("url", ""))
        if artifact.get("type") == "documentation" and document:
            return note_text(document)
    raise Unsupported("this world has no protocol to judge by: a review sheet is made of trial_audit tasks")


def rule_of(finding_type: str, protocol: str) -> Rule:
    """From the table of deviations in the protocol's text. Raises Unsupported if the type is not in it."""
    texts = {match["number"]: match["text"] for match in _CLAUSE.finditer(protocol)}
    rows = [row for row in _ROW.finditer(protocol) if row["type"].strip() == finding_type]
    numbers = [number.strip() for row in rows for number in row["clauses"].split(",")]
    if not rows:
        raise Unsupported(f"the protocol of this world prints no deviation {finding_type}")
    return Rule(tuple((number, texts.get(number, "")) for number in numbers), rows[0]["class"].strip())
