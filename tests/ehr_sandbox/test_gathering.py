import asyncio

from ehr_sandbox.gathering import GatheringTransport


class Line(asyncio.Transport):
    """Notes what is done with it."""

    def __init__(self) -> None:
        super().__init__()
        self.done: list[bytes | str] = []

    def write(self, data: object) -> None:
        assert isinstance(data, bytes)
        self.done.append(data)

    def close(self) -> None:
        self.done.append("closed")

    def abort(self) -> None:
        self.done.append("aborted")

    def get_write_buffer_size(self) -> int:
        return 100


def gathering() -> tuple[GatheringTransport, Line]:
    line = Line()
    return GatheringTransport(line, asyncio.get_running_loop()), line


async def test_what_is_written_in_one_turn_is_sent_at_once() -> None:
    transport, line = gathering()
    for part in (b"head", b"body"):
        transport.write(part)
    assert (line.done, transport.get_write_buffer_size()) == ([], 108)
    await asyncio.sleep(0)
    transport.write(b"next")
    await asyncio.sleep(0)
    assert (line.done, transport.get_write_buffer_size()) == ([b"headbody", b"next"], 100)


async def test_what_is_long_is_not_held_back() -> None:
    transport, line = gathering()
    transport.write(b"head")
    transport.write(bytes(100_000))
    assert line.done == [b"head" + bytes(100_000)]
    await asyncio.sleep(0)
    assert len(line.done) == 1


async def test_closing_sends_what_is_held_and_aborting_does_not() -> None:
    for end, done in (("close", [b"last", "closed"]), ("abort", ["aborted"])):
        transport, line = gathering()
        transport.write(b"last")
        getattr(transport, end)()
        await asyncio.sleep(0)
        assert line.done == done
