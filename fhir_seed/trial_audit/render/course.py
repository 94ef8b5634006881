"""Invents the course of one person so that it agrees with the plan: visits, problems, medicines, measurements, events.

Blind to faults, arms and patterns: it sees days of the plan, the stage, the index and the sex.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.plan import SubjectPlan
from fhir_seed.trial_audit.render import labs
from fhir_seed.trial_audit.render.comorbidity import (
    DIABETIC,
    HEPATIC,
    HYPERTENSIVE,
    MAY_RESOLVE,
    RENAL,
    choose_comorbidities,
)
from fhir_seed.trial_audit.render.cycles import draw_cycles
from fhir_seed.trial_audit.render.encounter import BASELINE, SCREENING
from fhir_seed.trial_audit.render.facts import (
    Course,
    Performance,
    Prescription,
    Problem,
    Result,
    SiteFacts,
    Trial,
    Visit,
    Vitals,
)
from fhir_seed.trial_audit.render.ids import Ids
from fhir_seed.trial_audit.render.medicines import MEDICINES, SUPPORTIVE, go_together
from fhir_seed.trial_audit.render.physiology import draw_body
from fhir_seed.trial_audit.render.pressures import draw_pressures
from fhir_seed.trial_audit.render.streams import Streams
from fhir_seed.trial_audit.render.written import reference

_ECOG = ((65, 33, 2), (55, 40, 5), (40, 48, 12), (22, 54, 24))
"""Weights of 0, 1, 2 by stage."""
_SMOKING = ("449868002", "8517006", "266919005")
_BODY = {"female": (1630, 65), "male": (1760, 70)}
"""Height in tenths of a cm: mean, sd."""
_RAISED = 9
"""mm[Hg] of systolic pressure that treated hypertension adds."""


def draw_course(streams: Streams, trial: Trial, site: SiteFacts, subject: SubjectPlan) -> Course:
    stream, ids = streams.course, streams.ids
    screening = _visit(stream, ids, SCREENING, subject.screening, _screening_start(stream, subject))
    height, bmi = _draw_stature(streams.values, subject)
    problems = _draw_problems(stream, ids, subject, obese=bmi >= 300)
    vitals = _draw_vitals(streams.values, ids, height, bmi, problems)
    panel = _draw_panel(streams.values, subject, problems)
    ecog = stream.weighted(_ECOG[subject.stage - 1])
    renal = any(problem.what is RENAL for problem in problems)
    body = draw_body(streams.cycles, subject.stage, panel, vitals.weight, ecog, renal=renal)
    given = draw_cycles(streams.cycles, ids, trial, subject, body)
    course = Course(
        clinician=stream.choice(site.clinicians),
        nurse=stream.choice(site.nurses),
        consent_id=ids.identifier(),
        screening=screening,
        baseline=_draw_baseline(stream, ids, subject, screening),
        cycles=given.cycles,
        cancer_id=ids.identifier(),
        cancer_onset=subject.screening - timedelta(days=stream.integer(21, 420)),
        problems=problems,
        prescriptions=_draw_prescriptions(stream, ids, problems),
        order_id=ids.identifier(),
        withdrew=stream.chance(250),
        vitals=vitals,
        performance=Performance(ids.identifier(), ecog, ids.identifier()),
        smoking=_SMOKING[stream.weighted(trial.cancer.smoking)],
        labs=_screening_results(streams.values, ids, panel, screening),
        response=body.response,
        events=given.events,
    )
    return replace(course, pressures=draw_pressures(streams.pressures, course))


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


def _draw_baseline(stream: Stream, ids: Ids, subject: SubjectPlan, screening: Visit) -> Visit | None:
    """Around the moment of enrolment, after the screening visit where both are on one day."""
    enrolment = subject.enrolment
    if enrolment is None:
        return None
    start = enrolment.minute - stream.integer(15, 45)
    if enrolment.day == screening.day:
        start = max(start, screening.end)
    return _visit(stream, ids, BASELINE, enrolment.day, max(0, start))


def _draw_stature(stream: Stream, subject: SubjectPlan) -> tuple[int, int]:
    """Tenths of cm and of kg/m2."""
    return stream.normal(*_BODY[subject.sex]), min(420, max(175, stream.normal(268, 48)))


def _draw_vitals(stream: Stream, ids: Ids, height: int, bmi: int, problems: Sequence[Problem]) -> Vitals:
    raised = _RAISED if any(problem.what in HYPERTENSIVE for problem in problems) else 0
    weight = (bmi * height * height + 500_000) // 1_000_000
    systolic = min(178, max(96, stream.normal(127, 13) + raised))
    diastolic = min(104, max(52, stream.normal(78, 9) + raised // 2))
    return Vitals(
        ids=(ids.identifier(), ids.identifier(), ids.identifier(), ids.identifier()),
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
    """For problems that are not over; only what goes together."""
    wanted = stream.integer(2, 3)
    chosen: list[tuple[str, str | None]] = []
    """Product and problem."""

    def add(code: str, problem: str | None) -> None:
        if all(go_together(MEDICINES[code], MEDICINES[other]) for other, _ in chosen):
            chosen.append((code, problem))

    for problem in problems:
        if problem.what.medicines and problem.resolved is None and len(chosen) < wanted:
            add(stream.choice(problem.what.medicines), problem.id)
    for code in SUPPORTIVE:
        if len(chosen) < wanted:
            add(code, None)
    return tuple(Prescription(ids.identifier(), MEDICINES[code], problem) for code, problem in chosen)


def _draw_panel(stream: Stream, subject: SubjectPlan, problems: Sequence[Problem]) -> tuple[int, ...]:
    kinds = [p.what for p in problems]
    shifts = {
        labs.LDH.words: labs.LDH_BY_STAGE[subject.stage - 1],
        labs.HEMOGLOBIN.words: labs.HEMOGLOBIN_BY_SEX[subject.sex] + labs.HEMOGLOBIN_BY_STAGE[subject.stage - 1],
        labs.CREATININE.words: labs.CREATININE_RENAL if RENAL in kinds else labs.CREATININE_BY_SEX[subject.sex],
        labs.ALT.words: labs.ALT_HEPATIC if HEPATIC in kinds else 0,
        labs.GLUCOSE.words: labs.GLUCOSE_DIABETIC if any(k in DIABETIC for k in kinds) else 0,
    }
    values = [max(lab.least, stream.normal(lab.mean + shifts.get(lab.words, 0), lab.sd)) for lab in labs.PANEL]
    leukocytes = values[labs.PANEL.index(labs.LEUKOCYTES)]
    values[labs.PANEL.index(labs.NEUTROPHILS)] = leukocytes * stream.integer(48, 74) // 100
    return tuple(values)


def _screening_results(stream: Stream, ids: Ids, panel: tuple[int, ...], visit: Visit) -> tuple[Result, ...]:
    taken, issued = visit.start + 40, visit.end + stream.integer(60, 300)
    return tuple(
        Result(ids.identifier(), lab, value, visit.day, taken, visit.day, issued, "final", visit)
        for lab, value in zip(labs.PANEL, panel, strict=True)
    )
