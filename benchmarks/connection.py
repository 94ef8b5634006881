"""A keep-alive HTTP/1.1 connection that does next to nothing, so that what is timed is the server."""

import re
import socket
from collections.abc import Sequence
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlsplit

from fhir_r4 import Request

_STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)


class Connection:
    """To one FHIR base URL, closed at the end of the `with` block. Only one request at a time."""

    def __init__(self, base_url: str) -> None:
        url = urlsplit(base_url)
        assert url.hostname is not None
        assert url.port is not None
        self._path = url.path
        self._head = f"Host: {url.netloc}\r\nAccept: application/fhir+json\r\n"
        self._socket = socket.create_connection((url.hostname, url.port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def written(self, request: Request) -> bytes:
        """The request as it goes over the wire."""
        query = f"?{quote(request.query, safe='=&,:/')}" if request.query else ""
        head = f"{request.method} {self._path}/{request.path}{query} HTTP/1.1\r\n{self._head}"
        if request.body is None:
            return f"{head}\r\n".encode()
        return f"{head}Content-Type: application/fhir+json\r\nContent-Length: {len(request.body)}\r\n\r\n".encode() + (
            request.body
        )

    def ask(self, written: bytes) -> bytes:
        """The body of the answer, whole. Raises RuntimeError if the status is not 2xx."""
        self._socket.sendall(written)
        head, rest = self._until(b"", b"\r\n\r\n")
        body = self._body(head, rest)
        status = _STATUS.match(head)
        if status is None or not status[1].startswith(b"2"):
            raise RuntimeError(f"{written[:200]!r} was answered with {head[:60]!r} {body[:400]!r}")
        return body

    def ask_at_once(self, written: Sequence[bytes]) -> int:
        """Send all of them before the first answer is read, as many clients would; the bytes of all bodies.

        Raises RuntimeError for an answer that is not 2xx or has no length.
        """
        self._socket.sendall(b"".join(written))
        size, rest = 0, b""
        for _ in written:
            head, rest = self._until(rest, b"\r\n\r\n")
            length, status = _LENGTH.search(head), _STATUS.match(head)
            if length is None or status is None or not status[1].startswith(b"2"):
                raise RuntimeError(f"answered with {head[:200]!r}")
            body, rest = self._exactly(rest, int(length[1]))
            size += len(body)
        return size

    def _body(self, head: bytes, rest: bytes) -> bytes:
        if _CHUNKED.search(head):
            return self._chunks(rest)
        length = _LENGTH.search(head)
        return self._exactly(rest, int(length[1]) if length else 0)[0]

    def _chunks(self, rest: bytes) -> bytes:
        parts: list[bytes] = []
        while True:
            size, rest = self._until(rest, b"\r\n")
            part, rest = self._exactly(rest, int(size, 16) + 2)
            if int(size, 16) == 0:
                return b"".join(parts)
            parts.append(part[:-2])

    def _until(self, rest: bytes, end: bytes) -> tuple[bytes, bytes]:
        while end not in rest:
            rest += self._more()
        found, _, left = rest.partition(end)
        return found, left

    def _exactly(self, rest: bytes, size: int) -> tuple[bytes, bytes]:
        parts = [rest]
        have = len(rest)
        while have < size:
            parts.append(self._more())
            have += len(parts[-1])
        whole = b"".join(parts)
        return whole[:size], whole[size:]

    def _more(self) -> bytes:
        part = self._socket.recv(262_144)
        if not part:
            raise RuntimeError("the server closed the connection")
        return part
