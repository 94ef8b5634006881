"""From finished resources to the truth of one world."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from fhir_seed.trial_audit.oracle.chart import read_chart
from fhir_seed.trial_audit.oracle.cohort import cohort_truth
from fhir_seed.trial_audit.oracle.deviations import deviations
from tasks import Truth, TruthItem
from tasks.trial_audit import FINDING_TYPES, Protocol

_IMPORTANT = frozenset({"invalid_age", "temporal_inconsistency"})
"""Deviations that section 4 of the protocol calls important."""


def recompute(resources: Iterable[bytes], protocol: Protocol) -> Truth:
    """What is wrong, by the written rules alone. resources: FHIR JSON, any order; traps stay empty: the rules do not
    know them. Raises Invalid if the chart gives a clause no verdict (such a world must not be built)."""
    chart = read_chart(resources, protocol)
    items = sorted(
        (item for subject in chart.subjects for item in deviations(subject, protocol)),
        key=lambda item: (item.subject, item.type),
    )
    counts = Counter(item.type for item in items)
    return Truth(
        items=tuple(items),
        traps=(),
        persons=chart.names,
        counts={type_: counts[type_] for type_ in FINDING_TYPES},
        escalate=_escalated(items, {s.reference: s.site for s in chart.subjects}, protocol.escalate),
        cohort=cohort_truth(chart.subjects, protocol, protocol.equity) if protocol.equity else None,
    )


def _escalated(items: Sequence[TruthItem], site_of: Mapping[str, str], at_least: int) -> tuple[str, ...]:
    """Clause 5.1: sites by their number of subjects (not items) with an important deviation."""
    affected = {item.subject for item in items if item.type in _IMPORTANT}
    sizes = Counter(site_of[subject] for subject in affected)
    return tuple(sorted(site for site, size in sizes.items() if size >= at_least))
