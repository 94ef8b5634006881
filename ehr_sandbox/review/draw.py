"""Which charts are shown: true items, traps and plain non-findings, so mixed that type and order tell nothing.

Everything is decided by lots, SHA-256 of the salt and what is drawn: the same words give the same sheet. The type of a
chart's candidate is fixed before its label is drawn, so that no type is more often right than another.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ehr_sandbox.describe import Charts
from ehr_sandbox.review.findings import protocol_text
from fhir_r4 import Invalid
from tasks import Address, Truth

_TRUE, _TRAP = 50, 30
"""Per cent of the charts; the rest are plain."""

LABELS = ("true", "trap", "plain")


@dataclass(frozen=True)
class Who:
    """A person with a ResearchSubject. person: the Patient's id."""

    person: str
    is_enrolled: bool


@dataclass(frozen=True)
class Reviewed:
    """One world whose charts may be shown; the charts themselves are not kept. people: by ResearchSubject reference.
    types: the finding types that its protocol knows. protocol: its text."""

    address: Address
    digest: str
    people: Mapping[str, Who]
    truth: Truth
    types: tuple[str, ...]
    protocol: str

    @classmethod
    def of(cls, address: Address, charts: Charts, truth: Truth, types: Iterable[str]) -> "Reviewed":
        """Raises Unsupported for a world without a protocol."""
        people = {
            f"ResearchSubject/{subject['id']}": Who(person.id, person.arm is not None)
            for person in charts.persons
            for subject in person.of("ResearchSubject")
        }
        return cls(address, charts.digest, people, truth, tuple(types), protocol_text(charts))


@dataclass(frozen=True)
class Candidate:
    """One chart with its claim. What a reviewer gets is made of `chart`, `person`, `subject` and `type` alone.

    person: the Patient's id. what: the item's kind or the trap's family. evidence: an item's minimal references.
    """

    chart: str
    world: Reviewed
    person: str
    subject: str
    type: str
    label: str
    what: str
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class _Claim:
    world: Reviewed
    person: str
    subject: str
    label: str
    what: str
    evidence: tuple[str, ...] = ()


Lot = Callable[..., int]


def lot_of(secret: str) -> Lot:
    """A number for any words, that only who knows the secret can foretell."""
    return lambda *words: int.from_bytes(hashlib.sha256("\x1f".join((secret, *map(str, words))).encode()).digest())


def draw_candidates(worlds: Sequence[Reviewed], charts: int, secret: str) -> list[Candidate]:
    """In the order of the sheet. Raises Invalid if the worlds hold too few charts."""
    lot = lot_of(secret)
    pools = _pools(worlds, lot)
    types = sorted({t for world in worlds for t in world.types if pools.get((t, "true"))}, key=lambda t: lot("type", t))
    if not types:
        raise Invalid("these worlds hold nothing to find: name others with --seeds")
    used: set[tuple[str, str]] = set()
    drawn: list[tuple[str, _Claim]] = []
    for slot in range(charts):
        finding_type = types[slot % len(types)]
        claim = _next(pools, finding_type, _wanted(lot("label", slot) % 100), used)
        if claim is None:
            raise Invalid(f"{charts} charts are more than these worlds can give: fewer --charts, or more --seeds")
        used.add(_name(claim))
        drawn.append((finding_type, claim))
    drawn.sort(key=lambda row: lot("order", *_name(row[1])))
    width = max(2, len(str(charts)))
    return [
        Candidate(f"C{i:0{width}d}", c.world, c.person, c.subject, finding_type, c.label, c.what, c.evidence)
        for i, (finding_type, c) in enumerate(drawn, 1)
    ]


def _name(claim: _Claim) -> tuple[str, str]:
    return str(claim.world.address), claim.person


def _wanted(percent: int) -> tuple[str, ...]:
    """The label, and what to take where that type has none of it left."""
    if percent < _TRUE:
        return "true", "plain", "trap"
    return ("trap", "plain", "true") if percent < _TRUE + _TRAP else ("plain", "trap", "true")


def _next(
    pools: Mapping[tuple[str, str], list[_Claim]], finding_type: str, labels: Sequence[str], used: set[tuple[str, str]]
) -> _Claim | None:
    for label in labels:
        for claim in pools.get((finding_type, label), ()):
            if _name(claim) not in used:
                return claim
    return None


def _pools(worlds: Sequence[Reviewed], lot: Lot) -> dict[tuple[str, str], list[_Claim]]:
    """By type and label, in the order of lots."""
    pools: dict[tuple[str, str], list[_Claim]] = {}
    for world in worlds:
        for finding_type, claim in _claims(world):
            pools.setdefault((finding_type, claim.label), []).append(claim)
    for (finding_type, _), claims in pools.items():
        claims.sort(key=lambda claim: lot("claim", finding_type, *_name(claim)))
    return pools


def _claims(world: Reviewed) -> list[tuple[str, _Claim]]:
    """Of people with a ResearchSubject: a sheet's rows must not differ in how they name whom they are about."""
    people = world.people
    out: list[tuple[str, _Claim]] = []
    taken: set[tuple[str, str]] = set()
    for item in world.truth.items:
        evidence = item.evidence[0] if item.evidence else ()
        person = people[item.subject].person
        out.append((item.type, _Claim(world, person, item.subject, "true", item.kind, evidence)))
        taken.add((item.subject, item.type))
    for trap in world.truth.traps:
        subject = world.truth.persons.get(trap.subject, trap.subject)
        if subject in people and (subject, trap.type) not in taken:
            out.append((trap.type, _Claim(world, people[subject].person, subject, "trap", trap.family)))
            taken.add((subject, trap.type))
    for subject, who in people.items():
        free = [t for t in world.types if (subject, t) not in taken and who.is_enrolled]
        out += [(finding_type, _Claim(world, who.person, subject, "plain", "nothing")) for finding_type in free]
    return out
