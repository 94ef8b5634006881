"""The embedded FHIR R4 engine as a backend and as an app. Other servers' backend is in `fhir_server.remote`."""

from fhir_server.app import fhir_app
from fhir_server.embedded import EmbeddedBackend
from fhir_server.source import Source, read_source

__all__ = [
    "EmbeddedBackend",
    "Source",
    "fhir_app",
    "read_source",
]
