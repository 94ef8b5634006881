"""Text of the notes, written from the same facts as the resources. Never birth date, age, stage, arm or death."""

from collections.abc import Sequence
from datetime import date

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.plan import SubjectPlan
from fhir_seed.trial_audit.render import labs
from fhir_seed.trial_audit.render.facts import Course, Cycle, Event, Result, SiteFacts, Taken, Trial
from fhir_seed.trial_audit.render.terms import TERMS

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
    "Questions answered; the signed consent is on file. Await central review.",
    "Consent discussed and signed. Imaging to be sent to the sponsor.",
    "Agrees to take part and has signed. Will call with the result of screening.",
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
_FIRST = (
    "Screening complete, results reviewed. No new complaints.",
    "Feels as at screening. Understands the schedule of visits.",
    "No change since screening. Slept well, ate breakfast.",
)
_QUOTED = frozenset(lab.words for lab in (labs.NEUTROPHILS, labs.PLATELETS, labs.HEMOGLOBIN, labs.CREATININE, labs.LDH))
_COUNTS = frozenset({"final", "amended", "corrected"})
_SMOKING = {"449868002": "smokes daily", "8517006": "former smoker", "266919005": "never smoked"}


def screening_text(stream: Stream, plan: SubjectPlan, course: Course, site: SiteFacts, trial: Trial) -> str:
    person = "woman" if plan.sex == "female" else "man"
    vitals = course.vitals
    return (
        f"HISTORY AND PHYSICAL - SCREENING VISIT\n{site.site.name}\nProtocol {trial.protocol.number}\n\n"
        f"History: {person} with {trial.cancer.words.lower()}. {stream.choice(_HISTORY)}\n"
        f"Comorbid conditions include {_listed([p.what.words for p in course.problems if p.resolved is None][:2])}.\n"
        f"Medicines: {_listed(_medicines(course, course.screening.day))}.\n"
        f"Tobacco: {_SMOKING[course.smoking]}.\n\n"
        f"Examination: height {_tenths(vitals.height)} cm, weight {_tenths(vitals.weight)} kg, blood pressure"
        f" {vitals.systolic}/{vitals.diastolic} mmHg. {course.performance.words}."
        f" {stream.choice(_EXAMINATION)}\n"
        f"Laboratory: {_values(course.labs, course.screening.day)}.\n\n"
        f"Plan: {stream.choice(_PLAN)}\n\n{_signature(course)}"
    )


def treatment_text(stream: Stream, place: int, course: Course, site: SiteFacts, trial: Trial) -> str:
    """place: of the cycle in the course."""
    cycle = course.cycles[place]
    before = course.cycles[place - 1] if place else None
    performance = f", {cycle.performance.words}" if cycle.performance else ""
    return (
        f"PROGRESS NOTE - TREATMENT VISIT, CYCLE {cycle.number}\n{site.site.name}\n"
        f"Protocol {trial.protocol.number}\n\n"
        f"Interval history: {_interval(stream, course, cycle, before)}\n"
        f"Medicines: {_medicines_at(course, place)}.\n"
        f"Examination: weight {_tenths(cycle.weight.weight)} kg ({_change(cycle, course)} since screening)"
        f"{_pressure(cycle, course)}{performance}. {stream.choice(_EXAMINATION)}\n"
        f"Laboratory {_drawn(cycle).isoformat()}: {_values(cycle.results, _drawn(cycle))}.\n\n"
        f"{_reason(cycle, before, course)}{trial.protocol.drug_name} {cycle.dose} mg. {stream.choice(_INFUSION)}\n"
        f"Plan: {stream.choice(_NEXT)}\n\n{_signature(course)}"
    )


def _interval(stream: Stream, course: Course, cycle: Cycle, before: Cycle | None) -> str:
    """What happened since the dose before; without events one of the usual sentences."""
    usual = stream.choice(_INTERVAL if before else _FIRST)
    if before is None:
        return usual
    events = [event for event in course.events if event.administration == before.administration]
    if not events:
        return usual
    return f"Since cycle {before.number} {_listed([_told(event) for event in events])}."


def _told(event: Event) -> str:
    stay = f", admitted for {event.admission_days} days" if event.admission else ""
    return f"{event.severity} {TERMS[event.term].words.lower()}{stay}"


def _reason(cycle: Cycle, before: Cycle | None, course: Course) -> str:
    """Why the dose was lowered here."""
    if cycle.lowered is None or before is None or cycle.dose >= before.dose:
        return ""
    if cycle.lowered == "event":
        severe = [e for e in course.events if e.administration == before.administration and e.severity == "severe"]
        cause = f"{_listed([TERMS[e.term].words.lower() for e in severe])} after cycle {before.number}"
    else:
        seen = cycle.result(labs.NEUTROPHILS if cycle.lowered == "neutrophils" else labs.PLATELETS)
        assert seen is not None, "what lowered a dose was drawn for it"
        cause = f"{seen.lab.words.lower()} {_value(seen)} before this cycle"
    return f"Dose level -{cycle.level} from this cycle on because of {cause}.\n"


def _change(cycle: Cycle, course: Course) -> str:
    change = cycle.weight.weight - course.vitals.weight
    return f"{'-' if change < 0 else '+'}{_tenths(abs(change))} kg"


def _pressure(cycle: Cycle, course: Course) -> str:
    seen = course.pressure_at(cycle.visit)
    return f", blood pressure {seen.systolic}/{seen.diastolic} mmHg" if seen else ""


def _drawn(cycle: Cycle) -> date:
    """The last day up to the dose on which blood was drawn for it."""
    return max((one.day for one in cycle.results if one.day <= cycle.day), default=cycle.day)


def _values(results: Sequence[Result], day: date) -> str:
    """Of the blood that was drawn on the day, as far as it counts."""
    known = [one for one in results if one.day == day and one.status in _COUNTS and one.lab.words in _QUOTED]
    return ", ".join(f"{one.lab.words.lower()} {_value(one)}" for one in known)


def _value(result: Result) -> str:
    scale = 10**result.lab.places
    rest = f".{result.value % scale:0{result.lab.places}d}" if result.lab.places else ""
    return f"{result.value // scale}{rest}"


def _medicines_at(course: Course, place: int) -> str:
    """At a treatment visit, and whether they are those of the visit before."""
    now = _medicines(course, course.cycles[place].day)
    before = _medicines(course, course.cycles[place - 1].day if place else course.screening.day)
    return f"{_listed(now)}, unchanged" if now == before else _listed(now)


def _medicines(course: Course, day: date) -> list[str]:
    """In use on the day by every order that counts, the same one twice if it was ordered twice: lists are not checked
    for that, and without the second one a note would be shorter where a therapy is a duplicate."""
    screening = course.screening.day
    taken = [*(Taken(row.what, screening, row.stopped) for row in course.prescriptions), *course.further]
    in_use = [row for row in taken if row.first <= day and (row.last is None or day <= row.last)]
    return [row.what.words for row in sorted(in_use, key=lambda row: row.first)]


def _signature(course: Course) -> str:
    return f"Electronically signed by {course.clinician.given} {course.clinician.family}, MD\n"


def _tenths(scaled: int) -> str:
    return f"{scaled // 10}.{scaled % 10}"


def _listed(words: Sequence[str]) -> str:
    if len(words) < 3:
        return " and ".join(words) or "none of note"
    return f"{', '.join(words[:-1])} and {words[-1]}"
