"""The Observations that the protocol's rules read: stage group and comorbidity index, as the plan has them."""

from orjson import Fragment

from fhir_seed.codes import concept
from fhir_seed.trial_audit.plan import IndexRow, StageRow
from fhir_seed.trial_audit.render import profiles
from fhir_seed.trial_audit.render.facts import Course, SiteFacts
from fhir_seed.trial_audit.render.written import Json, fixed, reference
from fhir_seed.trial_audit.terms import COMORBIDITY_INDEX, STAGE_GROUP, STAGE_VALUES

_EXAM = fixed([concept("observation-category", "exam")])
_SURVEY = fixed([concept("observation-category", "survey")])
_STAGE = fixed(concept("snomed", STAGE_GROUP, "Clinical stage group"))
_ROMAN = ("I", "II", "III", "IV")
_STAGES = tuple(
    fixed(concept("snomed", STAGE_VALUES[stage], f"Stage {roman}")) for stage, roman in enumerate(_ROMAN, start=1)
)
_INDEX = fixed(concept("trial", COMORBIDITY_INDEX))


def stage_observation(row: StageRow, subject: Fragment, course: Course, site: SiteFacts) -> Json:
    return _row(row, subject, course, site) | {
        "meta": profiles.CLINICAL_RESULT,
        "category": _EXAM,
        "code": _STAGE,
        "focus": [reference("Condition", course.cancer_id)],
        "valueCodeableConcept": _STAGES[row.stage - 1],
    }


def index_observation(row: IndexRow, subject: Fragment, course: Course, site: SiteFacts) -> Json:
    return _row(row, subject, course, site) | {
        "meta": profiles.ASSESSMENT,
        "category": _SURVEY,
        "code": _INDEX,
        "valueInteger": row.value,
    }


def _row(row: StageRow | IndexRow, subject: Fragment, course: Course, site: SiteFacts) -> Json:
    return {
        "resourceType": "Observation",
        "id": row.id,
        "status": row.status,
        "subject": subject,
        "effectiveDateTime": site.clock.written(row.effective),
        "issued": site.clock.instant(row.issued),
        "performer": [course.clinician.reference],
    }
