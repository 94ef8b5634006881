"""The phenomena by name, each in a file of its own."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from fhir_seed.trial_audit.mess.chart import Setting
from fhir_seed.trial_audit.mess.draw import Draw
from fhir_seed.trial_audit.mess.phenomena import (
    amended_result,
    carried_forward,
    condition_in_error,
    copied_note,
    date_only,
    discordant_race,
    duplicate_patient,
    entered_in_error,
    late_charting,
    local_code,
    medication_discrepancy,
    merged_patient,
    missing_death,
    missing_ecog,
    missing_note_date,
    missing_problem,
    missing_race,
    missing_unit,
    missing_value,
    missing_verification,
    open_encounter,
    sig_conflict,
    sig_text_only,
    site_units,
    stale_note_fact,
    time_zone,
    unit_slip,
    wrong_patient,
)
from fhir_seed.trial_audit.mess.step import Step

PHENOMENA: Mapping[str, Callable[[Draw, Setting], Step]] = MappingProxyType(
    {
        "late_charting": late_charting.prepare,
        "entered_in_error": entered_in_error.prepare,
        "condition_in_error": condition_in_error.prepare,
        "amended_result": amended_result.prepare,
        "missing_value": missing_value.prepare,
        "missing_ecog": missing_ecog.prepare,
        "date_only": date_only.prepare,
        "time_zone": time_zone.prepare,
        "unit_slip": unit_slip.prepare,
        "site_units": site_units.prepare,
        "missing_unit": missing_unit.prepare,
        "carried_forward": carried_forward.prepare,
        "copied_note": copied_note.prepare,
        "stale_note_fact": stale_note_fact.prepare,
        "duplicate_patient": duplicate_patient.prepare,
        "merged_patient": merged_patient.prepare,
        "missing_death": missing_death.prepare,
        "medication_discrepancy": medication_discrepancy.prepare,
        "sig_text_only": sig_text_only.prepare,
        "sig_conflict": sig_conflict.prepare,
        "local_code": local_code.prepare,
        "discordant_race": discordant_race.prepare,
        "missing_race": missing_race.prepare,
        "wrong_patient": wrong_patient.prepare,
        "missing_problem": missing_problem.prepare,
        "open_encounter": open_encounter.prepare,
        "missing_note_date": missing_note_date.prepare,
        "missing_verification": missing_verification.prepare,
    }
)

__all__ = ["PHENOMENA"]
