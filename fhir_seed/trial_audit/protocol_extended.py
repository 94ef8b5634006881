"""Sections 7 and 8 of the protocol, the rows of section 4 that go with them, and appendices B and C, as text."""

from collections.abc import Mapping
from importlib.resources import files

from fhir_seed.codes import SYSTEMS, lookup
from fhir_seed.trial_audit.terms import LOCAL_SYSTEM, MEMBER_NUMBER
from tasks.trial_audit import (
    CORRECTIVE_ACTIONS,
    DOSE_LEVELS,
    EXTENDED_TYPES,
    FINDING_TYPES,
    ICH,
    NEUTROPHILS_FLOOR,
    NEUTROPHILS_HELD,
    PLATELETS_FLOOR,
    PLATELETS_HELD,
    TYPE_WEIGHTS,
    ExtendedRules,
    MedicineGroup,
)

_NOTHING = {"extended_deviations": "", "extended_section": "", "extended_appendices": ""}
_RESULTS = (
    ("hemoglobin", "718-7"),
    ("neutrophils", "751-8"),
    ("platelets", "777-3"),
    ("creatinine", "2160-0"),
    ("body weight", "29463-7"),
    ("ECOG performance status", "89247-1"),
)
_APPENDICES = "\n## Appendix B"


def extended_parts(rules: ExtendedRules | None) -> Mapping[str, str]:
    """What `protocol.md` names `extended_*`; empty texts without rules."""
    if rules is None:
        return _NOTHING
    text = (files("fhir_seed.trial_audit") / "protocol_extended.md").read_text(encoding="utf-8")
    filled = text.rstrip("\n").format(
        **rules.model_dump(exclude={"medicines", "weight_factor"}),
        local_system=LOCAL_SYSTEM,
        member_system=MEMBER_NUMBER,
        rxnorm_system=SYSTEMS["rxnorm"],
        neutrophils_floor=_tenths(NEUTROPHILS_FLOOR),
        platelets_floor=PLATELETS_FLOOR,
        neutrophils_held=_tenths(NEUTROPHILS_HELD),
        platelets_held=PLATELETS_HELD,
        levels=", ".join(map(str, DOSE_LEVELS)),
        weight_factor=_tenths(rules.weight_factor),
        medicine_rows="\n".join(map(_medicine_row, rules.medicines)),
        result_rows="\n".join(f"| {name} | {code} | {_unit(code)} |" for name, code in _RESULTS),
    )
    section, appendix, rest = filled.partition(_APPENDICES)
    return {
        "extended_deviations": "".join(f"\n{row}" for row in _deviation_rows()),
        "extended_section": section,
        "extended_appendices": f"\n{appendix}{rest}",
    }


def _deviation_rows() -> list[str]:
    actions = {type_: action for (type_, _), action in CORRECTIVE_ACTIONS.items()}
    further = EXTENDED_TYPES[len(FINDING_TYPES) :]
    return [
        f"| 8.{number} | {name} | {ICH[name]} | {TYPE_WEIGHTS[name]} | {actions[name]} |"
        for number, name in enumerate(further, 1)
    ]


def _medicine_row(group: MedicineGroup) -> str:
    limit = "none" if group.creatinine_limit is None else f"{group.creatinine_limit / 100:.2f}"
    return f"| {group.name} | {', '.join(group.codes)} | {'yes' if group.prohibited else 'no'} | {limit} |"


def _unit(code: str) -> str:
    unit = lookup("loinc", code).unit
    return "whole number" if unit == "{score}" else unit


def _tenths(scaled: int) -> str:
    return f"{scaled // 10}.{scaled % 10}"
