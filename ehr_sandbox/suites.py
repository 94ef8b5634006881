"""The one table that ties each suite's four places together: seeds, tasks, graders, agents.

Adding a suite = `tasks/<suite>/`, `fhir_seed/<suite>/`, `graders/<suite>.py`, `baselines/<suite>/`, and a row here and
in `generators`, which is what a command imports that grades nothing and plays nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import baselines
import fhir_seed.mock
import fhir_seed.trial_audit
import graders
import tasks.mock
import tasks.trial_audit
from ehr_sandbox.generators import GENERATORS, Built, Generator
from ehr_sandbox.probes import CohortSeen, WorldView, cohort_of, view_of
from tasks import Address, Assignment, RunRecord, Scorecard, Truth


class Grade(Protocol):
    """A pure function; raises Invalid for a record that is not of that world."""

    def __call__(self, truth: Truth, record: RunRecord, *, world_digest: str) -> Scorecard: ...


@dataclass(frozen=True)
class Suite(Generator):
    """One row. floors: bound on an agent's mean reward over indices; exact: the reward it must have on every index."""

    recompute: Callable[[Built], Truth]
    """The independent oracle, on the finished resources."""
    assign: Callable[[str, Address], Assignment]
    """From the salt's fingerprint and the address."""
    grade: Grade
    explain: Callable[[Truth, RunRecord], list[str]]
    agents: Mapping[str, baselines.Agent]
    exact: Mapping[str, float]
    floors: Mapping[str, float]
    published: tuple[str, ...] = ()
    """Further agents whose means `validate` prints without a bound."""
    ablations: Mapping[str, baselines.Agent] = field(default_factory=dict)
    """Readers with one blind spot."""
    view: Callable[[Built], WorldView] | None = None
    """What cheats and the probe for labels see of a world; None: the suite has neither."""
    subjects: Mapping[str, int] = field(default_factory=dict)
    """Enrolled, by variant, where there is a view."""
    cohort: Callable[[Built], CohortSeen | None] | None = None
    """What the probe for the cohort's kind sees."""


def _assign_mock(salt: str, address: Address) -> Assignment:
    return Assignment(
        address=address,
        version=tasks.mock.VERSION,
        salt=salt,
        budget=tasks.mock.VARIANTS[address.variant],
        title=tasks.mock.TITLE,
        instructions=tasks.mock.INSTRUCTIONS,
        actions=tasks.mock.ACTIONS,
        report=tasks.mock.REPORT,
    )


def _assign_trial_audit(salt: str, address: Address) -> Assignment:
    variant = tasks.trial_audit.VARIANTS[address.variant]
    return Assignment(
        address=address,
        version=tasks.trial_audit.VERSION,
        salt=salt,
        budget=variant.budget,
        title=tasks.trial_audit.TITLE,
        instructions=tasks.trial_audit.instructions(
            variant.budget, equity=variant.equity_clause, types=variant.finding_types
        ),
        actions=tasks.trial_audit.actions_of(variant),
        report=tasks.trial_audit.report_of(variant),
    )


def _recompute_mock(built: Built) -> Truth:
    return fhir_seed.mock.recompute(built.world.resources)


def _recompute_trial_audit(built: Built) -> Truth:
    assert isinstance(built, fhir_seed.trial_audit.Built)
    return fhir_seed.trial_audit.recompute(built.world.resources, built.plan.protocol)


def _view_trial_audit(built: Built) -> WorldView:
    assert isinstance(built, fhir_seed.trial_audit.Built)
    return view_of(built)


def _cohort_trial_audit(built: Built) -> CohortSeen | None:
    assert isinstance(built, fhir_seed.trial_audit.Built)
    return cohort_of(built)


SUITES: Mapping[str, Suite] = {
    suite.name: suite
    for suite in (
        Suite(
            **vars(GENERATORS["trial_audit"]),
            recompute=_recompute_trial_audit,
            assign=_assign_trial_audit,
            grade=graders.grade_trial_audit,
            explain=graders.explain_trial_audit,
            agents=baselines.AGENTS["trial_audit"],
            exact={"reference": 1.0, "noop": 0.0, "flag_all": 0.0},
            floors={"random": 0.05, "constant": 0.05, "label_blind": 0.05},
            published=("naive", "heuristic"),
            ablations=baselines.ABLATIONS["trial_audit"],
            view=_view_trial_audit,
            subjects={name: variant.enrolled for name, variant in tasks.trial_audit.VARIANTS.items()},
            cohort=_cohort_trial_audit,
        ),
        Suite(
            **vars(GENERATORS["mock"]),
            recompute=_recompute_mock,
            assign=_assign_mock,
            grade=graders.grade_mock,
            explain=graders.explain_mock,
            agents=baselines.AGENTS["mock"],
            exact={"reference": 1.0, "noop": 0.0},
            floors={},
        ),
    )
}
