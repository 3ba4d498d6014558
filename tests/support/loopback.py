"""Plain HTTP to the demo's server, by the standard library alone."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse

from tests.support.builders import CREATED as STARTED
from tvtui.demo.faults import Fault
from tvtui.demo.server import DemoServer
from tvtui.demo.timeline import Json


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@contextmanager
def failing(fault: Fault) -> Iterator[DemoServer]:
    with DemoServer(faults=lambda _number, _seconds: fault, clock=Clock(), started=STARTED) as server:
        yield server


@contextmanager
def connected(server: DemoServer) -> Iterator[HTTPConnection]:
    with closing(HTTPConnection("127.0.0.1", int(server.url.rpartition(":")[2]), timeout=10)) as connection:
        yield connection


def send(connection: HTTPConnection, server: DemoServer, path: str | None = None, **headers: str) -> HTTPResponse:
    path = path or f"/api/v1/ops/projects/{server.project}/runs/{server.run_id}"
    authorization = headers.pop("authorization", f"Bearer {server.api_key}")
    connection.request("GET", path, headers={"Authorization": authorization, **headers})
    return connection.getresponse()


def ask(server: DemoServer, path: str | None = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
    with connected(server) as connection:
        answer = send(connection, server, path, **headers)
        return answer.status, dict(answer.getheaders()), answer.read()


def told(server: DemoServer) -> Json:
    status, _, body = ask(server)
    assert status == 200
    answer: Json = json.loads(body)
    return answer


def raw(server: DemoServer, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", int(server.url.rpartition(":")[2])), timeout=10) as connection:
        connection.sendall(data)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def names_of_threads(prefix: str) -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(prefix)]


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.001)
