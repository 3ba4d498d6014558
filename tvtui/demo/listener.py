"""The sockets and threads below the demo's server: open at once, and closed at once whatever the clients are doing."""

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

    Why not http.server's own: it looks only twice a second whether it is to end, its threads outlive it for as long as
    a client keeps a connection, and it looks up this machine's name, which can take seconds. This one accepts in a
    thread of its own, and closing it ends all connections.

    Attributes:
        closing: Set when `close()` begins, for threads that wait.
        port: A free one unless another was asked for.
    """

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, answerer: Callable[..., BaseHTTPRequestHandler], port: int = 0) -> None:
        super().__init__((HOST, port), answerer, bind_and_activate=False)
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
        """Refuse connections, end those that are open, and return when no thread is left."""
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
                # No descriptor was free, or the client has gone already.
                self.closing.wait(0.05)
                continue
            thread = Thread(target=self._answer, args=(connection, address), name="demo-connection", daemon=True)
            with self._lock:
                self._connections[thread] = connection
            thread.start()

    def _answer(self, connection: socket.socket, address: tuple[str, int]) -> None:
        try:
            # Clients go away at any time. Whatever else is raised is a bug, and is shown.
            with suppress(ConnectionError):
                self.finish_request(connection, address)
        finally:
            self.shutdown_request(connection)
            with self._lock:
                del self._connections[current_thread()]

    def _wake(self) -> None:
        """Make the thread that waits for a connection look up: no other way works everywhere."""
        with suppress(OSError):
            socket.create_connection((HOST, self.port)).close()
