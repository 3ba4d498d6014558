"""One connection to one of the demo's servers: bytes, waits and ends, whatever is said on it."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    from socketserver import BaseServer

# C's struct linger, which has shorts on Windows: on, for no time.
_RESET_ON_CLOSE = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


class Host(Protocol):
    """What a connection needs to know of the server that it leads to."""

    def now(self) -> datetime:
        """The server's own time, in UTC."""

    def pause(self, seconds: float) -> None:
        """Wait; shorter when the server closes."""


class Connection(BaseHTTPRequestHandler):
    """The requests of one connection, one after the other."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    USUAL_HEADERS: ClassVar[Mapping[str, str]] = {}

    def __init__(
        self,
        host: Host,
        connections: Iterator[int],
        request: socket.socket,
        client_address: tuple[str, int],
        server: BaseServer,
    ) -> None:
        self._host = host
        self._number = next(connections)
        super().__init__(request, client_address, server)

    def do_GET(self) -> None:
        """Answer a request, rightly or wrongly."""
        self.take()

    def do_POST(self) -> None:
        """Likewise."""
        self.take()

    def take(self) -> None:
        """Take the request down and answer it."""
        raise NotImplementedError

    def head(self, status: int, headers: Mapping[str, str]) -> bytes:
        """A status line and headers; the date and the usual ones are added unless given."""
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
        """Put these bytes on the wire."""
        self.wfile.write(data)

    def pause(self, seconds: float) -> None:
        """Do nothing for so long; shorter when the server closes."""
        self._host.pause(seconds)

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

    def read_headers(self) -> dict[str, str]:
        """Those of the request by lower-case name; of one that came twice, the last."""
        return {name.lower(): value for name, value in self.headers.items()}

    def read_body(self) -> bytes:
        """The request's body, or it would be taken for the next request; after a strange one there is none."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal() or len(length) > 6:
            self.hang_up()
            return b""
        return self.rfile.read(int(length))
