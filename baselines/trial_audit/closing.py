"""From breaches to what is handed in: findings in order of weight, and the closing report."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from baselines.errors import BudgetSpent, Refused
from baselines.session import AgentSession
from baselines.trial_audit.chart import Chart
from baselines.trial_audit.cohort import figures, members, verdict
from baselines.trial_audit.protocol import Protocol
from baselines.trial_audit.rules import Breach


async def flag_breaches(
    session: AgentSession, rules: Protocol, breaches: Iterable[Breach], confidence: float
) -> list[Breach]:
    """Flag the heaviest first until the actions are spent; those that stand. What is refused is let go."""
    standing = []
    for breach in sorted(breaches, key=lambda b: -rules.deviations[b.clause].weight):
        deviation = rules.deviations[breach.clause]
        try:
            await session.flag(
                breach.subject.reference,
                deviation.type,
                confidence=confidence,
                corrective_action=deviation.action,
                evidence=breach.evidence,
                rationale=f"clause {breach.clause}: {breach.rationale}",
            )
        except BudgetSpent:
            break
        except Refused:
            continue
        standing.append(breach)
    return standing


def closing_report(
    chart: Chart, breaches: Sequence[Breach], confidence: float, *, stratify: bool = True
) -> dict[str, Any]:
    rules = chart.protocol
    counts = Counter(rules.deviations[breach.clause].type for breach in breaches)
    types = sorted({deviation.type for deviation in rules.deviations.values()})
    report: dict[str, Any] = {
        "counts": {name: counts[name] for name in types},
        "sites_to_escalate": sites_to_escalate(rules, breaches),
        "narrative": f"{len(chart.subjects)} enrolled subjects read, {len(breaches)} deviations found.",
    }
    if rules.equity is not None:
        found = figures(members(chart, rules.equity), rules.equity, stratify=stratify)
        report["cohort"] = {
            "verdict": verdict(found, rules.equity),
            "confidence": confidence,
            "dominance": round(float(found.dominance), 6),
            "male": round(float(found.male), 6),
            "crude_gap": round(float(found.crude_gap), 6),
            "adjusted_gap": round(float(found.adjusted_gap), 6),
        }
    return report


def sites_to_escalate(rules: Protocol, breaches: Iterable[Breach]) -> list[str]:
    """Clause 5.1, by reference."""
    concerned = {
        (breach.subject.site, breach.subject.reference)
        for breach in breaches
        if rules.deviations[breach.clause].important
    }
    subjects = Counter(site for site, _ in concerned)
    return sorted(site for site, number in subjects.items() if number >= rules.escalate)
