"""The errors of section 8 in single subjects: who fits, what changes, and every minimal set of rows that shows it.

Written from what was drawn, by the injector's own reckoning: the oracle derives the same from the finished resources.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import product

from fhir_seed.trial_audit.extended.medicine_groups import RENAL
from fhir_seed.trial_audit.extended.ordinary_records import FOR_DAYS, FOR_GOOD, days, groups_taken, last_day, order
from fhir_seed.trial_audit.extended.ordinary_values import (
    NOT_FINAL,
    POUNDS,
    SAFETY,
    SUNDAY,
    again,
    lowers,
    on_day,
    record_days,
    renal_order,
    with_shifted_creatinine,
)
from fhir_seed.trial_audit.extended.records import (
    Ordered,
    Person,
    Setting,
    product_of,
    with_results,
)
from fhir_seed.trial_audit.render import labs
from fhir_seed.trial_audit.render.facts import Cycle, Result
from fhir_seed.trial_audit.render.person import has_note
from tasks.trial_audit import DOSE_LEVELS

Evidence = Iterable[Sequence[str]]
Struck = tuple[Person, Evidence]
_DAY = 1440
_LATEST = 60
"""Days after screening up to which a medicine is ordered again."""


@dataclass(frozen=True, slots=True)
class Kind:
    """fits: whether it can be done to a person; strike: does it, only to one who fits."""

    fits: Callable[[Person, Setting], bool]
    strike: Callable[[Person, Setting], Struck]


def _fits_consent(person: Person, setting: Setting) -> bool:
    return any(done.study and done.status == "completed" for done in person.extra.procedures)


def strike_consent(person: Person, setting: Setting) -> Struck:
    """The study procedure was done before the day of consent."""
    stream, screening = setting.stream, person.course.screening
    done = next(one for one in person.extra.procedures if one.study and one.status == "completed")
    early = replace(done, day=screening.day - days(stream.integer(1, 9)), minute=stream.integer(480, 960))
    procedures = tuple(early if one.id == done.id else one for one in person.extra.procedures)
    person = person.with_extra(procedures=procedures)
    return person, [[f"Consent/{person.course.consent_id}", f"Procedure/{done.id}"]]


def _other_hemoglobin(person: Person) -> list[Result]:
    """Up to enrolment, beside the screening result; by day."""
    seen, enrolled = person.screening_result(labs.HEMOGLOBIN), _enrolled(person)
    rows = [row for row in person.results(labs.HEMOGLOBIN) if row.day <= enrolled and row.id != seen.id]
    return sorted(rows, key=lambda row: row.day)


def _expirable(person: Person, setting: Setting) -> Result | None:
    """The one result that says that the hemoglobin was in time, if it was drawn elsewhere than at a visit."""
    seen, others = person.screening_result(labs.HEMOGLOBIN), _other_hemoglobin(person)
    if seen.status == "final":
        return seen if seen.visit is None and not others else None
    in_time = _enrolled(person) - days(setting.rules.eligibility_days)
    return others[-1] if len([row for row in others if row.day >= in_time]) == 1 and others[-1].visit is None else None


def _fits_eligibility(person: Person, setting: Setting) -> bool:
    return _expirable(person, setting) is not None


def strike_eligibility(person: Person, setting: Setting) -> Struck:
    """The result is older; of several that stand the latest shows it."""
    seen = _expirable(person, setting)
    assert seen is not None, "only of those who fit"
    day = _enrolled(person) - days(setting.rules.eligibility_days + setting.stream.integer(1, 20))
    old = replace(again(setting, seen, day=day), id=seen.id)
    others = [row for row in _other_hemoglobin(person) if row.id != seen.id]
    person = person.with_screening_result(old)
    person = person.with_extra(results=tuple(old if row.id == old.id else row for row in person.extra.results))
    latest = max([old, *others], key=lambda row: (row.day, row.issued_day, row.issued_minute, row.id))
    return person, [[_subject(person), f"Observation/{latest.id}"]]


def _safety_rows(person: Person, setting: Setting) -> list[tuple[Cycle, Result]]:
    """Results drawn on a day before the visit that alone count for their test before a dose, and that lower nothing."""
    found = []
    for cycle in person.course.cycles:
        for lab in SAFETY:
            first = cycle.day - days(setting.rules.lab_days)
            rows = [row for row in person.results(lab) if row.status not in NOT_FINAL]
            rows = [row for row in rows if first <= row.day <= cycle.day]
            seen = cycle.result(lab)
            if seen is not None and seen.visit is None and rows == [seen] and not lowers(seen):
                found.append((cycle, seen))
    return [(cycle, seen) for cycle, seen in found if _untimely(person, setting, cycle)]


def _untimely(person: Person, setting: Setting, cycle: Cycle) -> list[date]:
    """Days near a dose on which blood could be drawn, but not for it: like those in time, no Sundays."""
    early = [cycle.day - days(setting.rules.lab_days + n) for n in (1, 2, 3)]
    late = [cycle.day + days(n) for n in (1, 2)]
    first, last = _enrolled(person), last_day(person, setting)
    return [day for day in (*early, *late) if first <= day <= last and day.weekday() != SUNDAY]


def _fits_safety(person: Person, setting: Setting) -> bool:
    return bool(_safety_rows(person, setting)) and renal_order(person, setting) is None


def strike_safety(person: Person, setting: Setting) -> Struck:
    """Collected too early or after the dose; a row beside it that was cancelled or in error does not help."""
    stream, rows = setting.stream, _safety_rows(person, setting)
    repeated = [(cycle, seen) for cycle, seen in rows if _repeats(person, seen)]
    cycle, seen = stream.choice(repeated or rows)
    day = stream.choice(_untimely(person, setting, cycle))
    person = person.with_cycle(with_results(cycle, [on_day(seen, day)]))
    return person, [[f"MedicationAdministration/{cycle.administration}"]]


def _repeats(person: Person, seen: Result) -> bool:
    return any(row.day == seen.day and row.status in NOT_FINAL for row in person.results(seen.lab))


def _wrong_doses(person: Person, setting: Setting) -> list[tuple[int, int]]:
    """(place of a cycle, level that would be wrong): one level too high, or one too low."""
    cycles = person.course.cycles
    too_high = [(i, cycle.level - 1) for i, cycle in enumerate(cycles) if cycle.level]
    too_low = [(i, c.level + 1) for i, c in enumerate(cycles) if i and c.level + 1 < len(DOSE_LEVELS)]
    return too_high or too_low


def _fits_dose(person: Person, setting: Setting) -> bool:
    return bool(_wrong_doses(person, setting)) and not any("rounded" in family for _, family in person.looks)


def strike_dose(person: Person, setting: Setting) -> Struck:
    place, level = setting.stream.choice(_wrong_doses(person, setting))
    cycle = person.course.cycles[place]
    wrong = replace(cycle, dose=setting.rules.dose * DOSE_LEVELS[level] // 100)
    reasons = [found for one in person.course.cycles[:place] if (found := _reasons(person, one))]
    given = f"MedicationAdministration/{cycle.administration}"
    return person.with_cycle(wrong), [[given, *chosen] for chosen in product(*reasons[: cycle.level])]


def _reasons(person: Person, cycle: Cycle) -> list[str]:
    """What lowers the doses after that cycle's."""
    rows = [cycle.result(lab) for lab in (labs.NEUTROPHILS, labs.PLATELETS)]
    events = [e for e in person.course.events if e.administration == cycle.administration and e.severity == "severe"]
    return [f"Observation/{row.id}" for row in rows if row and lowers(row)] + [f"AdverseEvent/{e.id}" for e in events]


def _open_prohibited(person: Person, setting: Setting) -> list[str]:
    barred = groups_taken(person, setting) | _allergic(person)
    return [group for group in setting.prohibited if group not in barred]


def _replaceable(person: Person) -> list[Ordered]:
    """Orders that an error can take the place of: of a medicine that is not ordered twice beside the course's."""
    groups = [row.group for row in person.extra.orders]
    return [row for row in person.extra.orders if groups.count(row.group) == 1]


def _limited(person: Person) -> list[Ordered]:
    """Those that look like an order for a while."""
    return [row for row in _replaceable(person) if row.end is not None and row.counts]


def _fits_prohibited(person: Person, setting: Setting) -> bool:
    return bool(person.course.cycles and _limited(person) and _open_prohibited(person, setting))


def strike_prohibited(person: Person, setting: Setting) -> Struck:
    """In use on a day of treatment, or its washout not over."""
    stream, washout = setting.stream, setting.rules.washout_days
    dose = stream.choice(person.course.cycles).day
    if stream.chance(500):
        start = dose - days(stream.integer(0, 6))
        end = start + days(stream.integer(7, 12))
    else:
        end = dose - days(stream.integer(1, washout))
        start = end - days(stream.integer(5, 9))
    row = order(setting, stream.choice(_open_prohibited(person, setting)), start, end)
    struck = [c for c in person.course.cycles if start <= c.day <= end + days(washout)]
    shown = [[f"MedicationRequest/{row.id}", f"MedicationAdministration/{c.administration}"] for c in struck]
    return _instead(person, stream.choice(_limited(person)), row), shown


def _instead(person: Person, old: Ordered, new: Ordered) -> Person:
    """So that errors do not add rows."""
    return person.with_extra(orders=tuple(new if row.id == old.id else row for row in person.extra.orders))


def _fits_report(person: Person, setting: Setting) -> bool:
    return any(event.admission for event in person.course.events)


def strike_report(person: Person, setting: Setting) -> Struck:
    stream = setting.stream
    serious = stream.choice([event for event in person.course.events if event.admission])
    late = replace(serious, written=serious.written + stream.integer(2, 9) * _DAY)
    assert record_days(late) > setting.rules.reporting_days, "two whole days are two calendar days"
    events = tuple(late if event.id == late.id else event for event in person.course.events)
    return person.with_course(events=events), [[f"AdverseEvent/{late.id}"]]


def _repeatable(person: Person, setting: Setting) -> list[tuple[str, str]]:
    """(order, medicine) of the course that can be ordered again without another error."""
    barred = _allergic(person) | set(RENAL) | {row.group for row in person.extra.orders}
    rows = [(row.id, setting.group(product_of(row))) for row in person.course.prescriptions]
    return [(id_, group) for id_, group in rows if group not in barred]


def _fits_duplicate(person: Person, setting: Setting) -> bool:
    late = last_day(person, setting) < person.course.screening.day + days(_LATEST)
    return not late and bool(_unlinked(person) and _repeatable(person, setting))


def _unlinked(person: Person) -> list[Ordered]:
    return [row for row in _replaceable(person) if row.counts and row.prior is None]


def strike_duplicate(person: Person, setting: Setting) -> Struck:
    """The same medicine ordered again, for longer than the overlap that is allowed; neither order names the other."""
    stream = setting.stream
    first, group = stream.choice(_repeatable(person, setting))
    old = stream.choice(_unlinked(person))
    day = person.course.screening.day + days(stream.integer(0, _LATEST))
    end = None if old.end is None else day + days(setting.rules.overlap_days + stream.integer(2, 12))
    row = order(setting, group, day, end)
    return _instead(person, old, row), [[f"MedicationRequest/{first}", f"MedicationRequest/{row.id}"]]


def _allergic(person: Person) -> set[str]:
    """Medicines to which an allergy counts, from whatever day."""
    return {row.group for row in person.extra.allergies if row.counts}


def _conflicts(person: Person, setting: Setting) -> list[tuple[Ordered, str]]:
    """(order, medicine): what the only allergy is to, if it counts, could as well have been ordered."""
    barred = groups_taken(person, setting) | set(setting.prohibited)
    groups = [row.group for row in person.extra.allergies if row.counts and row.group not in barred]
    rows = [row for row in _unlinked(person) if row.group not in setting.prohibited]
    return [(row, group) for group in groups for row in rows if {row.group, group} <= set(_alike(row))]


def _alike(row: Ordered) -> Sequence[str]:
    """Medicines that are ordered for as long."""
    return FOR_GOOD if row.end is None else FOR_DAYS


def _fits_allergy(person: Person, setting: Setting) -> bool:
    return len(person.extra.allergies) == 1 and bool(_conflicts(person, setting))


def strike_allergy(person: Person, setting: Setting) -> Struck:
    """The allergy is any other's; another medicine was ordered."""
    stream = setting.stream
    old, group = stream.choice(_conflicts(person, setting))
    row = replace(old, code=stream.choice(setting.products(group)), group=group)
    (allergy,) = person.extra.allergies
    assert allergy.recorded <= row.day, "only those recorded later than orders are to what is taken"
    return _instead(person, old, row), [[f"AllergyIntolerance/{allergy.id}", f"MedicationRequest/{row.id}"]]


def _fits_renal(person: Person, setting: Setting) -> bool:
    return renal_order(person, setting) is not None and not any(name == "renal_dosing" for name, _ in person.looks)


def strike_renal(person: Person, setting: Setting) -> Struck:
    """The kidneys were worse all along."""
    limit, seen = setting.limit(RENAL[0]), person.screening_result(labs.CREATININE)
    assert limit is not None, "medicines of RENAL have a limit"
    person = with_shifted_creatinine(person, limit - seen.value + setting.stream.integer(4, 60))
    orders = [row.id for row in person.course.prescriptions if setting.group(product_of(row)) in RENAL]
    return person, [[f"MedicationRequest/{id_}", f"Observation/{seen.id}"] for id_ in orders]


def _fits_note(person: Person, setting: Setting) -> bool:
    return True


def strike_note(person: Person, setting: Setting) -> Struck:
    """The note of screening, or of a visit at which the status was assessed anew, says another one."""
    course, stream = person.course, setting.stream
    noted = [c for c in course.cycles if c.performance and has_note(c)]
    cycle = stream.choice(noted) if noted and stream.chance(500) else None
    seen = cycle.performance if cycle and cycle.performance else course.performance
    other = seen.score + 1 if seen.score == 0 or stream.chance(500) else seen.score - 1
    wrong = replace(seen, noted=other)
    person = person.with_cycle(replace(cycle, performance=wrong)) if cycle else person.with_course(performance=wrong)
    return person, [[f"DocumentReference/{seen.note}", f"Observation/{seen.id}"]]


def _fits_weight(person: Person, setting: Setting) -> bool:
    return bool(person.course.cycles)


def strike_weight(person: Person, setting: Setting) -> Struck:
    """The number is of one unit, the unit another."""
    cycle = setting.stream.choice(person.course.cycles)
    seen = cycle.weight
    shown = seen.weight if seen.unit != "kg" else seen.weight * POUNDS // 10_000
    person = person.with_cycle(replace(cycle, weight=replace(seen, shown=shown)))
    return person, [[f"Observation/{seen.id}", f"Observation/{person.course.vitals.ids[0]}"]]


def _enrolled(person: Person) -> date:
    assert person.enrolled is not None, "errors are of the enrolled"
    return person.enrolled


def _subject(person: Person) -> str:
    return f"ResearchSubject/{person.plan.subject_id}"


KINDS: Mapping[str, Kind] = {
    "renal_dosing": Kind(_fits_renal, strike_renal),
    "sae_reporting_delay": Kind(_fits_report, strike_report),
    "dose_modification_error": Kind(_fits_dose, strike_dose),
    "allergy_conflict": Kind(_fits_allergy, strike_allergy),
    "duplicate_therapy": Kind(_fits_duplicate, strike_duplicate),
    "eligibility_lab_expired": Kind(_fits_eligibility, strike_eligibility),
    "consent_after_procedure": Kind(_fits_consent, strike_consent),
    "missed_safety_lab": Kind(_fits_safety, strike_safety),
    "prohibited_conmed": Kind(_fits_prohibited, strike_prohibited),
    "unit_or_plausibility_error": Kind(_fits_weight, strike_weight),
    "note_structured_mismatch": Kind(_fits_note, strike_note),
}
"""By finding type; those with the fewest who fit come first."""
