"""One connection of a client: closed if a request does not arrive, or an answer is not taken, in good time.

uvicorn only closes connections that idle between two requests; a client that stops in the middle would hold its
connection, and what is written for it, for ever.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ehr_sandbox.gathering import GatheringTransport

REQUEST_SECONDS = 60.0
"""From the connection, or the first byte of a further request, to the last byte of the request."""
ANSWER_SECONDS = 60.0
"""Without any byte of an answer taken."""


class Connection(HttpToolsProtocol):
    """request_seconds, answer_seconds: as REQUEST_SECONDS and ANSWER_SECONDS."""

    request_seconds = REQUEST_SECONDS
    answer_seconds = ANSWER_SECONDS

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._due: float | None = None
        self._arrival: asyncio.TimerHandle | None = None
        self._taking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(GatheringTransport(transport, self.loop))
        self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        _stop(self._arrival)
        _stop(self._taking)
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._await_request()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._due = None

    def pause_writing(self) -> None:
        super().pause_writing()
        self._await_taking()

    def resume_writing(self) -> None:
        super().resume_writing()
        _stop(self._taking)

    def _await_request(self) -> None:
        """One timer serves all requests of a connection: setting one for each would cost more than reading it."""
        self._due = self.loop.time() + self.request_seconds
        if self._arrival is None:
            self._arrival = self.loop.call_at(self._due, self._look_for_request)

    def _look_for_request(self) -> None:
        self._arrival = None
        if self._due is None:
            return
        if self._due > self.loop.time():
            self._arrival = self.loop.call_at(self._due, self._look_for_request)
        else:
            self.transport.abort()

    def _await_taking(self) -> None:
        left = self.transport.get_write_buffer_size()
        self._taking = self.loop.call_later(self.answer_seconds, self._look_again, left)

    def _look_again(self, left: int) -> None:
        """Give a client that has taken something as long again."""
        if self.transport.get_write_buffer_size() < left:
            self._await_taking()
        else:
            self.transport.abort()


def _stop(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()
