"""One person's rows as phenomena meet them: those that were rendered; what is added or taken away shows at the end."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from orjson import Fragment

from fhir_seed.trial_audit.mess.guard import ECOG, TRIAL_CODES, Guard
from fhir_seed.trial_audit.mess.words import Memo, category_code, standard_code, target, text_of
from fhir_seed.trial_audit.render.written import Json
from tasks.trial_audit import Protocol

_REFERRING: Mapping[str, tuple[str, ...]] = {
    "AdverseEvent": ("resultingCondition",),
    "Encounter": ("diagnosis", "reasonReference"),
    "MedicationAdministration": ("reasonReference",),
    "MedicationRequest": ("reasonReference",),
    "Procedure": ("reasonReference",),
}
"""Elements that may name a Condition; `focus` of an Observation is the other one."""

PROGRESS_NOTE = "11506-3"


@dataclass(frozen=True, slots=True)
class Setting:
    """What is the same for all charts of a world."""

    protocol: Protocol
    guard: Guard
    now: str
    codes: Memo = field(default_factory=lambda: Memo(standard_code))
    categories: Memo = field(default_factory=lambda: Memo(category_code))
    targets: Memo = field(default_factory=lambda: Memo(target))
    """Of references that many rows share, as a site's."""
    offsets: dict[str, int] = field(init=False)
    """Of the sites, minutes east of UTC."""
    kinds: dict[str, str] = field(default_factory=dict)
    """Category of an Observation by its code."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "offsets", {s.organization: s.offset_minutes for s in self.protocol.sites})


class Chart:
    """rows: of one person, in the order of rendering; the subject's Patient is the first one."""

    def __init__(self, rows: Iterable[Json], setting: Setting) -> None:
        self.setting = setting
        self.guard = setting.guard
        self.rows = list(rows)
        self.added: list[Json] = []
        self._gone: set[str] = set()
        self._taken: set[str] = set()
        self._types: dict[str, list[Json]] = {}
        self._codes: dict[str, list[Json]] = {}
        self._sort()
        self.patient = self._types["Patient"][0]
        self.site = str(setting.targets.of(self.patient["managingOrganization"]))
        """Reference of the Organization."""
        self.offset = setting.offsets[self.site]
        """Of the site, minutes east of UTC."""
        self.laboratory = self._of_kind("laboratory")
        self.vitals = self._of_kind("vital-signs")
        self.ecog = self._codes.get(ECOG, [])
        self.trial = [row for code in TRIAL_CODES for row in self._codes.get(code, ())]
        """Rows of stage and index."""
        codes, drug = setting.codes, setting.protocol.drug_code
        self.concomitant = [r for r in self.of("MedicationRequest") if codes.of(r["medicationCodeableConcept"]) != drug]
        """Orders of anything but the study drug."""
        self.progress = [r for r in self.of("DocumentReference") if codes.of(r["type"]) == PROGRESS_NOTE]
        """Progress notes."""
        categories = setting.categories
        self.problems = [r for r in self.of("Condition") if categories.of(r["category"]) == "problem-list-item"]
        """The problem list."""

    def _sort(self) -> None:
        types, by_code, codes, kinds = self._types, self._codes, self.setting.codes, self.setting.kinds
        for row in self.rows:
            type_ = row["resourceType"]
            if type_ == "Observation":
                code = codes.of(row["code"])
                found = by_code.get(code)
                if found is not None:
                    found.append(row)
                    continue
                by_code[code] = [row]
                if code not in kinds:
                    kinds[code] = category_code(row["category"])
            else:
                types.setdefault(type_, []).append(row)

    def _of_kind(self, kind: str) -> list[Json]:
        kinds = self.setting.kinds
        return [row for code, rows in self._codes.items() if kinds[code] == kind for row in rows]

    def of(self, type_: str) -> Sequence[Json]:
        """Rows of a type other than Observation."""
        return self._types.get(type_, ())

    def observed(self, code: str) -> Sequence[Json]:
        """Observations by standard code."""
        return self._codes.get(code, ())

    @property
    def is_compared(self) -> bool:
        """Whether the equity clause reads the person's group."""
        protocol = self.setting.protocol
        arms = [row.get("assignedArm") for row in self.of("ResearchSubject")]
        return protocol.equity is not None and protocol.control_arm in arms

    def code(self, row: Json) -> str:
        """The standard code of what an Observation or Condition is about."""
        return str(self.setting.codes.of(row["code"]))

    def unread(self, rows: Sequence[Json]) -> Sequence[Json]:
        """Observations of measurements whose value no rule reads."""
        codes = self.guard.results
        return [row for row in rows if self.setting.codes.of(row["code"]) not in codes] if codes else rows

    def referred(self) -> str:
        """What rendered rows name in elements that may name a Condition, as text."""
        named = [row[key] for type_, keys in _REFERRING.items() for row in self.of(type_) for key in keys if key in row]
        return text_of([*named, *(row["focus"] for row in self.trial if "focus" in row)])

    def take(self, row: Json) -> bool:
        """False if another phenomenon has changed what the row says, or taken it away."""
        if row["id"] in self._taken:
            return False
        self._taken.add(row["id"])
        return True

    def add(self, row: Json) -> None:
        self.added.append(row)

    def remove(self, row: Json) -> None:
        self._gone.add(row["id"])

    def finished(self) -> list[Json]:
        """What remains, then what was added."""
        gone = self._gone
        kept = [row for row in self.rows if row["id"] not in gone] if gone else self.rows
        return [*kept, *self.added]


def reference_to(row: Json) -> str:
    return f"{row['resourceType']}/{row['id']}"


def subject_of(chart: Chart) -> Fragment:
    """A Reference to the subject's Patient."""
    return Fragment(f'{{"reference":"Patient/{chart.patient["id"]}"}}')
