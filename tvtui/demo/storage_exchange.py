"""The storage's side of one connection: files and ranges for valid links, errors in XML otherwise."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol

from tvtui.demo.connection import Connection, Host
from tvtui.demo.evidence import Blob
from tvtui.demo.faults import Fault
from tvtui.demo.replies import Reply, blob_not_found, not_authenticated, storage_error
from tvtui.demo.timeline import Json

if TYPE_CHECKING:
    from socketserver import BaseServer

_PIECE = 1 << 16
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
_TYPES = {
    ".zip": "application/zip",
    ".png": "image/png",
    ".webm": "video/webm",
    ".html": "text/html",
    ".log": "text/plain",
    ".txt": "text/plain",
    ".md": "text/markdown",
}


class _Part(NamedTuple):
    """The part of a file that is sent."""

    status: int
    headers: Mapping[str, str]
    blob: Blob
    start: int
    stop: int


class BlobStore(Host, Protocol):
    """What a connection needs from the server of the storage."""

    def received(
        self, method: str, target: str, headers: Mapping[str, str], *, is_keyed: bool, connection: int
    ) -> Fault | None:
        """Record a request and return its fault."""

    def refusal(self, path: str, query: str) -> str | None:
        """Why the link is refused; None if it is not."""

    def blob_at(self, path: str) -> Blob | None:
        """The artifact at this path."""


class StorageExchange(Connection):
    """The requests of one connection to the storage."""

    USUAL_HEADERS: ClassVar[Mapping[str, str]] = {
        "Server": "Windows-Azure-Blob/1.0",
        "X-Content-Type-Options": "nosniff",
        "Content-Type": "application/octet-stream",
    }

    def __init__(
        self,
        storage: BlobStore,
        connections: Iterator[int],
        request: socket.socket,
        client_address: tuple[str, int],
        server: BaseServer,
    ) -> None:
        self._storage = storage
        self._is_keyed = False
        super().__init__(storage, connections, request, client_address, server)

    def handle_request(self) -> None:
        """Record the request and answer it, rightly or with a fault."""
        headers = self.read_headers()
        self._is_keyed = headers.pop("authorization", None) is not None
        self.read_body()
        fault = self._storage.received(
            self.command, self.path, headers, is_keyed=self._is_keyed, connection=self._number
        )
        if fault is None:
            self.answer()
        else:
            fault.play(self)

    def answer(self) -> None:
        """Answer as the storage does, piece by piece."""
        found = self._found(whole=False)
        if isinstance(found, Reply):
            self.send(self.head(found.status, {"Content-Length": str(len(found.body)), **found.headers}) + found.body)
            return
        self.send(self.head(found.status, {"Content-Length": str(found.stop - found.start), **found.headers}))
        for start in range(found.start, found.stop, _PIECE):
            self.send(found.blob.read(start, min(start + _PIECE, found.stop)))

    def reply(self, *, whole: bool = False) -> Reply:
        """The right answer in one piece; `whole` ignores a requested range."""
        found = self._found(whole=whole)
        if isinstance(found, Reply):
            return found
        return Reply(found.status, found.blob.read(found.start, found.stop), found.headers)

    def digest(self, ago: float = 0.0) -> Json:
        """An empty digest: the storage has none."""
        return {}

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer invalid HTTP or a method other than GET with an error in the storage's shape."""
        self.hang_up()
        _, body, headers = storage_error(code, "UnsupportedHttpVerb", message or "The request is not supported.")
        self.send(self.head(code, {"Content-Length": str(len(body)), **headers}) + body)

    def _found(self, *, whole: bool) -> _Part | Reply:
        path, _, query = self.path.partition("?")
        if self.command != "GET":
            return storage_error(405, "UnsupportedHttpVerb", "The resource doesn't support the specified HTTP verb.")
        if self._is_keyed:
            message = "Authentication information is not given in the correct format."
            return storage_error(400, "InvalidAuthenticationInfo", message)
        if detail := self._storage.refusal(path, query):
            return not_authenticated(detail)
        blob = self._storage.blob_at(path)
        if blob is None:
            return blob_not_found()
        headers = {
            "Content-Type": _TYPES.get(PurePosixPath(path).suffix, "application/octet-stream"),
            "ETag": blob.etag,
            "Accept-Ranges": "bytes",
        }
        wanted = None if whole else self._wanted(blob)
        if wanted is None:
            return _Part(200, headers, blob, 0, blob.size)
        start, stop = wanted
        if start >= stop:
            message = "The range specified is invalid for the current size of the resource."
            return storage_error(416, "InvalidRange", message, {"Content-Range": f"bytes */{blob.size}"})
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{blob.size}"
        return _Part(206, headers, blob, start, stop)

    def _wanted(self, blob: Blob) -> tuple[int, int] | None:
        """The requested range, empty if it is not satisfiable; None for the whole file."""
        asked = _RANGE.fullmatch(self.headers.get("Range", "").strip())
        if not asked or asked.groups() == ("", ""):
            return None
        if self.headers.get("If-Range", blob.etag) != blob.etag:
            return None
        first, last = asked.groups()
        if not first:
            return max(0, blob.size - int(last)), blob.size
        if last and int(last) < int(first):
            return None
        return int(first), min(blob.size, int(last) + 1 if last else blob.size)
