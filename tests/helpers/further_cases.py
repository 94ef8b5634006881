"""One row per rule of section 8: the finding type, a name, a whole chart, and the finding's evidence, if any."""

from tests.helpers.chart import Json, subject
from tests.helpers.further import (
    CREATININE,
    HEMOGLOBIN,
    IBUPROFEN,
    LISINOPRIL,
    LISINOPRIL_20,
    METFORMIN,
    NEUTROPHILS,
    WEIGHT,
    allergy,
    chart,
    consent,
    ecog,
    event,
    given,
    named,
    note,
    order,
    procedure,
    result,
    safe,
    serious,
)

S = "ResearchSubject/s"
M1, M2, M3 = (f"MedicationAdministration/m{n}" for n in (1, 2, 3))
Case = tuple[str, str, list[Json], tuple[str, ...] | None]
"""Finding type, name, whole chart, evidence (None: nothing is found)."""


def _obs(key: str) -> str:
    return f"Observation/r{key}"


def _case(type_: str, name: str, rows: list[Json], *evidence: str) -> Case:
    return type_, name, rows, tuple(sorted(evidence)) or None


def _without(rows: list[Json], *ids: str) -> list[Json]:
    return [row for row in rows if row["id"] not in ids]


def _later(hours: str) -> dict[str, str]:
    return {"issued": f"2023-03-31T{hours}:00:00Z"}


_SIGNED = consent("1", "2023-02-10T10:00:00-05:00")
_CONSENT = [
    _case(
        "consent_after_procedure", "before", chart(_SIGNED, procedure("1", "2023-02-09")), "Consent/c1", "Procedure/x1"
    ),
    _case("consent_after_procedure", "same_day", chart(_SIGNED, procedure("1", "2023-02-10T08:00:00-05:00"))),
    _case(
        "consent_after_procedure",
        "same_day_at_the_site",
        chart(consent("1", "2023-02-11T02:00:00Z"), procedure("1", "2023-02-10T08:00:00-05:00")),
    ),
    _case("consent_after_procedure", "care", chart(_SIGNED, procedure("1", "2023-02-01", study=False))),
    _case("consent_after_procedure", "not_done", chart(_SIGNED, procedure("1", "2023-02-01", "not-done"))),
    _case(
        "consent_after_procedure",
        "renewed",
        chart(_SIGNED, consent("2", "2023-04-01"), procedure("1", "2023-02-20")),
    ),
    _case(
        "consent_after_procedure",
        "first_is_inactive",
        chart(consent("1", "2023-02-10", "inactive"), consent("2", "2023-04-01"), procedure("1", "2023-02-20")),
    ),
    _case(
        "consent_after_procedure",
        "earlier_one_in_error",
        chart(_SIGNED, consent("2", "2023-02-01", "entered-in-error"), procedure("1", "2023-02-05")),
        "Consent/c1",
        "Procedure/x1",
    ),
    _case(
        "consent_after_procedure",
        "to_treatment",
        chart(_SIGNED, consent("2", "2023-02-01", scope="treatment"), procedure("1", "2023-02-05")),
        "Consent/c1",
        "Procedure/x1",
    ),
]

_NO_HEMOGLOBIN = _without(chart(), "rh")
_ELIGIBILITY = [
    _case("eligibility_lab_expired", "28_days", [*_NO_HEMOGLOBIN, result("1", HEMOGLOBIN, 12, "2023-02-01")]),
    _case(
        "eligibility_lab_expired",
        "29_days",
        [*_NO_HEMOGLOBIN, result("1", HEMOGLOBIN, 12, "2023-01-31")],
        S,
        _obs("1"),
    ),
    _case(
        "eligibility_lab_expired",
        "in_time_but_in_error",
        [
            *_NO_HEMOGLOBIN,
            result("1", HEMOGLOBIN, 12, "2023-01-10"),
            result("2", HEMOGLOBIN, 12, "2023-02-20", status="entered-in-error"),
        ],
        S,
        _obs("1"),
    ),
    _case(
        "eligibility_lab_expired", "after_enrolment", [*_NO_HEMOGLOBIN, result("1", HEMOGLOBIN, 12, "2023-03-02")], S
    ),
    _case("eligibility_lab_expired", "older_one_too", chart(result("1", HEMOGLOBIN, 12, "2023-01-10"))),
]

_NO_CREATININE = _without(chart(), "rc2")
_SAFETY = [
    _case("missed_safety_lab", "none", _NO_CREATININE, M2),
    _case("missed_safety_lab", "3_days", [*_NO_CREATININE, result("1", CREATININE, 1, "2023-03-28")]),
    _case("missed_safety_lab", "4_days", [*_NO_CREATININE, result("1", CREATININE, 1, "2023-03-27")], M2),
    _case("missed_safety_lab", "after", [*_NO_CREATININE, result("1", CREATININE, 1, "2023-04-01")], M2),
    _case(
        "missed_safety_lab",
        "in_error",
        [*_NO_CREATININE, result("1", CREATININE, 1, "2023-03-31", status="entered-in-error")],
        M2,
    ),
    _case(
        "missed_safety_lab",
        "reported_late",
        [*_NO_CREATININE, result("1", CREATININE, 1, "2023-03-30", issued="2023-04-03T09:00:00Z")],
    ),
    _case(
        "missed_safety_lab",
        "day_at_the_site",
        [*_NO_CREATININE, result("1", CREATININE, 1, "2023-04-01T03:00:00Z")],
    ),
    _case("missed_safety_lab", "not_given", chart(given("4", "2023-05-12", status="not-done"))),
]

_LOW = [*_without(chart(doses=(200, 160, 160)), "rn2")]
_DOSES = [
    _case("dose_modification_error", "lowered_rightly", [*_LOW, result("1", NEUTROPHILS, 0.9, "2023-03-30")]),
    _case(
        "dose_modification_error",
        "at_the_floor",
        [*_without(chart(), "rn2"), result("1", NEUTROPHILS, 1.0, "2023-03-30")],
    ),
    _case(
        "dose_modification_error",
        "lowered_one_dose_late",
        [*_without(chart(doses=(200, 200, 160)), "rn2"), result("1", NEUTROPHILS, 0.9, "2023-03-31")],
        M2,
        _obs("1"),
    ),
    _case(
        "dose_modification_error",
        "counts_of_the_first",
        [*_without(chart(), "rn1"), result("1", NEUTROPHILS, 0.9, "2023-03-10")],
    ),
    _case("dose_modification_error", "lowered_for_nothing", chart(doses=(200, 200, 160)), M3),
    _case("dose_modification_error", "rounded", chart(doses=(200, 209, 191))),
    _case("dose_modification_error", "beyond_rounding", chart(doses=(200, 211, 200)), M2),
    _case(
        "dose_modification_error",
        "for_an_event",
        chart(event("1", "severe", "2023-03-20", "m1"), doses=(200, 160, 160)),
    ),
    _case(
        "dose_modification_error",
        "for_an_event_and_its_counts",
        [
            *_without(chart(event("1", "severe", "2023-03-30", "m1"), doses=(200, 160, 160)), "rn2"),
            result("1", NEUTROPHILS, 0.9, "2023-03-30"),
        ],
    ),
    _case(
        "dose_modification_error",
        "for_an_event_of_an_earlier_dose",
        chart(event("1", "severe", "2023-04-10", "m1"), doses=(200, 200, 160)),
        M3,
    ),
    _case(
        "dose_modification_error",
        "raised_again",
        chart(event("1", "severe", "2023-03-20", "m1"), doses=(200, 160, 200)),
        M3,
        "AdverseEvent/e1",
    ),
    _case("dose_modification_error", "moderate_event", chart(event("1", "moderate", "2023-03-20", "m1"))),
    _case("dose_modification_error", "event_too_late", chart(event("1", "severe", "2023-03-31", "m1"))),
    _case(
        "dose_modification_error",
        "corrected_count",
        [
            *_without(chart(), "rn2"),
            result("1", NEUTROPHILS, 0.6, "2023-03-31", **_later("10")),
            result("2", NEUTROPHILS, 2.4, "2023-03-31", status="corrected", **_later("12")),
        ],
    ),
    _case(
        "dose_modification_error",
        "lowered_twice",
        [
            *_without(chart(doses=(200, 160, 160)), "rp2", "rn3"),
            *_without(safe("4", "2023-03-31", p=74), "rn4", "rc4"),
            result("5", NEUTROPHILS, 0.6, "2023-04-21"),
        ],
        M3,
        _obs("p4"),
        _obs("5"),
    ),
]

_PROHIBITED = [
    _case(
        "prohibited_conmed",
        "in_use",
        chart(order("1", IBUPROFEN, "2023-03-28", "2023-04-05")),
        "MedicationRequest/o1",
        M2,
    ),
    _case("prohibited_conmed", "washed_out", chart(order("1", IBUPROFEN, "2023-02-10", "2023-03-02"))),
    _case(
        "prohibited_conmed",
        "7_days_after",
        chart(order("1", IBUPROFEN, "2023-02-10", "2023-03-03")),
        "MedicationRequest/o1",
        M1,
    ),
    _case("prohibited_conmed", "between_doses", chart(order("1", IBUPROFEN, "2023-03-11", "2023-03-23"))),
    _case("prohibited_conmed", "after_the_last", chart(order("1", IBUPROFEN, "2023-04-22"))),
    _case("prohibited_conmed", "cancelled", chart(order("1", IBUPROFEN, "2023-03-28", status="cancelled"))),
    _case("prohibited_conmed", "stopped_on_no_day", chart(order("1", IBUPROFEN, "2023-03-20", status="stopped"))),
    _case(
        "prohibited_conmed",
        "completed_on_the_day_of_a_dose",
        chart(order("1", IBUPROFEN, "2023-03-31", status="completed")),
        "MedicationRequest/o1",
        M2,
    ),
    _case("prohibited_conmed", "only_planned", chart(order("1", IBUPROFEN, "2023-03-28", intent="plan"))),
    _case("prohibited_conmed", "other_medicine", chart(order("1", LISINOPRIL, "2023-03-28"))),
]

_REPORTED = [
    _case(
        "sae_reporting_delay", "next_day", chart(serious("1", "2023-03-20T08:00:00-05:00", "2023-03-21T23:00:00-05:00"))
    ),
    _case(
        "sae_reporting_delay",
        "2_days",
        chart(serious("1", "2023-03-20T23:00:00-05:00", "2023-03-22")),
        "AdverseEvent/e1",
    ),
    _case("sae_reporting_delay", "next_day_at_the_site", chart(serious("1", "2023-03-20", "2023-03-22T04:59:00Z"))),
    _case("sae_reporting_delay", "not_serious", chart(serious("1", "2023-03-20", "2023-03-29", "Non-serious"))),
    _case(
        "sae_reporting_delay",
        "heard_late",
        chart(serious("1", "2023-03-20", "2023-03-20") | {"date": "2023-03-12"}),
    ),
]

_FIRST = order("1", LISINOPRIL, "2023-02-20")
_PRIOR = {"priorPrescription": {"reference": "MedicationRequest/o1"}}
_TWO = ("MedicationRequest/o1", "MedicationRequest/o2")
_DUPLICATE = [
    _case("duplicate_therapy", "two_products", chart(_FIRST, order("2", LISINOPRIL_20, "2023-03-01")), *_TWO),
    _case("duplicate_therapy", "linked", chart(_FIRST, order("2", LISINOPRIL_20, "2023-03-01", **_PRIOR))),
    _case("duplicate_therapy", "7_days", chart(_FIRST, order("2", LISINOPRIL, "2023-03-01", "2023-03-08"))),
    _case("duplicate_therapy", "8_days", chart(_FIRST, order("2", LISINOPRIL, "2023-03-01", "2023-03-09")), *_TWO),
    _case(
        "duplicate_therapy",
        "one_after_the_other",
        chart(order("1", LISINOPRIL, "2023-02-01", "2023-03-05"), order("2", LISINOPRIL, "2023-03-01")),
    ),
    _case("duplicate_therapy", "cancelled", chart(_FIRST, order("2", LISINOPRIL, "2023-03-01", status="cancelled"))),
    _case("duplicate_therapy", "other_medicine", chart(_FIRST, order("2", METFORMIN, "2023-03-01"))),
]


def _status(name: str, code: str) -> dict[str, object]:
    return {name: {"coding": [{"code": code}]}}


_PAIR = ("AllergyIntolerance/a1", "MedicationRequest/o1")
_ALLERGY = [
    _case("allergy_conflict", "known", chart(_FIRST, allergy("1", "29046", "2023-02-20")), *_PAIR),
    _case("allergy_conflict", "recorded_later", chart(_FIRST, allergy("1", "29046", "2023-02-21"))),
    _case("allergy_conflict", "other_medicine", chart(_FIRST, allergy("1", "5640", "2020-01-01"))),
    _case("allergy_conflict", "intolerance", chart(_FIRST, allergy("1", "29046", "2020-01-01", type="intolerance"))),
    _case("allergy_conflict", "low", chart(_FIRST, allergy("1", "29046", "2020-01-01", criticality="low"))),
    _case(
        "allergy_conflict",
        "refuted",
        chart(_FIRST, allergy("1", "29046", "2020-01-01", **_status("verificationStatus", "refuted"))),
    ),
    _case(
        "allergy_conflict",
        "resolved",
        chart(_FIRST, allergy("1", "29046", "2020-01-01", **_status("clinicalStatus", "resolved"))),
    ),
]

_METFORMIN = order("1", METFORMIN, "2023-02-20T12:00:00-05:00")


def _kidneys(key: str, value: float, on: str, **changes: object) -> Json:
    return result(key, CREATININE, value, on, **changes)


_RENAL = [
    _case(
        "renal_dosing",
        "over",
        chart(_METFORMIN, _kidneys("1", 1.81, "2023-02-20")),
        "MedicationRequest/o1",
        _obs("1"),
    ),
    _case("renal_dosing", "at_the_limit", chart(_METFORMIN, _kidneys("1", 1.8, "2023-02-20"))),
    _case(
        "renal_dosing",
        "recovered",
        chart(_METFORMIN, _kidneys("1", 2.6, "2023-02-10"), _kidneys("2", 1.2, "2023-02-18")),
    ),
    _case("renal_dosing", "later", chart(_METFORMIN, _kidneys("1", 2.6, "2023-02-21"))),
    _case(
        "renal_dosing",
        "corrected",
        chart(
            _METFORMIN,
            _kidneys("1", 2.6, "2023-02-20", issued="2023-02-20T15:00:00Z"),
            _kidneys("2", 1.2, "2023-02-20", issued="2023-02-20T19:00:00Z", status="corrected"),
        ),
    ),
    _case("renal_dosing", "no_limit", chart(_FIRST, _kidneys("1", 2.6, "2023-02-20"))),
]

_SAYS = "Examination: ECOG performance status 1 today; ECOG performance status 2 at referral."
_NOTED = [
    _case("note_structured_mismatch", "agrees", chart(ecog("1", 1, "v"), note("1", _SAYS, "v"))),
    _case(
        "note_structured_mismatch",
        "differs",
        chart(ecog("1", 2, "v"), note("1", _SAYS, "v")),
        "DocumentReference/d1",
        _obs("1"),
    ),
    _case("note_structured_mismatch", "other_visit", chart(ecog("1", 2, "w"), note("1", _SAYS, "v"))),
    _case(
        "note_structured_mismatch",
        "result_in_error",
        chart(ecog("1", 2, "v", status="entered-in-error"), ecog("2", 1, "v"), note("1", _SAYS, "v")),
    ),
    _case(
        "note_structured_mismatch",
        "superseded_note",
        chart(ecog("1", 2, "v"), note("1", _SAYS, "v", status="superseded")),
    ),
]


def _weigh(key: str, value: float, on: str, unit: str = "kg", **changes: object) -> Json:
    return result(key, WEIGHT, value, on, valueQuantity={"value": value, "code": unit}, **changes)


_FIRST_WEIGHT = _weigh("1", 70, "2023-02-20")
_WEIGHT = [
    _case("unit_or_plausibility_error", "lost_much", chart(_FIRST_WEIGHT, _weigh("2", 47, "2023-03-10"))),
    _case(
        "unit_or_plausibility_error",
        "number_of_pounds",
        chart(_FIRST_WEIGHT, _weigh("2", 154.3, "2023-03-10")),
        _obs("1"),
        _obs("2"),
    ),
    _case("unit_or_plausibility_error", "in_pounds", chart(_FIRST_WEIGHT, _weigh("2", 154.3, "2023-03-10", "[lb_av]"))),
    _case(
        "unit_or_plausibility_error",
        "number_of_kg",
        chart(_FIRST_WEIGHT, _weigh("2", 70, "2023-03-10", "[lb_av]")),
        _obs("1"),
        _obs("2"),
    ),
    _case(
        "unit_or_plausibility_error",
        "in_error",
        chart(_FIRST_WEIGHT, _weigh("2", 154.3, "2023-03-10", status="entered-in-error")),
    ),
]


def _two(other: Json, start: str = "2023-04-01") -> list[Json]:
    """The subject called Ann Ames, and another one."""
    rows = _without(chart(), "p")
    second = [result("h2", HEMOGLOBIN, 12, "2023-03-20", subject={"reference": "Patient/q"})]
    return [named("p", "Ann", "1"), *rows, other, subject("t", of="q", start=start), *second]


_FOUR = ("Patient/p", "Patient/q", "ResearchSubject/s", "ResearchSubject/t")
_TWICE = [
    _case("duplicate_subject", "one_person", _two(named("q", "ANN", "1")), *_FOUR),
    _case("duplicate_subject", "twin", _two(named("q", "Eve", "1"))),
    _case("duplicate_subject", "family", _two(named("q", "Ann", "1", birthDate="1950-01-01"))),
    _case("duplicate_subject", "namesake", _two(named("q", "Ann", "2"))),
    _case("duplicate_subject", "no_birth_date", _two(named("q", "Ann", "1", birthDate=None))),
]

CASES: list[Case] = [
    *_CONSENT, *_ELIGIBILITY, *_SAFETY, *_DOSES, *_PROHIBITED, *_REPORTED, *_DUPLICATE, *_ALLERGY, *_RENAL, *_NOTED,
    *_WEIGHT, *_TWICE,
]  # fmt: skip
IDS = [f"{type_}-{name}" for type_, name, _, _ in CASES]
