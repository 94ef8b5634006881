"""The scorecard's frame: figures rounded to 6 places, the hash of what was claimed, and the header's facts."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from graders.report import reported_sites
from graders.resolve import Claim
from tasks import Checkpoint, RunRecord, Scorecard

GRADER_VERSION = "2"
"""Any change that can change a scorecard is a new version."""


def rounded(node: Any) -> Any:
    """Every float in a JSON tree to 6 places, without negative zeros."""
    if isinstance(node, float):
        return round(node, 6) + 0.0
    if isinstance(node, Mapping):
        return {key: rounded(value) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return [rounded(value) for value in node]
    return node


def findings_sha256(record: RunRecord, claims: Sequence[Claim]) -> str:
    """SHA-256 (hex) of the claims that count and the report: the same for two runs that say the same.

    Left out: finding ids, versions, rationales, the narrative, the order of evidence and sites, and the episode's base.
    """
    findings = [
        {
            "subject": claim.subject,
            "type": claim.type,
            "confidence": claim.finding.confidence,
            "evidence": sorted(claim.finding.evidence),
            "corrective_action": claim.finding.corrective_action,
        }
        for claim in claims
    ]
    report = None
    if record.report is not None:
        report = {key: value for key, value in record.report.items() if key != "narrative"}
        if "sites_to_escalate" in report:
            report["sites_to_escalate"] = reported_sites(record)
    canonical = orjson.dumps({"findings": findings, "report": report}, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(canonical).hexdigest()


def scorecard(
    record: RunRecord,
    claims: Sequence[Claim],
    *,
    net: float | None,
    reward: float | None,
    metrics: Mapping[str, Any],
    checkpoints: Sequence[Checkpoint],
) -> Scorecard:
    header = record.header
    return Scorecard(
        task=header.task,
        agent=header.agent,
        backend=header.backend,
        episode=header.episode,
        cause=record.end.cause if record.end else "cut_off",
        sealed=header.salt != "public",
        salt=header.salt,
        world_version=header.world_version,
        world_digest=header.world_digest,
        grader_version=GRADER_VERSION,
        assisted=header.assisted,
        net=rounded(net),
        reward=rounded(reward),
        metrics=rounded(metrics),
        checkpoints=tuple(checkpoints),
        findings_sha256=findings_sha256(record, claims),
    )
