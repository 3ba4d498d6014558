"""The storage of the artifacts: a separate host that accepts signed links instead of keys, as Azure's does."""

from __future__ import annotations

import base64
import hmac
import os
import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import partial
from itertools import count
from pathlib import PurePosixPath
from threading import Lock
from typing import ClassVar, NamedTuple
from urllib.parse import parse_qsl, quote, unquote

from tvtui.demo.evidence import Blob, blob_of
from tvtui.demo.exchange import Exchange
from tvtui.demo.faults import Fault
from tvtui.demo.listener import HOST, Listener
from tvtui.demo.replies import Reply, blob_not_found, not_authenticated, storage_error
from tvtui.demo.timeline import Json

StorageFaultPlan = Callable[[int, str], Fault | None]
"""The fault of a request, if any, by its number (from 1, counting requests for its artifact) and the artifact's path.

The number is per artifact so that a plan does not depend on the order in which downloads progress.
"""

_TAME = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")
_SIGNATURE = re.compile(r"(?<=[?&]sig=)[^&]*")
_SIGNED_FIELDS = ("sv", "se", "sr", "sp")
_NOT_THE_SIGNATURE = "Signature did not match."
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


class StorageRequest(NamedTuple):
    """A request to the storage.

    Attributes:
        number: Counted from 1 over all requests.
        method: `GET` and the like.
        path: The path with its query, as sent, without the signature.
        headers: The headers by lower-case name, without `Authorization`.
        is_keyed: Whether it had an `Authorization` header, which must never be sent here.
        connection: The number of its connection, from 1.
        run_id: The run of the artifact at this path; None if there is none.
        artifact: The path of that artifact in its manifest, or None.
        fault: The description of the fault that replaced the response, if any.
    """

    number: int
    method: str
    path: str
    headers: Mapping[str, str]
    is_keyed: bool
    connection: int
    run_id: int | None
    artifact: str | None
    fault: str | None


class Storage:
    """Serves artifacts on a free port of 127.0.0.1 until `close()`.

    Attributes:
        requests: All requests so far.
    """

    def __init__(
        self,
        rows: Callable[[int], list[Json]],
        *,
        now: Callable[[], datetime],
        faults: Callable[[int, int | None, str], Fault | None],
        link_seconds: float,
    ) -> None:
        """Start to serve.

        Args:
            rows: The manifest of a run as it is now; empty for an unknown one.
            now: Returns the time, aware.
            faults: Like a `StorageFaultPlan`, with the run as the second argument.
            link_seconds: The lifetime of a link in real seconds.

        Raises:
            OSError: No port is available.
        """
        self.requests: list[StorageRequest] = []
        self.now = now
        self._rows = rows
        self._faults = faults
        self._link_life = timedelta(seconds=link_seconds)
        self._secret = os.urandom(32)
        self._request_counts: Counter[str] = Counter()
        self._lock = Lock()
        self._listener = Listener(partial(_StorageExchange, self, count(1)))
        self._listener.open()

    @property
    def url(self) -> str:
        """The URL of the host, without a trailing slash."""
        return f"http://{HOST}:{self._listener.port}"

    def link(self, run_id: int, place: int, row: Json) -> str:
        """A fresh link to the artifact at this position, from 0, of a run's manifest."""
        path = str(row.get("path"))
        # a link never contains parent folders or characters that a URL cannot contain
        is_tame = _TAME.fullmatch(path) and not {".", ".."} & {*path.split("/")} and len(path) < 300
        path = f"/artifacts/{run_id}/{place}/{path if is_tame else 'artifact'}"
        until = self.now() + self._link_life
        expiry = f"{until:%Y-%m-%dT%H:%M:%S}.{until.microsecond:06d}Z"
        fields = {"sv": "2025-05-05", "se": expiry, "sr": "b", "sp": "r"}
        fields["sig"] = self._signature(path, fields)
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in fields.items())
        return f"{self.url}{quote(path)}?{query}"

    def blob_at(self, path: str) -> Blob | None:
        """The artifact at this path of a URL."""
        _, row = self._located(path)
        return None if row is None else blob_of(row)

    def refusal(self, path: str, query: str) -> str | None:
        """Why a request for this path and query is rejected, in the storage's words; None if it is accepted."""
        try:
            pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True, max_num_fields=32)
        except ValueError:
            return _NOT_THE_SIGNATURE
        fields = dict(pairs)
        if len(fields) != len(pairs) or not {*_SIGNED_FIELDS, "sig"} <= fields.keys():
            return _NOT_THE_SIGNATURE
        signature = self._signature(unquote(path), fields)
        if not hmac.compare_digest(fields["sig"].encode("utf-8", "surrogatepass"), signature.encode()):
            return _NOT_THE_SIGNATURE
        until, now = datetime.fromisoformat(fields["se"]), self.now()
        if now < until:
            return None
        return (
            f"Signature not valid in the specified time frame: Expiry [{format_datetime(until, usegmt=True)}] - "
            f"Current [{format_datetime(now, usegmt=True)}]"
        )

    def record(self, exchange: _StorageExchange, headers: Mapping[str, str], *, is_keyed: bool) -> Fault | None:
        """Record a request and return its fault."""
        path = exchange.path.partition("?")[0]
        run_id, row = self._located(path)
        artifact = None if row is None else str(row.get("path"))
        with self._lock:
            self._request_counts[path] += 1
            fault = self._faults(self._request_counts[path], run_id, artifact or "")
            self.requests.append(
                StorageRequest(
                    len(self.requests) + 1,
                    exchange.command,
                    _SIGNATURE.sub("…", exchange.path),
                    headers,
                    is_keyed,
                    exchange.number,
                    run_id,
                    artifact,
                    fault and fault.what,
                )
            )
        return fault

    def close(self) -> None:
        """Stop at once, even if clients are waiting; can be called twice."""
        self._listener.close()

    def _signature(self, path: str, fields: Mapping[str, str]) -> str:
        signed = "\n".join((path, *(fields[name] for name in _SIGNED_FIELDS)))
        return base64.b64encode(hmac.digest(self._secret, signed.encode("utf-8", "surrogatepass"), "sha256")).decode()

    def _located(self, path: str) -> tuple[int, Json] | tuple[None, None]:
        """The run and the row of the artifact at a path of a URL."""
        found = re.match(r"/artifacts/([0-9]{1,9})/([0-9]{1,6})/", path)
        if found:
            run_id, place = int(found[1]), int(found[2])
            rows = self._rows(run_id)
            if place < len(rows):
                return run_id, rows[place]
        return None, None


class _Part(NamedTuple):
    """The part of a file that is sent."""

    status: int
    headers: Mapping[str, str]
    blob: Blob
    start: int
    stop: int


class _StorageExchange(Exchange):
    """The requests of one connection: files and ranges for valid links, errors in XML otherwise."""

    USUAL_HEADERS: ClassVar[Mapping[str, str]] = {
        "Server": "Windows-Azure-Blob/1.0",
        "X-Content-Type-Options": "nosniff",
        "Content-Type": "application/octet-stream",
    }
    _host: Storage
    _is_keyed = False

    def handle_request(self) -> None:
        """Record the request and answer it, correctly or with a fault."""
        headers = self.read_headers()
        self._is_keyed = headers.pop("authorization", None) is not None
        self.read_body()
        fault = self._host.record(self, headers, is_keyed=self._is_keyed)
        if fault is None:
            self.answer()
        else:
            fault.play(self)

    def answer(self) -> None:
        """Answer as the storage does, piece by piece."""
        found = self._found(whole=False)
        if isinstance(found, Reply):
            self.send_reply(found)
            return
        self.send(self.head(found.status, {"Content-Length": str(found.stop - found.start), **found.headers}))
        for start in range(found.start, found.stop, _PIECE):
            self.send(found.blob.read(start, min(start + _PIECE, found.stop)))

    def reply(self, *, whole: bool = False) -> Reply:
        """The correct response in one piece; `whole` ignores a requested range."""
        found = self._found(whole=whole)
        if isinstance(found, Reply):
            return found
        return Reply(found.status, found.blob.read(found.start, found.stop), found.headers)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer invalid HTTP or a method other than GET with an error in the storage's shape."""
        self.hang_up()
        self.send_reply(storage_error(code, "UnsupportedHttpVerb", message or "The request is not supported."))

    def _found(self, *, whole: bool) -> _Part | Reply:
        path, _, query = self.path.partition("?")
        if self.command != "GET":
            return storage_error(405, "UnsupportedHttpVerb", "The resource doesn't support the specified HTTP verb.")
        if self._is_keyed:
            message = "Authentication information is not given in the correct format."
            return storage_error(400, "InvalidAuthenticationInfo", message)
        if detail := self._host.refusal(path, query):
            return not_authenticated(detail)
        blob = self._host.blob_at(path)
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
