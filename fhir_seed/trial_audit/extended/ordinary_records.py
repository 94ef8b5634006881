"""Consents, procedures and allergies of everyone, look-alikes of errors among them at ordinary rates."""

from datetime import date

from fhir_seed.trial_audit.calendar_days import days
from fhir_seed.trial_audit.extended.ordinary_orders import groups_taken, last_day
from fhir_seed.trial_audit.extended.rates import rate
from fhir_seed.trial_audit.extended.records import Allergy, Done, Person, ProcedureStatus, Setting, Signed

_CHEST_X_RAY, _COLONOSCOPY = "399208008", "73761001"
_COLON = "93761005"
_ALLERGENS = ("161", "1191", "17767", "29046", "29046", "3264", "36567", "5640", "7984", "7984", "7984", "8640")
_UNDONE: tuple[ProcedureStatus, ...] = ("not-done", "entered-in-error")
_HARMLESS = ("intolerance", "low", "resolved", "refuted", "entered-in-error", "later")


def with_procedures(person: Person, setting: Setting) -> Person:
    stream, screening = setting.stream, person.course.screening
    if stream.chance(rate("biopsy")):
        room = (person.enrolled - screening.day).days if person.enrolled else 0
        day = screening.day + days(stream.integer(0, room))
        early = stream.chance(rate("before_consent"))
        minute = screening.end + stream.integer(10, 90) if day == screening.day else stream.integer(480, 960)
        if early:
            day, minute = screening.day, max(0, screening.start - stream.integer(15, 60))
            person = person.looking("consent_after_procedure", "same_day")
        person = person.having(procedures=_biopsy(setting, day, minute))
    if stream.chance(rate("not_done")):
        undone = _biopsy(setting, screening.day - days(stream.integer(1, 6)), stream.integer(480, 960))
        person = person.having(procedures=_with_status(undone, stream.choice(_UNDONE)))
        person = person.looking("consent_after_procedure", "procedure_not_done")
    if stream.chance(rate("care")):
        what = (
            _COLONOSCOPY
            if setting.trial.cancer.snomed == _COLON and stream.chance(rate("colonoscopy"))
            else _CHEST_X_RAY
        )
        day = screening.day - days(stream.integer(3, 60))
        person = person.having(procedures=Done(setting.ids.identifier(), what, False, day, stream.integer(480, 960)))
        person = person.looking("consent_after_procedure", "ordinary_care")
    return person


def _biopsy(setting: Setting, day: date, minute: int) -> Done:
    return Done(setting.ids.identifier(), "study-biopsy", True, day, minute)


def _with_status(done: Done, status: ProcedureStatus) -> Done:
    return Done(done.id, done.what, done.study, done.day, done.minute, status)


def with_consents(person: Person, setting: Setting) -> Person:
    """A second one after an amendment of the protocol, or one entered in error; the first is the course's."""
    stream, cycles = setting.stream, person.course.cycles
    if stream.chance(rate("second_consent")) and cycles:
        visit = stream.choice(cycles).visit
        signed = Signed(setting.ids.identifier(), visit.day, max(0, visit.start + 5), "active")
        person = person.having(consents=signed).looking("consent_after_procedure", "consent_renewed")
    if stream.chance(rate("wrong_consent")):
        day = person.course.screening.day - days(stream.integer(1, 20))
        wrong = Signed(setting.ids.identifier(), day, stream.integer(480, 960), "entered-in-error")
        person = person.having(consents=wrong)
    return person


def with_allergies(person: Person, setting: Setting) -> Person:
    """One or two; one to a medicine that is taken is harmless for a reason that the chart gives."""
    stream = setting.stream
    if not stream.chance(rate("allergic")):
        return person
    for _ in range(1 + stream.chance(rate("second_allergy"))):
        code = stream.choice(_ALLERGENS)
        group = setting.group(code)
        if group in {row.group for row in person.extra.allergies}:
            continue
        taken = group in groups_taken(person, setting)
        allergy = _allergy(person, setting, code, group, stream.choice(_HARMLESS) if taken else "")
        if allergy is None:
            continue
        person = person.having(allergies=allergy)
        person = person.looking("allergy_conflict", family_of(allergy)) if taken else person
    return person


def _allergy(person: Person, setting: Setting, code: str, group: str, reason: str) -> Allergy | None:
    stream, screening = setting.stream, person.course.screening.day
    recorded = screening - days(stream.integer(100, 3000))
    if reason == "later":
        written = [screening, *(row.day for row in person.extra.orders if row.group == group)]
        recorded = max(written) + days(stream.integer(3, 60))
        if recorded > last_day(person, setting):
            return None
    return Allergy(
        id=setting.ids.identifier(),
        code=code,
        group=group,
        recorded=recorded,
        minute=stream.integer(540, 960),
        type="intolerance" if reason == "intolerance" else "allergy",
        criticality="low" if reason == "low" else "high",
        clinical="resolved" if reason in ("resolved", "refuted") else "active",
        verification=(
            "refuted" if reason == "refuted" else "entered-in-error" if reason == "entered-in-error" else "confirmed"
        ),
    )


def family_of(allergy: Allergy) -> str:
    """Of look-alikes, if the medicine is taken."""
    if allergy.counts:
        return "recorded_later"
    return "no_severe_allergy" if allergy.verification == "confirmed" and allergy.clinical == "active" else "refuted"
