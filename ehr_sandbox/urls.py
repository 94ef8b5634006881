"""URLs that a user gives: refused before anything is called if they cannot be one."""

import httpx

from fhir_r4 import Invalid


def http_url(text: str, option: str, example: str) -> str:
    """The URL as written. Raises Invalid that names the option and shows an example."""
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL as error:
        raise Invalid(f"{option} {text!r} is not a URL ({error}): write it as {example}") from error
    if url.scheme not in ("http", "https") or not url.host:
        raise Invalid(f"{option} {text!r} is not an http URL: write it as {example}")
    return text
