"""Odd answers in the app: old, contradictory, hostile, huge, at odd times, through proxies; on real sockets."""

from __future__ import annotations

import asyncio
import gzip
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support import faults
from tests.support.app import watching_live
from tests.support.builders import NOT_SHOWN, odd_digest
from tests.support.clock import FakeClock
from tests.support.http import CERTIFICATE, CERTIFIED, KEY, SETTINGS, Connection, closed_port, listening, tunnelling
from tests.support.server import serving, settings_for
from tvtui.demo.scenarios import Scenario
from tvtui.demo.timeline import Json
from tvtui.testvibe.errors import Unreadable
from tvtui.watch.events import Snapshot


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


class TestContradictions:
    """Servers and caches that change their minds."""

    async def test_a_cache_that_alternates_old_and_new_answers_makes_nothing_jump(self, clock: FakeClock) -> None:
        older = faults.older(12)
        with serving(None, older, None, older, None, older, clock=clock, scenario="default") as server:
            async with watching_live(settings_for(server), clock=clock) as viewer:
                counts = [viewer.snapshot.run.counts.total]
                for _ in range(5):
                    await viewer.next_answer()
                    counts.append(viewer.snapshot.run.counts.total)
                    assert f"{counts[-1]} so far" in viewer.text
                assert counts == sorted(counts)
                assert counts[0] > 3

    async def test_an_older_state_that_the_server_repeats_is_shown(self, clock: FakeClock) -> None:
        fewer = faults.edited(
            "fewer tests", lambda digest: {**digest, "tests": _tests(digest)[:3], "summary": None, "status": "running"}
        )
        with serving(None, fewer, fewer, clock=clock, age=40, scenario="default") as server:
            async with watching_live(settings_for(server), clock=clock) as viewer:
                await viewer.press("n", "n")
                selected = viewer.screen.selected
                await viewer.next_answer()
                assert "✗ FAILED" in viewer.text
                await viewer.next_answer()
                await viewer.sees("● RUNNING")
                assert "3 so far" in viewer.text
                assert viewer.screen.selected == selected
                await viewer.next_answer()
                await viewer.sees("✗ FAILED")
                assert viewer.screen.row is not None
                assert viewer.screen.row.id == selected

    async def test_a_summary_that_disagrees_is_marked(self, clock: FakeClock) -> None:
        summary = {"total": 2, "passed": 2, "failed": 0, "other": 0}
        fault = faults.edited("another summary", lambda digest: {**digest, "summary": summary})
        with serving(None, fault, clock=clock) as server:
            async with watching_live(settings_for(server), clock=clock) as viewer:
                await viewer.next_answer()
                await viewer.sees("12 so far")
                assert f"⚠ {len(viewer.snapshot.run.tests)} listed" in viewer.text
                await viewer.next_answer()
                await viewer.until(lambda: "⚠" not in viewer.text)

    @pytest.mark.parametrize("size", [(20, 5), (40, 12), (80, 24), (160, 30)])
    async def test_a_verdict_that_contradicts_the_tests_is_marked_and_moves_nothing(
        self, size: tuple[int, int], clock: FakeClock
    ) -> None:
        passed = faults.edited("passed", _all_passed)
        lies = faults.edited("passed all the same", lambda digest: {**digest, "status": "passed", "summary": None})
        with serving(passed, clock=clock, age=40, scenario="default", always=lies) as server:
            async with watching_live(settings_for(server), clock=clock, size=size) as viewer:
                assert "⚠" not in viewer.text
                regions = [widget.region for widget in viewer.screen.query("SummaryBar, CaseTable, DetailPane, KeyBar")]
                await viewer.next_answer()
                await viewer.sees("✓ PASSED ⚠" if size[0] > 20 else "⚠")
                if size[0] >= 80:
                    await viewer.sees("⚠ passed, but 7 tests failed")
                assert regions == [
                    widget.region for widget in viewer.screen.query("SummaryBar, CaseTable, DetailPane, KeyBar")
                ]

    async def test_tests_that_vanish_are_marked(self, clock: FakeClock) -> None:
        gone = faults.edited("no tests", lambda digest: {**digest, "tests": None, "summary": None})
        with serving(None, clock=clock, age=20, scenario="default", always=gone) as server:
            async with watching_live(settings_for(server), clock=clock, size=(140, 30)) as viewer:
                listed = len(viewer.snapshot.run.tests)
                # one such answer alone may come from a cache
                await viewer.next_answer()
                await viewer.next_answer()
                await viewer.sees(f"⚠ the server no longer lists its tests ({listed} before)")
                await viewer.sees("No tests listed any more")
                assert not any(words in viewer.text for words in ("waiting for the first results", "no results yet"))

    async def test_a_failed_run_without_a_failed_test_is_marked(self, clock: FakeClock) -> None:
        with serving(clock=clock, age=500, scenario="notests") as server:
            async with watching_live(settings_for(server), clock=clock) as viewer:
                await viewer.sees("✗ FAILED ⚠")
                assert "⚠ failed, but no failed test was reported" in viewer.text
                await viewer.press("B")
                await viewer.sees("⚠ failed, but no failed test was reported · ended")


def _all_passed(digest: Json) -> Json:
    tests = [{**test, "status": "passed"} for test in _tests(digest) if isinstance(test, dict)]
    return {**digest, "status": "passed", "summary": None, "tests": tests}


def _tests(digest: Json) -> list[object]:
    tests = digest["tests"]
    assert isinstance(tests, list)
    return tests


async def test_odd_digests_are_shown_sensibly(clock: FakeClock) -> None:
    with serving(clock=clock, always=faults.edited("odd", odd_digest)) as server:
        async with watching_live(settings_for(server), clock=clock, size=(140, 30)) as viewer:
            await viewer.sees("? QUARANTINED")
            assert "? 5 other  5 tests" in viewer.text
            assert viewer.text.count("(unnamed)") >= 2
            assert "exploded" in viewer.text
            assert "ran 11 s" in viewer.text
            await viewer.press("l")
            await viewer.sees("two")


async def test_one_odd_row_does_not_hide_the_run(clock: FakeClock) -> None:
    odd = {"tests": [5, {"name": "the only one", "status": "failed"}], "artifacts": [7], "summary": None}
    with serving(clock=clock, always=faults.edited("odd rows", lambda digest: {**digest, **odd})) as server:
        async with watching_live(settings_for(server), clock=clock) as viewer:
            await viewer.sees("2 so far")
            assert "⚠ 2 rows could not be read" in viewer.text
            assert "✗ the only one" in viewer.text
            assert "? (unreadable row 1)" in viewer.text


async def test_what_only_looks_like_a_pass_is_not_shown_as_one(clock: FakeClock) -> None:
    odd = {"status": "paßed", "tests": [{"name": "one", "status": "pas\u202esed"}], "summary": None, "finishedUtc": 0}
    with serving(clock=clock, always=faults.edited("not passed", lambda digest: {**digest, **odd})) as server:
        async with watching_live(settings_for(server), clock=clock, size=(140, 30)) as viewer:
            await viewer.sees("? paßed")
            assert "✓ 0 passed  ✗ 0 failed  ? 1 other" in viewer.text
            assert "passed\ufffd" in viewer.text
            assert "PASSED" not in viewer.text


async def test_a_hostile_server_is_shown_and_does_nothing(clock: FakeClock) -> None:
    with serving(clock=clock, age=60, scenario="hostile") as server:
        async with watching_live(settings_for(server), clock=clock, size=(120, 40)) as viewer:
            for key in ("n", "n", "n", "l", "end", "tab", "down", "down", "z", "z"):
                await viewer.press(key)
                assert not NOT_SHOWN & set(viewer.text.replace("\n", ""))
                assert "OWNED title" not in viewer.text
            assert viewer.app.is_running


@asynccontextmanager
async def heartbeat() -> AsyncIterator[list[float]]:
    """How long the event loop was busy with one thing, in seconds of its thread's CPU time, for each turn."""
    busy = [0.0]

    async def beat() -> None:
        while True:
            # CPU time, because other work on the machine must not count
            before = time.thread_time()
            await asyncio.sleep(0.001)
            busy.append(time.thread_time() - before)

    beating = asyncio.ensure_future(beat())
    try:
        yield busy
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)


class TestSize:
    """Huge answers, and endless ones."""

    async def test_fifty_thousand_tests_leave_the_app_responsive(self, clock: FakeClock) -> None:
        tests: list[Json] = [
            {"name": f"price of SKU-{number:05} in EUR", "status": "passed", "durationMs": 20, "error": None}
            for number in range(50_000)
        ]
        digest: Json = {"runId": 214, "status": "running", "startedUtc": 0, "createdUtc": 0, "tests": tests}
        many = Scenario("many", "", lambda _seconds: digest)
        with serving(clock=clock, scenario=many) as server:
            async with heartbeat() as busy, watching_live(settings_for(server), clock=clock) as viewer:
                await viewer.sees("50,000 so far")
                first, busy[:] = max(busy), [0.0]
                tests[41_000] |= {"name": "the one that fails", "status": "failed", "error": "no"}
                tests.append({"name": "one more", "status": "passed"})
                await viewer.next_answer()
                await viewer.sees("the one that fails")
                later = max(busy)
                await viewer.press("end", "home", "n")
        # measured: 0.26 s and 0.2 s on an idle machine
        assert first < 4
        assert later < 2

    @pytest.mark.parametrize("is_packed", [False, True])
    async def test_an_endless_answer_is_refused_and_the_app_stays_responsive(
        self, is_packed: bool, clock: FakeClock
    ) -> None:
        block = gzip.compress(b" " * (8 << 20)) if is_packed else b" " * (1 << 16)

        async def pour(connection: Connection) -> None:
            packing = b"Content-Encoding: gzip\r\n" if is_packed else b""
            await connection.send(b"HTTP/1.1 200 OK\r\n" + packing + b"\r\n")
            while True:
                await connection.send(block)

        async with (
            listening(pour) as server,
            heartbeat() as busy,
            watching_live(server.settings, clock=clock) as viewer,
        ):
            assert type(viewer.problem.error) is Unreadable
            await viewer.sees("returned more than 16.0 MiB, which is too large for a run")
        assert max(busy) < 2


class TestTime:
    """Wrong clocks and sleeping machines."""

    @pytest.mark.parametrize("hours", [-30, 7])
    async def test_ages_do_not_follow_the_local_clock(self, hours: int, clock: FakeClock) -> None:
        clock.set_wall_clock(timedelta(hours=hours))
        with serving(clock=clock) as server:
            async with watching_live(settings_for(server), clock=clock) as viewer:
                await viewer.sees("running 17 s (queued 3 s)")
                assert "updated 0 s ago · next in 2 s" in viewer.text
                clock.set_wall_clock(timedelta(hours=-2 * hours))
                await viewer.wait(1)
                await viewer.sees("running 18 s (queued 3 s)")
                assert "updated 1 s ago · next in 1 s" in viewer.text
                await viewer.next_answer()
                await viewer.sees("running 19 s (queued 3 s)")

    async def test_after_the_machine_slept_the_age_is_shown_and_the_server_asked_at_once(
        self, clock: FakeClock
    ) -> None:
        with serving(clock=clock) as server:
            async with watching_live(settings_for(server), clock=clock) as viewer:
                clock.machine_sleeps(3600)
                with server.down():
                    pass  # the connection did not survive the sleep
                await viewer.wait(1)
                await viewer.sees("updated 1h 00m ago")
                assert viewer.server.asked == 1
                before = viewer.event
                await viewer.wait(1)
                assert isinstance(await viewer.another_than(before), Snapshot)
                await viewer.sees("live · updated 0 s ago")

    async def test_a_request_that_slept_with_the_machine_is_repeated(self, clock: FakeClock) -> None:
        with serving(None, faults.hang(), clock=clock) as server:
            async with watching_live(settings_for(server), clock=clock) as viewer:
                before = viewer.event
                await viewer.clock.advance(viewer.wait_seconds + 1e-6)
                await viewer.until(lambda: len(server.requests) == 2)
                clock.machine_sleeps(3600)
                await viewer.wait(5)
                # that the answer is late can be said before the request is repeated
                await viewer.until(lambda: len(server.requests) == 3)
                await viewer.until(lambda: viewer.event is not before and isinstance(viewer.event, Snapshot))


class TestProxies:
    """Proxies named by the environment; for certificates see the faults."""

    async def test_a_proxy_is_used(self, clock: FakeClock, environ: pytest.MonkeyPatch) -> None:
        whole = faults.edited("as a proxy", lambda digest: digest)
        with serving(clock=clock, always=whole) as proxy:
            environ.setenv("HTTP_PROXY", proxy.url)
            environ.setenv("NO_PROXY", "other.example")
            settings = replace(settings_for(proxy), server="http://testvibe.acme.example")
            async with watching_live(settings, clock=clock) as viewer:
                await viewer.sees("● RUNNING")
            assert proxy.requests[0].path.startswith("http://testvibe.acme.example/api/v1/ops/projects/")

    async def test_a_proxy_cannot_read_its_tunnel(self, clock: FakeClock, environ: pytest.MonkeyPatch) -> None:
        environ.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        async with listening(Connection.answer, tls=True) as server, tunnelling() as proxy:
            environ.setenv("HTTPS_PROXY", proxy.url)
            settings = replace(SETTINGS, server=f"https://{CERTIFIED}:{server.port}")
            async with watching_live(settings, clock=clock) as viewer:
                await viewer.sees("✗ FAILED")
                await viewer.next_answer()
                assert "⚠" not in viewer.text
            assert len(proxy.asked) == 1
            assert all(KEY.encode() in request for request in server.requests)
            assert KEY[4:].encode() not in proxy.asked[0] + proxy.seen

    async def test_a_proxy_that_refuses_is_named(self, clock: FakeClock, environ: pytest.MonkeyPatch) -> None:
        port = closed_port()
        environ.setenv("HTTPS_PROXY", f"http://user:hunter2@127.0.0.1:{port}")
        with serving(clock=clock) as server:
            settings = replace(settings_for(server), server="https://testvibe.acme.example")
            async with watching_live(settings, clock=clock) as viewer:
                await viewer.sees(f"The connection was refused by the proxy 127.0.0.1:{port}.")
                assert "hunter2" not in viewer.text
            assert server.requests == []

    async def test_hosts_in_no_proxy_are_reached_directly(self, clock: FakeClock, environ: pytest.MonkeyPatch) -> None:
        async def look_up(*_args: object, **_kwargs: object) -> list[tuple[object, ...]]:
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

        environ.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
        environ.setenv("NO_PROXY", ".acme.example")
        environ.setattr(asyncio.BaseEventLoop, "getaddrinfo", look_up)
        with serving(clock=clock) as server:
            port = int(server.url.rpartition(":")[2])
            settings = replace(settings_for(server), server=f"http://testvibe.acme.example:{port}")
            async with watching_live(settings, clock=clock) as viewer:
                await viewer.sees("● RUNNING")
