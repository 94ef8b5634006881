"""Text of the notes, written from the same facts as the resources. Never birth date, age, stage, arm or death."""

from collections.abc import Sequence

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.plan import SubjectPlan
from fhir_seed.trial_audit.render import labs
from fhir_seed.trial_audit.render.facts import Course, SiteFacts, Trial

_HISTORY = (
    "Referred by the treating oncologist. Appetite and sleep are fair, no new pain.",
    "Referred from the tumor board. Mild fatigue, otherwise feels well.",
    "Seen with family. Some weight loss over the past months, no fever.",
    "Seen alone. Reports occasional cough and good exercise tolerance.",
)
_EXAMINATION = (
    "Lungs clear, heart regular, abdomen soft, no edema.",
    "No palpable nodes. Breath sounds normal. No focal deficit.",
    "Well nourished, in no distress. Skin intact. Gait steady.",
)
_PLAN = (
    "Questions answered; consent signed before any study procedure. Await central review.",
    "Consent discussed and signed. Imaging to be sent to the sponsor.",
    "Agrees to take part; signed consent is on file. Will call with the result of screening.",
)
_INTERVAL = (
    "Tolerated the last weeks well. No visit to an emergency department reported.",
    "Some tiredness for two days, then back to usual activity.",
    "Mild nausea relieved by medication. Eating and drinking.",
    "No new complaints. Keeps a symptom diary.",
)
_INFUSION = (
    "Infusion given as ordered without reaction. Observed for 30 minutes.",
    "Line placed at first attempt. Infusion completed, vital signs stable.",
    "Premedication given, infusion completed. Left in good condition.",
)
_NEXT = (
    "Return for the next cycle as scheduled.",
    "Next visit per protocol; call for fever.",
    "Continue. Laboratory tests before the next visit.",
)
_SMOKING = {"449868002": "smokes daily", "8517006": "former smoker", "266919005": "never smoked"}


def screening_text(stream: Stream, plan: SubjectPlan, course: Course, site: SiteFacts, trial: Trial) -> str:
    person = "woman" if plan.sex == "female" else "man"
    vitals = course.vitals
    values = dict(zip((lab.words for lab in labs.PANEL), course.labs, strict=True))
    return (
        f"HISTORY AND PHYSICAL - SCREENING VISIT\n{site.site.name}\nProtocol {trial.protocol.number}\n\n"
        f"History: {person} with {trial.cancer.words.lower()}. {stream.choice(_HISTORY)}\n"
        f"Comorbid conditions include {_listed([p.what.words for p in course.problems if p.resolved is None][:2])}.\n"
        f"Medicines: {_listed([p.what.words for p in course.prescriptions[:2]])}.\n"
        f"Tobacco: {_SMOKING[course.smoking]}.\n\n"
        f"Examination: height {_tenths(vitals.height)} cm, weight {_tenths(vitals.weight)} kg, blood pressure"
        f" {vitals.systolic}/{vitals.diastolic} mmHg. ECOG performance status {course.ecog}."
        f" {stream.choice(_EXAMINATION)}\n"
        f"Laboratory: hemoglobin {_tenths(values[labs.HEMOGLOBIN.words])} g/dL, platelets"
        f" {values[labs.PLATELETS.words]}, LDH {values[labs.LDH.words]} U/L.\n\n"
        f"Plan: {stream.choice(_PLAN)}\n\n{_signature(course)}"
    )


def treatment_text(stream: Stream, course: Course, site: SiteFacts, trial: Trial) -> str:
    return (
        f"PROGRESS NOTE - TREATMENT VISIT\n{site.site.name}\nProtocol {trial.protocol.number}\n\n"
        f"Interval history: {stream.choice(_INTERVAL)}\n"
        f"Medicines: {_listed([p.what.words for p in course.prescriptions[:2]])}, unchanged.\n"
        f"Examination: {stream.choice(_EXAMINATION)}\n\n"
        f"{trial.protocol.drug_name} {trial.dose} mg. {stream.choice(_INFUSION)}\n"
        f"Plan: {stream.choice(_NEXT)}\n\n{_signature(course)}"
    )


def _signature(course: Course) -> str:
    return f"Electronically signed by {course.clinician.given} {course.clinician.family}, MD\n"


def _tenths(scaled: int) -> str:
    return f"{scaled // 10}.{scaled % 10}"


def _listed(words: Sequence[str]) -> str:
    return " and ".join(words) or "none of note"
