"""HTTP for tests: a client with a fake network, servers and a proxy on loopback, and a storage with signed links."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx

from tests.support.builders import a_link, digest_body
from tvtui.artifacts.downloads.manifest import Origin
from tvtui.artifacts.downloads.queue import Downloads
from tvtui.artifacts.downloads.run_folder import RunFolder
from tvtui.artifacts.downloads.safe_folder import open_below
from tvtui.artifacts.downloads.safe_names import MANIFEST
from tvtui.artifacts.transfer import Stage, Transfer
from tvtui.settings.api_key import ApiKey
from tvtui.settings.settings import Settings
from tvtui.testvibe.client import Answer, Client
from tvtui.testvibe.errors import ClientError
from tvtui.testvibe.identity import ArtifactId
from tvtui.testvibe.links import ArtifactLink
from tvtui.testvibe.storage import Storage
from tvtui.watch.clock import Clock, SystemClock

KEY = "tvb_" + "AbCd1234" + "EfGh5678" * 4 + "IjK"
HOST = "testvibe.acme.example"
PROJECT = "6c1d2f0e-5b7a-4a58-9d3e-0f4b8a7c2e19"
SETTINGS = Settings(f"https://{HOST}", ApiKey(KEY), PROJECT)
ORIGIN = Origin(SETTINGS.server, PROJECT, 214)
PATH = f"/api/v1/ops/projects/{PROJECT}/runs/214"

Handler = Callable[[httpx.Request], httpx.Response] | Callable[[httpx.Request], Coroutine[None, None, httpx.Response]]


class ChunkedBody(httpx.AsyncByteStream):
    """A response body in chunks, which counts the chunks that were read and may end with an error."""

    def __init__(self, *chunks: bytes, error: Exception | None = None) -> None:
        self._chunks = chunks
        self._error = error
        self.taken = 0
        self.is_closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            self.taken += 1
            yield chunk
        if self._error is not None:
            raise self._error

    async def aclose(self) -> None:
        self.is_closed = True


def replying(status: int = 200, body: bytes | ChunkedBody | None = None, **headers: str) -> Handler:
    """A server that always gives the same response, a good digest by default."""

    def reply(_request: httpx.Request) -> httpx.Response:
        stream = body if isinstance(body, ChunkedBody) else ChunkedBody(digest_body() if body is None else body)
        return httpx.Response(status, headers={k.replace("_", "-"): v for k, v in headers.items()}, stream=stream)

    return reply


def raising(error: Exception) -> Handler:
    """A network on which every request fails with this error."""

    def fail(request: httpx.Request) -> httpx.Response:
        if isinstance(error, httpx.RequestError):
            error.request = request
        raise error

    return fail


async def ask(handler: Handler, *, settings: Settings = SETTINGS, limit: float = 30.0) -> Answer:
    """The answer to a request for run 214."""
    async with Client(settings, transport=httpx.MockTransport(handler), limit=limit) as client:
        return await client.get_run(214)


async def failure(handler: Handler, *, settings: Settings = SETTINGS, limit: float = 30.0) -> ClientError:
    """The error of a request for run 214, checked not to contain the key."""
    try:
        answer = await ask(handler, settings=settings, limit=limit)
    except ClientError as error:
        assert_no_secrets(error)
        return error
    raise AssertionError(f"there was an answer: {answer}")


def assert_no_secrets(error: BaseException) -> None:
    """Search for the key in an error and everything it refers to, except the frames of its traceback."""
    for each in _chain(error):
        texts = [str(each), repr(each), repr(each.args), repr(vars(each)), *map(str, getattr(each, "__notes__", []))]
        request = getattr(each, "_request", None)
        texts.append(repr(request.headers.raw) if isinstance(request, httpx.Request) else "")
        for text in texts:
            assert KEY not in text, f"{type(each).__name__} contains the key"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    if error is None:
        return
    yield error
    yield from _chain(error.__cause__)
    if error.__context__ is not error.__cause__:
        yield from _chain(error.__context__)


CERTIFICATE = Path(__file__).with_name("loopback.pem")
CERTIFIED = "testvibe.test"
"""A host for which the certificate is valid besides 127.0.0.1, which is never reached through a proxy."""

Respond = Callable[["Connection"], Awaitable[None]]


class Connection:
    """An accepted connection."""

    def __init__(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.number = number
        self._reader = reader
        self._writer = writer

    async def request(self) -> bytes:
        """The head of the next request; empty if the client has closed the connection."""
        try:
            return await self._reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return b""

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def answer(self, body: bytes | None = None, status: str = "200 OK", **headers: str) -> None:
        """Send a whole response, a good digest by default."""
        body = digest_body() if body is None else body
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *lines, "", ""])
        await self.send(head.encode() + body)

    async def wait_for_close(self) -> None:
        """Wait until the client closes the connection."""
        await self._reader.read()

    def close(self) -> None:
        """Close the connection."""
        self._writer.close()

    def reset(self) -> None:
        """Reset the connection, as a crashed server does."""
        linger = struct.pack("ii", 1, 0)
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._writer.transport.abort()


class SocketServer:
    """A server on real sockets, and the requests it has received."""

    def __init__(self, play: Respond, context: ssl.SSLContext | None, speaks_tls: Iterator[bool]) -> None:
        self._play = play
        self._context = context
        self._speaks_tls = speaks_tls
        self.connections = 0
        self.requests: list[bytes] = []
        self.port = 0

    @property
    def settings(self) -> Settings:
        return replace(SETTINGS, server=f"http://127.0.0.1:{self.port}")

    @property
    def secure_settings(self) -> Settings:
        return replace(SETTINGS, server=f"https://127.0.0.1:{self.port}")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
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


@asynccontextmanager
async def accepting(
    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]],
) -> AsyncIterator[int]:
    """Accept connections on a free port, which is the value; at the end, all connections are dropped."""
    tasks = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


@asynccontextmanager
async def listening(play: Respond, *, tls: bool | Sequence[bool] = False) -> AsyncIterator[SocketServer]:
    """A server on a free port.

    Args:
        play: Responds to each request.
        tls: Whether the server speaks TLS; a sequence is for the first connections, and all later ones use TLS.
    """
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
    there = SocketServer(play, context, chain(() if isinstance(tls, bool) else tls, repeat(True)))
    async with accepting(there.serve) as there.port:
        yield there


def closed_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port


class TunnelProxy:
    """A proxy that connects every host to this machine.

    Attributes:
        asked: The heads of the requests to it.
        seen: All bytes that passed through its tunnels, as the proxy could read them.
    """

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.seen = bytearray()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.asked.append(await reader.readuntil(b"\r\n\r\n"))
            port = int(self.asked[-1].split()[1].rpartition(b":")[2])
            # by address, because tests replace the resolution of host names
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
                self.seen += data
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()


@asynccontextmanager
async def tunnelling() -> AsyncIterator[TunnelProxy]:
    """A proxy on a free port."""
    tunnel = TunnelProxy()
    async with accepting(tunnel.serve) as tunnel.port:
        yield tunnel


LINK_SECRET = "sig=S3cr3tS1gnature"
"""A part of every link, which must not appear anywhere else."""

WrongAnswer = Callable[["StorageServer", Connection, bytes], Awaitable[None]]


class StorageServer:
    """The artifacts of a run, and signed links to them.

    Attributes:
        files: The artifacts by path.
        sizes: Wrong sizes in the links, by path.
        wrong: Responses that replace the next good ones.
        valid: The number of the list whose links are still valid; older links have expired.
        lists: How many times links were requested.
        most: The highest number of responses in progress at once.
    """

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.sizes: dict[str, int | None] = {}
        self.etag = '"v1"'
        self.knows_ranges = True
        self.wrong: list[WrongAnswer] = []
        self.valid = 0
        self.lists = 0
        self.most = 0
        self.under_way = 0
        self.gate: asyncio.Event | None = None
        self.server: SocketServer
        self.fails: Exception | None = None

    async def fetch_links(self) -> tuple[ArtifactLink, ...]:
        self.lists += 1
        await asyncio.sleep(0)
        if self.fails is not None:
            raise self.fails
        self.valid = max(self.valid, self.lists)
        return tuple(
            a_link(
                path,
                self.sizes.get(path, len(body)),
                f"http://127.0.0.1:{self.server.port}/{number}?{LINK_SECRET}&list={self.lists}",
            )
            for number, (path, body) in enumerate(self.files.items())
        )

    async def serve(self, connection: Connection) -> None:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            await self._serve(connection, self.server.requests[-1])
        finally:
            self.under_way -= 1

    async def _serve(self, connection: Connection, request: bytes) -> None:
        if self.gate is not None:
            await self.gate.wait()
        asked = re.match(rb"GET /(\d+)\?(\S+)&list=(\d+) ", request)
        assert asked, request
        if int(asked[3]) < self.valid:
            await connection.answer(b"<Error>AuthenticationFailed</Error>", "403 Forbidden")
            return
        body = list(self.files.values())[int(asked[1])]
        if self.wrong:
            await self.wrong.pop(0)(self, connection, body)
            return
        await self.answer(connection, body)

    async def answer(self, connection: Connection, body: bytes) -> None:
        """The good response to the last request."""
        request = self.server.requests[-1].decode().lower()
        wanted = re.search(r"\r\nrange: bytes=(\d+)-\r\n", request)
        same = re.search(r"\r\nif-range: (\S+)\r\n", request)
        if not wanted or not self.knows_ranges or (same and same[1] != self.etag.lower()):
            await connection.answer(body, ETag=self.etag)
            return
        start, size = int(wanted[1]), len(body)
        if start >= size:
            await connection.answer(b"", "416 Range Not Satisfiable", Content_Range=f"bytes */{size}")
            return
        content_range = f"bytes {start}-{size - 1}/{size}"
        await connection.answer(body[start:], "206 Partial Content", ETag=self.etag, Content_Range=content_range)

    @property
    def ranges(self) -> list[int]:
        """The first byte that each request wanted."""
        found = (re.search(rb"(?i)\r\nrange: bytes=(\d+)-", request) for request in self.server.requests)
        return [int(match[1]) if match else 0 for match in found]


async def cut_off(there: StorageServer, connection: Connection, body: bytes) -> None:
    """Half of the file, then a closed connection."""
    head = f"HTTP/1.1 200 OK\r\nETag: {there.etag}\r\nContent-Length: {len(body)}\r\n\r\n"
    await connection.send(head.encode() + body[: len(body) // 2])
    connection.close()


async def fail(there: StorageServer, connection: Connection, body: bytes) -> None:
    await connection.answer(b"", "500 Internal Server Error")


async def stall(there: StorageServer, connection: Connection, body: bytes) -> None:
    """Half of the file, then nothing."""
    head = f"HTTP/1.1 200 OK\r\nETag: {there.etag}\r\nContent-Length: {len(body)}\r\n\r\n"
    await connection.send(head.encode() + body[: len(body) // 2])
    await connection.wait_for_close()


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for a condition."""
    for _ in range(1000):
        if is_so():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("the condition was not met")


class TransferLog:
    """The transfers reported for each download."""

    def __init__(self) -> None:
        self.all: dict[ArtifactId, list[Transfer]] = {}

    def __call__(self, which: ArtifactId, transfer: Transfer) -> None:
        self.all.setdefault(which, []).append(transfer)

    def __getitem__(self, path: str) -> Transfer:
        """The last transfer of an artifact."""
        return self.all[path, 0][-1]

    def stages(self, path: str) -> list[Stage]:
        """The stages of an artifact, in order."""
        stages = [transfer.stage for transfer in self.all[path, 0]]
        return [stage for before, stage in zip([None, *stages], stages, strict=False) if stage != before]


class DownloadSetup:
    """A storage server, and downloads from it into a folder."""

    def __init__(self, stored: StorageServer, storage: Storage, folder: Path, clock: Clock, **options: Any) -> None:
        self.stored = stored
        self.storage = storage
        self.folder = folder
        self.clock = clock
        run = RunFolder(folder, ORIGIN, is_fixed=True, open_folder=options.pop("open_folder", open_below))
        self.downloads = Downloads(stored.fetch_links, storage, run, clock, **options)

    async def get(self, *wanted: str) -> TransferLog:
        """Download some artifacts, all by default."""
        log = TransferLog()
        await self.downloads.get(self.ids(wanted), log)
        return log

    def ids(self, wanted: Sequence[str] = ()) -> list[ArtifactId]:
        return [(path, 0) for path in wanted or self.stored.files]

    def again(self, clock: Clock | None = None, **options: Any) -> DownloadSetup:
        """The same as in another process, which has only the files in the folder; with options of `Downloads`."""
        return DownloadSetup(self.stored, self.storage, self.folder, clock or self.clock, **options)

    @property
    def there(self) -> dict[str, bytes]:
        """All files in the folder, including hidden ones, but without the manifest."""
        files = (path for path in self.folder.rglob("*") if path.is_file() and path.name != MANIFEST)
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in files}


@asynccontextmanager
async def storage_server(folder: Path, clock: Clock | None = None, /, **files: bytes) -> AsyncIterator[DownloadSetup]:
    """A storage server with these files; `__` in a name stands for a slash, `_` for a dot."""
    named = {unquote(name.replace("__", "/").replace("_", ".")): body for name, body in files.items()}
    there = StorageServer(named)
    async with listening(there.serve) as server:
        there.server = server
        storage = Storage(idle=5, first_byte=5)
        try:
            yield DownloadSetup(there, storage, folder, clock or SystemClock())
        finally:
            await storage.aclose()
