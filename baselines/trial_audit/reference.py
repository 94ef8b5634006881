"""The perfect reader: the protocol's text and the whole chart over HTTP, every finding with its full evidence."""

from baselines.session import AgentSession
from baselines.trial_audit.chart import read_chart
from baselines.trial_audit.closing import closing_report, flag_breaches
from baselines.trial_audit.rules import find_breaches


async def reference(session: AgentSession, seed: int) -> None:
    chart = await read_chart(session)
    breaches = find_breaches(chart)
    await flag_breaches(session, chart.protocol, breaches, 1.0)
    await session.submit(closing_report(chart, breaches, 1.0))
