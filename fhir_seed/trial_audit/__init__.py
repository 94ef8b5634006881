"""`trial_audit` worlds: a clinical trial's charts with what is wrong in them, and the oracle that finds it again."""

from fhir_seed.trial_audit.build import Built, build
from fhir_seed.trial_audit.oracle import recompute
from fhir_seed.trial_audit.protocol_text import render_protocol
from fhir_seed.trial_audit.terms import STAGE_GROUP, STAGE_VALUES

__all__ = ["STAGE_GROUP", "STAGE_VALUES", "Built", "build", "recompute", "render_protocol"]
