"""The protocol as its reader understands it: every number, arm, code, offset and corrective action from the text."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from baselines.errors import Unreadable
from baselines.trial_audit.further_protocol import Further, parse_further


@dataclass(frozen=True, slots=True)
class Code:
    system: str
    code: str

    @property
    def token(self) -> str:
        """As a search parameter."""
        return f"{self.system}|{self.code}"


@dataclass(frozen=True, slots=True)
class Deviation:
    """One row of the table of weights and corrective actions."""

    type: str
    important: bool
    weight: int
    action: str


@dataclass(frozen=True, slots=True)
class Equity:
    """Shares and gaps as exact fractions; smallest: subjects that a stage needs in either group."""

    arm: str
    dominance: Fraction
    male: Fraction
    crude_gap: Fraction
    adjusted_gap: Fraction
    smallest: int


@dataclass(frozen=True, slots=True)
class Protocol:
    """Windows in whole days, ages in whole years, bounds inclusive; offsets in minutes by Organization reference."""

    drug: Code
    arms: tuple[str, str]
    """Treatment arm, control arm."""
    administered: str
    """Status of an administration that counts."""
    stage: Code
    index: Code
    reported: tuple[str, ...]
    """Statuses of an Observation that counts."""
    age_min: int
    age_max: int
    impossible_age: int
    window: int
    extended_window: int
    extended_stage: int
    override_above: int | None
    """A comorbidity index over this voids the extension; None: nothing does."""
    deviations: Mapping[str, Deviation]
    """By clause number."""
    escalate: int
    equity: Equity | None
    offsets: Mapping[str, int]
    further: Further | None = None
    """Sections 7 and 8."""


STAGES = {"I": 1, "II": 2, "III": 3, "IV": 4}


def parse_protocol(text: str) -> Protocol:
    """Raises Unreadable, naming the clause that could not be understood."""
    clauses: dict[str, str] = dict(_CLAUSE.findall(text))

    def read(clause: str, pattern: str) -> tuple[str, ...]:
        match = re.search(pattern, clauses.get(clause, ""))
        if match is None:
            raise Unreadable(f"clause {clause} of the protocol is missing or not understood")
        return match.groups()

    product = re.search(r"Investigational product: .*?\(`([^`]+)` in `([^`]+)`\)", text)
    arms = re.search(r'Arms: "([^"]+)" and "([^"]+)"', text)
    if product is None or arms is None:
        raise Unreadable("the protocol's head does not name the investigational product and the arms")
    age_min, age_max = read("3.1", r"at least (\d+) and at most (\d+) years")
    window, stage, extended = read("3.4", r"at most (\d+) days.*?Stage (I{1,3}|IV) .*?extended to (\d+) days")
    statuses = read("2.3", r"status ((?:`[a-z-]+`(?:, | or )?)+)")[0]
    override = re.search(r"comorbidity index is greater than (\d+)", clauses.get("3.5", ""))
    return Protocol(
        drug=Code(product[2], product[1]),
        arms=(arms[1], arms[2]),
        administered=read("2.2", r"with status `([a-z-]+)`")[0],
        stage=_code(read("2.3", _CODED)),
        index=_code(read("2.4", _CODED)),
        reported=tuple(re.findall(r"`([a-z-]+)`", statuses)),
        age_min=int(age_min),
        age_max=int(age_max),
        impossible_age=int(read("3.2", r"age over (\d+) years")[0]),
        window=int(window),
        extended_window=int(extended),
        extended_stage=STAGES[stage],
        override_above=int(override[1]) if override else None,
        deviations=_deviations(text),
        escalate=int(read("5.1", r"at least (\d+) of its subjects")[0]),
        equity=_equity(clauses) if "6.7" in clauses else None,
        offsets={site: _minutes(sign, hours, minutes) for site, sign, hours, minutes in _SITE.findall(text)},
        further=parse_further(text, read) if "8.1" in clauses else None,
    )


def _code(groups: tuple[str, ...]) -> Code:
    return Code(system=groups[1], code=groups[0])


def _deviations(text: str) -> dict[str, Deviation]:
    found = {
        clause.strip(): Deviation(kind, importance == "important", int(weight), action)
        for numbers, kind, importance, weight, action in _DEVIATION.findall(text)
        for clause in numbers.split(",")
    }
    missing = [clause for clause in ("3.1", "3.2", "3.3", "3.4") if clause not in found]
    if missing:
        raise Unreadable(f"section 4 of the protocol has no row for clause {missing[0]}")
    return found


def _equity(clauses: Mapping[str, str]) -> Equity:
    arm = re.search(r'subjects of the arm "([^"]+)"', clauses.get("6.1", ""))
    smallest = re.search(r"fewer than (\d+) subjects", clauses.get("6.6", ""))
    verdict = re.search(
        r"dominance is at least ([\d.]+\d), male share at least ([\d.]+\d) and crude gap at least ([\d.]+\d);"
        r".*adjusted gap is at least ([\d.]+\d)",
        clauses["6.7"],
    )
    if arm is None or smallest is None or verdict is None:
        raise Unreadable("section 6 of the protocol is not understood")
    dominance, male, crude, adjusted = (Fraction(figure) for figure in verdict.groups())
    return Equity(arm[1], dominance, male, crude, adjusted, int(smallest[1]))


def _minutes(sign: str, hours: str, minutes: str) -> int:
    return (-1 if sign == "-" else 1) * (60 * int(hours) + int(minutes))


_CLAUSE = re.compile(r"^(\d+\.\d+) (.*)$", re.MULTILINE)
_CODED = r"with code `([^`]+)` in `([^`]+)`"
_DEVIATION = re.compile(
    r"^\| (\d\.\d+(?:, \d\.\d+)*) \| ([a-z_]+) \| (important|other) \| (\d+) \| ([a-z_]+) \|$", re.MULTILINE
)
_SITE = re.compile(r"^\| (Organization/\S+) \| .* \| ([+-])(\d\d):(\d\d) \|$", re.MULTILINE)
