"""The FHIR interactions, one file each."""

from fhir_server.interactions.capabilities import capabilities
from fhir_server.interactions.create import create
from fhir_server.interactions.delete import delete
from fhir_server.interactions.read import read
from fhir_server.interactions.search import search
from fhir_server.interactions.transaction import transaction
from fhir_server.interactions.update import update
from fhir_server.interactions.vread import vread

__all__ = ["capabilities", "create", "delete", "read", "search", "transaction", "update", "vread"]
