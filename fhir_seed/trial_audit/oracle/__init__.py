"""The second derivation of the truth: finished FHIR resources and the written protocol in, what is wrong out.

It shares no code with what injects the faults; `recompute` applies the clauses of `protocol.md` and nothing else.
"""

from fhir_seed.trial_audit.oracle.recompute import recompute

__all__ = ["recompute"]
