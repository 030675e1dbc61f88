"""A link to a server that adds seconds to each exchange: ``python -m bench.slow_link http://host:port 0.05``."""

from __future__ import annotations

import asyncio
import signal
import sys
from urllib.parse import urlsplit

import uvloop

_CHUNK = 65536


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    """Everything that arrives leaves so much later, in order, however much is on its way."""
    loop = asyncio.get_running_loop()
    while data := await reader.read(_CHUNK):
        loop.call_later(seconds, writer.write, data)
    loop.call_later(seconds, writer.close)


async def main(url: str, seconds: float) -> None:
    """Prints its port, and serves until SIGTERM."""
    there = urlsplit(url)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(there.hostname, there.port)
        await asyncio.gather(
            _carry(reader, far_writer, seconds / 2), _carry(far_reader, writer, seconds / 2), return_exceptions=True
        )

    server = await asyncio.start_server(connected, "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], float(sys.argv[2])))
