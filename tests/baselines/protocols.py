"""Protocol texts for tests, rendered from the real templates."""

from fhir_seed.trial_audit.protocol_text import render_protocol
from tasks.trial_audit import EquityThresholds, Protocol, Site


def protocol_text(*, comorbidity_threshold: int | None = 3, escalate: int = 2, **equity: int) -> str:
    """Ages 40 to 90, window 21, Stage IV window 31, sites s1 (-05:00) and s2 (+05:30)."""
    return render_protocol(
        Protocol(
            number="ONC-1",
            title="A | trial",
            drug_code="study-drug-a",
            drug_name="Drug (A)",
            cancer="Cancer",
            control_arm="Standard arm",
            treatment_arm="Drug arm",
            age_min=40,
            age_max=90,
            window=21,
            stage_iv_window=31,
            comorbidity_threshold=comorbidity_threshold,
            escalate=escalate,
            equity=EquityThresholds(**equity) if equity else None,
            sites=(
                Site(organization="Organization/s1", name="North", offset_minutes=-300),
                Site(organization="Organization/s2", name="South | East", offset_minutes=330),
            ),
        )
    )
