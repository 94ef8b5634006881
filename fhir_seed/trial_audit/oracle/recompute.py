"""From finished resources to the truth of one world."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from fhir_seed.trial_audit.oracle.chart import read_chart
from fhir_seed.trial_audit.oracle.cohort import cohort_truth
from fhir_seed.trial_audit.oracle.deviations import deviations
from fhir_seed.trial_audit.oracle.further import further_deviations
from fhir_seed.trial_audit.oracle.rows import read_rows
from tasks import Truth, TruthItem
from tasks.trial_audit import ICH, Protocol

_IMPORTANT = "important"
"""Of the classes that section 4 of the protocol has."""


def recompute(resources: Iterable[bytes], protocol: Protocol) -> Truth:
    """What is wrong, by the written rules alone. resources: FHIR JSON, any order; traps stay empty: the rules do not
    know them. Raises Invalid if the chart gives a clause no verdict (such a world must not be built)."""
    rows = resources if protocol.extended is None else list(resources)
    chart = read_chart(rows, protocol)
    found = [item for subject in chart.subjects for item in deviations(subject, protocol)]
    if protocol.extended is not None:
        found += further_deviations(read_rows(rows, protocol, protocol.extended, chart), protocol.extended)
    items = sorted(found, key=lambda item: (item.subject, item.type))
    counts = Counter(item.type for item in items)
    return Truth(
        items=tuple(items),
        traps=(),
        persons=chart.names,
        counts={type_: counts[type_] for type_ in protocol.finding_types},
        escalate=_escalated(items, {s.reference: s.site for s in chart.subjects}, protocol.escalate),
        cohort=cohort_truth(chart.subjects, protocol, protocol.equity) if protocol.equity else None,
    )


def _escalated(items: Sequence[TruthItem], site_of: Mapping[str, str], at_least: int) -> tuple[str, ...]:
    """Clause 5.1: sites by their number of subjects (not items) with an important deviation."""
    affected = {item.subject for item in items if ICH[item.type] == _IMPORTANT}
    sizes = Counter(site_of[subject] for subject in affected)
    return tuple(sorted(site for site, size in sizes.items() if size >= at_least))
