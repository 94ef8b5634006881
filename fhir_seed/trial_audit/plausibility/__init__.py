"""Is a chart one that could be? Named checks over the finished resources of a world; they know nothing of its plan."""

from fhir_seed.trial_audit.plausibility.checks import CHECKS, Doubt, doubts

__all__ = ["CHECKS", "Doubt", "doubts"]
