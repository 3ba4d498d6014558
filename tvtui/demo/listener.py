"""The sockets and threads of the demo's servers, which open and close at once whatever clients do."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer
from threading import Event, Lock, Thread, current_thread

HOST = "127.0.0.1"


class Listener(TCPServer):
    """A port on loopback that refuses connections until `open()`, and again after `close()`.

    Unlike the servers of `http.server`, it stops at once instead of within half a second, its threads end with it even
    if clients keep connections open, and it does not look up this machine's name, which can take seconds. Connections
    are accepted in a background thread.

    Attributes:
        closing: Set when `close()` begins, for waiting threads.
        port: The requested port, or a free one.
    """

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, handler: Callable[..., BaseHTTPRequestHandler], port: int = 0) -> None:
        super().__init__((HOST, port), handler, bind_and_activate=False)
        self.closing = Event()
        self._accepting = Thread(target=self._accept, name="demo-accept", daemon=True)
        self._connections: dict[Thread, socket.socket] = {}
        self._lock = Lock()
        try:
            self.server_bind()
        except OSError:
            self.server_close()
            raise
        self.port = self.server_address[1]

    def open(self) -> None:
        """Accept connections from now on."""
        self.server_activate()
        self._accepting.start()

    def close(self) -> None:
        """Refuse connections, end the open ones, and return when all threads have ended."""
        self.closing.set()
        if self._accepting.is_alive():
            self._wake()
            self._accepting.join()
        self.server_close()
        with self._lock:
            connections = dict(self._connections)
        for connection in connections.values():
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in connections:
            thread.join()

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                connection, address = self.get_request()
            except OSError:
                # out of file descriptors, or the client has already disconnected
                self.closing.wait(0.05)
                continue
            thread = Thread(target=self._handle, args=(connection, address), name="demo-connection", daemon=True)
            with self._lock:
                self._connections[thread] = connection
            thread.start()

    def _handle(self, connection: socket.socket, address: tuple[str, int]) -> None:
        try:
            # clients may disconnect at any time; any other exception is a bug and is reported
            with suppress(ConnectionError):
                self.finish_request(connection, address)
        finally:
            self.shutdown_request(connection)
            with self._lock:
                del self._connections[current_thread()]

    def _wake(self) -> None:
        """Wake the accepting thread by connecting to it: nothing else works on every platform."""
        with suppress(OSError):
            socket.create_connection((HOST, self.port)).close()
