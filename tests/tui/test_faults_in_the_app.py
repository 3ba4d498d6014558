"""Everything that can go wrong between the app and its server, on real sockets: said, survived, and gone again."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from functools import partial

import pytest

from tests.support import faults
from tests.support.app import LiveViewer, watching_live
from tests.support.builders import CREATED, a_case, digest_body
from tests.support.clock import FakeClock
from tests.support.http import CERTIFICATE, Connection, listening
from tests.support.server import serving, settings_for
from tvtui.demo.faults import Exchange, Fault
from tvtui.settings.api_key import ApiKey
from tvtui.settings.settings import Settings
from tvtui.testvibe.client import Client
from tvtui.testvibe.errors import Busy, ClientError, Faulty, NotFound, Redirected, Refused, Unreachable, Unreadable
from tvtui.testvibe.server import ServerConnection
from tvtui.watch.events import Snapshot

FIRST = "Valid user signs in"
"""A test of the default run that has ended at its 20th second."""

GOOD_ANSWER_SECONDS = 20.0
"""More than any good answer takes, however busy the machine is."""


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


async def fails(onlooker: LiveViewer, kind: type[ClientError], words: str) -> None:
    """The next request fails: that is said, and the data stay, dimmed and with their age."""
    before, style = onlooker.app.shown.snapshot, onlooker.first_name_style
    assert before is not None
    await onlooker.next_answer()

    problem = onlooker.problem
    assert type(problem.error) is kind
    # a hair of time passes between the failure and now, which can be the hair that completes a second
    ages = {int(moment - before.seen) for moment in (problem.since, onlooker.clock.now())}
    await onlooker.until(lambda: any(f"stale · data {age} s old · next try in " in onlooker.text for age in ages))
    assert words in " ".join(onlooker.text.split()), onlooker.text
    assert onlooker.app.shown.snapshot is before
    assert FIRST in onlooker.text
    assert onlooker.first_name_style != style, "old data must not look new"


async def recovers(onlooker: LiveViewer) -> None:
    """The next request is answered: every sign of the failure goes at once, and the data are new."""
    assert isinstance(await onlooker.next_answer(), Snapshot)
    await onlooker.sees("live · updated 0 s ago")
    assert "⚠" not in onlooker.text
    assert "stale" not in onlooker.text
    assert not onlooker.screen.has_class("-stale")
    assert FIRST in onlooker.text


SURVIVED = [
    (faults.reset(), Unreachable, "⚠ The connection was reset by 127.0.0.1:"),
    (faults.reset_midway(), Unreachable, "in the middle of its answer"),
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
    (faults.another_run(), Unreadable, "answered with run 215 instead of run 214"),
    (faults.oversized(), Unreadable, "more than 16.0 MiB"),
    (faults.gzip_bomb(), Unreadable, "more than 16.0 MiB"),
]


async def test_every_fault_is_said_and_survived(clock: FakeClock) -> None:
    # a right answer after each of them
    plan = [step for fault, _, _ in SURVIVED for step in (fault, None)]
    with serving(None, *plan, clock=clock) as server:
        async with watching_live(settings_for(server), clock=clock) as onlooker:
            for _, kind, words in SURVIVED:
                await fails(onlooker, kind, words)
                assert 1.6 <= onlooker.wait_seconds <= 2.4, words
                await recovers(onlooker)
                assert "Another run" not in onlooker.text
        assert [request.fault for request in server.requests[1::2]] == [fault.what for fault, _, _ in SURVIVED]


@asynccontextmanager
async def watching_with(client: Client, settings: Settings, clock: FakeClock) -> AsyncIterator[LiveViewer]:
    """The app with this client, whose time limit a test can change between requests."""
    async with client, watching_live(settings, clock=clock, ask=partial(client.get_run, 214)) as onlooker:
        yield onlooker


@pytest.mark.parametrize(
    ("fault", "words", "limit"),
    [
        (faults.hang(), "did not answer within", 0.1),
        # long enough for the head of the answer on a busy machine
        (faults.trickle(0.01), "did not finish its answer within", 2.0),
    ],
)
async def test_no_request_takes_longer_than_its_limit(fault: Fault, words: str, limit: float, clock: FakeClock) -> None:
    with serving(None, fault, clock=clock) as server:
        client = Client(settings_for(server), limit=GOOD_ANSWER_SECONDS)
        async with watching_with(client, settings_for(server), clock) as onlooker:
            client.limit = limit
            await fails(onlooker, Unreachable, words)
            client.limit = GOOD_ANSWER_SECONDS
            await recovers(onlooker)


async def test_meanwhile_a_try_is_called_one_and_nothing_goes_on_that_nobody_sees(clock: FakeClock) -> None:
    with serving(None, faults.html(503), faults.hang(), clock=clock) as server:
        async with watching_live(settings_for(server), clock=clock, limit=30) as onlooker:
            await onlooker.next_answer()
            await onlooker.sees("running 19 s (queued 3 s)")
            await onlooker.clock.advance(onlooker.wait_seconds + 1)
            await onlooker.until(lambda: len(server.requests) == 3)
            await onlooker.sees("old · retrying now")
            await onlooker.wait(2)
            assert "retrying now" in onlooker.text
            assert "running 19 s (queued 3 s)" in onlooker.text, "the run may be over by now"


async def test_an_answer_that_comes_too_late_is_not_shown(clock: FakeClock) -> None:
    is_given_up, is_answered = threading.Event(), threading.Event()

    def late(exchange: Exchange) -> None:
        is_given_up.wait(20)
        try:
            faults.edited("late", lambda digest: {**digest, "featureName": "LATE"}).play(exchange)
        finally:
            is_answered.set()

    with serving(None, Fault("late", late), clock=clock) as server:
        client = Client(settings_for(server), limit=GOOD_ANSWER_SECONDS)
        async with watching_with(client, settings_for(server), clock) as onlooker:
            client.limit = 0.1
            await fails(onlooker, Unreachable, "did not answer within")
            client.limit = GOOD_ANSWER_SECONDS
            is_given_up.set()
            await onlooker.until(is_answered.is_set)
            await recovers(onlooker)
            await recovers(onlooker)
            assert "LATE" not in onlooker.text


async def test_a_server_that_is_restarted_refuses_connections_meanwhile(clock: FakeClock) -> None:
    with serving(clock=clock) as server:
        async with watching_live(settings_for(server), clock=clock) as onlooker:
            with server.down():
                await fails(onlooker, Unreachable, "The connection was refused by 127.0.0.1:")
            await recovers(onlooker)


async def test_a_name_that_is_not_found_for_a_while(clock: FakeClock, environ: pytest.MonkeyPatch) -> None:
    is_known = True

    async def look_up(*_args: object, **_kwargs: object) -> list[tuple[object, ...]]:
        if not is_known:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    with serving(clock=clock) as server:
        port = int(server.url.rpartition(":")[2])
        environ.setattr(asyncio.BaseEventLoop, "getaddrinfo", look_up)
        # idle for so long that it takes a new connection, and so a name, for each request
        environ.setattr("tvtui.testvibe.connection._IDLE_SECONDS", -1.0)
        settings = replace(settings_for(server), server=f"http://testvibe.acme.example:{port}")
        async with watching_live(settings, clock=clock) as onlooker:
            is_known = False
            await fails(onlooker, Unreachable, f"Cannot find the host testvibe.acme.example:{port}")
            is_known = True
            await recovers(onlooker)


async def test_tls_that_fails_for_a_while(clock: FakeClock, environ: pytest.MonkeyPatch) -> None:
    async def answer_and_close(connection: Connection) -> None:
        await connection.answer(digest_body(status="running", tests=[a_case(FIRST)]), connection="close")
        raise ConnectionError

    environ.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    async with (
        listening(answer_and_close, tls=(True, False)) as server,
        watching_live(server.secure_settings, clock=clock) as onlooker,
    ):
        await fails(onlooker, Unreachable, "No secure connection (TLS) to 127.0.0.1:")
        await recovers(onlooker)
        assert server.connections == 3


async def test_a_certificate_that_nobody_knows_is_no_crash(clock: FakeClock) -> None:
    async with (
        listening(Connection.answer, tls=True) as server,
        watching_live(server.secure_settings, clock=clock) as onlooker,
    ):
        assert isinstance(onlooker.problem.error, Unreachable)
        await onlooker.sees("no data yet · next try in ")
        assert "is not trusted (TLS): self" in onlooker.text
        assert "SSL_CERT_FILE" in onlooker.text
        assert server.requests == [], "nothing was sent, least of all the key"


async def test_minutes_of_failures_are_survived(clock: FakeClock) -> None:
    with serving(None, *[faults.html(503)] * 12, clock=clock, scenario="queued") as server:
        async with watching_live(settings_for(server), clock=clock) as onlooker:
            waits = []
            for _ in range(12):
                await onlooker.next_answer()
                waits.append(onlooker.wait_seconds)
            assert all(24 <= wait <= 36 for wait in waits[4:])
            await onlooker.sees("stale · data ")
            assert 180 < onlooker.clock.now() - onlooker.problem.since < 360
            assert "Queued for 22 s" in onlooker.text, "it may have begun by now"
            await onlooker.next_answer()
            assert isinstance(onlooker.event, Snapshot)
            await onlooker.sees("live · updated 0 s ago")


class TestBusy:
    """429, and 503 with Retry-After."""

    @pytest.mark.parametrize(
        ("told", "status", "seconds", "said"),
        [
            (7, 429, 7, "(429, retry after 7 s)"),
            (40, 503, 40, "is unavailable (503, retry after 40 s)"),
            (86_400, 429, 300, "(429, retry after 1d 00h)"),
            ("date", 503, 90, "(503, retry after 1m 30s)"),
        ],
    )
    async def test_is_left_alone_as_long_as_it_asks(
        self, told: int | str, status: int, seconds: float, said: str, clock: FakeClock
    ) -> None:
        # the run is 20 s old, and the fault comes with the answer 2 s later
        date = format_datetime(CREATED + timedelta(seconds=22 + 90), usegmt=True)
        fault = faults.busy(date if told == "date" else told, status=status)
        with serving(None, fault, clock=clock) as server:
            async with watching_live(settings_for(server), clock=clock) as onlooker:
                await fails(onlooker, Busy, said)
                assert onlooker.wait_seconds == pytest.approx(seconds, abs=1)
                await onlooker.wait(seconds - 2)
                assert onlooker.server.asked == 2
                await onlooker.next_answer()
                assert "stale" not in onlooker.text


class TestRefused:
    """401 and 403."""

    async def test_at_the_start_is_told_with_the_way_to_set_the_key(self, clock: FakeClock) -> None:
        with serving(clock=clock) as server:
            wrong = replace(settings_for(server), api_key=ApiKey("tvb_" + "Wr0ngKey" + "z" * 35))
            async with watching_live(wrong, clock=clock) as onlooker:
                assert type(onlooker.problem.error) is Refused
                await onlooker.sees("refused the key tvb_Wr0ngKey… (401)")
                assert "TESTVIBE_API_KEY" in onlooker.text
                assert 24 <= onlooker.wait_seconds <= 36

    @pytest.mark.parametrize("fault", [faults.unauthorized(), faults.html(403)])
    async def test_in_mid_watch_keeps_the_data_and_tries_on_slowly(self, fault: Fault, clock: FakeClock) -> None:
        with serving(None, fault, clock=clock) as server:
            async with watching_live(settings_for(server), clock=clock) as onlooker:
                await fails(onlooker, Refused, "refused the key tvb_")
                assert 24 <= onlooker.wait_seconds <= 36
                await onlooker.next_answer()
                assert "stale" not in onlooker.text

    async def test_a_key_that_is_renewed_meanwhile_is_used(self, clock: FakeClock) -> None:
        with serving(clock=clock) as server:
            settings = settings_for(server)
            found = [settings]
            source = ServerConnection(settings, renew=lambda: found[-1], prefetch=214)
            async with (
                aclosing(source),
                watching_live(settings, clock=clock, ask=source.fetcher(214)) as onlooker,
            ):
                server.api_key = "tvb_" + "Renewed1" + "y" * 35
                await fails(onlooker, Refused, "refused the key tvb_")
                found.append(replace(settings, api_key=ApiKey(server.api_key)))
                await recovers(onlooker)
        assert [request.is_authorized for request in server.requests] == [True, False, False, True]


class TestNotFound:
    """404."""

    async def test_at_the_start_is_tried_often_for_ten_seconds_and_then_slowly(self, clock: FakeClock) -> None:
        with serving(*[faults.not_found()] * 7, clock=clock) as server:
            async with watching_live(settings_for(server), clock=clock) as onlooker:
                waits = [onlooker.wait_seconds]
                await onlooker.sees(f"There is no run 214 in project {server.project}.")
                for _ in range(6):
                    await onlooker.next_answer()
                    waits.append(onlooker.wait_seconds)
                assert waits[:5] == pytest.approx([2] * 5, abs=0.01)
                assert waits[6] > 20
                await recovers(onlooker)

    async def test_in_mid_watch_keeps_the_data_and_tries_on_slowly(self, clock: FakeClock) -> None:
        with serving(None, faults.not_found(), clock=clock) as server:
            async with watching_live(settings_for(server), clock=clock) as onlooker:
                await fails(onlooker, NotFound, "There is no run 214 in project")
                assert 24 <= onlooker.wait_seconds <= 36
                await onlooker.next_answer()
                assert "stale" not in onlooker.text


async def test_redirects_leave_the_server_never_and_the_key_stays(clock: FakeClock) -> None:
    with serving(clock=clock) as elsewhere:
        location = f"{elsewhere.url}/api/v1/ops/projects/{elsewhere.project}/runs/214"
        with serving(None, faults.redirect(location), clock=clock) as server:
            async with watching_live(settings_for(server), clock=clock, size=(200, 36)) as onlooker:
                await fails(onlooker, Redirected, f"{server.url} redirects to {elsewhere.url}: not followed")
                await recovers(onlooker)
        assert elsewhere.requests == []


async def test_redirects_on_the_server_are_followed(clock: FakeClock) -> None:
    with serving(clock=clock) as there:
        place = f"/api/v1/ops/projects/{there.project}/runs/214?again"
    with serving(None, faults.redirect(place), clock=clock) as server:
        async with watching_live(settings_for(server), clock=clock) as onlooker:
            await recovers(onlooker)
        assert [request.is_authorized for request in server.requests] == [True, True, True]
