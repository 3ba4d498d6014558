"""Everything that can go wrong between the app and its server, on real sockets: reported, survived, and cleared."""

from __future__ import annotations

import asyncio
import socket
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from threading import Event

import pytest

from tests.support import faults
from tests.support.app import Viewer, watching_live
from tests.support.builders import CREATED, a_case, digest_body
from tests.support.clock import FakeClock
from tests.support.http import CERTIFICATE, Connection, listening
from tests.support.server import serving, settings_for
from tvtui.demo.exchange import Exchange
from tvtui.demo.faults import Fault
from tvtui.settings.api_key import ApiKey
from tvtui.testvibe.errors import Busy, ClientError, Faulty, NotFound, Redirected, Refused, Unreachable, Unreadable
from tvtui.testvibe.server import ServerConnection
from tvtui.watch.events import Snapshot

FIRST = "Valid user signs in"
"""A test of the default run that has finished by its 20th second."""


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


async def assert_fails(viewer: Viewer, kind: type[ClientError], words: str) -> None:
    """The next request fails: the app reports it, and keeps the data, dimmed and with their age."""
    before, style = viewer.app.shown.snapshot, viewer.style_of(FIRST[:12])
    assert before is not None
    await viewer.next_answer()

    problem = viewer.problem
    assert type(problem.error) is kind
    # a moment passes between the failure and now, which can be the one that completes a second
    ages = {int(moment - before.seen) for moment in (problem.since, viewer.clock.now())}
    await viewer.until(lambda: any(f"stale · data {age} s old · next try in " in viewer.text for age in ages))
    assert words in " ".join(viewer.text.split()), viewer.text
    assert viewer.app.shown.snapshot is before
    assert FIRST in viewer.text
    # old data must not look new
    await viewer.until(lambda: viewer.style_of(FIRST[:12]) != style)


async def assert_recovers(viewer: Viewer) -> None:
    """The next request succeeds: every sign of the failure disappears at once, and the data are new."""
    assert isinstance(await viewer.next_answer(), Snapshot)
    await viewer.sees("live · updated 0 s ago")
    assert "⚠" not in viewer.text
    assert "stale" not in viewer.text
    assert not viewer.screen.has_class("-stale")
    assert FIRST in viewer.text


SURVIVED = [
    (faults.reset(), Unreachable, "⚠ The connection was reset by 127.0.0.1:"),
    (faults.reset_midway(), Unreachable, "while sending its response"),
    (faults.cut_off(), Unreadable, "is incomplete: the connection was closed early"),
    (faults.refusal(500, "internal_error", "Something went wrong."), Faulty, "Internal Server Error. The server says"),
    (faults.html(502), Faulty, "502 Bad Gateway, with a web page (HTML) instead of JSON"),
    (faults.html(503), Faulty, "503 Service Unavailable"),
    (faults.empty(504), Faulty, "504 Gateway Timeout"),
    (faults.html(), Unreadable, "a web page (HTML) instead of JSON"),
    (faults.empty(), Unreadable, "empty"),
    (faults.truncated(), Unreadable, "is incomplete"),
    (faults.malformed(), Unreadable, "not JSON"),
    (faults.nested(), Unreadable, "nested too deeply"),
    (faults.wrong_types(), Unreadable, "not a run's digest"),
    (faults.another_run(), Unreadable, "returned run 215 instead of run 214"),
    (faults.oversized(), Unreadable, "more than 16.0 MiB"),
    (faults.gzip_bomb(), Unreadable, "more than 16.0 MiB"),
]


async def test_every_fault_is_reported_and_survived(clock: FakeClock) -> None:
    # a good answer after each of them
    plan = [step for fault, _, _ in SURVIVED for step in (fault, None)]
    with serving(None, *plan, clock=clock) as server:
        async with watching_live(settings_for(server), clock=clock) as viewer:
            for _, kind, words in SURVIVED:
                await assert_fails(viewer, kind, words)
                assert 1.6 <= viewer.wait_seconds <= 2.4, words
                await assert_recovers(viewer)
                assert "Another run" not in viewer.text
        assert [request.fault for request in server.requests[1::2]] == [fault.what for fault, _, _ in SURVIVED]


@pytest.mark.parametrize(
    ("fault", "words"),
    [(faults.hang(), "did not respond within"), (faults.trickle(0.01), "did not finish its response within")],
)
async def test_a_request_has_a_time_limit(fault: Fault, words: str, clock: FakeClock) -> None:
    with serving(None, faults.timing_out(fault, clock), clock=clock) as server:
        async with watching_live(settings_for(server), clock=clock) as viewer:
            await assert_fails(viewer, Unreachable, words)
            await assert_recovers(viewer)


async def test_a_retry_is_reported_and_the_shown_times_stand_still_meanwhile(clock: FakeClock) -> None:
    with serving(None, faults.html(503), faults.hang(), clock=clock) as server:
        async with watching_live(settings_for(server), clock=clock) as viewer:
            await viewer.next_answer()
            await viewer.sees("running 19 s (queued 3 s)")
            await viewer.clock.advance(viewer.wait_seconds + 1)
            await viewer.until(lambda: len(server.requests) == 3)
            await viewer.sees("old · retrying now")
            await viewer.wait(2)
            assert "retrying now" in viewer.text
            assert "running 19 s (queued 3 s)" in viewer.text, "the run may be over by now"


async def test_an_answer_after_the_time_limit_is_not_shown(clock: FakeClock) -> None:
    has_failed, is_sent = Event(), Event()

    def answer_late(exchange: Exchange) -> None:
        exchange.pause(0.001)
        has_failed.wait(20)
        # the client may have closed the connection by now
        with suppress(OSError):
            faults.edited("late", lambda digest: {**digest, "featureName": "LATE"}).play(exchange)
        is_sent.set()

    with serving(None, faults.timing_out(Fault("late", answer_late), clock), clock=clock) as server:
        async with watching_live(settings_for(server), clock=clock) as viewer:
            await assert_fails(viewer, Unreachable, "did not respond within")
            has_failed.set()
            await assert_recovers(viewer)
            await viewer.until(is_sent.is_set)
            await assert_recovers(viewer)
            assert "LATE" not in viewer.text


async def test_a_server_that_restarts_refuses_connections_meanwhile(clock: FakeClock) -> None:
    with serving(clock=clock) as server:
        async with watching_live(settings_for(server), clock=clock) as viewer:
            with server.down():
                await assert_fails(viewer, Unreachable, "The connection was refused by 127.0.0.1:")
            await assert_recovers(viewer)


async def test_a_host_that_is_not_found_for_a_while(clock: FakeClock, environ: pytest.MonkeyPatch) -> None:
    is_known = True

    async def look_up(*_args: object, **_kwargs: object) -> list[tuple[object, ...]]:
        if not is_known:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    with serving(clock=clock) as server:
        port = int(server.url.rpartition(":")[2])
        environ.setattr(asyncio.BaseEventLoop, "getaddrinfo", look_up)
        settings = replace(settings_for(server), server=f"http://testvibe.acme.example:{port}")
        async with watching_live(settings, clock=clock) as viewer:
            with server.down():
                is_known = False  # and the connection is gone, so that the next request needs the name
            await assert_fails(viewer, Unreachable, f"Cannot find the host testvibe.acme.example:{port}")
            is_known = True
            await assert_recovers(viewer)


async def test_tls_that_fails_for_a_while(clock: FakeClock, environ: pytest.MonkeyPatch) -> None:
    async def answer_and_close(connection: Connection) -> None:
        await connection.answer(digest_body(status="running", tests=[a_case(FIRST)]), connection="close")
        raise ConnectionError

    environ.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    async with (
        listening(answer_and_close, tls=(True, False)) as server,
        watching_live(server.secure_settings, clock=clock) as viewer,
    ):
        await assert_fails(viewer, Unreachable, "No secure connection (TLS) to 127.0.0.1:")
        await assert_recovers(viewer)
        assert server.connections == 3


async def test_an_untrusted_certificate_is_reported_and_no_key_is_sent(clock: FakeClock) -> None:
    async with (
        listening(Connection.answer, tls=True) as server,
        watching_live(server.secure_settings, clock=clock) as viewer,
    ):
        assert isinstance(viewer.problem.error, Unreachable)
        await viewer.sees("no data yet · next try in ")
        assert "is not trusted (TLS): self" in viewer.text
        assert "SSL_CERT_FILE" in viewer.text
        assert server.requests == [], "nothing was sent, least of all the key"


async def test_minutes_of_failures_are_survived(clock: FakeClock) -> None:
    with serving(None, *[faults.html(503)] * 12, clock=clock, scenario="queued") as server:
        async with watching_live(settings_for(server), clock=clock) as viewer:
            waits = []
            for _ in range(12):
                await viewer.next_answer()
                waits.append(viewer.wait_seconds)
            assert all(24 <= wait <= 36 for wait in waits[4:])
            await viewer.sees("stale · data ")
            assert 180 < viewer.clock.now() - viewer.problem.since < 360
            assert "Queued for 22 s" in viewer.text, "it may have started by now"
            await viewer.next_answer()
            assert isinstance(viewer.event, Snapshot)
            await viewer.sees("live · updated 0 s ago")


class TestBusy:
    """429, and 503 with Retry-After."""

    @pytest.mark.parametrize(
        ("retry_after", "status", "seconds", "words"),
        [
            (7, 429, 7, "(429, retry after 7 s)"),
            (40, 503, 40, "is unavailable (503, retry after 40 s)"),
            (86_400, 429, 300, "(429, retry after 1d 00h)"),
            ("date", 503, 90, "(503, retry after 1m 30s)"),
        ],
    )
    async def test_is_not_asked_again_before_the_time_it_names(
        self, retry_after: int | str, status: int, seconds: float, words: str, clock: FakeClock
    ) -> None:
        # the run is 20 s old, and the fault comes 2 s later
        date = format_datetime(CREATED + timedelta(seconds=22 + 90), usegmt=True)
        fault = faults.busy(date if retry_after == "date" else retry_after, status=status)
        with serving(None, fault, clock=clock) as server:
            async with watching_live(settings_for(server), clock=clock) as viewer:
                await assert_fails(viewer, Busy, words)
                assert viewer.wait_seconds == pytest.approx(seconds, abs=1)
                await viewer.wait(seconds - 2)
                assert viewer.server.asked == 2
                await viewer.next_answer()
                assert "stale" not in viewer.text


class TestRefused:
    """401 and 403."""

    async def test_at_the_start_is_reported_with_how_to_set_the_key(self, clock: FakeClock) -> None:
        with serving(clock=clock) as server:
            wrong = replace(settings_for(server), api_key=ApiKey("tvb_" + "Wr0ngKey" + "z" * 35))
            async with watching_live(wrong, clock=clock) as viewer:
                assert type(viewer.problem.error) is Refused
                await viewer.sees("rejected the API key tvb_Wr0ngKey… (401)")
                assert "TESTVIBE_API_KEY" in viewer.text
                assert 2 <= viewer.wait_seconds <= 5

    @pytest.mark.parametrize("fault", [faults.unauthorized(), faults.html(403)])
    async def test_later_keeps_the_data_and_retries_soon(self, fault: Fault, clock: FakeClock) -> None:
        with serving(None, fault, clock=clock) as server:
            async with watching_live(settings_for(server), clock=clock) as viewer:
                await assert_fails(viewer, Refused, "rejected the API key tvb_")
                await viewer.sees("To use another key, quit and set TESTVIBE_API_KEY.")
                assert "restart" not in viewer.text
                assert 2 <= viewer.wait_seconds <= 5
                await viewer.next_answer()
                assert "stale" not in viewer.text

    async def test_a_key_that_was_renewed_meanwhile_is_used(self, clock: FakeClock) -> None:
        with serving(clock=clock) as server:
            settings = settings_for(server)
            found = [settings]
            source = ServerConnection(settings, renew=lambda: found[-1], prefetch=214)
            async with (
                aclosing(source),
                watching_live(settings, clock=clock, ask=source.fetcher(214)) as viewer,
            ):
                server.api_key = "tvb_" + "Renewed1" + "y" * 35
                await assert_fails(viewer, Refused, "rejected the API key tvb_")
                found.append(replace(settings, api_key=ApiKey(server.api_key)))
                await assert_recovers(viewer)
        assert [request.is_authorized for request in server.requests] == [True, False, False, True]


class TestNotFound:
    """404."""

    async def test_at_the_start_is_retried_often_for_ten_seconds_and_then_slowly(self, clock: FakeClock) -> None:
        with serving(*[faults.not_found()] * 7, clock=clock) as server:
            async with watching_live(settings_for(server), clock=clock) as viewer:
                waits = [viewer.wait_seconds]
                await viewer.sees("Run 214 was not found yet. If it was not just started, check the run ID and")
                for _ in range(6):
                    await viewer.next_answer()
                    waits.append(viewer.wait_seconds)
                assert waits[:5] == pytest.approx([2] * 5, abs=0.01)
                assert waits[6] > 20
                await viewer.sees(f"Run 214 was not found in project {server.project}.")
                await assert_recovers(viewer)

    async def test_later_keeps_the_data_and_retries_soon(self, clock: FakeClock) -> None:
        with serving(None, faults.not_found(), clock=clock) as server:
            async with watching_live(settings_for(server), clock=clock) as viewer:
                await assert_fails(viewer, NotFound, "Run 214 is no longer found (404). It may have been deleted.")
                assert 2 <= viewer.wait_seconds <= 5
                await viewer.next_answer()
                assert "stale" not in viewer.text


async def test_redirects_to_another_server_are_not_followed(clock: FakeClock) -> None:
    with serving(clock=clock) as elsewhere:
        location = f"{elsewhere.url}/api/v1/ops/projects/{elsewhere.project}/runs/214"
        with serving(None, faults.redirect(location), clock=clock) as server:
            async with watching_live(settings_for(server), clock=clock, size=(200, 36)) as viewer:
                await assert_fails(viewer, Redirected, f"{server.url} redirects to {elsewhere.url}: not followed")
                await assert_recovers(viewer)
        assert elsewhere.requests == []


async def test_redirects_within_the_server_are_followed(clock: FakeClock) -> None:
    with serving(clock=clock) as there:
        place = f"/api/v1/ops/projects/{there.project}/runs/214?again"
    with serving(None, faults.redirect(place), clock=clock) as server:
        async with watching_live(settings_for(server), clock=clock) as viewer:
            await assert_recovers(viewer)
        assert [request.is_authorized for request in server.requests] == [True, True, True]
