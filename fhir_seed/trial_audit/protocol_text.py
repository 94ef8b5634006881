"""The protocol as a reader meets it: markdown rendered from the rules. Every graded rule has a clause number here."""

from importlib.resources import files

from fhir_seed.trial_audit.protocol_extended import extended_parts
from fhir_seed.trial_audit.terms import COMORBIDITY_INDEX, LOCAL_SYSTEM, SNOMED, STAGE_GROUP
from tasks.trial_audit import COHORT_WEIGHT, CORRECTIVE_ACTIONS, IMPOSSIBLE_AGE, WEIGHTS, Protocol


def _template(name: str) -> str:
    return (files("fhir_seed.trial_audit") / name).read_text(encoding="utf-8")


def offset_text(minutes: int) -> str:
    """-300 -> `-05:00`."""
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def render_protocol(protocol: Protocol) -> str:
    rows = "\n".join(
        f"| {site.organization} | {site.name} | {offset_text(site.offset_minutes)} |" for site in protocol.sites
    )
    return _template("protocol.md").format(
        **protocol.model_dump(exclude={"sites", "equity", "comorbidity_threshold", "extended"}),
        **extended_parts(protocol.extended),
        local_system=LOCAL_SYSTEM,
        stage_system=SNOMED,
        stage_code=STAGE_GROUP,
        index_code=COMORBIDITY_INDEX,
        impossible_age=IMPOSSIBLE_AGE,
        override_clause=_override(protocol),
        equity_section=_equity(protocol),
        weight_age=WEIGHTS["invalid_age"],
        weight_temporal=WEIGHTS["temporal_inconsistency"],
        weight_window=WEIGHTS["protocol_window_violation"],
        action_range=CORRECTIVE_ACTIONS["invalid_age", "out_of_range"],
        action_birth_date=CORRECTIVE_ACTIONS["invalid_age", "missing"],
        action_temporal=CORRECTIVE_ACTIONS["temporal_inconsistency", "death_before_treatment"],
        action_window=CORRECTIVE_ACTIONS["protocol_window_violation", "window"],
        site_rows=rows,
    )


def _override(protocol: Protocol) -> str:
    if protocol.comorbidity_threshold is None:
        return "3.5 (No override of the extension in this protocol.)"
    return (
        _template("protocol_override.md")
        .rstrip("\n")
        .format(comorbidity_threshold=protocol.comorbidity_threshold, window=protocol.window)
    )


def _equity(protocol: Protocol) -> str:
    if protocol.equity is None:
        return ""
    thresholds = {k: f"{v / 100:.2f}" for k, v in protocol.equity.model_dump().items()}
    return _template("protocol_equity.md").format(
        control_arm=protocol.control_arm, cohort_weight=COHORT_WEIGHT, **thresholds
    )
