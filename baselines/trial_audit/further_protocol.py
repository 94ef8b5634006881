"""Sections 7 and 8 of the protocol as their reader understands them, with the tables of appendices B and C."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from baselines.errors import Unreadable

Read = Callable[[str, str], tuple[str, ...]]
"""Clause number and pattern -> the groups that the clause's text gives. Raises Unreadable."""


@dataclass(frozen=True, slots=True)
class Medicine:
    """One row of Appendix B. limit: of creatinine, mg/dL; None: no limit."""

    name: str
    prohibited: bool
    limit: Fraction | None


@dataclass(frozen=True, slots=True)
class Further:
    """Days are whole, bounds inclusive; doses in mg; a floor is the lowest value that lowers nothing."""

    reported: tuple[str, ...]
    """Statuses of a result that counts."""
    ordered: tuple[str, ...]
    """Statuses of an order that counts."""
    endless: tuple[str, ...]
    """Those of them with which an order without an end is in use for good."""
    codes: Mapping[str, str]
    """LOINC codes of Appendix C by the name of the value."""
    medicine_system: str
    medicines: Mapping[str, Medicine]
    """By RxNorm code."""
    procedure: tuple[str, str]
    """System and code of the category of a study procedure."""
    consented: tuple[str, ...]
    eligibility_days: int
    lab_days: int
    dose: int
    levels: tuple[int, ...]
    neutrophils_floor: Fraction
    platelets_floor: Fraction
    tolerance: int
    washout: int
    reporting: int
    overlap: int
    note_types: tuple[str, ...]
    factor: Fraction
    pound: Fraction
    member_system: str


def parse_further(text: str, read: Read) -> Further:
    """read: as `parse_protocol` reads a clause. Raises Unreadable."""
    category, local = read("8.1", r"with category `([^`]+)` in `([^`]+)`")
    levels = read("8.4", r"Levels are ([\d, ]+) per cent")[0]
    return Further(
        reported=_listed(read("7.1", r"status ((?:`[a-z-]+`(?:, | or )?)+)")[0]),
        ordered=_listed(read("7.3", r"and status ((?:`[a-z-]+`(?:, | or )?)+)")[0]),
        endless=_listed(read("7.3", r"order with status ((?:`[a-z-]+`(?:, | or )?)+) is in use without end")[0]),
        codes=dict(_RESULT.findall(_part(text, "Appendix C"))),
        medicine_system=read("7.4", r"RxNorm codes \(`([^`]+)`\)")[0],
        medicines=_medicines(_part(text, "Appendix B")),
        procedure=(local, category),
        consented=_listed(read("8.1", r"scope `research` and status ((?:`[a-z-]+`(?:, | or )?)+)")[0]),
        eligibility_days=int(read("8.2", r"at most (\d+) days old")[0]),
        lab_days=int(read("8.3", r"one of the (\d+) days before it")[0]),
        dose=int(read("8.4", r"starting dose, (\d+) mg")[0]),
        levels=tuple(int(level) for level in levels.split(",")),
        neutrophils_floor=Fraction(read("8.4", r"neutrophil result .*?is under ([\d.]+) 10")[0]),
        platelets_floor=Fraction(read("8.4", r"platelet result is under ([\d.]+) 10")[0]),
        tolerance=int(read("8.4", r"within (\d+) per cent of the dose of its level")[0]),
        washout=int(read("8.5", r"one of the (\d+) days after the end")[0]),
        reporting=int(read("8.6", r"at most (\d+) calendar days? after")[0]),
        overlap=int(read("8.7", r"are at most (\d+) days")[0]),
        note_types=_listed(read("8.10", r"type ((?:`[\d-]+`(?:, | or )?)+)")[0]),
        factor=Fraction(read("8.11", r"by a factor over ([\d.]+\d)")[0]),
        pound=Fraction(read("8.11", r"is ([\d.]+\d) `kg`")[0]),
        member_system=read("8.12", r"identifier in `([^`]+)`")[0],
    )


def _listed(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"`([a-z\d-]+)`", text))


def _part(text: str, title: str) -> str:
    """From a heading to the next one."""
    found = re.search(rf"^## {title}\..*?\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if found is None:
        raise Unreadable(f"the protocol has no {title}, which its section 7 names")
    return found[1]


def _medicines(table: str) -> dict[str, Medicine]:
    found: dict[str, Medicine] = {}
    for name, codes, prohibited, limit in _MEDICINE.findall(table):
        medicine = Medicine(name, prohibited == "yes", None if limit == "none" else Fraction(limit))
        found |= dict.fromkeys(codes.split(", "), medicine)
    if not found:
        raise Unreadable("Appendix B of the protocol lists no medicine")
    return found


_MEDICINE = re.compile(r"^\| ([^|]+) \| ([\d, ]+) \| (yes|no) \| (none|[\d.]+) \|$", re.MULTILINE)
_RESULT = re.compile(r"^\| ([^|]+) \| ([\d-]+) \| [^|]+ \|$", re.MULTILINE)
