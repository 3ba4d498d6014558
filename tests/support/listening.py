"""A server on loopback that does what a test writes: real sockets, in the test's own loop."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path

from tests.support.asked import SETTINGS, digest
from tvtui.settings.settings import Settings

CERTIFICATE = Path(__file__).with_name("loopback.pem")
CERTIFIED = "testvibe.test"
"""A name that it is good for beside 127.0.0.1, to which no proxy leads."""

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

    def __init__(self, play: Play, context: ssl.SSLContext | None, speaks_tls: Iterator[bool]) -> None:
        self._play = play
        self._context = context
        self._speaks_tls = speaks_tls
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
            if self._context is not None and not next(self._speaks_tls):
                await reader.read(1)
                await connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                return
            if self._context is not None:
                await writer.start_tls(self._context)
            while request := await connection.request():
                self.requests.append(request)
                await self._play(connection)
        except (ConnectionError, ssl.SSLError):
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
async def listening(play: Play, *, tls: bool | Sequence[bool] = False) -> AsyncIterator[Listening]:
    """Serve on a free port.

    Args:
        play: Called for each request.
        tls: Whether the server speaks TLS; or for one connection after the other, whether it does on that one, as it
            does on all later ones.
    """
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
    there = Listening(play, context, chain(() if isinstance(tls, bool) else tls, repeat(True)))
    server = await asyncio.start_server(there.accept, "127.0.0.1", 0)
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
