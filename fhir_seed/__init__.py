"""Seeded worlds and their truths, one package per suite; and the check that what is generated is valid R4."""

from fhir_seed.validate import ShapeMemo, dangling_references, validate_resource
from fhir_seed.validate_world import FormMemo, validate_world

__all__ = ["FormMemo", "ShapeMemo", "dangling_references", "validate_resource", "validate_world"]
