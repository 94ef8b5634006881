"""Forwards one TCP port: `gate.py LISTEN_PORT HOST:PORT`. It is all that the agents' network reaches."""

import asyncio
import sys


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while block := await reader.read(65536):
            writer.write(block)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except ConnectionError:
        writer.close()


async def forward(port: int, host: str, target: int, bind: str = "0.0.0.0") -> asyncio.Server:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection(host, target)
        except OSError:
            writer.close()
            return
        await asyncio.gather(copy(reader, back), copy(there, writer))
        back.close()
        writer.close()

    return await asyncio.start_server(connected, bind, port)


async def main(port: str, target: str) -> None:
    host, _, number = target.rpartition(":")
    async with await forward(int(port), host, int(number)) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
