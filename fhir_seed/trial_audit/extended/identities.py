"""Who is who: one person enrolled twice, and those who only look like it: twins, families, namesakes.

Of a pair the earlier enrolment takes what the two have in common from the later one, which stays as it was drawn.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.calendar_days import age_on
from fhir_seed.trial_audit.extended.records import Identity, Person
from fhir_seed.trial_audit.extended.same_person import could_be_before
from fhir_seed.trial_audit.plan import SubjectPlan
from fhir_seed.trial_audit.render.names import FAMILY, GIVEN
from fhir_seed.trial_audit.render.patient import draw_language, draw_race
from tasks.trial_audit import Protocol

_TYPE = "duplicate_subject"
_MIDDLE = 400
"""Per mille whose second name is written too, as in everyone's registration."""
_APART = 365
"""Days, at least, between two birth dates that are not one."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """What two people have in common beside the family name. family: of look-alikes; member: the health plan;
    given: the first name, and so the sex; born: the birth date, and so the origin.
    """

    family: str
    member: bool = True
    given: bool = False
    born: bool = False


LIKENESSES = (
    Likeness("twins", born=True),
    Likeness("family"),
    Likeness("namesakes", member=False, given=True),
)


@dataclass(frozen=True, slots=True)
class Paired:
    """twice: (earlier, later) positions of one person; used: those with another identity, and the barred ones;
    fitted: those among whom the later ones were drawn at random."""

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
    pool = [i for i, person in enumerate(people) if i not in barred and _is_plain(person)]
    earlier = {i: [j for j in pool if _is_one(people[j], people[i], protocol)] for i in pool}
    paired = Paired(list(people), [], set(barred), [i for i in pool if earlier[i]])
    _pair_twice(stream, paired, earlier, twice)
    for likeness in LIKENESSES:
        for _ in range(looks):
            if found := _draw_alike(stream, protocol, paired, likeness):
                _name_alike(stream, paired, found, likeness)
    return paired


def _pair_twice(stream: Stream, paired: Paired, earlier: Mapping[int, Sequence[int]], wanted: int) -> None:
    """The later ones are drawn before any earlier one is chosen, so that all who fit are as likely to be drawn; who
    then finds no earlier one is passed over."""
    people, drawn = paired.people, stream.shuffled(paired.fitted)
    for place, later in enumerate(drawn):
        left = wanted - len(paired.twice)
        coming = [i for i in drawn[place:] if i not in paired.used][:left]
        open_ = [i for i in earlier[later] if i not in paired.used and i not in coming]
        if later in coming and open_:
            latest = max(open_, key=lambda i: (people[i].plan.screening, i))
            paired.used.update((latest, later))
            paired.twice.append((latest, later))
            _name_one(stream, paired, (latest, later))


def _draw_alike(stream: Stream, protocol: Protocol, paired: Paired, likeness: Likeness) -> tuple[int, int] | None:
    """Two living, enrolled people, by enrolment: the later one at random, the earlier one as near in age as may be."""
    people = paired.people
    pool = [i for i, p in enumerate(people) if i not in paired.used and _is_plain(p)]
    for later in stream.shuffled(pool):
        fits = [i for i in pool if _is_alike(people[i], people[later], protocol, likeness)]
        if fits:
            nearest = min(fits, key=lambda i: (_apart(people[i], people[later]), i))
            paired.used.update((nearest, later))
            return nearest, later
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


def _is_one(one: Person, other: Person, protocol: Protocol) -> bool:
    return (
        one.plan.sex == other.plan.sex and _is_earlier(one, other, protocol, born=True) and could_be_before(one, other)
    )


def _is_alike(one: Person, other: Person, protocol: Protocol, likeness: Likeness) -> bool:
    if likeness.given and one.plan.sex != other.plan.sex:
        return False
    if not likeness.born and _apart(one, other) < _APART:
        return False
    return _is_earlier(one, other, protocol, born=likeness.born)


def _is_earlier(one: Person, other: Person, protocol: Protocol, *, born: bool) -> bool:
    """Enrolled on an earlier day; with the birth date of the other one, if it gets it, at a lawful age."""
    if one.enrolled is None or other.enrolled is None or one.enrolled >= other.enrolled:
        return False
    return not born or protocol.age_min <= age_on(_born(other.plan), one.enrolled) <= protocol.age_max


def _born(plan: SubjectPlan) -> date:
    assert plan.birth_date is not None, "people in pairs have a full birth date"
    return date.fromisoformat(plan.birth_date)


def _apart(one: Person, other: Person) -> int:
    return abs((_born(one.plan) - _born(other.plan)).days)


def _name_one(stream: Stream, paired: Paired, pair: tuple[int, int]) -> None:
    """One person says the same twice, but for the second name, which is not always written."""
    one, other = (paired.people[place] for place in pair)
    plan = other.plan
    first, second = _two_of(stream, GIVEN[plan.sex])
    known = Identity(
        member=other.extra.identity.member,
        family=stream.choice(FAMILY),
        race=draw_race(stream, plan.group),
        language=draw_language(stream, plan.group),
    )
    for place, person in zip(pair, (one, other), strict=True):
        given = (first, second) if stream.chance(_MIDDLE) else (first,)
        paired.people[place] = _born_with(person, plan).with_extra(identity=replace(known, given=given))


def _name_alike(stream: Stream, paired: Paired, pair: tuple[int, int], likeness: Likeness) -> None:
    people = [paired.people[place] for place in pair]
    later = people[1]
    family, race = stream.choice(FAMILY), draw_race(stream, later.plan.group)
    given, others = _two_of(stream, GIVEN[later.plan.sex]), _two_of(stream, GIVEN[people[0].plan.sex])
    while set(others) & set(given):
        others = _two_of(stream, GIVEN[people[0].plan.sex])
    names = ((given[0] if likeness.given else others[0], others[1]), given)
    for place, person, both in zip(pair, people, names, strict=True):
        member = later.extra.identity.member if likeness.member else person.extra.identity.member
        identity = Identity(member, family, both if stream.chance(_MIDDLE) else both[:1])
        if likeness.born:
            person, identity = _born_with(person, later.plan), replace(identity, race=race)
        paired.people[place] = person.with_extra(identity=identity).looking(_TYPE, likeness.family)


def _born_with(person: Person, plan: SubjectPlan) -> Person:
    return replace(person, plan=replace(person.plan, birth_date=plan.birth_date, group=plan.group))


def _two_of(stream: Stream, names: Sequence[str]) -> tuple[str, str]:
    first, second = stream.sample(names, 2)
    return first, second
