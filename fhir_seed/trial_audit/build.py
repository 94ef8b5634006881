"""The whole way from a task's address to its world and, apart from it, the truth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fhir_r4 import Fault, Invalid, World
from fhir_seed.trial_audit.build_plan import plan_world
from fhir_seed.trial_audit.extended import extend
from fhir_seed.trial_audit.mess import CLEAN, Mess, MessLog, Sorted, guard_of, mess_traps, rows_read
from fhir_seed.trial_audit.plan import WorldPlan
from fhir_seed.trial_audit.render import Drawn, draw_courses, people_resources, shared_resources, world_of
from fhir_seed.trial_audit.render.written import Json, canonical_row
from fhir_seed.validate import ShapeMemo
from tasks import Address, Truth, entropy
from tasks.trial_audit import VARIANTS, VERSION, Variant


@dataclass(frozen=True)
class Built:
    """plan and mess are for tests and reports; like the truth, never given to an agent."""

    world: World
    truth: Truth
    plan: WorldPlan
    mess: MessLog


def build(salt: str, address: Address, *, check: bool = False) -> Built:
    """Raises Invalid for an unknown variant; with check, Fault if the first resource of any shape is not valid R4."""
    variant = VARIANTS.get(address.variant)
    if variant is None:
        raise Invalid(f"trial_audit has no variant {address.variant!r}; it has {', '.join(VARIANTS)}")
    words = entropy(salt, address, VERSION)
    plan = plan_world(words, variant)
    drawn = draw_courses(plan, words)
    people = people_resources(plan, drawn)
    if variant.extended:
        extended = extend(plan, drawn, words, variant)
        plan, people = extended.plan, extended.resources()
    truth = plan.truth
    world, mess, charts = _written(words, variant, plan, drawn, people)
    if check and (problems := ShapeMemo().problems_in(world)):
        raise Fault(f"{address} has {len(problems)} invalid shapes, the first: {problems[0]}")
    return Built(world, with_mess(truth, plan, mess, charts), plan, mess)


def _written(
    words: bytes, variant: Variant, plan: WorldPlan, drawn: Drawn, people: Iterator[Iterator[Json]]
) -> tuple[World, MessLog, Sequence[Sorted]]:
    """The finished resources, and each person's rows that section 8 reads where the mess may have touched them.

    The mess comes last, so that a clean world's bytes are those of the renderer.
    """
    rows = [canonical_row(resource) for resource in shared_resources(drawn)]
    if variant.mess == "clean":
        for resources in people:
            rows += map(canonical_row, resources)
        return world_of(rows, plan.now), CLEAN, ()
    mess = Mess(words, variant.mess, plan.protocol, guard_of(plan.protocol.finding_types), plan.now)
    charts = []
    for resources in people:
        written = list(map(canonical_row, mess(resources)))
        rows += written
        if variant.extended:
            charts.append(rows_read(written))
    return world_of(rows, plan.now), mess.log(), charts


def with_mess(truth: Truth, plan: WorldPlan, mess: MessLog, charts: Sequence[Sorted]) -> Truth:
    """The same items; every name by which the mess lets a person be called, and the traps that it set."""
    if not mess.aliases and not mess.touches:
        return truth
    names = dict(truth.persons) | {alias: truth.persons.get(person, person) for alias, person in mess.aliases.items()}
    traps = (*truth.traps, *mess_traps(plan, truth, mess, charts))
    return truth.model_copy(
        update={"persons": names, "traps": tuple(sorted(traps, key=lambda trap: (trap.subject, trap.type)))}
    )
