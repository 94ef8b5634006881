"""A transport that sends what is written in one turn of the event loop at once.

A server writes the head and the body of an answer apart; sent apart, each costs a system call and a packet.
"""

import asyncio
from typing import Any

_MOST = 64 * 1024
"""Bytes that are held back at most."""


class GatheringTransport(asyncio.Transport):
    """inner: what sends."""

    def __init__(self, inner: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._inner = inner
        self._soon = loop.call_soon
        self._held: list[bytes] = []
        self._size = 0

    def write(self, data: Any) -> None:
        if not self._held:
            self._soon(self._send)
        self._held.append(data)
        self._size += len(data)
        if self._size > _MOST:
            self._send()

    def _send(self) -> None:
        if self._held:
            whole = b"".join(self._held)
            self._held.clear()
            self._size = 0
            self._inner.write(whole)

    def close(self) -> None:
        self._send()
        self._inner.close()

    def abort(self) -> None:
        self._held.clear()
        self._inner.abort()

    def get_write_buffer_size(self) -> int:
        return self._size + self._inner.get_write_buffer_size()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._inner.get_extra_info(name, default)

    def is_closing(self) -> bool:
        return self._inner.is_closing()

    def pause_reading(self) -> None:
        self._inner.pause_reading()

    def resume_reading(self) -> None:
        self._inner.resume_reading()
