"""Results, weights, doses, events and notes as they vary in everyone, look-alikes of errors among them."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.calendar_days import days
from fhir_seed.trial_audit.extended.medicine_groups import RENAL
from fhir_seed.trial_audit.extended.ordinary_orders import with_stopped
from fhir_seed.trial_audit.extended.rates import rate
from fhir_seed.trial_audit.extended.records import Person, Setting, Slip, product_of, with_results
from fhir_seed.trial_audit.plan import Administration
from fhir_seed.trial_audit.render import labs
from fhir_seed.trial_audit.render.facts import Cycle, Event, Result, ResultStatus
from fhir_seed.trial_audit.render.person import has_note
from fhir_seed.trial_audit.render.pounds import in_pounds
from tasks.trial_audit import NEUTROPHILS_FLOOR, NEUTROPHILS_HELD, PLATELETS_FLOOR

_RENAL_FORMS = ("renal_corrected", "renal_recovered", "renal_later")
"""Rates of what happens to the creatinine of those who take a medicine with a limit; to the rest nothing does."""
SAFETY = (labs.NEUTROPHILS, labs.PLATELETS, labs.CREATININE)
NOT_FINAL: tuple[ResultStatus, ...] = ("entered-in-error", "cancelled")
"""Statuses of a result that does not count."""
_DAY = 1440
_VIALS = (25, 15)
"""Sizes in mg: the study drug comes in the first of which the starting dose is no multiple."""


def without_nearby_nadirs(person: Person, setting: Setting) -> Person:
    """Counts of an admission so near the next dose that they could be taken for those before it are not rendered."""
    doses = [cycle.day for cycle in person.course.cycles]

    def near(result: Result) -> bool:
        return any(0 <= (day - result.day).days <= setting.rules.lab_days for day in doses)

    events = [replace(e, results=tuple(r for r in e.results if not near(r))) for e in person.course.events]
    return person.with_course(events=tuple(events))


def with_eligibility(person: Person, setting: Setting) -> Person:
    """Many were tested elsewhere before the visit; some have an older result too, some one in error and repeated."""
    stream, seen = setting.stream, person.screening_result(labs.HEMOGLOBIN)
    room = setting.rules.eligibility_days - ((person.enrolled or seen.day) - seen.day).days
    if stream.chance(rate("elsewhere")) and room > 0:
        moved = again(setting, seen, day=seen.day - days(stream.integer(1, room)))
        seen = replace(moved, id=seen.id)
        person = person.with_screening_result(seen)
    if stream.chance(rate("older")):
        day = person.course.screening.day - days(stream.integer(25, 70))
        person = person.having(results=again(setting, seen, day=day))
        person = person.looking("eligibility_lab_expired", "older_result")
    if stream.chance(rate("repeated")) and person.enrolled and person.enrolled > seen.day:
        day = seen.day + days(stream.integer(1, (person.enrolled - seen.day).days))
        person = person.having(results=again(setting, seen, day=day))
        person = person.with_screening_result(replace(seen, status="entered-in-error"))
        person = person.looking("eligibility_lab_expired", "repeated")
    return person


def again(setting: Setting, seen: Result, **changes: Any) -> Result:
    """Another row of the same test; away from the visit if its day is another."""
    row = replace(seen, id=setting.ids.identifier(), **changes)
    if row.day == seen.day:
        return row
    return replace(row, minute=setting.stream.integer(480, 900), issued_day=row.day, issued_minute=960, visit=None)


def with_safety(person: Person, setting: Setting) -> Person:
    """Results that were repeated after an error, or reported after the dose; all were collected in time."""
    stream, cycles = setting.stream, person.course.cycles
    if cycles and stream.chance(rate("safety_repeated")):
        cycle = stream.choice([c for c in cycles if c.results[0].visit is None] or cycles)
        seen = cycle.result(stream.choice(SAFETY))
        assert seen is not None, "every cycle has the safety results"
        wrong = again(setting, seen, value=seen.value * 7 // 10, status=stream.choice(NOT_FINAL))
        right = replace(seen, minute=seen.minute + 3, issued_minute=seen.issued_minute + 3)
        person = person.having(results=wrong).with_cycle(with_results(cycle, [right]))
        person = person.looking("missed_safety_lab", "repeated")
    unhurried = [cycle for cycle in person.course.cycles if not any(map(lowers, cycle.results))]
    if unhurried and stream.chance(rate("issued_late")):
        cycle = stream.choice(unhurried)
        late = cycle.day + timedelta(days=stream.integer(1, 3))
        rows = [replace(one, issued_day=late, issued_minute=stream.integer(480, 900)) for one in cycle.results]
        person = person.with_cycle(with_results(cycle, rows)).looking("missed_safety_lab", "issued_late")
    if any(row.status != "completed" and _unprepared(person, setting, row) for row in person.plan.administrations):
        person = person.looking("missed_safety_lab", "not_given")
    return person


def _unprepared(person: Person, setting: Setting, row: Administration) -> bool:
    """Whether a result is missing that a dose on that day would have needed."""
    last = row.effective.day
    first = last - days(setting.rules.lab_days)
    return any(not any(first <= seen.day <= last for seen in person.results(lab)) for lab in SAFETY)


def _corrected(seen: Result, stream: Stream) -> Result:
    """Reported again, on the same day."""
    latest = min(600, _DAY - 1 - seen.issued_minute % _DAY)
    return replace(seen, status="corrected", issued_minute=seen.issued_minute + stream.integer(min(40, latest), latest))


def on_day(seen: Result, day: date) -> Result:
    """Drawn and reported at the same hours of another day."""
    return replace(seen, day=day, issued_day=day + (seen.issued_day - seen.day))


def with_doses(person: Person, setting: Setting) -> Person:
    """Some doses are rounded to whole vials; some low counts were corrected, so that nothing was lowered."""
    stream = setting.stream
    if stream.chance(rate("rounded")):
        person = _rounded(person, setting)
    if len(person.course.cycles) > 1 and stream.chance(rate("corrected_count")):
        person = _corrected_count(person, setting, stream.choice(person.course.cycles[1:]))
    if any(cycle.lowered == "event" for cycle in person.course.cycles):
        person = person.looking("dose_modification_error", "lowered_by_event")
    return person


def _rounded(person: Person, setting: Setting) -> Person:
    """All doses of the person to whole vials, where the protocol's tolerance permits it."""
    vial = next(size for size in _VIALS if setting.rules.dose % size)
    cycles = []
    for cycle in person.course.cycles:
        dose = (2 * cycle.dose + vial) // (2 * vial) * vial
        permitted = abs(dose - cycle.dose) * 100 <= setting.rules.dose_tolerance * cycle.dose
        cycles.append(replace(cycle, dose=dose) if permitted else cycle)
    if tuple(cycles) == person.course.cycles:
        return person
    return person.with_course(cycles=tuple(cycles)).looking("dose_modification_error", "rounded")


def _corrected_count(person: Person, setting: Setting, cycle: Cycle) -> Person:
    seen = cycle.result(labs.NEUTROPHILS)
    assert seen is not None, "every cycle has the safety results"
    if seen.value < NEUTROPHILS_FLOOR:
        return person
    first = again(setting, seen, value=setting.stream.integer(NEUTROPHILS_HELD, NEUTROPHILS_FLOOR - 1))
    right = _corrected(seen, setting.stream)
    person = person.having(results=first).with_cycle(with_results(cycle, [right]))
    return person.looking("dose_modification_error", "corrected_count")


def lowers(result: Result) -> bool:
    """Whether the dosing rule reads it as a reason."""
    floors = {labs.NEUTROPHILS.words: NEUTROPHILS_FLOOR, labs.PLATELETS.words: PLATELETS_FLOOR}
    return result.value < floors.get(result.lab.words, 0)


def with_weights(person: Person, setting: Setting) -> Person:
    """Some are weighed in pounds, and the chart says so; some have a slip that was entered in error."""
    stream, cycles = setting.stream, person.course.cycles
    if cycles and stream.chance(rate("pounds")):
        weighed = [replace(c.weight, shown=in_pounds(c.weight.weight), unit="[lb_av]") for c in cycles]
        changed = tuple(replace(c, weight=w) for c, w in zip(cycles, weighed, strict=True))
        person = person.with_course(cycles=changed).looking("unit_or_plausibility_error", "pounds")
    if cycles and stream.chance(rate("slipped")):
        cycle = stream.choice(cycles)
        slip = Slip(setting.ids.identifier(), in_pounds(cycle.weight.weight), cycle.visit)
        person = person.having(slips=slip).looking("unit_or_plausibility_error", "entered_in_error")
    return person


def with_remarks(person: Person, setting: Setting) -> Person:
    """Some notes also say what the performance status was: at referral, or what a note before them said."""
    stream, seen = setting.stream, person.course.performance
    if stream.chance(rate("past_status")):
        past = (seen.score + stream.integer(1, 2)) % 4
        remark = f". ECOG performance status {past} at referral"
        person = person.with_course(performance=replace(seen, remark=remark))
        person = person.looking("note_structured_mismatch", "past_status")
    copied = f". ECOG performance status {seen.score} on {person.course.screening.day.isoformat()}"
    for cycle in person.course.cycles:
        if cycle.performance and has_note(cycle) and stream.chance(rate("copied_forward")):
            person = person.with_cycle(replace(cycle, performance=replace(cycle.performance, remark=copied)))
            if cycle.performance.score != seen.score:
                person = person.looking("note_structured_mismatch", "copied_forward")
    return person


def with_events(person: Person, setting: Setting) -> Person:
    """Some serious events became known to the site days later; events that are not serious are recorded at leisure."""
    events = []
    for event in person.course.events:
        if event.admission and setting.stream.chance(rate("heard_late")):
            event = replace(event, heard=event.heard + setting.stream.integer(2, 4) * _DAY)
            person = person.looking("sae_reporting_delay", "heard_late")
        elif not event.admission and record_days(event) > setting.rules.reporting_days:
            person = person.looking("sae_reporting_delay", "not_serious")
        events.append(event)
    return person.with_course(events=tuple(events))


def record_days(event: Event) -> int:
    """Calendar days from when the site heard of it to its record."""
    heard = event.minute + event.heard
    return (heard + event.written) // _DAY - heard // _DAY


def renal_orders(person: Person, setting: Setting) -> list[str]:
    """Ids of orders at screening for medicines with a creatinine limit."""
    return [row.id for row in person.course.prescriptions if setting.group(product_of(row)) in RENAL]


def with_creatinine(person: Person, setting: Setting) -> Person:
    """Who takes a medicine with a limit was under it when it was ordered, whatever other rows say."""
    stream, limit = setting.stream, setting.limit(RENAL[0])
    assert limit is not None, "medicines of RENAL have a limit"
    if not renal_orders(person, setting):
        return person
    over = person.screening_result(labs.CREATININE).value - limit
    if over > 0:
        person = with_shifted_creatinine(person, -over - stream.integer(3, 25))
    seen = person.screening_result(labs.CREATININE)
    high = limit + stream.integer(10, 70)
    form = stream.weighted([1000 - sum(map(rate, _RENAL_FORMS)), *map(rate, _RENAL_FORMS)])
    if form == 1:
        right = _corrected(seen, stream)
        person = person.having(results=again(setting, seen, value=high)).with_screening_result(right)
        return person.looking("renal_dosing", "corrected")
    if form == 2:
        earlier = again(setting, seen, value=high, day=seen.day - days(stream.integer(2, 20)))
        return person.having(results=earlier).looking("renal_dosing", "recovered")
    if form == 3 and len(person.course.cycles) > 1:
        return _rising(person, setting, high).looking("renal_dosing", "later")
    return person


def with_shifted_creatinine(person: Person, shift: int) -> Person:
    """At screening and before every dose; hundredths of mg/dL."""
    seen = person.screening_result(labs.CREATININE)
    person = person.with_screening_result(replace(seen, value=max(40, seen.value + shift)))
    for cycle in person.course.cycles:
        rows = [replace(r, value=max(40, r.value + shift)) for r in cycle.results if r.lab is labs.CREATININE]
        person = person.with_cycle(with_results(cycle, rows))
    return person


def _rising(person: Person, setting: Setting, high: int) -> Person:
    """Over the limit at one or two doses after the first. The medicines were stopped when it was found."""
    cycles = person.course.cycles
    place = setting.stream.integer(1, len(cycles) - 1)
    for cycle in cycles[place : place + setting.stream.integer(1, 2)]:
        rows = [replace(r, value=high + cycle.number) for r in cycle.results if r.lab is labs.CREATININE]
        person = person.with_cycle(with_results(cycle, rows))
    return with_stopped(person, renal_orders(person, setting), cycles[place].day)
