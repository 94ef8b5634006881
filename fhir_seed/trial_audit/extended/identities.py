"""Who is who: one person enrolled twice, and those who only look like it: twins, families, namesakes."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.extended.records import Identity, Person
from fhir_seed.trial_audit.render.names import FAMILY, GIVEN
from tasks.trial_audit import Protocol

_TYPE = "duplicate_subject"


@dataclass(frozen=True, slots=True)
class Paired:
    """twice: (earlier, later) positions of one person; used: those with another identity, and the barred ones;
    fitted: those among whom all pairs were drawn."""

    people: list[Person]
    twice: list[tuple[int, int]]
    used: set[int]
    fitted: list[int]


def draw_member(stream: Stream) -> str:
    return f"{stream.below(10**9):09d}"


def pair_people(
    stream: Stream, protocol: Protocol, people: Sequence[Person], barred: Collection[int], twice: int, looks: int
) -> Paired:
    """barred: positions that stay as they are. twice: how many are enrolled twice; looks: of each look-alike."""
    fitted = [i for i, person in enumerate(people) if i not in barred and _is_plain(person)]
    paired = Paired(list(people), [], set(barred), fitted)
    for _ in range(twice):
        if pair := _draw_pair(stream, protocol, paired, same_sex=True, same_stage=True):
            paired.twice.append(pair)
            _share(stream, paired, pair, _as_one)
    for share in (_as_twins, _as_family, _as_namesakes):
        for _ in range(looks):
            if pair := _draw_pair(stream, protocol, paired, same_sex=share is _as_namesakes, same_stage=False):
                _share(stream, paired, pair, share)
                for place in pair:
                    paired.people[place] = paired.people[place].looking(_TYPE, share.__name__.removeprefix("_as_"))
    return paired


def _draw_pair(
    stream: Stream, protocol: Protocol, paired: Paired, *, same_sex: bool, same_stage: bool
) -> tuple[int, int] | None:
    """Two living, enrolled people, by enrolment: the later one at random, the earlier one as near in weight as may be.

    Who gets the other's birth date has a lawful age with it.
    """
    pool = [i for i, p in enumerate(paired.people) if i not in paired.used and _is_plain(p)]
    for place in stream.shuffled(pool):
        later = paired.people[place]
        fits = [i for i in pool if _goes_with(paired.people[i], later, protocol, same_sex, same_stage)]
        if fits:
            weight = later.course.vitals.weight
            other = min(fits, key=lambda i: (abs(paired.people[i].course.vitals.weight - weight), i))
            paired.used.update((place, other))
            return other, place
    return None


def _is_plain(person: Person) -> bool:
    plan = person.plan
    return (
        plan.enrolment is not None
        and plan.duplicate is None
        and plan.deceased is None
        and plan.fatal_event is None
        and plan.birth_date is not None
        and len(plan.birth_date) == 10
    )


def _goes_with(one: Person, other: Person, protocol: Protocol, same_sex: bool, same_stage: bool) -> bool:
    """other: enrolled on a later day."""
    first, second, born = one.enrolled, other.enrolled, one.plan.birth_date
    if first is None or second is None or born is None or second <= first or other.plan is one.plan:
        return False
    if (same_sex and one.plan.sex != other.plan.sex) or (same_stage and one.plan.stage != other.plan.stage):
        return False
    return protocol.age_min <= _age(date.fromisoformat(born), second) <= protocol.age_max


def _age(born: date, day: date) -> int:
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


Names = tuple[Identity, Identity, bool]
"""Of the two, and whether they share the birth date."""


def _share(
    stream: Stream, paired: Paired, pair: tuple[int, int], share: Callable[[Stream, Person, Person], Names]
) -> None:
    one, other = (paired.people[place] for place in pair)
    first, second, born = share(stream, one, other)
    plan = replace(other.plan, birth_date=one.plan.birth_date) if born else other.plan
    if share is _as_one:
        plan = replace(plan, group=one.plan.group)
    paired.people[pair[0]] = one.with_extra(identity=first)
    paired.people[pair[1]] = replace(other.with_extra(identity=second), plan=plan)


def _as_one(stream: Stream, one: Person, other: Person) -> Names:
    identity = Identity(one.extra.identity.member, stream.choice(FAMILY), stream.choice(GIVEN[one.plan.sex]))
    return identity, identity, True


def _as_twins(stream: Stream, one: Person, other: Person) -> Names:
    """One birth date, one family, one health plan."""
    first, second = _family_of(stream, one, other)
    return first, second, True


def _as_family(stream: Stream, one: Person, other: Person) -> Names:
    """Married, or parent and child."""
    first, second = _family_of(stream, one, other)
    return first, second, False


def _family_of(stream: Stream, one: Person, other: Person) -> tuple[Identity, Identity]:
    family, member = stream.choice(FAMILY), one.extra.identity.member
    given = stream.choice(GIVEN[one.plan.sex])
    different = stream.choice([name for name in GIVEN[other.plan.sex] if name != given])
    return Identity(member, family, given), Identity(member, family, different)


def _as_namesakes(stream: Stream, one: Person, other: Person) -> Names:
    """One name and one birth date, but two health plans."""
    family, given = stream.choice(FAMILY), stream.choice(GIVEN[one.plan.sex])
    return (
        Identity(one.extra.identity.member, family, given),
        Identity(other.extra.identity.member, family, given),
        True,
    )
