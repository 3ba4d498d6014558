"""Every fault of the API's server over a real socket."""

from __future__ import annotations

import json
import zlib
from http.client import HTTPException, IncompleteRead

import pytest

from tests.support import faults
from tests.support.builders import CREATED
from tests.support.clock import FakeClock
from tests.support.server import connected, get_digest, request_api, serving_fault, thread_names, wait_until
from tvtui.demo.faults import Fault
from tvtui.demo.server import DemoServer


def test_a_reset_resets_the_connection() -> None:
    with serving_fault(faults.reset()) as server, pytest.raises(ConnectionResetError):
        request_api(server)
    with serving_fault(faults.reset_midway()) as server, pytest.raises((ConnectionResetError, IncompleteRead)):
        request_api(server)


def test_a_cut_off_answer_ends_before_its_announced_length() -> None:
    with serving_fault(faults.cut_off()) as server, pytest.raises(IncompleteRead):
        request_api(server)


def test_slow_answers_are_right() -> None:
    for fault in (faults.slow(0.001), faults.trickle(0)):
        with serving_fault(fault) as server:
            assert get_digest(server) == server.digest()


def test_a_hanging_answer_ends_when_the_client_disconnects() -> None:
    with serving_fault(faults.hang()) as server:
        with connected(server) as connection:
            connection.request("GET", "/")
            wait_until(lambda: bool(server.requests))
            connection.sock.sendall(b"more, which is never read")
            assert thread_names("demo-connection")
        wait_until(lambda: not thread_names("demo-connection"))


@pytest.mark.parametrize(
    ("fault", "status", "header", "body"),
    [
        (faults.html(503), 503, ("Content-Type", "text/html; charset=utf-8"), b"<!doctype html>"),
        (faults.html(), 200, ("Content-Type", "text/html; charset=utf-8"), b"<title>Sign in"),
        (faults.empty(504), 504, ("Content-Length", "0"), b""),
        (faults.busy(7), 429, ("Retry-After", "7"), b"Error 429"),
        (faults.busy("Wed, 10 Jun 2026 16:03:11 GMT", 503), 503, ("Retry-After", "Wed, 10 Jun 2026 16:03:11 GMT"), b""),
        (faults.redirect("https://elsewhere.example/"), 302, ("Location", "https://elsewhere.example/"), b""),
        (faults.malformed(), 200, ("Content-Type", "application/json; charset=utf-8"), b"{'runId': 214"),
        (faults.nested(), 200, ("Content-Length", "200000"), b"[[[[["),
        (faults.answers("unknown", 599, b"?", {"Date": "never"}), 599, ("Date", "never"), b"?"),
    ],
)
def test_canned_answers(fault: Fault, status: int, header: tuple[str, str], body: bytes) -> None:
    with serving_fault(fault) as server:
        got_status, headers, got = request_api(server)

    assert (got_status, headers[header[0]]) == (status, header[1])
    assert body in got
    assert server.requests[0].fault == fault.what


def test_a_truncated_digest_is_not_json() -> None:
    with serving_fault(faults.truncated()) as server:
        _, headers, body = request_api(server)

    assert headers["Content-Length"] == str(len(body))
    with pytest.raises(ValueError, match="line 1"):
        json.loads(body)


def test_wrong_digests() -> None:
    clock = FakeClock()
    plan = [faults.wrong_types(), faults.another_run(), faults.older(25), faults.older(999)]
    with DemoServer(faults=lambda number, _seconds: plan[number - 1], clock=clock.now, started=CREATED) as server:
        clock.skip(31)
        wrong, another, older, oldest = (get_digest(server) for _ in plan)

    assert (wrong["status"], wrong["tests"]) == (7, "none")
    assert another["runId"] == 215
    assert (older["status"], older["tests"], oldest["startedUtc"]) == ("running", [], None)
    assert older["createdUtc"] == oldest["createdUtc"] == "2026-06-10T16:02:11Z"


def test_an_oversized_body_is_the_right_digest_with_padding() -> None:
    with serving_fault(faults.oversized(200_000)) as server:
        _, _, body = request_api(server)
        assert json.loads(body) == server.digest()

    assert len(body) == 200_000


def test_a_gzip_bomb_is_small_until_it_is_unpacked() -> None:
    with serving_fault(faults.gzip_bomb(8 << 20)) as server:
        _, headers, body = request_api(server)

    assert headers["Content-Encoding"] == "gzip"
    assert len(body) < 100_000
    assert len(zlib.decompress(body, 31)) == 8 << 20


@pytest.mark.parametrize("name", sorted({*faults.FAULTS} - {"slow", "hang", "trickle", "oversized", "gzip-bomb"}))
def test_every_fault_by_name_can_be_played_and_recovered_from(name: str) -> None:
    plan = {1: faults.FAULTS[name]}
    with DemoServer(faults=lambda number, _seconds: plan.get(number)) as server:
        try:
            request_api(server)
        except (OSError, HTTPException):
            assert name in {"reset", "reset-midway", "cut-off"}
        assert get_digest(server)["runId"] == 214
        assert [request.fault for request in server.requests] == [faults.FAULTS[name].what, None]
