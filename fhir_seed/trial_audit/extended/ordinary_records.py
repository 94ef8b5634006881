"""Consents, procedures, orders and allergies of everyone, look-alikes of errors among them at ordinary rates."""

from datetime import date, timedelta

from fhir_seed.trial_audit.extended.medicine_groups import PROHIBITABLE, RENAL
from fhir_seed.trial_audit.extended.records import (
    Allergy,
    Done,
    Ordered,
    OrderStatus,
    Person,
    ProcedureStatus,
    Setting,
    Signed,
    product_of,
)
from fhir_seed.trial_audit.render.deaths import day_of_death

_BIOPSY, _BEFORE_CONSENT, _NOT_DONE, _CARE = 850, 90, 50, 350
_SECOND_CONSENT, _WRONG_CONSENT = 140, 80
_ANOTHER, _SWITCH, _SHORT_OVERLAP, _NOT_IN_FORCE, _OUTSIDE = 550, 150, 60, 110, 420
_ALLERGIC = 520
"""Per mille of all persons."""
_CHEST_X_RAY, _COLONOSCOPY = "399208008", "73761001"
_COLON = "93761005"
_LONG = ("levothyroxine", "metoprolol", "spironolactone")
FOR_GOOD = ("amlodipine", "aspirin", "lisinopril", "metoprolol", "prednisone", "simvastatin")
FOR_DAYS = ("acetaminophen", "azithromycin", "ibuprofen", "penicillins", "penicillins", "prednisone")
"""Medicines that anyone may need beside the course's: for most of them there are allergies too."""
_ALLERGENS = ("161", "1191", "17767", "29046", "3264", "36567", "5640", "6135", "7984", "7984", "8640")
_NOT_FORCED: tuple[OrderStatus, ...] = ("cancelled", "entered-in-error")
_UNDONE: tuple[ProcedureStatus, ...] = ("not-done", "entered-in-error")
_AFTER_TREATMENT = 30
_HARMLESS = ("intolerance", "low", "resolved", "refuted", "entered-in-error", "later")


def days(n: int) -> timedelta:
    return timedelta(days=n)


def last_day(person: Person, setting: Setting) -> date:
    """On which anything can be written about the person; a death before the last dose is no death."""
    died, cycles = day_of_death(person.plan), person.course.cycles
    if died is None:
        return setting.trial.last_day
    treated = cycles[-1].day if cycles else person.course.screening.day
    return died if died >= treated else treated + days(_AFTER_TREATMENT)


def with_procedures(person: Person, setting: Setting) -> Person:
    stream, screening = setting.stream, person.course.screening
    if stream.chance(_BIOPSY):
        room = (person.enrolled - screening.day).days if person.enrolled else 0
        day = screening.day + days(stream.integer(0, room))
        early = stream.chance(_BEFORE_CONSENT)
        minute = screening.end + stream.integer(10, 90) if day == screening.day else stream.integer(480, 960)
        if early:
            day, minute = screening.day, max(0, screening.start - stream.integer(15, 60))
            person = person.looking("consent_after_procedure", "same_day")
        person = person.having(procedures=_biopsy(setting, day, minute))
    if stream.chance(_NOT_DONE):
        undone = _biopsy(setting, screening.day - days(stream.integer(1, 6)), stream.integer(480, 960))
        person = person.having(procedures=_with_status(undone, stream.choice(_UNDONE)))
        person = person.looking("consent_after_procedure", "procedure_not_done")
    if stream.chance(_CARE):
        what = _COLONOSCOPY if setting.trial.cancer.snomed == _COLON and stream.chance(600) else _CHEST_X_RAY
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
    if stream.chance(_SECOND_CONSENT) and cycles:
        visit = stream.choice(cycles).visit
        signed = Signed(setting.ids.identifier(), visit.day, max(0, visit.start + 5), "active")
        person = person.having(consents=signed).looking("consent_after_procedure", "consent_renewed")
    if stream.chance(_WRONG_CONSENT):
        day = person.course.screening.day - days(stream.integer(1, 20))
        wrong = Signed(setting.ids.identifier(), day, stream.integer(480, 960), "entered-in-error")
        person = person.having(consents=wrong)
    return person


def with_orders(person: Person, setting: Setting) -> Person:
    stream = setting.stream
    if stream.chance(_ANOTHER):
        person = _another(person, setting)
    if stream.chance(_SWITCH):
        person = _switched(person, setting)
    if stream.chance(_SHORT_OVERLAP):
        person = _overlapping(person, setting)
    if stream.chance(_NOT_IN_FORCE):
        person = _not_in_force(person, setting)
    if stream.chance(_OUTSIDE):
        person = _OUTSIDE_FORMS[stream.below(len(_OUTSIDE_FORMS))](person, setting)
    return person


def groups_taken(person: Person, setting: Setting) -> set[str]:
    """Medicines with an order that counts."""
    taken = {setting.group(product_of(row)) for row in person.course.prescriptions}
    return taken | {row.group for row in person.extra.orders if row.counts}


def order(setting: Setting, group: str, day: date, end: date | None = None) -> Ordered:
    """Of any product of the group."""
    code = setting.stream.choice(setting.products(group))
    minute = setting.stream.integer(540, 960)
    over = end is not None and end <= setting.trial.last_day
    return Ordered(setting.ids.identifier(), code, group, day, minute, end, "completed" if over else "active")


def _free(person: Person, setting: Setting, groups: tuple[str, ...]) -> str | None:
    """One that the person does not take and that the protocol allows."""
    barred = groups_taken(person, setting) | set(setting.prohibited)
    open_ = [name for name in groups if name not in barred]
    return setting.stream.choice(open_) if open_ else None


def _another(person: Person, setting: Setting) -> Person:
    """A medicine for good, or a short course."""
    stream = setting.stream
    day = person.course.screening.day + days(stream.integer(0, 60))
    lasting = stream.chance(500)
    group = _free(person, setting, FOR_GOOD if lasting else FOR_DAYS)
    if group is None or day > last_day(person, setting):
        return person
    return person.having(orders=order(setting, group, day, None if lasting else day + days(stream.integer(5, 12))))


def _switched(person: Person, setting: Setting) -> Person:
    """To another product of the same medicine; the new order names the old one."""
    rows = [row for row in person.course.prescriptions if setting.group(product_of(row)) not in RENAL]
    day = person.course.screening.day + days(setting.stream.integer(10, 90))
    if not rows or day > last_day(person, setting):
        return person
    old = setting.stream.choice(rows)
    new = order(setting, setting.group(product_of(old)), day)
    new = Ordered(new.id, new.code, new.group, new.day, new.minute, new.end, new.status, old.id)
    return person.having(orders=new).looking("duplicate_therapy", "switched")


def _overlapping(person: Person, setting: Setting) -> Person:
    """The second starts before the first is used up, but not by more days than the protocol allows."""
    stream = setting.stream
    group = _free(person, setting, _LONG)
    start = person.course.screening.day - days(stream.integer(20, 60))
    end = start + days(stream.integer(60, 90))
    second = end - days(stream.integer(0, setting.rules.overlap_days))
    if group is None or second > last_day(person, setting):
        return person
    person = person.having(orders=order(setting, group, start, end)).having(orders=order(setting, group, second))
    return person.looking("duplicate_therapy", "short_overlap")


def _not_in_force(person: Person, setting: Setting) -> Person:
    rows = person.course.prescriptions
    day = person.course.screening.day + days(setting.stream.integer(0, 60))
    if not rows or day > last_day(person, setting):
        return person
    again = order(setting, setting.group(product_of(setting.stream.choice(rows))), day)
    status = setting.stream.choice(_NOT_FORCED)
    again = Ordered(again.id, again.code, again.group, again.day, again.minute, again.end, status)
    return person.having(orders=again).looking("duplicate_therapy", "not_in_force")


def _outside_before(person: Person, setting: Setting) -> Person:
    """A prohibited medicine whose use and washout are over before the first dose."""
    stream, group = setting.stream, setting.stream.choice(setting.prohibited)
    first = _first_dose(person)
    end = first - days(setting.rules.washout_days + stream.integer(1, 25))
    taken = order(setting, group, end - days(stream.integer(5, 30)), end)
    return person.having(orders=taken).looking("prohibited_conmed", "washed_out")


def _outside_after(person: Person, setting: Setting) -> Person:
    cycles = person.course.cycles
    day = (cycles[-1].day if cycles else person.course.screening.day) + days(setting.stream.integer(1, 30))
    if day > last_day(person, setting):
        return person
    taken = order(setting, setting.stream.choice(setting.prohibited), day, day + days(setting.stream.integer(5, 12)))
    return person.having(orders=taken).looking("prohibited_conmed", "after_last_dose")


def _outside_status(person: Person, setting: Setting) -> Person:
    """Prohibited and during the treatment, but cancelled or entered in error."""
    stream = setting.stream
    day = _first_dose(person) - days(stream.integer(0, 5))
    row = order(setting, stream.choice(setting.prohibited), day, day + days(stream.integer(7, 14)))
    row = Ordered(row.id, row.code, row.group, row.day, row.minute, row.end, stream.choice(_NOT_FORCED))
    return person.having(orders=row).looking("prohibited_conmed", "not_in_force")


def _outside_list(person: Person, setting: Setting) -> Person:
    """During the treatment, and in other protocols prohibited."""
    group = _free(person, setting, PROHIBITABLE)
    if group is None:
        return person
    day = _first_dose(person) - days(setting.stream.integer(0, 5))
    row = order(setting, group, day, day + days(setting.stream.integer(7, 14)))
    return person.having(orders=row).looking("prohibited_conmed", "not_listed")


def _first_dose(person: Person) -> date:
    cycles = person.course.cycles
    return cycles[0].day if cycles else person.course.screening.day


_OUTSIDE_FORMS = (_outside_before, _outside_after, _outside_status, _outside_list)


def with_allergies(person: Person, setting: Setting) -> Person:
    """One or two; one to a medicine that is taken is harmless for a reason that the chart gives."""
    stream = setting.stream
    if not stream.chance(_ALLERGIC):
        return person
    for _ in range(1 + stream.chance(250)):
        code = stream.choice(_ALLERGENS)
        group = setting.group(code)
        if group in {row.group for row in person.extra.allergies}:
            continue
        taken = group in groups_taken(person, setting)
        allergy = _allergy(person, setting, code, group, stream.choice(_HARMLESS) if taken else "")
        if allergy is None:
            continue
        person = person.having(allergies=allergy)
        person = person.looking("allergy_conflict", _family(allergy)) if taken else person
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


def _family(allergy: Allergy) -> str:
    if allergy.counts:
        return "recorded_later"
    return "no_severe_allergy" if allergy.verification == "confirmed" and allergy.clinical == "active" else "refuted"
