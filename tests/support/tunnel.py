"""An HTTP proxy on loopback that opens tunnels (CONNECT), and remembers every byte that passes it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Tunnel:
    """A proxy that takes every name for this machine's.

    Attributes:
        asked: The heads of the requests that were made to it.
        heard: What it could read of what passed through its tunnels, in both directions.
    """

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.heard = bytearray()
        self.port = 0
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._open(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _open(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.asked.append(await reader.readuntil(b"\r\n\r\n"))
            port = int(self.asked[-1].split()[1].rpartition(b":")[2])
            # the socket itself, as tests take the names of hosts away
            there, onward = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(self._carry(reader, onward), self._carry(there, writer))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                self.heard += data
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()

    async def aclose(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


@asynccontextmanager
async def tunnelling() -> AsyncIterator[Tunnel]:
    """Open tunnels from a free port."""
    tunnel = Tunnel()
    server = await asyncio.start_server(tunnel.accept, "127.0.0.1", 0)
    tunnel.port = server.sockets[0].getsockname()[1]
    try:
        yield tunnel
    finally:
        server.close()
        await tunnel.aclose()
        await server.wait_closed()
