"""FHIR R4 servers behind one protocol: the embedded engine, and any other server over HTTP."""

from fhir_server.app import fhir_app
from fhir_server.embedded import EmbeddedBackend
from fhir_server.loader import Failure, LoadReport, load_resources
from fhir_server.remote import RemoteBackend
from fhir_server.source import Source, read_source

__all__ = [
    "EmbeddedBackend",
    "Failure",
    "LoadReport",
    "RemoteBackend",
    "Source",
    "fhir_app",
    "load_resources",
    "read_source",
]
