"""One connection of the demo's server: what is asked on it, and the bytes that go back."""

from __future__ import annotations

import os
import socket
import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from tvtui.demo.faults import encoded, not_found, problem, unauthorized
from tvtui.demo.timeline import Json

if TYPE_CHECKING:
    from socketserver import BaseServer

    from tvtui.demo.server import DemoServer

_PROJECTS = "/api/v1/ops/projects"
# C's struct linger, which has shorts on Windows: on, for no time.
_RESET_ON_CLOSE = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


class Request(NamedTuple):
    """What the server has been asked.

    Attributes:
        number: From 1, over all requests.
        method: `GET` and the like.
        path: With the query, as it came.
        headers: By lower-case name, without the key.
        is_authorized: Whether it carried the right key.
        connection: Which connection it came on, from 1.
        at: Seconds of the script.
        fault: What went wrong with the answer, in words; None if nothing did.
    """

    number: int
    method: str
    path: str
    headers: Mapping[str, str]
    is_authorized: bool
    connection: int
    at: float
    fault: str | None


class HttpExchange(BaseHTTPRequestHandler):
    """The requests of one connection, one after the other; to a fault, an `Exchange`."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(
        self,
        demo: DemoServer,
        connections: Iterator[int],
        request: socket.socket,
        client_address: tuple[str, int],
        server: BaseServer,
    ) -> None:
        self._demo = demo
        self._connection_number = next(connections)
        self._is_authorized = False
        super().__init__(request, client_address, server)

    def do_GET(self) -> None:
        """Answer a request, rightly or wrongly."""
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._is_authorized = headers.pop("authorization", "") == f"Bearer {self._demo.api_key}"
        self._skip_body(headers.get("content-length", "0"), is_chunked="transfer-encoding" in headers)
        fault = self._demo.received(
            self.command,
            self.path,
            headers,
            is_authorized=self._is_authorized,
            connection=self._connection_number,
        )
        if fault is None:
            self.answer()
        else:
            fault.play(self)

    def do_POST(self) -> None:
        """Answer likewise: with the right key, that there is nothing to post to."""
        self.do_GET()

    def answer(self) -> None:
        """Answer as the API does."""
        if not self._is_authorized:
            unauthorized().play(self)
            return
        project = f"{_PROJECTS}/{self._demo.project}".lower()
        path = unquote(self.path.partition("?")[0]).lower()
        if self.command == "GET" and path == _PROJECTS:
            self._answer_json([{"id": self._demo.project, "name": "Acme Shop"}])
        elif self.command == "GET" and path == f"{project}/runs/{self._demo.run_id}":
            self._answer_json(self.digest())
        else:
            not_found().play(self)

    def digest(self, ago: float = 0.0) -> Json:
        """The run's digest now, or as it was some seconds of the script ago."""
        return self._demo.digest(ago)

    def head(self, status: int, headers: Mapping[str, str]) -> bytes:
        """A status line and headers; the date and a content type of JSON are added unless given."""
        reason, _ = self.responses.get(status, ("", ""))
        fields = {
            "Date": format_datetime(self._demo.now(), usegmt=True),
            "Content-Type": "application/json; charset=utf-8",
            "Cache-Control": "no-store",
            **({"Connection": "close"} if self.close_connection else {}),
            **headers,
        }
        lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in fields.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def send(self, data: bytes) -> None:
        """Put these bytes on the wire."""
        self.wfile.write(data)

    def pause(self, seconds: float) -> None:
        """Do nothing for so long; shorter when the server closes."""
        self._demo.pause(seconds)

    def wait_until_left(self) -> None:
        """Do nothing until the other side, or the server, has closed the connection."""
        while self.connection.recv(4_096):
            pass
        self.hang_up()

    def hang_up(self) -> None:
        """Close the connection in an orderly way, at whatever point the answer is."""
        self.close_connection = True

    def reset(self) -> None:
        """Reset the connection at once, as a crashed peer does."""
        with suppress(OSError):  # macOS: the other side was faster
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        # The socket closes, and so resets, only when its file does as well.
        self.rfile.close()
        self.connection.close()
        self.hang_up()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer a request that is no HTTP in the API's shape, not in HTML."""
        self.hang_up()
        body = problem("invalid_request", message or f"This is no request: {code}.")
        self.send(self.head(code, {"Content-Length": str(len(body))}) + body)

    def _skip_body(self, length: str, *, is_chunked: bool) -> None:
        """Read past a body, or it would be taken for the next request; after a strange one there is none."""
        if is_chunked or not length.isdecimal() or len(length) > 6:
            self.hang_up()
        else:
            self.rfile.read(int(length))

    def _answer_json(self, value: object) -> None:
        body = encoded(value)
        headers = {"Content-Length": str(len(body))}
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            packer = zlib.compressobj(1, zlib.DEFLATED, 31)
            body = packer.compress(body) + packer.flush()
            headers = {"Content-Length": str(len(body)), "Content-Encoding": "gzip"}
        self.send(self.head(200, {**headers, "Vary": "Accept-Encoding"}) + body)
