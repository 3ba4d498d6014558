"""One request to one of the demo's servers: what the API and the storage have in common, and what a fault can do."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import ClassVar, Protocol

from tvtui.demo.listener import Listener
from tvtui.demo.replies import Reply
from tvtui.demo.timeline import Json

# C's struct linger, which consists of shorts on Windows: enabled, with a timeout of 0
_RESET_ON_CLOSE = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


class Host(Protocol):
    """The server of an exchange."""

    def now(self) -> datetime:
        """The server's own time, in UTC."""


class Exchange(BaseHTTPRequestHandler):
    """The requests of one connection, one after the other.

    Attributes:
        number: The number of the connection, from 1.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Listener
    USUAL_HEADERS: ClassVar[Mapping[str, str]] = {}

    def __init__(
        self,
        host: Host,
        connections: Iterator[int],
        request: socket.socket,
        client_address: tuple[str, int],
        server: Listener,
    ) -> None:
        self._host = host
        self.number = next(connections)
        super().__init__(request, client_address, server)

    def do_GET(self) -> None:
        """Answer a GET request."""
        self.handle_request()

    def do_POST(self) -> None:
        """Answer a POST request."""
        self.handle_request()

    def handle_request(self) -> None:
        """Record the request and answer it, correctly or with a fault."""
        raise NotImplementedError

    def digest(self, ago: float = 0.0) -> Json:
        """The run's digest now, or as it was `ago` seconds of the script ago; only the API has one."""
        raise NotImplementedError

    def reply(self, *, whole: bool = False) -> Reply:
        """The correct response in one piece; `whole` ignores a requested range."""
        raise NotImplementedError

    def answer(self) -> None:
        """Answer as if nothing were wrong."""
        raise NotImplementedError

    def head(self, status: int, headers: Mapping[str, str]) -> bytes:
        """A status line and headers; the date and `USUAL_HEADERS` are added unless given."""
        reason, _ = self.responses.get(status, ("", ""))
        fields = {
            "Date": format_datetime(self._host.now(), usegmt=True),
            **self.USUAL_HEADERS,
            **({"Connection": "close"} if self.close_connection else {}),
            **headers,
        }
        lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in fields.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def send(self, data: bytes) -> None:
        """Send these bytes."""
        self.wfile.write(data)

    def send_reply(self, reply: Reply, most: int | None = None) -> None:
        """Send a reply; with `most`, announce all of its body but send only so many bytes of it."""
        head = self.head(reply.status, {"Content-Length": str(len(reply.body)), **reply.headers})
        self.send(head + reply.body[:most])

    def pause(self, seconds: float) -> None:
        """Wait; shorter if the server is closed."""
        self.server.closing.wait(seconds)

    def wait_for_close(self) -> None:
        """Wait until the client or the server has closed the connection."""
        while self.connection.recv(4_096):
            pass
        self.hang_up()

    def hang_up(self) -> None:
        """Close the connection in an orderly way, even in the middle of a response."""
        self.close_connection = True

    def reset(self) -> None:
        """Reset the connection at once, as a crashed peer does."""
        with suppress(OSError):  # on macOS, if the client was faster
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        # the socket is closed, and so reset, only once its file is closed as well
        self.rfile.close()
        self.connection.close()
        self.hang_up()

    def read_headers(self) -> dict[str, str]:
        """The request's headers by lower-case name; the last one of a repeated header."""
        return {name.lower(): value for name, value in self.headers.items()}

    def read_body(self) -> bytes:
        """Read the body, or it would be taken for the next request; an invalid length closes the connection."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal() or len(length) > 6:
            self.hang_up()
            return b""
        return self.rfile.read(int(length))
