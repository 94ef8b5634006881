"""Each phenomenon on a small chart: what was there, and what it makes of it."""

from base64 import b64decode, b64encode
from typing import Any

import pytest

from fhir_seed.codes import concept
from fhir_seed.trial_audit.mess.phenomena import PHENOMENA
from fhir_seed.trial_audit.mess.phenomena.late_charting import LAGS
from fhir_seed.trial_audit.mess.phenomena.sig_conflict import contrary_text
from fhir_seed.trial_audit.mess.rates import RATES
from fhir_seed.trial_audit.render.written import fixed
from tests.fhir_seed.mess.charts import (
    EQUITY,
    EXTENDED,
    NEXT_VISIT,
    SUBJECT,
    compared,
    ecog,
    hemoglobin,
    observation,
    order,
    patient,
    problem,
    race,
    struck,
    weight,
)
from tests.helpers.chart import DRUG, dose, fatal_event, stage

LOCAL = "http://ehr-sandbox.example/fhir/CodeSystem/site-catalogue"


def note(id_: str, *paragraphs: str) -> dict:
    data = b64encode("\n".join(paragraphs).encode()).decode()
    return {
        "resourceType": "DocumentReference",
        "id": id_,
        "type": concept("loinc", "11506-3"),
        "date": "2023-03-01T11:00:00-05:00",
        "content": [{"attachment": {"contentType": "text/plain", "data": data}}],
    }


def paragraphs(row: dict) -> list[str]:
    return b64decode(row["content"][0]["attachment"]["data"]).decode().split("\n")


def added(before: list[str], finished: dict) -> list[dict]:
    return [row for reference, row in finished.items() if reference not in before and reference != "Patient/p"]


def test_every_rate_has_its_phenomenon_and_there_are_more_than_fourteen():
    assert list(PHENOMENA) == list(RATES)
    assert len(PHENOMENA) == 28


def test_late_charting_writes_when_a_vital_sign_was_recorded():
    finished, draw = struck("late_charting", weight(), hemoglobin())
    assert finished["Observation/w"]["issued"] > finished["Observation/w"]["effectiveDateTime"]
    assert finished["Observation/l"]["issued"] == "2023-03-01T14:00:00-05:00"
    assert [touch.reference for touch in draw.touches] == ["Observation/w"]


def test_lags_have_the_published_median():
    assert LAGS[31] <= 42 <= LAGS[32]
    assert (LAGS[16], LAGS[47]) == (16, 111)


@pytest.mark.parametrize("row", [hemoglobin(), weight()])
def test_a_wrong_twin_of_a_measurement_is_entered_in_error(row):
    finished, _ = struck("entered_in_error", row)
    right = finished[f"Observation/{row['id']}"]
    (twin,) = added([f"Observation/{row['id']}"], finished)
    assert (right["status"], twin["status"]) == ("final", "entered-in-error")
    assert twin["valueQuantity"]["value"] != right["valueQuantity"]["value"]
    assert twin["effectiveDateTime"] == right["effectiveDateTime"]


def test_a_wrong_twin_of_a_stage_shows_another_stage():
    finished, draw = struck("entered_in_error", stage(4, category=[concept("observation-category", "exam")]))
    (twin,) = added(["Observation/o"], finished)
    shown = twin["valueCodeableConcept"]["coding"][0]["code"]
    assert twin["status"] == "entered-in-error"
    assert (shown != "258228008", draw.touches[0].after != "4") == (True, True)


def test_a_condition_in_error_has_no_clinical_status_and_another_code():
    finished, _ = struck("condition_in_error", problem())
    (twin,) = added(["Condition/c"], finished)
    assert twin["verificationStatus"]["coding"][0]["code"] == "entered-in-error"
    assert "clinicalStatus" not in twin
    assert twin["code"]["coding"][-1]["code"] != "G47.33"


def test_amended_results_keep_or_correct_their_value_and_the_old_one_stays_visible():
    rows = [hemoglobin(f"l{i}") for i in range(40)]
    finished, _ = struck("amended_result", *rows)
    of = {s: [r for k, r in finished.items() if r.get("status") == s] for s in ("amended", "corrected", "preliminary")}
    assert len(of["amended"]) + len(of["corrected"]) == 40
    assert of["preliminary"]
    for row in of["corrected"]:
        assert row["issued"] > "2023-03-01T14:00:00-05:00"
        assert "previously reported as" in row["note"][0]["text"]
        assert row["valueQuantity"]["value"] == 12.7
    assert all(row["valueQuantity"]["value"] == 12.7 for row in of["amended"])


def test_where_a_rule_reads_results_they_are_amended_but_never_corrected():
    finished, _ = struck("amended_result", *(hemoglobin(f"l{i}") for i in range(40)), guard=EXTENDED)
    assert {row["status"] for row in finished.values() if "status" in row} == {"amended"}


def test_a_missing_value_says_why():
    finished, _ = struck("missing_value", hemoglobin(interpretation=[concept("interpretation", "N")]))
    row = finished["Observation/l"]
    assert not {"valueQuantity", "interpretation"} & row.keys()
    assert row["dataAbsentReason"]["coding"][0]["code"] in {"unknown", "not-performed", "error"}


def test_a_panel_without_values_keeps_its_components():
    parts = [{"code": concept("loinc", code), "valueQuantity": {"value": 120}} for code in ("8480-6", "8462-4")]
    pressure = weight() | {"code": concept("loinc", "85354-9"), "component": parts}
    del pressure["valueQuantity"]
    finished, _ = struck("missing_value", pressure)
    assert [sorted(part) for part in finished["Observation/w"]["component"]] == [["code", "dataAbsentReason"]] * 2


def test_ecog_is_missing_more_often_at_some_sites_than_at_others():
    rows = [ecog(f"g{i}") for i in range(400)]
    finished, draw = struck("missing_ecog", *rows, rate=200_000)
    assert 0.05 <= draw.hits / draw.units <= 0.42
    assert sum("dataAbsentReason" in row for row in finished.values()) == draw.hits


def test_date_only_leaves_the_day_at_the_site():
    row = weight(effectiveDateTime="2023-03-02T03:30:00+00:00")
    finished, _ = struck("date_only", row, order())
    assert finished["Observation/w"]["effectiveDateTime"] == "2023-03-01"
    assert finished["MedicationRequest/m"]["authoredOn"] == "2023-03-01"


def test_a_feed_in_utc_keeps_the_instant_and_may_change_the_day_that_is_written():
    evening = dose(on="2023-03-10T20:30:00-05:00")
    finished, draw = struck("time_zone", evening, weight())
    assert finished["MedicationAdministration/m"]["effectiveDateTime"] == "2023-03-11T01:30:00Z"
    assert finished["Observation/w"]["effectiveDateTime"] == "2023-03-01T14:30:00Z"
    assert [tuple(touch)[1:] for touch in draw.touches] == [
        ("MedicationAdministration/m", "2023-03-10T20:30:00-05:00", "2023-03-11T01:30:00Z")
    ]


def test_a_unit_slip_comes_before_the_right_weight():
    finished, _ = struck("unit_slip", weight())
    (slip,) = added(["Observation/w"], finished)
    assert slip["valueQuantity"] == finished["Observation/w"]["valueQuantity"] | {"value": 154.5}
    assert slip["effectiveDateTime"] < finished["Observation/w"]["effectiveDateTime"]


def test_a_site_in_grams_per_litre_converts_value_and_range():
    finished, draw = struck("site_units", hemoglobin())
    row = finished["Observation/l"]
    assert (row["valueQuantity"]["value"], row["valueQuantity"]["code"]) == (127, "g/L")
    assert (row["referenceRange"][0]["low"]["value"], row["referenceRange"][0]["high"]["unit"]) == (120, "g/L")
    assert (draw.touches[0].before, draw.touches[0].after) == ("12.7 g/dL", "127 g/L")


def test_a_missing_unit_leaves_the_value_as_it_was_written():
    finished, draw = struck("missing_unit", hemoglobin())
    assert finished["Observation/l"]["valueQuantity"] == {"value": 12.7}
    assert draw.touches[0].before == "g/dL"


LATER = {"encounter": NEXT_VISIT, "effectiveDateTime": "2023-03-22T09:30:00-05:00"}
LAST = {"encounter": fixed({"reference": "Encounter/g"}), "effectiveDateTime": "2023-04-12T09:30:00-05:00"}


def test_vital_signs_are_carried_forward_to_the_next_visit():
    finished, _ = struck("carried_forward", weight("w1", 701), weight("w2", 688, **LATER))
    assert [finished[f"Observation/{i}"]["valueQuantity"]["value"] for i in ("w1", "w2")] == [70.1, 70.1]


def pressure(id_: str, systolic: int, **changes: Any) -> dict:
    part = {"code": concept("loinc", "8480-6"), "valueQuantity": {"value": systolic, "unit": "mm[Hg]"}}
    return observation(id_, "85354-9", None, "vital-signs", component=[part], **changes)


def test_where_a_rule_reads_weights_blood_pressures_alone_are_carried_forward():
    rows = [weight("w1", 701), weight("w2", 688, **LATER), pressure("b1", 131), pressure("b2", 124, **LATER)]
    finished, draw = struck("carried_forward", *rows, guard=EXTENDED)
    assert finished["Observation/w2"]["valueQuantity"]["value"] == 68.8
    assert finished["Observation/b2"]["component"] == finished["Observation/b1"]["component"]
    assert (draw.units, draw.hits, [touch.reference for touch in draw.touches]) == (1, 1, ["Observation/b2"])


def test_a_vital_sign_is_carried_forward_over_visits_that_have_none():
    rows = [pressure("b1", 131), weight("w1", 701, **LATER), pressure("b2", 124, **LAST)]
    finished, draw = struck("carried_forward", *rows)
    assert finished["Observation/b2"]["component"] == finished["Observation/b1"]["component"]
    assert draw.units == 1


def test_where_hemoglobin_is_read_no_site_has_another_unit():
    _, draw = struck("site_units", hemoglobin(), guard=EXTENDED)
    assert (draw.units, draw.touches) == (0, [])


FIRST = ("PROGRESS NOTE", "Interval history: Feels well.", "Examination: weight 70.1 kg.")
SECOND = ("PROGRESS NOTE", "Interval history: Tired.", "Examination: weight 66.0 kg.")


def test_a_copied_note_repeats_a_paragraph_without_figures():
    finished, _ = struck("copied_note", note("d1", *FIRST), note("d2", *SECOND))
    assert paragraphs(finished["DocumentReference/d2"]) == ["PROGRESS NOTE", FIRST[1], SECOND[2]]


def test_a_stale_fact_repeats_a_paragraph_with_figures_unless_a_rule_reads_notes():
    finished, _ = struck("stale_note_fact", note("d1", *FIRST), note("d2", *SECOND))
    assert paragraphs(finished["DocumentReference/d2"]) == ["PROGRESS NOTE", SECOND[1], FIRST[2]]
    finished, draw = struck("stale_note_fact", note("d1", *FIRST), note("d2", *SECOND), guard=EXTENDED)
    assert paragraphs(finished["DocumentReference/d2"]) == list(SECOND)
    assert draw.units == 0


def test_a_duplicate_patient_is_misspelled_and_has_no_part_in_the_study():
    finished, _ = struck("duplicate_patient", patient())
    (twin,) = added([], finished)
    assert twin["name"] == [{"use": "official", "family": "Miler", "given": ["Ann"]}]
    assert [link["type"] for link in twin.get("link", ())] in ([], ["seealso"])
    assert twin["identifier"] != patient().get("identifier")


def test_a_duplicate_of_a_patient_without_birth_date_has_none_either():
    person = patient()
    del person["birthDate"]
    finished, _ = struck("duplicate_patient", person)
    assert all("birthDate" not in row for row in finished.values())


def test_a_merged_patient_is_inactive_and_replaced():
    finished, draw = struck("merged_patient", patient())
    (twin,) = added([], finished)
    assert (twin["active"], twin["link"]) == (False, [{"other": SUBJECT, "type": "replaced-by"}])
    assert draw.touches[0].before == "Patient/p"


@pytest.mark.parametrize(
    ("died", "event", "left"),
    [
        ("2023-05-09", "2023-05-02", {"event"}),
        ("2023-05-02", "2023-05-09T10:00:00-05:00", {"patient"}),
        ("2023-05-02", "2023-05-02T10:00:00-05:00", {"patient", "event"}),
        ("2023-05-03T02:00:00Z", "2023-05-02", {"patient", "event"}),
    ],
)
def test_of_two_days_of_death_the_later_may_be_lost(died, event, left):
    finished, _ = struck("missing_death", patient(deceasedDateTime=died), fatal_event(on=event))
    found = {"patient"} if "deceasedDateTime" in finished["Patient/p"] else set()
    assert found | ({"event"} if "AdverseEvent/a" in finished else set()) == left


def test_where_a_rule_reads_adverse_events_none_is_lost():
    rows = [patient(deceasedDateTime="2023-05-02"), fatal_event(on="2023-05-09")]
    finished, draw = struck("missing_death", *rows, guard=EXTENDED)
    assert "AdverseEvent/a" in finished
    assert draw.units == 0


@pytest.mark.parametrize("kind", ["commission", "omission", "alteration", "duplication"])
def test_a_list_of_medicines_has_one_too_many_one_missing_one_taken_otherwise_or_one_twice(kind):
    _, draw = struck("medication_discrepancy", *(order(f"m{i}") for i in range(60)))
    assert kind in {touch.after.split()[0] for touch in draw.touches}


def test_where_a_rule_reads_orders_the_list_stays():
    finished, draw = struck("medication_discrepancy", order(), guard=EXTENDED)
    assert (len(finished), draw.units) == (2, 0)


def test_the_order_of_the_study_drug_is_no_concomitant_one():
    drug = {"coding": [{"system": "x", "code": DRUG}]}
    finished, _ = struck("sig_text_only", order(medicationCodeableConcept=drug))
    assert "doseAndRate" in finished["MedicationRequest/m"]["dosageInstruction"][0]


def test_a_sig_may_be_text_only():
    finished, _ = struck("sig_text_only", order())
    assert finished["MedicationRequest/m"]["dosageInstruction"] == [{"text": "81 mg by mouth daily"}]


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("81 mg by mouth daily", "81 mg by mouth twice daily"),
        ("100 mg by mouth twice daily", "100 mg by mouth once daily"),
        ("20 mg by mouth at bedtime", "20 mg by mouth twice daily"),
        ("500 mg by mouth as needed", "500 mg by mouth as needed, twice daily"),
    ],
)
def test_a_conflicting_sig_names_another_frequency_than_its_structure(text, other):
    assert contrary_text(text) == other
    finished, _ = struck("sig_conflict", order(text=text))
    (sig,) = finished["MedicationRequest/m"]["dosageInstruction"]
    assert (sig["text"], sig["doseAndRate"][0]["doseQuantity"]["value"]) == (other, 81)


def test_a_catalogue_writes_its_own_code_before_the_standard_one():
    finished, draw = struck("local_code", hemoglobin())
    codings = finished["Observation/l"]["code"]["coding"]
    assert [(c["system"], c["code"]) for c in codings] == [(LOCAL, "HGB"), ("http://loinc.org", "718-7")]
    assert ("Organization/west", "718-7", "HGB") in {tuple(touch)[1:] for touch in draw.touches}


def test_words_of_a_race_may_disagree_with_its_category():
    finished, _ = struck("discordant_race", patient())
    recorded = {part["url"]: part for part in finished["Patient/p"]["extension"][0]["extension"]}
    assert recorded["ombCategory"]["valueCoding"]["code"] == "2106-3"
    assert recorded["text"]["valueString"] != "White"


def test_race_may_be_missing_but_never_where_the_equity_clause_reads_it():
    treated, _ = struck("missing_race", patient(), compared("Study drug A"), protocol=EQUITY)
    control, draw = struck("missing_race", patient(), compared("Standard"), protocol=EQUITY)
    assert "ombCategory" not in str(treated["Patient/p"]["extension"])
    assert control["Patient/p"]["extension"][0] == race("2106-3", "White")
    assert draw.units == 0


def test_a_wrong_patients_order_is_cancelled_before_the_right_one_is_written():
    finished, draw = struck("wrong_patient", patient(), patient(id="q"), order())
    (touch,) = draw.touches
    wrong = finished[touch.reference]
    assert (wrong["status"], wrong["subject"]["reference"]) == ("cancelled", "Patient/p")
    assert "2023-03-01T09:20" < wrong["authoredOn"] < "2023-03-01T09:30"
    assert "encounter" not in wrong


def test_a_problem_may_be_missing_unless_a_row_names_it():
    named = order(reasonReference=[{"reference": "Condition/c2"}])
    finished, draw = struck("missing_problem", problem("c1"), problem("c2"), named)
    assert ("Condition/c1" in finished, "Condition/c2" in finished, draw.units) == (False, True, 1)


def test_an_open_encounter_has_no_end():
    period = {"start": "2023-03-01T09:00:00-05:00", "end": "2023-03-01T10:00:00-05:00"}
    visit = {"resourceType": "Encounter", "id": "e", "status": "finished", "period": period}
    finished, _ = struck("open_encounter", visit | {"participant": [{"period": period}]})
    row = finished["Encounter/e"]
    assert (row["status"], row["period"]) == ("in-progress", {"start": period["start"]})
    assert row["participant"] == [{"period": {"start": period["start"]}}]


def test_a_note_may_have_no_date():
    finished, _ = struck("missing_note_date", note("d1", *FIRST))
    assert "date" not in finished["DocumentReference/d1"]


def test_an_encounter_diagnosis_may_lack_its_verification():
    finished, _ = struck("missing_verification", problem(), problem("x", category="encounter-diagnosis"))
    assert "verificationStatus" not in finished["Condition/x"]
    assert "verificationStatus" in finished["Condition/c"]


@pytest.mark.parametrize("name", ["late_charting", "missing_value", "missing_unit", "site_units", "unit_slip"])
def test_values_that_a_rule_reads_stay_as_they_are(name):
    rows = [hemoglobin(), weight()]
    finished, draw = struck(name, *rows, guard=EXTENDED)
    untouched, _ = struck("missing_note_date", *rows)
    assert finished == untouched
    assert not draw.touches
