"""The FHIR interactions, one file each."""

from fhir_server.interactions.bundle import bundle
from fhir_server.interactions.capabilities import capabilities
from fhir_server.interactions.create import create
from fhir_server.interactions.delete import delete, delete_matching
from fhir_server.interactions.history import history
from fhir_server.interactions.patch import patch, patch_matching
from fhir_server.interactions.read import read
from fhir_server.interactions.search import search
from fhir_server.interactions.update import update, update_matching
from fhir_server.interactions.vread import vread

__all__ = [
    "bundle",
    "capabilities",
    "create",
    "delete",
    "delete_matching",
    "history",
    "patch",
    "patch_matching",
    "read",
    "search",
    "update",
    "update_matching",
    "vread",
]
