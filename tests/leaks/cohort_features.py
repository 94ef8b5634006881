"""Rows, ages, delays and dates of a planned cohort, arm by arm; group is crossed with them inside a stage only, where
the group x stage table is held fixed (docs/decisions/0007).
"""

from collections import Counter
from collections.abc import Sequence
from math import sqrt
from statistics import fmean, pvariance

from ehr_sandbox.probes.chart_features import Features
from fhir_seed.trial_audit.plan import SubjectPlan, WorldPlan


def record_features(plan: WorldPlan) -> Features:
    """Of the finished plan: rows by type, status and arm, ages, delays and dates on average."""
    found: Counter[str] = Counter()
    for s in plan.subjects:
        if s.arm is not None and s.enrolment is not None:
            for arm in (s.arm, "pooled"):
                for name, value in _record(s).items():
                    found[f"{arm} {name}"] += value  # type: ignore[assignment]
    return dict(found)


def _record(s: SubjectPlan) -> Features:
    assert s.enrolment is not None, "only the enrolled are asked"
    enrolment = s.enrolment.day
    start = min(a.effective.day for a in s.administrations if a.status == "completed")
    found: Counter[str] = Counter(f"administration {a.status}" for a in s.administrations)
    found.update(f"stage row {r.status}" for r in s.stage_rows)
    found.update(f"stage row showing {r.stage}" for r in s.stage_rows)
    found.update(f"stage row {r.status} later" for r in s.stage_rows if r.effective.day > enrolment)
    found.update(f"index row {r.status}" for r in s.index_rows)
    found.update(["in the Patient"] * (s.deceased is not None) + ["in an event"] * (s.fatal_event is not None))
    found["duplicate"] = int(s.duplicate is not None)
    found["delay"] = (start - enrolment).days
    found["age"] = s.age_for_course
    found["index"] = s.index
    found["enrolment"] = enrolment.toordinal() - 738_000
    return dict(found)


def within_stage_features(plan: WorldPlan) -> Features:
    """Of the control arm: the rest less the dominant group in delay, administrations and index, in standard errors."""
    arm = [s for s in plan.subjects if s.arm == "control" and s.enrolment is not None]
    found: Features = {}
    for stage in (1, 2, 3, 4):
        own = [(s.group == plan.notes["dominant"], _record(s)) for s in arm if s.stage == stage]
        for name in ("delay", "administration completed", "index"):
            rest, dominant = ([r.get(name, 0.0) for side, r in own if side == which] for which in (False, True))
            found[f"{name} in stage {stage}"] = _difference(rest, dominant)
    return found


def _difference(one: Sequence[float], two: Sequence[float]) -> float:
    error = sqrt(pvariance(one) / len(one) + pvariance(two) / len(two))
    return (fmean(one) - fmean(two)) / error if error else 0.0
