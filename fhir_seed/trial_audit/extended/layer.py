"""From drawn courses to charts with sections 7 and 8: what everyone has, then the errors, then their truth."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from fhir_seed.stream import Stream
from fhir_seed.trial_audit.extended import ordinary_records as records
from fhir_seed.trial_audit.extended import ordinary_values as values
from fhir_seed.trial_audit.extended.faults import KINDS, Evidence
from fhir_seed.trial_audit.extended.identities import draw_member, pair_people
from fhir_seed.trial_audit.extended.ordinary_orders import groups_taken, taken_beside, with_orders
from fhir_seed.trial_audit.extended.records import Extra, Identity, Person, Setting
from fhir_seed.trial_audit.extended.render import extended_resources
from fhir_seed.trial_audit.extended.same_person import as_before, known_allergies
from fhir_seed.trial_audit.plan import WorldPlan
from fhir_seed.trial_audit.render import Drawn, people_resources
from fhir_seed.trial_audit.render.ids import Ids
from fhir_seed.trial_audit.render.written import Json
from tasks import Trap, Truth, TruthItem
from tasks.trial_audit import CORRECTIVE_ACTIONS, ICH, TYPE_WEIGHTS, Protocol, Variant

_PARTS: tuple[tuple[str, Callable[[Person, Setting], Person]], ...] = (
    ("nadirs", values.without_nearby_nadirs),
    ("procedures", records.with_procedures),
    ("consents", records.with_consents),
    ("eligibility", values.with_eligibility),
    ("safety", values.with_safety),
    ("doses", values.with_doses),
    ("creatinine", values.with_creatinine),
    ("weights", values.with_weights),
    ("remarks", values.with_remarks),
    ("events", values.with_events),
    ("orders", with_orders),
    ("allergies", records.with_allergies),
)
"""In this order: allergies know the orders. Each has its own stream."""
_TWICE = "duplicate_subject"
_LOOKS = 2
"""Pairs of each look-alike of a person enrolled twice."""


@dataclass(frozen=True, slots=True)
class Extended:
    """plan: with the whole truth; drawn: with the courses as they are rendered; people: in the plan's order."""

    plan: WorldPlan
    drawn: Drawn
    people: tuple[Person, ...]

    def resources(self) -> Iterator[Iterator[Json]]:
        """Of each subject in turn, as `people_resources` has them."""
        for person, rows in zip(self.people, people_resources(self.plan, self.drawn), strict=True):
            yield extended_resources(rows, person, self.drawn.trial)


def extend(plan: WorldPlan, drawn: Drawn, entropy: bytes, variant: Variant) -> Extended:
    """plan: of a protocol with extended rules."""
    drawn = replace(drawn, courses=tuple(drawn.courses))
    settings = _settings(plan, drawn, entropy)
    members = Stream(entropy, "extended.members")
    first = [
        Person(s, c, Extra(Identity(draw_member(members)))) for s, c in zip(plan.subjects, drawn.courses, strict=True)
    ]
    people = [_ordinary(person, settings) for person in first]
    faults = Setting(drawn.trial, settings["orders"].rules, Stream(entropy, "extended.faults"), settings["orders"].ids)
    counts = {row.type: max(1, (row.mean * faults.stream.integer(700, 1300) + 500) // 1000) for row in variant.extended}
    taken, looking = _taken(plan, people), _look_alikes(plan, people)
    paired = pair_people(
        Stream(entropy, "extended.identities"), plan.protocol, people, taken | looking, counts.pop(_TWICE), _LOOKS
    )
    items = [_item(paired.people[pair[1]], _TWICE, [_four(paired.people, pair)]) for pair in paired.twice]
    bodies = replace(faults, stream=Stream(entropy, "extended.bodies"))
    for earlier, later in paired.twice:
        course = as_before(bodies, first[earlier].course, first[later].course)
        person = replace(paired.people[earlier], course=course)
        paired.people[earlier] = _charted_before(person, paired.people[later], settings)
    in_pairs = taken | (paired.used - looking)
    people, found, fitted = _struck(paired.people, counts, in_pairs, faults)
    fitted[_TWICE] = paired.fitted
    open_to = {type_: tuple(sorted(_canonical(people[i]) for i in places)) for type_, places in fitted.items()}
    truth = _truth(plan, [*items, *found], people)
    subjects = tuple(person.plan for person in people)
    courses = tuple(replace(person.course, further=taken_beside(person)) for person in people)
    finished = replace(plan, subjects=subjects, truth=truth, open_to=open_to)
    return Extended(finished, replace(drawn, courses=courses), tuple(people))


def _settings(plan: WorldPlan, drawn: Drawn, entropy: bytes) -> Mapping[str, Setting]:
    rules = plan.protocol.extended
    assert rules is not None, "only a protocol with sections 7 and 8 is extended"
    ids = Ids(Stream(entropy, "extended.ids"))
    return {name: Setting(drawn.trial, rules, Stream(entropy, f"extended.{name}"), ids) for name, _ in _PARTS}


def _ordinary(person: Person, settings: Mapping[str, Setting], but: str = "") -> Person:
    """Without the part that is excepted."""
    for name, part in _PARTS:
        person = part(person, settings[name]) if name != but else person
    return person


def _charted_before(person: Person, later: Person, settings: Mapping[str, Setting]) -> Person:
    """The earlier chart of one person, drawn anew until nothing is ordered to which the later one tells an allergy."""
    known = known_allergies(later, person.course.screening.day, settings["allergies"].ids)
    harmful = {allergy.group for allergy in known if allergy.counts}
    bare = Person(person.plan, person.course, Extra(person.extra.identity, allergies=known))
    while True:
        found = _ordinary(bare, settings, but="allergies")
        if not harmful & {row.group for row in found.extra.orders}:
            break
    taken = groups_taken(found, settings["allergies"])
    for allergy in known:
        found = found.looking("allergy_conflict", records.family_of(allergy)) if allergy.group in taken else found
    return found


def _taken(plan: WorldPlan, people: Sequence[Person]) -> set[int]:
    """Screen failures, and subjects who have an error already."""
    wrong = {item.subject for item in plan.truth.items}
    return {i for i, p in enumerate(people) if p.plan.enrolment is None or _canonical(p) in wrong}


def _look_alikes(plan: WorldPlan, people: Sequence[Person]) -> set[int]:
    """Of section 3: their birth dates stay as they are."""
    looks = {trap.subject for trap in plan.truth.traps}
    return {i for i, person in enumerate(people) if _canonical(person) in looks}


def _struck(
    people: Sequence[Person], counts: Mapping[str, int], used: set[int], setting: Setting
) -> tuple[list[Person], list[TruthItem], dict[str, list[int]]]:
    """As many of each type as fit, each in a subject of its own; and who fitted, by type."""
    out, taken, items, fitted = list(people), set(used), list[TruthItem](), dict[str, list[int]]()
    for type_, kind in KINDS.items():
        fits = [i for i, person in enumerate(out) if i not in taken and kind.fits(person, setting)]
        fitted[type_] = fits
        for i in setting.stream.sample(fits, min(counts[type_], len(fits))):
            out[i], evidence = kind.strike(out[i], setting)
            items.append(_item(out[i], type_, evidence))
            taken.add(i)
    return out, items, fitted


def _item(person: Person, type_: str, evidence: Evidence) -> TruthItem:
    kind, action = next((kind, action) for (name, kind), action in CORRECTIVE_ACTIONS.items() if name == type_)
    return TruthItem(
        subject=_canonical(person),
        type=type_,
        kind=kind,
        weight=TYPE_WEIGHTS[type_],
        evidence=tuple(sorted(tuple(sorted(one)) for one in evidence)),
        corrective_action=action,
    )


def _four(people: Sequence[Person], pair: tuple[int, int]) -> list[str]:
    plans = [people[place].plan for place in pair]
    return [ref for p in plans for ref in (f"ResearchSubject/{p.subject_id}", f"Patient/{p.patient_id}")]


def _canonical(person: Person) -> str:
    return f"ResearchSubject/{person.plan.subject_id}"


def _truth(plan: WorldPlan, found: Sequence[TruthItem], people: Sequence[Person]) -> Truth:
    items = sorted([*plan.truth.items, *found], key=lambda item: (item.subject, item.type))
    wrong = {(item.subject, item.type) for item in items}
    looks = [Trap(subject=_canonical(p), type=type_, family=family) for p in people for type_, family in p.looks]
    traps = [*plan.truth.traps, *(trap for trap in looks if (trap.subject, trap.type) not in wrong)]
    counts = Counter(item.type for item in items)
    return plan.truth.model_copy(
        update={
            "items": tuple(items),
            "traps": tuple(sorted(traps, key=lambda trap: (trap.subject, trap.type, trap.family))),
            "counts": {name: counts[name] for name in plan.protocol.finding_types},
            "escalate": _escalate(plan.protocol, items, people),
        }
    )


def _escalate(protocol: Protocol, items: Sequence[TruthItem], people: Sequence[Person]) -> tuple[str, ...]:
    important = {item.subject for item in items if ICH[item.type] == "important"}
    sites = Counter(person.plan.site for person in people if _canonical(person) in important)
    return tuple(sorted(protocol.sites[site].organization for site, n in sites.items() if n >= protocol.escalate))
