"""The FHIR operations ($everything, $validate, ...): one table, one file each. https://hl7.org/fhir/R4/operations.html"""

from fhir_server.operations.table import OPERATIONS, Operation, operate

__all__ = ["OPERATIONS", "Operation", "operate"]
