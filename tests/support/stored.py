"""A storage on loopback with signed, expiring links, that knows ranges and ETags, and does wrong what a test wants."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import unquote

from tests.support.listening import Connection, Listening, listening
from tvtui.artifacts.downloads.queue import Downloads
from tvtui.artifacts.transfer import Stage, Transfer
from tvtui.testvibe.identity import ArtifactId
from tvtui.testvibe.links import ArtifactLink
from tvtui.testvibe.storage import Storage
from tvtui.watch.clock import Clock, SystemClock

SECRET = "sig=S3cr3tS1gnature"
"""What every link holds, and what must be found nowhere."""

Wrong = Callable[["Stored", Connection, bytes], Awaitable[None]]


def a_link(path: str, size: int | None, url: str) -> ArtifactLink:
    return ArtifactLink.model_validate({"kind": "trace", "path": path, "size": size, "url": url})


class Stored:
    """Files by their paths, and the run's list of them.

    Attributes:
        files: What the storage has.
        sizes: What the list says of their sizes where it is wrong, by path.
        wrong: What is done in the place of the next right answers.
        valid: Of which list the links are valid: they expire when it goes up.
        lists: How often the list was asked for.
        most: How many answers were under way at once at most.
    """

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.sizes: dict[str, int | None] = {}
        self.etag = '"v1"'
        self.knows_ranges = True
        self.wrong: list[Wrong] = []
        self.valid = 0
        self.lists = 0
        self.most = 0
        self.under_way = 0
        self.gate: asyncio.Event | None = None
        self.server: Listening
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
                f"http://127.0.0.1:{self.server.port}/{number}?{SECRET}&list={self.lists}",
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
        """The right answer to the last request."""
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
        told = f"bytes {start}-{size - 1}/{size}"
        await connection.answer(body[start:], "206 Partial Content", ETag=self.etag, Content_Range=told)

    @property
    def ranges(self) -> list[int]:
        """Where the requests wanted to begin."""
        found = (re.search(rb"(?i)\r\nrange: bytes=(\d+)-", request) for request in self.server.requests)
        return [int(match[1]) if match else 0 for match in found]


class Told:
    """What was told of each download."""

    def __init__(self) -> None:
        self.all: dict[ArtifactId, list[Transfer]] = {}

    def __call__(self, which: ArtifactId, transfer: Transfer) -> None:
        self.all.setdefault(which, []).append(transfer)

    def __getitem__(self, path: str) -> Transfer:
        """How it stands with an artifact."""
        return self.all[path, 0][-1]

    def stages(self, path: str) -> list[Stage]:
        """The stages it went through."""
        stages = [transfer.stage for transfer in self.all[path, 0]]
        return [stage for before, stage in zip([None, *stages], stages, strict=False) if stage != before]


class Fetched:
    """A storage, and downloads from it into a folder."""

    def __init__(self, stored: Stored, storage: Storage, folder: Path, clock: Clock) -> None:
        self.stored = stored
        self.storage = storage
        self.folder = folder
        self.clock = clock
        self.downloads = Downloads(stored.fetch_links, storage, folder, clock)

    async def get(self, *wanted: str) -> Told:
        """Download these, or all."""
        told = Told()
        await self.downloads.get(self.ids(wanted), told)
        return told

    def ids(self, wanted: Sequence[str] = ()) -> list[ArtifactId]:
        return [(path, 0) for path in wanted or self.stored.files]

    def again(self) -> Fetched:
        """The same in another process: nothing is known but what lies in the folder."""
        return Fetched(self.stored, self.storage, self.folder, self.clock)

    @property
    def there(self) -> dict[str, bytes]:
        """All files in the folder, hidden ones too."""
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in files}


@asynccontextmanager
async def stored(folder: Path, clock: Clock | None = None, /, **files: bytes) -> AsyncIterator[Fetched]:
    """A storage with these files; `__` in a name stands for "/", `_` for "."."""
    named = {unquote(name.replace("__", "/").replace("_", ".")): body for name, body in files.items()}
    there = Stored(named)
    async with listening(there.serve) as server:
        there.server = server
        storage = Storage(idle=5, first_byte=5)
        try:
            yield Fetched(there, storage, folder, clock or SystemClock())
        finally:
            await storage.aclose()
