"""FHIR R4 servers elsewhere, over HTTP: the backend on any FHIR base URL, and the loader of resources onto one."""

from fhir_server.remote.backend import RemoteBackend, RemoteStore
from fhir_server.remote.loader import Failure, LoadReport, load_resources

__all__ = ["Failure", "LoadReport", "RemoteBackend", "RemoteStore", "load_resources"]
