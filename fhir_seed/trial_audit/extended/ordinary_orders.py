"""Orders that anyone may have beside the course's, each with a reason and with what goes together with the others."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from fhir_seed.trial_audit.calendar_days import days
from fhir_seed.trial_audit.extended.medicine_groups import PROHIBITABLE, RENAL
from fhir_seed.trial_audit.extended.rates import rate
from fhir_seed.trial_audit.extended.reasons import draw_reason, draw_reason_again, unfit
from fhir_seed.trial_audit.extended.records import Ordered, OrderStatus, Person, Setting, product_of
from fhir_seed.trial_audit.render.deaths import day_of_death
from fhir_seed.trial_audit.render.facts import Prescription, Taken
from fhir_seed.trial_audit.render.medication_request import SUPPORTIVE_CARE
from fhir_seed.trial_audit.render.medicines import MEDICINES, Medicine, go_together

_LONG = ("levothyroxine", "metoprolol", "spironolactone")
FOR_GOOD = ("amlodipine", "aspirin", "lisinopril", "metoprolol", "prednisone", "simvastatin")
FOR_DAYS = ("acetaminophen", "azithromycin", "ibuprofen", "penicillins", "penicillins", "prednisone")
"""Medicines that anyone may need beside the course's: for most of them there are allergies too."""
_NOT_FORCED: tuple[OrderStatus, ...] = ("cancelled", "entered-in-error")
_AFTER_TREATMENT = 30


def last_day(person: Person, setting: Setting) -> date:
    """On which anything can be written about the person; a death before the last dose is no death."""
    died, cycles = day_of_death(person.plan), person.course.cycles
    if died is None:
        return setting.trial.last_day
    treated = cycles[-1].day if cycles else person.course.screening.day
    return died if died >= treated else treated + days(_AFTER_TREATMENT)


def with_orders(person: Person, setting: Setting) -> Person:
    stream = setting.stream
    if stream.chance(rate("another")):
        person = _another(person, setting)
    if stream.chance(rate("switched")):
        person = _switched(person, setting)
    if stream.chance(rate("short_overlap")):
        person = _overlapping(person, setting)
    if stream.chance(rate("not_in_force")):
        person = _not_in_force(person, setting)
    if stream.chance(rate("outside")):
        person = _OUTSIDE_FORMS[stream.below(len(_OUTSIDE_FORMS))](person, setting)
    return person


def groups_taken(person: Person, setting: Setting) -> set[str]:
    """Medicines with an order that counts."""
    taken = {setting.group(product_of(row)) for row in person.course.prescriptions}
    return taken | {row.group for row in person.extra.orders if row.counts}


def taken_beside(person: Person) -> tuple[Taken, ...]:
    """What the person takes by orders beside the course's, by day."""
    orders = sorted((row for row in person.extra.orders if row.counts), key=lambda row: (row.day, row.minute))
    return tuple(Taken(MEDICINES[row.code], row.day, row.end) for row in orders)


def fitting(person: Person, setting: Setting, groups: Sequence[str], without: Ordered | None = None) -> list[str]:
    """Those that go with what the person has and takes. without: an order that shall be replaced."""
    taken = [row.what for row in person.course.prescriptions]
    taken += [MEDICINES[row.code] for row in person.extra.orders if row.counts and row is not without]
    barred = unfit(_problems(person))
    return [group for group in groups if group not in barred and _goes_with(setting, group, taken)]


def _goes_with(setting: Setting, group: str, taken: Sequence[Medicine]) -> bool:
    return all(go_together(MEDICINES[code], one) for code in setting.products(group) for one in taken)


def reason_for(person: Person, setting: Setting, group: str, *, lasting: bool) -> str:
    """Drawn."""
    return draw_reason(setting.stream, _problems(person), group, lasting=lasting)


def reason_of(person: Person, row: Prescription) -> str:
    """Why the course's order was written."""
    return next((one.what.words for one in person.course.problems if one.id == row.problem), SUPPORTIVE_CARE)


def reason_again(person: Person, setting: Setting, row: Prescription, *, lasting: bool) -> str:
    """Why an order of the course is written a second time; drawn."""
    group = setting.group(product_of(row))
    return draw_reason_again(setting.stream, reason_of(person, row), group, lasting=lasting)


def _problems(person: Person) -> list[str]:
    return [one.what.words for one in person.course.problems if one.resolved is None]


def order(
    person: Person, setting: Setting, group: str, day: date, end: date | None = None, reason: str | None = None
) -> Ordered:
    """Of any product of the group, at the visit of the day if there is one; without a reason given one is drawn."""
    stream, visit = setting.stream, person.visit_on(day)
    code = stream.choice(setting.products(group))
    minute = visit.start + stream.integer(16, 40) if visit else stream.integer(540, 960)
    over = end is not None and end <= setting.trial.last_day
    return Ordered(
        id=setting.ids.identifier(),
        code=code,
        group=group,
        reason=reason or reason_for(person, setting, group, lasting=end is None),
        day=day,
        minute=minute,
        visit=visit,
        end=end,
        status="completed" if over else "active",
    )


def at_visit(setting: Setting) -> bool:
    """Most orders are written at a visit, the others between two; drawn."""
    return setting.stream.chance(rate("at_visit"))


def day_of_order(person: Person, setting: Setting, first: int, last: int, *, visited: bool) -> date:
    """From so many to so many days after screening; visited: that of the visit before, if there is one."""
    screening = person.course.screening.day
    day = screening + days(setting.stream.integer(first, last))
    earliest = screening + days(first)
    visits = [visit.day for visit in person.visits if earliest <= visit.day <= day]
    return max(visits) if visited and visits else day


def _near_first_dose(person: Person, setting: Setting) -> date:
    """On the day, or up to five days before."""
    back = setting.stream.integer(0, 5)
    return _first_dose(person) - days(0 if at_visit(setting) else back)


def _free(person: Person, setting: Setting, groups: Sequence[str]) -> str | None:
    """One that fits the person and that the protocol allows."""
    open_ = [name for name in fitting(person, setting, groups) if name not in setting.prohibited]
    return setting.stream.choice(open_) if open_ else None


def _another(person: Person, setting: Setting) -> Person:
    """A medicine for good, or a short course."""
    stream = setting.stream
    day = day_of_order(person, setting, 0, 60, visited=at_visit(setting))
    lasting = stream.chance(rate("lasting"))
    group = _free(person, setting, FOR_GOOD if lasting else FOR_DAYS)
    if group is None or day > last_day(person, setting):
        return person
    end = None if lasting else day + days(stream.integer(5, 12))
    return person.having(orders=order(person, setting, group, day, end))


def _switched(person: Person, setting: Setting) -> Person:
    """To another product of the same medicine; the new order names the old one, which is stopped then or later."""
    stream = setting.stream
    rows = [(row, others) for row in person.course.prescriptions if (others := _other_products(row, setting))]
    day = day_of_order(person, setting, 10, 90, visited=at_visit(setting))
    latest = last_day(person, setting)
    late = setting.rules.overlap_days + stream.integer(1, 14) if stream.chance(rate("stopped_late")) else 0
    if not rows or day > latest:
        return person
    old, others = stream.choice(rows)
    new = order(person, setting, setting.group(product_of(old)), day, reason=reason_of(person, old))
    new = replace(new, code=stream.choice(others), prior=old.id)
    person = with_stopped(person, [old.id], min(day + days(late), latest))
    return person.having(orders=new).looking("duplicate_therapy", "switched")


def _other_products(row: Prescription, setting: Setting) -> list[str]:
    """None of a medicine with a creatinine limit."""
    code = product_of(row)
    group = setting.group(code)
    return [] if group in RENAL else [other for other in setting.products(group) if other != code]


def with_stopped(person: Person, orders: Sequence[str], day: date) -> Person:
    """Orders of the course, by id, that were stopped on the day."""
    rows = [replace(row, stopped=day) if row.id in orders else row for row in person.course.prescriptions]
    return person.with_course(prescriptions=tuple(rows))


def _overlapping(person: Person, setting: Setting) -> Person:
    """The second starts before the first is used up, but not by more days than the protocol allows."""
    stream = setting.stream
    group = _free(person, setting, _LONG)
    start = person.course.screening.day - days(stream.integer(20, 60))
    end = start + days(stream.integer(60, 90))
    second = end - days(stream.integer(0, setting.rules.overlap_days))
    if group is None or second > last_day(person, setting):
        return person
    reason = reason_for(person, setting, group, lasting=True)
    for day, last in ((start, end), (second, None)):
        person = person.having(orders=order(person, setting, group, day, last, reason))
    return person.looking("duplicate_therapy", "short_overlap")


def _not_in_force(person: Person, setting: Setting) -> Person:
    rows = person.course.prescriptions
    day = day_of_order(person, setting, 0, 60, visited=at_visit(setting))
    if not rows or day > last_day(person, setting):
        return person
    old = setting.stream.choice(rows)
    reason = reason_again(person, setting, old, lasting=True)
    again = order(person, setting, setting.group(product_of(old)), day, reason=reason)
    again = replace(again, status=setting.stream.choice(_NOT_FORCED))
    return person.having(orders=again).looking("duplicate_therapy", "not_in_force")


def _outside_before(person: Person, setting: Setting) -> Person:
    """A prohibited medicine whose use and washout are over before the first dose."""
    stream, group = setting.stream, _prohibited(person, setting)
    if group is None:
        return person
    end = _first_dose(person) - days(setting.rules.washout_days + stream.integer(1, 25))
    taken = order(person, setting, group, end - days(stream.integer(5, 30)), end)
    return person.having(orders=taken).looking("prohibited_conmed", "washed_out")


def _outside_after(person: Person, setting: Setting) -> Person:
    cycles, group = person.course.cycles, _prohibited(person, setting)
    day = (cycles[-1].day if cycles else person.course.screening.day) + days(setting.stream.integer(1, 30))
    if group is None or day > last_day(person, setting):
        return person
    taken = order(person, setting, group, day, day + days(setting.stream.integer(5, 12)))
    return person.having(orders=taken).looking("prohibited_conmed", "after_last_dose")


def _outside_status(person: Person, setting: Setting) -> Person:
    """Prohibited and during the treatment, but cancelled or entered in error."""
    stream, group = setting.stream, _prohibited(person, setting)
    if group is None:
        return person
    day = _near_first_dose(person, setting)
    row = order(person, setting, group, day, day + days(stream.integer(7, 14)))
    row = replace(row, status=stream.choice(_NOT_FORCED))
    return person.having(orders=row).looking("prohibited_conmed", "not_in_force")


def _outside_list(person: Person, setting: Setting) -> Person:
    """During the treatment, and in other protocols prohibited."""
    group = _free(person, setting, PROHIBITABLE)
    if group is None:
        return person
    day = _near_first_dose(person, setting)
    row = order(person, setting, group, day, day + days(setting.stream.integer(7, 14)))
    return person.having(orders=row).looking("prohibited_conmed", "not_listed")


def _prohibited(person: Person, setting: Setting) -> str | None:
    open_ = fitting(person, setting, setting.prohibited)
    return setting.stream.choice(open_) if open_ else None


def _first_dose(person: Person) -> date:
    cycles = person.course.cycles
    return cycles[0].day if cycles else person.course.screening.day


_OUTSIDE_FORMS = (_outside_before, _outside_after, _outside_status, _outside_list)
