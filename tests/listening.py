"""A server on loopback that does what a test writes: real sockets, in the test's own loop."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from tests.asked import SETTINGS, digest
from tvtui.settings import Settings

CERTIFICATE = Path(__file__).with_name("loopback.pem")

Play = Callable[["Connection"], Awaitable[None]]


class Connection:
    """One accepted connection."""

    def __init__(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.number = number
        self._reader = reader
        self._writer = writer

    async def request(self) -> bytes:
        """The head of the next request; b"" if the other side has left."""
        try:
            return await self._reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return b""

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def answer(self, body: bytes | None = None, status: str = "200 OK", **headers: str) -> None:
        """A whole answer; the digest unless told otherwise."""
        body = digest() if body is None else body
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *lines, "", ""])
        await self.send(head.encode() + body)

    async def left(self) -> None:
        """Wait until the other side closes the connection."""
        await self._reader.read()

    def reset(self) -> None:
        """End the connection as a crashed peer does."""
        linger = struct.pack("ii", 1, 0)
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._writer.transport.abort()


class Listening:
    """A server that listens, and what it was asked."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._tasks: set[asyncio.Task[None]] = set()
        self.connections = 0
        self.requests: list[bytes] = []
        self.port = 0

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        connection = Connection(self.connections, reader, writer)
        try:
            while request := await connection.request():
                self.requests.append(request)
                await self._play(connection)
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def aclose(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def settings(self) -> Settings:
        return replace(SETTINGS, server=f"http://127.0.0.1:{self.port}")

    @property
    def secure_settings(self) -> Settings:
        return replace(SETTINGS, server=f"https://127.0.0.1:{self.port}")


@asynccontextmanager
async def listening(play: Play, *, tls: bool = False) -> AsyncIterator[Listening]:
    """Serve on a free port; `play` is called for each request."""
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
    there = Listening(play)
    server = await asyncio.start_server(there.accept, "127.0.0.1", 0, ssl=context)
    there.port = server.sockets[0].getsockname()[1]
    try:
        yield there
    finally:
        server.close()
        await there.aclose()
        await server.wait_closed()


def closed_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port
