"""The renderer on a small plan made by hand: two subjects, a screen failure and a merged duplicate."""

from base64 import b64decode
from collections import Counter
from dataclasses import replace
from datetime import date
from operator import itemgetter

import orjson
import pytest

from fhir_r4 import TIERS, Invalid, canonical
from fhir_seed.codes import unknown_codes
from fhir_seed.trial_audit import render_protocol
from fhir_seed.trial_audit.plan import (
    Administration,
    Duplicate,
    FatalEvent,
    IndexRow,
    Moment,
    StageRow,
    SubjectPlan,
    WorldPlan,
)
from fhir_seed.trial_audit.render import render_world
from fhir_seed.validate import dangling_references, validate_resource
from tasks import Truth
from tasks.trial_audit import Protocol, Site

ENTROPY = b"e" * 32
DENVER = -420
PROTOCOL = Protocol(
    number="ONC-1001",
    title="Orsifenib in colon cancer",
    drug_code="study-drug-b",
    drug_name="Orsifenib",
    cancer="Primary malignant neoplasm of colon",
    control_arm="Standard of care",
    treatment_arm="Orsifenib arm",
    age_min=40,
    age_max=80,
    window=21,
    stage_iv_window=28,
    comorbidity_threshold=3,
    escalate=2,
    equity=None,
    sites=(
        Site(organization="Organization/site1", name="Denver Cancer Center", offset_minutes=DENVER),
        Site(organization="Organization/site2", name="Dublin Cancer Center", offset_minutes=0),
    ),
)


def at(day: str, minute: int = 600, offset: int | None = DENVER) -> Moment:
    return Moment(date.fromisoformat(day), minute, offset)


ALICE = SubjectPlan(
    patient_id="alice",
    subject_id="rs-alice",
    site=0,
    sex="female",
    group="hispanic",
    birth_date="1960-05",
    age_for_course=62,
    arm="control",
    screening=date(2023, 1, 10),
    enrolment=at("2023-01-20", 1380, 0),
    stage=4,
    stage_rows=(
        StageRow("stage-1", 2, "entered-in-error", at("2023-01-11"), at("2023-01-12")),
        StageRow("stage-2", 4, "corrected", at("2023-01-12", offset=None), at("2023-01-12", 1430, 0)),
    ),
    index=3,
    index_rows=(IndexRow("index-1", 3, "final", at("2023-01-12"), at("2023-01-13")),),
    administrations=(
        Administration("dose-0", 1, "not-done", at("2023-01-25")),
        Administration("dose-1", 1, "completed", at("2023-01-30")),
        Administration("dose-2", 2, "completed", at("2023-02-20")),
    ),
    deceased=at("2023-06-01", 0, None),
    fatal_event=FatalEvent("death", at("2023-06-01", 1200)),
    duplicate=Duplicate("alice-old", "1961"),
)
BOB = replace(
    ALICE,
    patient_id="bob",
    subject_id="rs-bob",
    site=1,
    sex="male",
    group="unknown",
    birth_date=None,
    arm="treatment",
    enrolment=at("2023-01-20", 600, 0),
    stage=1,
    stage_rows=(StageRow("stage-3", 1, "final", at("2023-01-12", offset=0), at("2023-01-12", offset=0)),),
    index=0,
    index_rows=(IndexRow("index-2", 0, "final", at("2023-01-12", offset=0), at("2023-01-12", offset=0)),),
    administrations=(Administration("dose-3", 1, "completed", at("2023-02-01", 660, 0)),),
    deceased=None,
    fatal_event=None,
    duplicate=None,
)
CARL = replace(
    BOB,
    patient_id="carl",
    subject_id="rs-carl",
    group="asian",
    birth_date="2010-01-01",
    arm=None,
    enrolment=None,
    stage_rows=(),
    index_rows=(),
    administrations=(),
)


def world_plan(*subjects: SubjectPlan, protocol: Protocol = PROTOCOL) -> WorldPlan:
    truth = Truth(items=(), traps=(), persons={}, counts={})
    return WorldPlan(protocol, "2025-03-01T09:00:00Z", subjects or (ALICE, BOB, CARL), truth, {})


def rendered(*subjects: SubjectPlan) -> dict[str, dict]:
    nodes = map(orjson.loads, render_world(world_plan(*subjects), ENTROPY).resources)
    return {f"{node['resourceType']}/{node['id']}": node for node in nodes}


CHART = rendered()


def of_type(kind: str, subject: str = "alice", chart: dict[str, dict] = CHART) -> list[dict]:
    return [r for key, r in chart.items() if key.startswith(kind + "/") and f"Patient/{subject}" in str(r)]


def test_resources_are_canonical_tight_and_in_write_order():
    world = render_world(world_plan(), ENTROPY)
    assert all(canonical(blob) == blob for blob in world.resources)
    order = [(TIERS[r["resourceType"]], r["id"]) for r in map(orjson.loads, world.resources)]
    assert order == sorted(order)
    assert world.size == len(world.resources) == len(CHART)
    assert world.now == "2025-03-01T09:00:00Z"


def test_every_resource_is_valid_and_refers_to_what_is_there():
    world = render_world(world_plan(), ENTROPY)
    assert [problem for blob in world.resources for problem in validate_resource(blob)] == []
    assert dangling_references(world) == []
    assert [code for node in CHART.values() for code in unknown_codes(node)] == []


def test_a_moment_is_written_in_its_own_offset_or_as_a_date():
    assert CHART["ResearchSubject/rs-alice"]["period"] == {"start": "2023-01-21T06:00:00+00:00"}
    assert CHART["Patient/alice"]["deceasedDateTime"] == "2023-06-01"
    assert CHART["Observation/stage-2"]["effectiveDateTime"] == "2023-01-12"
    assert CHART["Observation/stage-2"]["issued"] == "2023-01-13T06:50:00+00:00"
    assert CHART["AdverseEvent/death"]["date"] == "2023-06-01T20:00:00-07:00"


def test_the_plans_rows_are_written_as_planned():
    stage, dose = CHART["Observation/stage-1"], CHART["MedicationAdministration/dose-0"]
    assert stage["status"] == "entered-in-error"
    assert stage["valueCodeableConcept"]["coding"][0]["code"] == "258219007"
    assert CHART["Observation/index-1"]["valueInteger"] == 3
    assert (dose["status"], dose["effectiveDateTime"]) == ("not-done", "2023-01-25T10:00:00-07:00")
    assert CHART["AdverseEvent/death"]["outcome"]["coding"][0]["code"] == "fatal"


def test_a_screen_failure_has_neither_arm_nor_enrolment():
    subject = CHART["ResearchSubject/rs-carl"]
    assert subject["status"] == "ineligible"
    assert not {"assignedArm", "period"} & set(subject)
    assert of_type("MedicationAdministration", "carl") == []
    assert len(of_type("Encounter", "carl")) == 1


def test_an_enrolled_subject_has_its_arm_by_the_protocols_name():
    assert CHART["ResearchSubject/rs-alice"]["assignedArm"] == "Standard of care"
    assert CHART["ResearchSubject/rs-bob"]["assignedArm"] == "Orsifenib arm"


def extension_codes(patient: dict) -> dict[str, str]:
    found = {}
    for one in patient["extension"]:
        name = one["url"].rsplit("-", 1)[1]
        found[name] = one["valueCode"] if "valueCode" in one else one["extension"][0]["valueCoding"]["code"]
    return found


@pytest.mark.parametrize(
    ("patient", "codes"),
    [
        ("alice", {"ethnicity": "2135-2", "birthsex": "F"}),
        ("bob", {"birthsex": "M"}),
        ("carl", {"race": "2028-9", "ethnicity": "2186-5", "birthsex": "M"}),
    ],
)
def test_race_and_ethnicity_say_the_group(patient, codes):
    found = extension_codes(CHART[f"Patient/{patient}"])
    if patient == "alice":
        found.pop("race")  # some race, drawn
    assert found == codes


@pytest.mark.parametrize(("patient", "birth_date"), [("alice", "1960-05"), ("bob", None), ("carl", "2010-01-01")])
def test_a_birth_date_is_written_as_given(patient, birth_date):
    assert CHART[f"Patient/{patient}"].get("birthDate") == birth_date


def test_a_merged_duplicate_points_to_the_survivor():
    duplicate = CHART["Patient/alice-old"]
    assert duplicate["link"] == [{"other": {"reference": "Patient/alice"}, "type": "replaced-by"}]
    assert (duplicate["active"], duplicate["birthDate"]) == (False, "1961")


def test_the_study_leads_to_the_protocols_text():
    study = next(node for node in CHART.values() if node["resourceType"] == "ResearchStudy")
    (artifact,) = [a for a in study["relatedArtifact"] if a["type"] == "documentation"]
    attachment = CHART[artifact["document"]["url"]]["content"][0]["attachment"]
    assert attachment["contentType"] == "text/markdown"
    assert b64decode(attachment["data"]).decode() == render_protocol(PROTOCOL)
    assert {arm["name"] for arm in study["arm"]} == {"Standard of care", "Orsifenib arm"}
    assert len(study["site"]) == 2


def test_a_given_dose_has_its_visit_and_order():
    dose = CHART["MedicationAdministration/dose-1"]
    visit = CHART[dose["context"]["reference"]]
    assert visit["period"]["start"] <= dose["effectiveDateTime"] <= visit["period"]["end"]
    order = CHART[dose["request"]["reference"]]
    assert order["medicationCodeableConcept"] == dose["medicationCodeableConcept"]
    assert dose["dosage"]["dose"] == order["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"]


def test_consent_comes_before_enrolment_and_visits_in_order():
    (consent,) = of_type("Consent")
    assert consent["dateTime"] < CHART["ResearchSubject/rs-alice"]["period"]["start"]
    assert len(of_type("Encounter")) >= 4  # screening, baseline, two treatments


def value_of(kind: str, subject: str = "alice") -> dict:
    """The first, which is that of the screening visit."""
    return min(
        (o for o in of_type("Observation", subject) if o["code"]["text"] == kind), key=itemgetter("effectiveDateTime")
    )


def test_measurements_agree_with_each_other():
    weight, height, bmi = (
        value_of(name)["valueQuantity"]["value"] for name in ("Body weight", "Body height", "Body mass index")
    )
    assert bmi == pytest.approx(weight / (height / 100) ** 2, abs=0.06)
    assert value_of("Neutrophils")["valueQuantity"]["value"] < value_of("Leukocytes")["valueQuantity"]["value"]


@pytest.mark.parametrize("index", range(13))
def test_comorbid_conditions_add_up_to_the_index(index):
    chart = rendered(replace(ALICE, index=index))
    weights = {
        "diabetic neuropathy": 2,
        "chronic kidney disease": 2,
        "heart failure": 2,
        **dict.fromkeys(("old myocardial infarction", "stroke", "COPD", "rheumatoid arthritis"), 1),
        "chronic hepatitis C": 1,
        "type 2 diabetes": 1,
    }
    problems = [c for c in of_type("Condition", chart=chart) if c["category"][0]["text"] == "Problem List Item"]
    assert sum(weights.get(c["code"]["text"], 0) for c in problems) == min(index, 11)


def test_concomitant_medicines_name_what_they_treat():
    requests = [r for r in of_type("MedicationRequest") if "Orsifenib" not in str(r)]
    assert 2 <= len(requests) <= 3
    for request in requests:
        assert "reasonCode" in request or CHART[request["reasonReference"][0]["reference"]]["subject"]


def notes_of(subject: str) -> list[str]:
    documents = of_type("DocumentReference", subject)
    return [b64decode(d["content"][0]["attachment"]["data"]).decode() for d in documents]


def test_notes_agree_with_the_chart_and_tell_nothing_that_is_graded():
    (first,) = [text for text in notes_of("alice") if text.startswith("HISTORY")]
    weight = value_of("Body weight")["valueQuantity"]["value"]
    assert f"weight {weight} kg" in first
    for text in notes_of("alice") + notes_of("bob"):
        for word in ("1960", "born", "year-old", "aged", "stage", "Stage", "arm ", "control", "died", "death"):
            assert word not in text


def test_the_arm_is_written_in_one_place_only():
    swapped = rendered(replace(ALICE, arm="treatment"), replace(BOB, arm="control"), CARL)
    differing = {key for key in CHART if CHART[key] != swapped[key]}
    assert differing == {"ResearchSubject/rs-alice", "ResearchSubject/rs-bob"}


def test_the_birth_date_is_written_in_one_place_only():
    changed = rendered(replace(ALICE, birth_date=None), BOB, CARL)
    assert {key for key in CHART if CHART[key] != changed[key]} == {"Patient/alice"}


def test_decimals_keep_their_places():
    text = b"".join(render_world(world_plan(), ENTROPY).resources)
    assert b'"low":{"code":"g/dL","system":"http://unitsofmeasure.org","unit":"g/dL","value":12.0}' in text


def test_a_cancer_without_codes_is_refused():
    with pytest.raises(Invalid, match="Colon cancer"):
        render_world(world_plan(protocol=PROTOCOL.model_copy(update={"cancer": "gout"})), ENTROPY)


def test_ids_and_numbers_are_used_once():
    numbers = Counter(
        (i["system"], i["value"]) for node in CHART.values() for i in node.get("identifier", []) if isinstance(i, dict)
    )
    assert max(numbers.values()) == 1
