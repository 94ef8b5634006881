"""Addresses that we listen on, and URLs that a user gives."""

import pytest

from ehr_sandbox.serving import url_of
from ehr_sandbox.urls import http_url
from fhir_r4 import Invalid


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "http://127.0.0.1:8802"), ("::1", "http://[::1]:8802"), ("gate", "http://gate:8802")],
)
def test_address_becomes_a_url_that_is_one(host: str, url: str) -> None:
    assert url_of(host, 8802) == url
    assert http_url(url, "--agent-url", "https://HOST") == url


@pytest.mark.parametrize("text", ["", "HOST", "ftp://host", "http://", "http://[::1"])
def test_what_is_no_http_url_is_refused_by_name(text: str) -> None:
    with pytest.raises(Invalid, match="--agent-url"):
        http_url(text, "--agent-url", "https://HOST")
