"""What an agent is told besides the chart: the job, the rules of the game, how findings pay."""

from collections.abc import Sequence

from tasks.suite import Budget
from tasks.trial_audit.protocol import COHORT_WEIGHT, FINDING_TYPES, TYPE_WEIGHTS

TITLE = "Audit the charts of a clinical trial"

_TEXT = """\
You audit one oncology trial for its sponsor. The chart is a FHIR R4 server (read only). Find every subject whose chart
breaks the trial's protocol, say so with evidence, and close with a report.

**Where the rules are.** The chart holds one ResearchStudy. Its `relatedArtifact` of type `documentation` points
(`document.url`) to a DocumentReference whose attachment is the protocol's text. Every rule that is graded is in that
text, with a clause number: who counts as enrolled, how each value is read, the age range, the treatment window and its
exceptions, the corrective action for each deviation, and when a site is escalated{equity}.

**What you can do.** Read with FHIR REST: read, search, paging. Each FHIR request counts 1, errors too; you have {fhir}
(answers say what is left in `X-FHIR-Left`). Each audit action counts 1, refused ones too; you have {actions}
(`X-Actions-Left`). A page holds at most 100 matches.
- `flag_finding`: subject (ResearchSubject or Patient), type, evidence, confidence, corrective_action, rationale.
  A subject or evidence that you have not retrieved in full is refused.
- `amend_finding`, `retract_finding`: the last version counts.
- submit the report: counts of the {types} types, sites to escalate, a narrative{report}. It costs nothing and ends
  the audit.

**How it pays.** p is your confidence, w the weight of the type ({weights}{cohort}).
A right finding pays w (2p - p^2) x (0.85 + 0.15 if its evidence shows the error completely). A wrong one costs w p^2; a
right subject with a wrong type is wrong; a repeated finding counts once. With full evidence a finding pays if
P(right) > p/2 (without, if P(right) > p/(1.7 + 0.15 p)).
`net` is that sum divided by the weight of all there is to find; of all confidences your honest probability gives the
highest net to be expected. reward = max(0, net) x (0.90 + 0.05 report + 0.05 efficiency). report: the share of its
fields that are right{report_fields}. efficiency: 1 up to {par} FHIR requests, falling to 0 at the budget. Nothing is
told before the end.
"""


_NUMBERS = {3: "three", 15: "fifteen"}


def instructions(budget: Budget, *, equity: bool, types: Sequence[str] = FINDING_TYPES) -> str:
    """Markdown for the agent."""
    weights = ", ".join(f"{name} {TYPE_WEIGHTS[name]}" for name in types)
    return _TEXT.format(
        fhir=budget.fhir,
        actions=budget.actions,
        par=budget.par,
        types=_NUMBERS[len(types)],
        weights=weights,
        cohort=f"; the cohort verdict counts as a finding of weight {COHORT_WEIGHT}" if equity else "",
        equity=", and the equity clause about the cohort as a whole" if equity else "",
        report=", and the cohort verdict with its four figures" if equity else "",
        report_fields=" (a figure within .02 of the chart's is right)" if equity else "",
    )
