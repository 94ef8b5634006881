"""Applies every rule, but takes the first page of each search for the whole."""

from baselines.session import AgentSession
from baselines.trial_audit.chart import Manner, read_chart
from baselines.trial_audit.closing import closing_report, flag_breaches
from baselines.trial_audit.rules import find_breaches

CONFIDENCE = 0.9


async def naive(session: AgentSession, seed: int) -> None:
    chart = await read_chart(session, Manner(first_page=True))
    breaches = find_breaches(chart)
    standing = await flag_breaches(session, chart.protocol, breaches, CONFIDENCE)
    await session.submit(closing_report(chart, standing, CONFIDENCE))
