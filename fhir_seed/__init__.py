"""Seeded worlds and their truths, one package per suite; and the check that what is generated is valid R4."""

from fhir_seed.validate import ShapeMemo, dangling_references, validate_resource

__all__ = ["ShapeMemo", "dangling_references", "validate_resource"]
