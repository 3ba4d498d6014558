"""Every fault of the storage over a real socket; the next answer is right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException, IncompleteRead

import pytest

from tests.support import faults
from tests.support.clock import FakeClock
from tests.support.server import (
    LOCKED_OUT_TRACE,
    Response,
    connected,
    get_artifact,
    get_link,
    get_manifest,
    request_url,
    send_request,
    thread_names,
    wait_until,
)
from tvtui.demo.faults import Fault
from tvtui.demo.scenarios import SCENARIOS
from tvtui.demo.server import DemoServer


@contextmanager
def failing(*plan: Fault) -> Iterator[DemoServer]:
    """A server of an ended run: each artifact has these faults, one per request, and then none."""
    clock = FakeClock()
    faults_at = dict(enumerate(plan, 1))
    with DemoServer(storage_faults=lambda number, _path: faults_at.get(number), clock=clock.now) as server:
        clock.skip(60)
        yield server


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (faults.expired(), 403, "AuthenticationFailed"),
        (faults.deleted(), 404, "BlobNotFound"),
        (faults.broken(), 500, "InternalError"),
        (faults.server_busy(), 503, "ServerBusy"),
        (faults.unsatisfiable(), 416, "InvalidRange"),
    ],
)
def test_refusals_are_azures_own(fault: Fault, status: int, code: str) -> None:
    with failing(fault) as server:
        got = request_url(get_link(server))
        assert (got.status, got.code, got.headers["Content-Type"]) == (status, code, "application/xml")
        assert request_url(get_link(server)).body == get_artifact(server)


@pytest.mark.parametrize("fault", [faults.cut_off(), faults.cut_after(1_000)])
def test_a_cut_off_file_can_be_resumed(fault: Fault) -> None:
    with failing(fault) as server:
        with pytest.raises(IncompleteRead) as cut:
            request_url(get_link(server))
        first = cut.value.partial
        rest = request_url(get_link(server), Range=f"bytes={len(first)}-")

        assert 0 < len(first) < len(get_artifact(server))
        assert rest.status == 206
        assert first + rest.body == get_artifact(server)
        assert [request.fault for request in server.storage_requests] == [fault.what, None]


def test_a_range_can_be_cut_off() -> None:
    with failing(faults.cut_after(10)) as server, pytest.raises(IncompleteRead) as cut:
        request_url(get_link(server), Range="bytes=100-299")

    assert cut.value.partial == get_artifact(server)[100:110]
    assert cut.value.expected == 190


def test_a_resume_can_go_wrong_in_every_way() -> None:
    plan = (faults.no_ranges(), faults.changed(), faults.wrong_range())
    with failing(*plan) as server:
        whole = get_artifact(server)
        etag = request_url(get_link(server, "logs/browser-console.log")).headers["ETag"]
        ignored, changed, wrong = (
            request_url(get_link(server), Range="bytes=100-", **{"If-Range": etag}) for _ in plan
        )

    assert (ignored.status, ignored.body, "Accept-Ranges" in ignored.headers) == (200, whole, False)
    assert (changed.status, len(changed.body), changed.headers["ETag"]) == (200, len(whole), '"0x8DCHANGED"')
    assert changed.body != whole
    assert (wrong.status, wrong.headers["Content-Range"].partition("-")[0]) == (206, "bytes 0")


def test_a_refusal_can_be_cut_off_as_well() -> None:
    with failing(faults.cut_off()) as server, pytest.raises(IncompleteRead) as cut:
        request_url(f"{server.storage_url}/artifacts/214/0/no-link")

    assert b"<Error>" in cut.value.partial


def test_lengths_that_differ_from_the_manifest() -> None:
    with failing(faults.shorter(3), faults.longer(3), faults.truncated(), faults.oversized()) as server:
        whole = get_artifact(server)
        shorter, longer, half, padded = (request_url(get_link(server)) for _ in range(4))

    assert shorter.body == whole[:-3]
    assert longer.body == whole + b"\0\0\0"
    assert half.body == whole[: len(whole) // 2]
    assert len(padded.body) == 50 << 20
    assert all(got.headers["Content-Length"] == str(len(got.body)) for got in (shorter, longer, half, padded))


def test_an_answer_without_an_end_has_no_length() -> None:
    with failing(faults.endless(1 << 20)) as server:
        got = request_url(get_link(server))

    assert "Content-Length" not in got.headers
    assert len(got.body) == 1 << 20


def test_a_throttled_answer_is_right() -> None:
    with failing(faults.throttled(1e9)) as server:
        assert request_url(get_link(server)).body == get_artifact(server)


def test_closing_does_not_wait_for_a_download() -> None:
    with failing(faults.throttled(1)) as server, pytest.raises((HTTPException, ConnectionError)):
        _get_while_closing(server)

    assert not thread_names("demo-")


def _get_while_closing(server: DemoServer) -> Response:
    import threading

    def close() -> None:
        wait_until(lambda: bool(server.storage_requests))
        server.close()

    url = get_link(server)
    closing = threading.Thread(target=close)
    closing.start()
    try:
        return request_url(url)
    finally:
        closing.join()


def test_a_plan_counts_requests_per_artifact() -> None:
    requested: list[tuple[int, str]] = []

    def plan(number: int, path: str) -> Fault | None:
        requested.append((number, path))
        return faults.deleted() if path.endswith(".webm") else None

    clock = FakeClock()
    with DemoServer(storage_faults=plan, clock=clock.now) as server:
        clock.skip(60)
        log, film = "logs/browser-console.log", "videos/locked-out-user-sees-an-error.webm"
        statuses = [request_url(get_link(server, path)).status for path in (log, film, log)]
        request_url(server.storage_url)

    assert statuses == [200, 404, 200]
    assert requested == [(1, log), (1, film), (2, log), (1, "")]


def test_a_scenario_has_its_own_storage_faults() -> None:
    with DemoServer("bad-storage") as server:
        urls: Mapping[str, str] = {str(row["path"]): str(row["url"]) for row in get_manifest(server)}
        assert request_url(urls[LOCKED_OUT_TRACE]).status == 403
        with pytest.raises(IncompleteRead):
            request_url(urls[LOCKED_OUT_TRACE])
        assert request_url(urls[LOCKED_OUT_TRACE]).body == get_artifact(server)
        assert request_url(urls["logs/browser-console.log"]).status == 404
    plan = SCENARIOS["bad-storage"].storage_fault_at
    met = {path: [(fault := plan(number, path)) and fault.what for number in (1, 2, 3)] for path in urls}
    assert met["trace/steps-places-an-order.zip"] == ["hangs up in mid-body", None, None]
    assert met["screenshots/tax-is-8-of-the-item-total-rounded-half-up.png"] == ["resets the connection", None, None]
    assert met["screenshots/steps-places-an-order.png"] == [None] * 3
    assert met["report/index.html"] == ["sends 60000 bytes a second"] * 3
    assert met["videos/steps-places-an-order.webm"] == ["sends 8000 bytes a second"] * 3


@pytest.mark.parametrize("name", sorted({*faults.STORAGE_FAULTS} - {"slow", "hang", "stalled", "endless", "throttled"}))
def test_every_fault_by_name_can_be_played_and_recovered_from(name: str) -> None:
    with failing(faults.STORAGE_FAULTS[name]) as server:
        try:
            request_url(get_link(server))
        except (OSError, HTTPException):
            assert name in {"reset", "reset-midway", "cut-off", "cut-after"}
        assert request_url(get_link(server)).body == get_artifact(server)


@pytest.mark.parametrize("fault", [faults.hang(), faults.stalled()])
def test_a_hanging_answer_ends_when_the_client_disconnects(fault: Fault) -> None:
    with failing(fault) as server:
        with connected(server) as api:
            url = get_link(server)
            with pytest.raises(TimeoutError):
                _get_impatiently(url)
            assert send_request(api, server).status == 200
        wait_until(lambda: not thread_names("demo-connection"))


def _get_impatiently(url: str) -> None:
    import socket
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    with socket.create_connection((str(parts.hostname), int(parts.port or 0)), timeout=0.1) as client:
        client.sendall(f"GET {parts.path}?{parts.query} HTTP/1.1\r\n\r\n".encode())
        while client.recv(65_536):
            pass
