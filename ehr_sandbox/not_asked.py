"""What a validation run did not ask of a variant because it was too short, and from how much on it is asked."""

from collections.abc import Iterator

from ehr_sandbox.probes import FEWEST_COHORTS, FEWEST_ITEMS, KINDS
from ehr_sandbox.suites import SUITES
from ehr_sandbox.validation_summary import ENOUGH, FEWEST, VariantSummary
from tasks.trial_audit import VARIANTS


def not_asked(summary: VariantSummary) -> tuple[str, ...]:
    """In words; empty if everything was asked, or the suite has nothing of the kind."""
    suite = SUITES[summary.task.partition("/")[0]]
    if suite.view is None:
        return ()
    return (*_of_worlds(summary), *_of_cohorts(summary), *_of_readers(summary))


def _of_worlds(summary: VariantSummary) -> Iterator[str]:
    if not summary.cheats:
        yield f"cheats and the probe for labels (from {FEWEST} worlds)"
        return
    asked = {probe.name for probe in summary.probes}
    drawn = sorted({_drawn_as(*kind.split(".")) for kind in summary.kinds})
    if few := [name for name in drawn if f"items of kind {name}" not in asked]:
        yield f"the probe for labels of {', '.join(few)} (from {FEWEST_ITEMS} items)"


def _drawn_as(type_: str, kind: str) -> str:
    """What the probe calls items of this kind: those of an extended protocol by their type."""
    return next((name for name, (kinds, _) in KINDS.items() if kind in kinds), type_)


def _of_cohorts(summary: VariantSummary) -> Iterator[str]:
    is_probed = any("cohort" in probe.name for probe in summary.probes)
    if VARIANTS[summary.task.partition("/")[2]].equity_clause and not is_probed:
        yield f"the cohort's kind and stage pattern (from {FEWEST_COHORTS} cohorts with either kind)"


def _of_readers(summary: VariantSummary) -> Iterator[str]:
    if any(figure.indices < ENOUGH for figure in summary.ablations):
        yield f"whether each blind spot costs something (from {ENOUGH} indices)"
