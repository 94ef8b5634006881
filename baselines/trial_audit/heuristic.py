"""Knows the window and its Stage IV extension; ignores the override, the status of rows, and stratification."""

from baselines.session import AgentSession
from baselines.trial_audit.chart import Manner, read_chart
from baselines.trial_audit.closing import closing_report, flag_breaches
from baselines.trial_audit.rules import find_breaches

CONFIDENCE = 0.9


async def heuristic(session: AgentSession, seed: int) -> None:
    chart = await read_chart(session, Manner(any_status=True))
    breaches = find_breaches(chart, override=False)
    standing = await flag_breaches(session, chart.protocol, breaches, CONFIDENCE)
    await session.submit(closing_report(chart, standing, CONFIDENCE, stratify=False))
