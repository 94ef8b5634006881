"""The key to a review: what each chart's claim is by the truth. The operator's; a reviewer gets only its seal."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from pydantic import Field, ValidationError

from ehr_sandbox.review.draw import Candidate, lot_of
from ehr_sandbox.review.findings import rule_of
from fhir_r4 import Invalid, NotFound
from tasks import Frozen


class KeyRow(Frozen):
    chart: str
    task: str
    world_digest: str
    subject: str
    finding: str
    deviation: str = Field(description="important or other, after ICH E6")
    label: str = Field(description="true: a truth item; trap: a look-alike; plain: neither")
    what: str = Field(description="kind of the item, family of the trap, or nothing")
    evidence: tuple[str, ...]


class Key(Frozen):
    """nonce: so that nobody finds the rows by trying them against the seal."""

    version: int = 1
    nonce: str
    rows: tuple[KeyRow, ...]


def key_of(candidates: Iterable[Candidate], secret: str) -> Key:
    return Key(nonce=f"{lot_of(secret)('nonce'):064x}", rows=tuple(map(_row, candidates)))


def _row(candidate: Candidate) -> KeyRow:
    return KeyRow(
        chart=candidate.chart,
        task=str(candidate.world.address),
        world_digest=candidate.world.digest,
        subject=candidate.subject,
        finding=candidate.type,
        deviation=rule_of(candidate.type, candidate.world.protocol).deviation,
        label=candidate.label,
        what=candidate.what,
        evidence=candidate.evidence,
    )


def key_bytes(key: Key) -> bytes:
    return key.model_dump_json(indent=2).encode() + b"\n"


def seal_of(content: bytes) -> str:
    """SHA-256 of the key's bytes: given out with the charts, it proves later that the key was not changed."""
    return hashlib.sha256(content).hexdigest()


def read_key(path: Path) -> tuple[Key, str]:
    """The key and its seal. Raises NotFound and Invalid."""
    if not path.is_file():
        raise NotFound(f"no key at {path}; `ehr-sandbox review-sheet` wrote it beside the review's folder")
    content = path.read_bytes()
    try:
        key = Key.model_validate_json(content)
    except ValidationError as error:
        raise Invalid(f"{path} is not the key of a review: {error.errors()[0]['msg']}") from error
    if not key.rows:
        raise Invalid(f"{path} is a key without rows")
    return key, seal_of(content)
