"""Bearer tokens in a request's headers. https://www.rfc-editor.org/rfc/rfc6750#section-2.1"""

from collections.abc import Iterable


def bearer(headers: Iterable[tuple[bytes, bytes]]) -> bytes | None:
    """The token, None without one; `headers` as ASGI gives them (names in lower case)."""
    for name, value in headers:
        if name == b"authorization":
            scheme, _, token = value.partition(b" ")
            return token.strip() if scheme.lower() == b"bearer" and token.strip() else None
    return None
