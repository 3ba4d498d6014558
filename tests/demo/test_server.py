"""The demo's server over real sockets: the key, kept connections, compression, restarts and prompt closing."""

from __future__ import annotations

import json
import re
import socket
import threading
import zlib
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPConnection, RemoteDisconnected
from http.server import BaseHTTPRequestHandler
from socketserver import BaseServer
from typing import Any

import pytest

from tests.support import faults
from tests.support.builders import CREATED
from tests.support.clock import FakeClock
from tests.support.server import connected, get_digest, request_api, send_raw, send_request, thread_names, wait_until
from tvtui.demo.faults import Fault
from tvtui.demo.listener import Listener
from tvtui.demo.scenarios import SCENARIOS, Scenario
from tvtui.demo.server import DemoServer


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server(clock: FakeClock) -> Iterator[DemoServer]:
    with DemoServer(clock=clock.now, started=CREATED) as server:
        yield server


def test_a_run_proceeds_as_time_passes(server: DemoServer, clock: FakeClock) -> None:
    assert (get_digest(server)["status"], get_digest(server)["startedUtc"]) == ("running", None)

    clock.skip(30)

    ended = get_digest(server)
    assert ended == server.digest()
    assert (ended["status"], ended["createdUtc"], ended["finishedUtc"]) == (
        "failed",
        "2026-06-10T16:02:11Z",
        "2026-06-10T16:02:41Z",
    )


def test_at_speed_20_half_a_minute_takes_one_and_a_half_seconds() -> None:
    clock = FakeClock()
    with DemoServer(speed=20, clock=clock.now, started=CREATED) as server:
        clock.skip(1.4)
        assert get_digest(server)["status"] == "running"
        clock.skip(0.1)
        assert get_digest(server)["finishedUtc"] == "2026-06-10T16:02:12Z"


def test_the_date_of_an_answer_comes_from_the_same_clock(server: DemoServer, clock: FakeClock) -> None:
    clock.skip(30)

    assert request_api(server)[1]["Date"] == "Wed, 10 Jun 2026 16:02:41 GMT"


def test_by_default_the_server_starts_at_the_real_time() -> None:
    with DemoServer() as server:
        assert abs((server.now() - datetime.now(UTC)).total_seconds()) < 60
        request_api(server)
        assert server.requests[0].at < 60


@pytest.mark.parametrize("authorization", ["", "Bearer tvb_wrong", "Basic {key}", "{key}", "Bearer {key}x"])
def test_only_its_own_key_is_accepted(server: DemoServer, authorization: str) -> None:
    status, headers, body = request_api(server, authorization=authorization.format(key=server.api_key))

    assert (status, headers["Content-Type"]) == (401, "application/json; charset=utf-8")
    assert json.loads(body) == {
        "error": "unauthorized",
        "message": "A valid API key is required (Authorization: Bearer tvb_…).",
    }
    assert not server.requests[-1].is_authorized


def test_every_server_has_its_own_key_of_the_documented_format(server: DemoServer) -> None:
    with DemoServer() as other:
        assert other.api_key != server.api_key
    assert re.fullmatch(r"tvb_[0-9A-Za-z]{43}", server.api_key)
    assert server.environment == {
        "TESTVIBE_SERVER": server.url,
        "TESTVIBE_API_KEY": server.api_key,
        "TESTVIBE_PROJECT": server.project,
    }


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api/v1/ops/projects/{project}",
        "/api/v1/ops/projects/{project}/runs/215",
        "/api/v1/ops/projects/{project}/runs/215/artifacts",
        "/api/v1/ops/projects/{project}/runs/214/elsewhere",
        "/api/v1/ops/projects/{project}/runs/214/",
        "/api/v1/ops/projects/{project}/runs/%C2%B2",
        "/api/v1/ops/projects/{project}/features/12/run",
        "/api/v1/ops/projects/00000000-0000-0000-0000-000000000000/runs/214",
    ],
)
def test_an_unknown_path_is_answered_in_the_documented_shape(server: DemoServer, path: str) -> None:
    status, _, body = request_api(server, path.format(project=server.project))

    assert status == 404
    assert json.loads(body) == {"error": "not_found", "message": "No such run in this project."}


def test_projects_are_listed(server: DemoServer) -> None:
    status, _, body = request_api(server, "/api/v1/ops/projects")

    assert (status, json.loads(body)) == (200, [{"id": server.project, "name": "Acme Shop"}])


def test_a_project_may_be_in_capitals_and_percent_encoded(server: DemoServer) -> None:
    escaped = server.project.upper().replace("-", "%2D")

    assert request_api(server, f"/api/v1/ops/projects/{escaped}/runs/214?x=1")[0] == 200


def test_a_connection_is_kept_and_requests_are_recorded_without_the_key(server: DemoServer, clock: FakeClock) -> None:
    with connected(server) as connection:
        for _ in range(3):
            send_request(connection, server, **{"User-Agent": "a story"}).read()
            clock.skip(2)
    request_api(server, "/elsewhere")

    assert [(request.number, request.connection, request.at) for request in server.requests] == [
        (1, 1, 0.0),
        (2, 1, 2.0),
        (3, 1, 4.0),
        (4, 2, 6.0),
    ]
    first = server.requests[0]
    assert (first.method, first.is_authorized, first.fault) == ("GET", True, None)
    assert first.headers["user-agent"] == "a story"
    assert server.api_key not in repr(server.requests)


def test_an_unused_body_does_not_become_the_next_request(server: DemoServer) -> None:
    with connected(server) as connection:
        connection.request("POST", "/", body="GET / HTTP/1.1", headers={"Authorization": f"Bearer {server.api_key}"})
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["error"]) == (404, "not_found")
        assert send_request(connection, server).status == 200


@pytest.mark.parametrize("header", [b"Content-Length: many", b"Content-Length: 9999999", b"Transfer-Encoding: chunked"])
def test_after_a_body_of_unknown_length_the_connection_is_closed(server: DemoServer, header: bytes) -> None:
    assert b"\r\nConnection: close\r\n" in send_raw(server, b"POST / HTTP/1.1\r\n" + header + b"\r\n\r\n")


@pytest.mark.parametrize("line", [b"nonsense\r\n\r\n", b"BREW / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\r\n\r\n"])
def test_invalid_http_is_answered_in_the_documented_shape(server: DemoServer, line: bytes) -> None:
    answer = send_raw(server, line)

    assert re.match(rb"HTTP/1\.1 [45]\d\d ", answer)
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"] == "invalid_request"


def test_answers_are_compressed_if_the_client_accepts_it(server: DemoServer, clock: FakeClock) -> None:
    clock.skip(60)
    _, headers, packed = request_api(server, **{"Accept-Encoding": "gzip, deflate"})
    _, plain_headers, plain = request_api(server, **{"Accept-Encoding": "identity"})

    assert headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain_headers
    assert zlib.decompress(packed, 31) == plain
    assert len(packed) < len(plain) / 2


def test_another_scenario_can_be_served() -> None:
    with DemoServer(Scenario("mine", "", lambda seconds: {"runId": 214, "status": "running"})) as server:
        assert get_digest(server) == {"runId": 214, "status": "running"}


def test_a_scenario_has_its_own_faults() -> None:
    with DemoServer("refused") as server:
        assert request_api(server)[0] == 401
        assert (server.requests[0].is_authorized, server.requests[0].fault) == (True, "answers 401 unauthorized")
    with DemoServer("gone") as server:
        assert request_api(server)[0] == 404


@pytest.mark.parametrize("speed", [0, -1, 0.05, 1e9, float("nan"), float("inf")])
def test_a_speed_out_of_range_is_rejected(speed: float) -> None:
    with pytest.raises(ValueError, match="out of range"):
        DemoServer(speed=speed)


def test_an_unknown_scenario_is_rejected_with_a_list_of_known_ones() -> None:
    with pytest.raises(ValueError, match="flaky-network") as error:
        DemoServer("nope")

    assert all(name in str(error.value) for name in SCENARIOS)


def test_a_server_that_is_down_refuses_connections_and_returns_on_the_same_port(server: DemoServer) -> None:
    url = server.url
    with connected(server) as kept:
        assert send_request(kept, server).read()
        with server.down(), pytest.raises(ConnectionRefusedError):
            request_api(server)
        with pytest.raises((RemoteDisconnected, ConnectionError)):
            send_request(kept, server)

    assert server.url == url
    assert get_digest(server)["runId"] == 214


def test_a_server_that_is_closed_while_down_stays_closed(server: DemoServer) -> None:
    with server.down():
        server.close()

    with pytest.raises(ConnectionRefusedError):
        request_api(server)


def test_closing_ends_every_connection_whatever_clients_do() -> None:
    plan = [faults.hang(), faults.slow(3_600), faults.trickle(3_600), faults.oversized()]
    server = DemoServer(faults=lambda number, _seconds: plan[number - 1] if number <= len(plan) else None)
    port = int(server.url.rpartition(":")[2])
    request = f"GET / HTTP/1.1\r\nAuthorization: Bearer {server.api_key}\r\n\r\n".encode()
    clients = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(7)]
    for client in clients[:5]:
        answered = len(server.requests)
        client.sendall(request)
        wait_until(partial(lambda before: len(server.requests) > before, answered))
    clients[5].sendall(b"GET / HT")

    server.close()

    assert not thread_names("demo-")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    for client in clients:
        client.close()
    server.close()


def test_closing_does_not_wait_for_a_poll(monkeypatch: pytest.MonkeyPatch) -> None:
    polls: list[object] = []
    wait = threading.Event.wait

    def record_wait(event: threading.Event, timeout: float | None = None) -> bool:
        polls.extend([] if timeout is None else [timeout])
        return wait(event, timeout)

    # it checks every half a second whether it should end
    monkeypatch.setattr(BaseServer, "serve_forever", polls.append)
    monkeypatch.setattr(threading.Event, "wait", record_wait)
    DemoServer().close()

    assert not polls


def test_a_bug_in_a_plan_is_shown_and_does_not_end_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[type[BaseException]] = []
    monkeypatch.setattr(threading, "excepthook", lambda bug: shown.append(bug.exc_type))
    plan: dict[int, Fault | None] = {}
    with DemoServer(faults=lambda number, _seconds: plan[number]) as server:
        with pytest.raises(ConnectionError):
            request_api(server)
        plan[1] = None
        assert get_digest(server)["runId"] == 214

    assert shown == [KeyError]


def test_a_port_in_use_is_an_error_and_leaks_nothing(server: DemoServer) -> None:
    with pytest.raises(OSError, match="in use"):
        Listener(BaseHTTPRequestHandler, int(server.url.rpartition(":")[2]))


def test_a_connection_that_cannot_be_accepted_does_not_stop_the_server() -> None:
    out_of_descriptors = [OSError("Too many open files")]

    class FlakyListener(Listener):
        def get_request(self) -> tuple[socket.socket, Any]:
            if out_of_descriptors:
                raise out_of_descriptors.pop()
            return super().get_request()

    class Greeter(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response_only(204)
            self.end_headers()

    listener = FlakyListener(Greeter)
    listener.open()
    try:
        with closing(HTTPConnection("127.0.0.1", listener.port, timeout=10)) as connection:
            connection.request("GET", "/")
            assert connection.getresponse().status == 204
    finally:
        listener.close()
    assert not out_of_descriptors
