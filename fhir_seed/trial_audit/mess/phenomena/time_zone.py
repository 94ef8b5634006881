"""Feeds that write every instant in UTC: the instant stays, the day that is written may be another."""

from fhir_seed.trial_audit.mess.chart import Chart, Setting, reference_to
from fhir_seed.trial_audit.mess.draw import Draw
from fhir_seed.trial_audit.mess.step import Step
from fhir_seed.trial_audit.mess.when import has_time, in_utc
from fhir_seed.trial_audit.render.written import Json

ELEMENTS = {
    "AdverseEvent": ("date", "detected", "recordedDate"),
    "Condition": ("recordedDate",),
    "DocumentReference": ("date",),
    "Encounter": ("period",),
    "MedicationAdministration": ("effectiveDateTime",),
    "MedicationRequest": ("authoredOn",),
    "Observation": ("effectiveDateTime", "issued"),
    "Patient": ("deceasedDateTime",),
}
"""What a feed of a type writes anew. ResearchSubject and Consent come from the trial's own system."""
LEADING = {"AdverseEvent": "date", "MedicationAdministration": "effectiveDateTime", "Observation": "effectiveDateTime"}
"""The element whose change is logged."""


def prepare(draw: Draw, setting: Setting) -> Step:
    feeds = {site.organization: frozenset(draw.among(tuple(ELEMENTS))) for site in setting.protocol.sites}

    def touch(chart: Chart) -> None:
        types = feeds[chart.site]
        if types:
            for row in [*chart.rows, *chart.added]:
                if row["resourceType"] in types:
                    _rewrite(draw, row)

    return touch


def _rewrite(draw: Draw, row: Json) -> None:
    type_ = row["resourceType"]
    for key in ELEMENTS[type_]:
        value = row.get(key)
        if value is None:
            continue
        if key == "period":
            row[key] = {end: in_utc(at) if has_time(at) else at for end, at in value.items()}
        elif has_time(value) and not value.endswith("Z"):
            row[key] = in_utc(value)
            if value[:10] != row[key][:10] and key == LEADING.get(type_, key):
                draw.note(reference_to(row), value, row[key])
