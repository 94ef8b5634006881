"""Results, weights, doses, events and notes as they vary in everyone, look-alikes of errors among them."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from fhir_seed.trial_audit.extended.medicine_groups import RENAL
from fhir_seed.trial_audit.extended.ordinary_records import days
from fhir_seed.trial_audit.extended.records import Person, Setting, Slip, product_of, with_results
from fhir_seed.trial_audit.render import labs
from fhir_seed.trial_audit.render.facts import Cycle, Event, Result, ResultStatus
from tasks.trial_audit import NEUTROPHILS_FLOOR, PLATELETS_FLOOR

_ELSEWHERE, _OLDER, _REPEATED = 450, 140, 90
_SAFETY_REPEATED, _ISSUED_LATE = 240, 120
_ROUNDED, _CORRECTED_COUNT = 100, 80
_POUNDS, _SLIPPED = 100, 70
_PAST = 300
_HEARD_LATE = 250
_RENAL_FORMS = (350, 220, 220, 210)
"""Weights of nothing, corrected, repeated and later creatinine in those who take a medicine with a limit."""
SAFETY = (labs.NEUTROPHILS, labs.PLATELETS, labs.CREATININE)
NOT_FINAL: tuple[ResultStatus, ...] = ("entered-in-error", "cancelled")
"""Statuses of a result that does not count."""
SUNDAY = 6
_DAY = 1440
POUNDS = 22_046
"""Ten-thousandths of a pound in a kg."""


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
    if stream.chance(_ELSEWHERE) and room > 0:
        moved = again(setting, seen, day=seen.day - days(stream.integer(1, room)))
        seen = replace(moved, id=seen.id)
        person = person.with_screening_result(seen)
    if stream.chance(_OLDER):
        day = person.course.screening.day - days(stream.integer(25, 70))
        person = person.having(results=again(setting, seen, day=day))
        person = person.looking("eligibility_lab_expired", "older_result")
    if stream.chance(_REPEATED) and person.enrolled and person.enrolled > seen.day:
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
    if cycles and stream.chance(_SAFETY_REPEATED):
        cycle = stream.choice([c for c in cycles if c.results[0].visit is None] or cycles)
        seen = cycle.result(stream.choice(SAFETY))
        assert seen is not None, "every cycle has the safety results"
        wrong = again(setting, seen, value=seen.value * 7 // 10, status=stream.choice(NOT_FINAL))
        right = replace(seen, minute=seen.minute + 3, issued_minute=seen.issued_minute + 3)
        person = person.having(results=wrong).with_cycle(with_results(cycle, [right]))
        person = person.looking("missed_safety_lab", "repeated")
    if cycles and stream.chance(_ISSUED_LATE):
        cycle = person.course.cycles[stream.below(len(cycles))]
        late = cycle.day + timedelta(days=stream.integer(1, 3))
        rows = [replace(one, issued_day=late, issued_minute=stream.integer(480, 900)) for one in cycle.results]
        person = person.with_cycle(with_results(cycle, rows)).looking("missed_safety_lab", "issued_late")
    if any(row.status != "completed" for row in person.plan.administrations):
        person = person.looking("missed_safety_lab", "not_given")
    return person


def on_day(seen: Result, day: date) -> Result:
    """Drawn and reported at the same hours of another day."""
    return replace(seen, day=day, issued_day=day + (seen.issued_day - seen.day))


def with_doses(person: Person, setting: Setting) -> Person:
    """Some doses are rounded to whole vials; some low counts were corrected, so that nothing was lowered."""
    stream = setting.stream
    if person.course.cycles and stream.chance(_ROUNDED):
        cycle = stream.choice(person.course.cycles)
        rounded = (cycle.dose * (100 + stream.choice((-4, -3, 3, 4))) + 50) // 100
        person = person.with_cycle(replace(cycle, dose=rounded)).looking("dose_modification_error", "rounded")
    if len(person.course.cycles) > 1 and stream.chance(_CORRECTED_COUNT):
        person = _corrected_count(person, setting, stream.choice(person.course.cycles[:-1]))
    if any(cycle.lowered == "event" for cycle in person.course.cycles):
        person = person.looking("dose_modification_error", "lowered_by_event")
    return person


def _corrected_count(person: Person, setting: Setting, cycle: Cycle) -> Person:
    seen = cycle.result(labs.NEUTROPHILS)
    assert seen is not None, "every cycle has the safety results"
    if seen.value < NEUTROPHILS_FLOOR:
        return person
    first = again(setting, seen, value=setting.stream.integer(3, NEUTROPHILS_FLOOR - 1))
    right = replace(seen, status="corrected", issued_minute=seen.issued_minute + setting.stream.integer(40, 600))
    person = person.having(results=first).with_cycle(with_results(cycle, [right]))
    return person.looking("dose_modification_error", "corrected_count")


def lowers(result: Result) -> bool:
    """Whether the dosing rule reads it as a reason."""
    floors = {labs.NEUTROPHILS.words: NEUTROPHILS_FLOOR, labs.PLATELETS.words: PLATELETS_FLOOR}
    return result.value < floors.get(result.lab.words, 0)


def with_weights(person: Person, setting: Setting) -> Person:
    """Some are weighed in pounds, and the chart says so; some have a slip that was entered in error."""
    stream, cycles = setting.stream, person.course.cycles
    if cycles and stream.chance(_POUNDS):
        weighed = [
            replace(c.weight, shown=(c.weight.weight * POUNDS + 5_000) // 10_000, unit="[lb_av]") for c in cycles
        ]
        changed = tuple(replace(c, weight=w) for c, w in zip(cycles, weighed, strict=True))
        person = person.with_course(cycles=changed).looking("unit_or_plausibility_error", "pounds")
    if cycles and stream.chance(_SLIPPED):
        cycle = stream.choice(cycles)
        slip = Slip(setting.ids.identifier(), cycle.weight.weight * POUNDS // 10_000, cycle.visit)
        person = person.having(slips=slip).looking("unit_or_plausibility_error", "entered_in_error")
    return person


def with_remarks(person: Person, setting: Setting) -> Person:
    """Some notes also say what the performance status was."""
    seen = person.course.performance
    if not setting.stream.chance(_PAST):
        return person
    past = (seen.score + setting.stream.integer(1, 2)) % 4
    person = person.with_course(performance=replace(seen, remark=f"; ECOG performance status {past} at referral"))
    return person.looking("note_structured_mismatch", "past_status")


def with_events(person: Person, setting: Setting) -> Person:
    """Some serious events became known to the site days later; events that are not serious are recorded at leisure."""
    events = []
    for event in person.course.events:
        if event.admission and setting.stream.chance(_HEARD_LATE):
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


def renal_order(person: Person, setting: Setting) -> str | None:
    """Id of an order at screening for a medicine with a creatinine limit."""
    rows = [row for row in person.course.prescriptions if setting.group(product_of(row)) in RENAL]
    return rows[0].id if rows else None


def with_creatinine(person: Person, setting: Setting) -> Person:
    """Who takes a medicine with a limit was under it when it was ordered, whatever other rows say."""
    stream, limit = setting.stream, setting.limit(RENAL[0])
    assert limit is not None, "medicines of RENAL have a limit"
    if renal_order(person, setting) is None:
        return person
    over = person.screening_result(labs.CREATININE).value - limit
    if over > 0:
        person = with_shifted_creatinine(person, -over - stream.integer(3, 25))
    seen = person.screening_result(labs.CREATININE)
    high = limit + stream.integer(10, 70)
    form = stream.weighted(_RENAL_FORMS)
    if form == 1:
        right = replace(seen, status="corrected", issued_minute=seen.issued_minute + stream.integer(40, 600))
        person = person.having(results=again(setting, seen, value=high)).with_screening_result(right)
        return person.looking("renal_dosing", "corrected")
    if form == 2:
        earlier = again(setting, seen, value=high, day=seen.day - days(stream.integer(2, 20)))
        return person.having(results=earlier).looking("renal_dosing", "recovered")
    if form == 3 and len(person.course.cycles) > 1:
        return _rising(person, high).looking("renal_dosing", "later")
    return person


def with_shifted_creatinine(person: Person, shift: int) -> Person:
    """At screening and before every dose; hundredths of mg/dL."""
    seen = person.screening_result(labs.CREATININE)
    person = person.with_screening_result(replace(seen, value=max(40, seen.value + shift)))
    for cycle in person.course.cycles:
        rows = [replace(r, value=max(40, r.value + shift)) for r in cycle.results if r.lab is labs.CREATININE]
        person = person.with_cycle(with_results(cycle, rows))
    return person


def _rising(person: Person, high: int) -> Person:
    """Over the limit from the second dose on."""
    for cycle in person.course.cycles[1:]:
        rows = [replace(r, value=high + cycle.number) for r in cycle.results if r.lab is labs.CREATININE]
        person = person.with_cycle(with_results(cycle, rows))
    return person
