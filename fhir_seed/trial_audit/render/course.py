"""Invents the course of one person so that it agrees with the plan: visits, problems, medicines, measurements, events.

Blind to faults, arms and patterns: it sees days of the plan, the stage (for ECOG and LDH), the index and the sex.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.plan import Administration, SubjectPlan
from fhir_seed.trial_audit.render import labs
from fhir_seed.trial_audit.render.adverse_event import TERMS
from fhir_seed.trial_audit.render.comorbidity import DIABETIC, MAY_RESOLVE, RENAL, choose_comorbidities
from fhir_seed.trial_audit.render.encounter import BASELINE, SCREENING, TREATMENT, UNSCHEDULED
from fhir_seed.trial_audit.render.facts import Course, Event, Prescription, Problem, SiteFacts, Trial, Visit, Vitals
from fhir_seed.trial_audit.render.ids import Ids
from fhir_seed.trial_audit.render.medicines import MEDICINES, SUPPORTIVE
from fhir_seed.trial_audit.render.streams import Streams
from fhir_seed.trial_audit.render.written import reference

_ECOG = ((65, 33, 2), (55, 40, 5), (40, 48, 12), (22, 54, 24))
"""Weights of 0, 1, 2 by stage."""
_SMOKING = ("449868002", "8517006", "266919005")
_SMOKING_WEIGHTS = (18, 40, 42)
_EVENTS = (48, 38, 14)
_SEVERITY = ("mild", "moderate", "severe")
_SEVERITY_WEIGHTS = (60, 30, 10)
_OUTCOMES = ("resolved", "recovering", "ongoing")
_OUTCOME_WEIGHTS = (70, 15, 15)
_BODY = {"female": (1630, 65), "male": (1760, 70)}
"""Height in tenths of a cm: mean, sd."""


def draw_course(streams: Streams, trial: Trial, site: SiteFacts, subject: SubjectPlan) -> Course:
    stream, ids = streams.course, streams.ids
    vitals = _draw_vitals(streams.values, subject)
    screening = _visit(stream, ids, SCREENING, subject.screening, _screening_start(stream, subject))
    problems = _draw_problems(stream, ids, subject, obese=vitals.bmi >= 300)
    treatments = _draw_treatments(stream, ids, subject.administrations)
    cancer_onset = subject.screening - timedelta(days=stream.integer(21, 420))
    return Course(
        clinician=stream.choice(site.clinicians),
        consent_id=ids.identifier(),
        screening=screening,
        baseline=_draw_baseline(stream, ids, subject),
        treatments=treatments,
        cancer_id=ids.identifier(),
        cancer_onset=cancer_onset,
        problems=problems,
        prescriptions=_draw_prescriptions(stream, ids, problems),
        order_id=ids.identifier(),
        withdrew=stream.chance(250),
        vitals=vitals,
        ecog=stream.weighted(_ECOG[subject.stage - 1]),
        smoking=_SMOKING[stream.weighted(_SMOKING_WEIGHTS)],
        labs=_draw_labs(streams.values, subject.stage, problems),
        events=_draw_events(stream, ids, trial, subject, treatments),
    )


def day_of_death(subject: SubjectPlan) -> date | None:
    """The earlier of the recorded days."""
    days = [subject.deceased.day] if subject.deceased else []
    if subject.fatal_event:
        days.append(subject.fatal_event.date.day)
    return min(days, default=None)


def _screening_start(stream: Stream, subject: SubjectPlan) -> int:
    """In the morning; well before an enrolment on the same day."""
    start = stream.integer(480, 600)
    enrolment = subject.enrolment
    if enrolment is None or enrolment.day != subject.screening:
        return start
    return max(0, min(start, enrolment.minute - 120))


def _visit(stream: Stream, ids: Ids, kind: str, day: date, start: int, number: str = "") -> Visit:
    identity = ids.identifier()
    end = start + stream.integer(50, 110)
    return Visit(identity, reference("Encounter", identity), kind, day, start, end, number or str(stream.below(10**9)))


def _draw_baseline(stream: Stream, ids: Ids, subject: SubjectPlan) -> Visit | None:
    if subject.enrolment is None:
        return None
    return _visit(stream, ids, BASELINE, subject.enrolment.day, stream.integer(720, 840))


def _draw_treatments(
    stream: Stream, ids: Ids, administrations: Sequence[Administration]
) -> tuple[tuple[str, Visit], ...]:
    given = sorted((a for a in administrations if a.status == "completed"), key=lambda a: (a.effective.day, a.id))
    visits = []
    for row in given:
        start = max(0, row.effective.minute - stream.integer(20, 45))
        visits.append((row.id, _visit(stream, ids, TREATMENT, row.effective.day, start)))
    return tuple(visits)


def _draw_vitals(stream: Stream, subject: SubjectPlan) -> Vitals:
    mean, sd = _BODY[subject.sex]
    height = stream.normal(mean, sd)
    bmi = min(420, max(175, stream.normal(268, 48)))
    weight = (bmi * height * height + 500_000) // 1_000_000
    systolic = min(178, max(96, stream.normal(130, 14)))
    diastolic = min(104, max(52, stream.normal(79, 9)))
    return Vitals(
        weight=weight,
        height=height,
        bmi=(weight * 1_000_000 + height * height // 2) // (height * height),
        systolic=systolic,
        diastolic=min(diastolic, systolic - 22),
    )


def _draw_problems(stream: Stream, ids: Ids, subject: SubjectPlan, *, obese: bool) -> tuple[Problem, ...]:
    chosen = choose_comorbidities(stream, subject.index, 3 + stream.chance(250), obese=obese)
    adult_days = min(4500, max(200, (subject.age_for_course - 18) * 365))
    problems = []
    for what in chosen:
        onset = subject.screening - timedelta(days=stream.integer(90, adult_days))
        recorded = onset + timedelta(days=stream.integer(0, 60))
        over = what in MAY_RESOLVE and stream.chance(300)
        resolved = recorded + (subject.screening - recorded) * stream.integer(20, 80) // 100 if over else None
        problems.append(Problem(ids.identifier(), what, onset, recorded, resolved))
    return tuple(problems)


def _draw_prescriptions(stream: Stream, ids: Ids, problems: Sequence[Problem]) -> tuple[Prescription, ...]:
    wanted = stream.integer(2, 3)
    chosen: dict[str, str | None] = {}
    for problem in problems:
        if problem.what.medicines and len(chosen) < wanted:
            chosen.setdefault(stream.choice(problem.what.medicines), problem.id)
    for code in SUPPORTIVE:
        if len(chosen) < wanted:
            chosen.setdefault(code, None)
    return tuple(Prescription(ids.identifier(), MEDICINES[code], problem) for code, problem in chosen.items())


def _draw_labs(stream: Stream, stage: int, problems: Sequence[Problem]) -> tuple[int, ...]:
    kinds = [p.what for p in problems]
    shifts = {
        labs.LDH.words: labs.LDH_BY_STAGE[stage - 1],
        labs.CREATININE.words: labs.CREATININE_RENAL if RENAL in kinds else 0,
        labs.GLUCOSE.words: labs.GLUCOSE_DIABETIC if any(k in DIABETIC for k in kinds) else 0,
    }
    values = [max(lab.least, stream.normal(lab.mean + shifts.get(lab.words, 0), lab.sd)) for lab in labs.PANEL]
    leukocytes = values[labs.PANEL.index(labs.LEUKOCYTES)]
    neutrophils = labs.PANEL.index(labs.NEUTROPHILS)
    values[neutrophils] = leukocytes * stream.integer(48, 74) // 100
    return tuple(values)


def _draw_events(
    stream: Stream, ids: Ids, trial: Trial, subject: SubjectPlan, treatments: Sequence[tuple[str, Visit]]
) -> tuple[Event, ...]:
    count = stream.weighted(_EVENTS)
    return tuple(_draw_event(stream, ids, trial, subject, treatments) for _ in range(count if treatments else 0))


def _draw_event(
    stream: Stream, ids: Ids, trial: Trial, subject: SubjectPlan, treatments: Sequence[tuple[str, Visit]]
) -> Event:
    administration, visit = stream.choice(treatments)
    outcome = _OUTCOMES[stream.weighted(_OUTCOME_WEIGHTS)]
    severity = _SEVERITY[stream.weighted(_SEVERITY_WEIGHTS)]
    last = _last_day(trial, subject, visit.day)
    day = min(visit.day + timedelta(days=stream.integer(0, 9)), last)
    stay = stream.integer(1, 4)
    duration = stay + stream.integer(2, 16)
    minute = min(1380, max(visit.end, stream.integer(600, 1200)))
    admitted = severity == "severe" and day + timedelta(days=stay) <= last
    return Event(
        id=ids.identifier(),
        term=stream.below(len(TERMS)),
        severity=severity,
        outcome=outcome if day + timedelta(days=duration) <= last else "recovering",
        day=day,
        minute=minute,
        ends=day + timedelta(days=duration),
        administration=administration,
        admission=_visit(stream, ids, UNSCHEDULED, day, minute + 30) if admitted else None,
        admission_days=stay,
        diagnosis_id=ids.identifier(),
    )


def _last_day(trial: Trial, subject: SubjectPlan, visit: date) -> date:
    """Nothing happens after the end of the world, nor after a death that follows the visit."""
    death = day_of_death(subject)
    limits = [trial.last_day] if death is None or death < visit else [trial.last_day, death]
    return max(visit, min(limits))
