"""What ends a watch from outside: patience, signals, a reader that leaves."""

from __future__ import annotations

import asyncio
import io
import os
import signal
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.builders import a_run
from tests.support.clock import FakeClock
from tvtui.cli.process import reader_leaves, signals_leave, signals_raise
from tvtui.testvibe.errors import ClientError, NotFound, Refused, Unreachable
from tvtui.watch.deadline import FIRST_ANSWER_SECONDS, with_deadline
from tvtui.watch.events import Problem, Snapshot

RUNNING = a_run(status="running")


class Watch:
    """A watch as it was written down: each event so many seconds after the one before."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.told: list[Snapshot | Problem] = []
        self.is_closed = False
        self._steps: list[tuple[float, ClientError | None, float]] = []

    def answers(self, after: float = 2.0) -> Watch:
        self._steps.append((after, None, 0.0))
        return self

    def fails(self, error: ClientError, after: float = 2.0, wait: float = 2.0) -> Watch:
        self._steps.append((after, error, wait))
        return self

    async def _events(self) -> AsyncIterator[Snapshot | Problem]:
        since, failures = 0.0, 0
        try:
            for after, error, wait in self._steps:
                await self.clock.sleep(after)
                now = self.clock.now()
                if error is None:
                    failures = 0
                    yield Snapshot(RUNNING, now, datetime(2026, 6, 10, tzinfo=UTC), now + 2, is_final=False)
                    continue
                since, failures = (now if failures == 0 else since), failures + 1
                yield Problem(error, since, failures, now + wait)
            await self.clock.sleep(1e9)
        finally:
            self.is_closed = True

    async def _follow(self, first_answer: float | None) -> None:
        async for event in with_deadline(self._events(), self.clock, first_answer=first_answer):
            self.told.append(event)

    async def last(self, seconds: float, first_answer: float | None = FIRST_ANSWER_SECONDS) -> bool:
        """Whether the watch still goes on after so many seconds."""
        following = asyncio.ensure_future(self._follow(first_answer))
        for _ in range(20):
            await asyncio.sleep(0)
        await self.clock.advance(seconds)
        goes_on = not following.done()
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        for _ in range(20):
            await asyncio.sleep(0)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return goes_on

    @property
    def finals(self) -> list[bool]:
        return [isinstance(event, Problem) and event.is_final for event in self.told]


DOWN = Unreachable("Cannot reach the server.", "Check your network.")
REFUSED = Refused("The key was refused.")
UNKNOWN = NotFound("Run 214 was not found.")


class TestPatience:
    """Where nobody sits at a screen, some things are not worth waiting for."""

    async def test_a_refused_key_ends_it_at_once(self) -> None:
        watch = Watch().fails(REFUSED)
        assert not await watch.last(2)
        assert watch.finals == [True]

    async def test_a_run_that_stays_unknown_ends_it_after_ten_seconds(self) -> None:
        watch = Watch()
        for _ in range(9):
            watch.fails(UNKNOWN)
        assert not await watch.last(13)
        assert watch.finals == [False] * 4 + [True]
        assert isinstance(watch.told[-1], Problem)
        assert watch.told[-1].error is UNKNOWN

    async def test_however_rarely_the_watch_asks(self) -> None:
        watch = Watch().fails(UNKNOWN, wait=30).fails(UNKNOWN, after=30, wait=30)
        assert await watch.last(31)
        assert watch.finals == [False]
        watch = Watch().fails(UNKNOWN, wait=30).fails(UNKNOWN, after=30, wait=30)
        assert not await watch.last(32)
        assert watch.finals == [False, True]

    async def test_a_run_just_dispatched_may_appear(self) -> None:
        watch = Watch().fails(UNKNOWN).fails(UNKNOWN).answers()
        assert await watch.last(3600)
        assert watch.finals == [False, False, False]

    async def test_a_server_that_never_answers_well_ends_it_after_a_minute(self) -> None:
        watch = Watch().fails(DOWN).fails(DOWN, after=30, wait=30)
        assert await watch.last(59.9)
        assert watch.finals == [False, False]
        watch = Watch().fails(DOWN).fails(DOWN, after=30, wait=30)
        assert not await watch.last(60)
        assert watch.finals == [False, False, True]
        assert watch.is_closed

    async def test_so_does_one_that_never_answers_at_all(self) -> None:
        watch = Watch()
        assert not await watch.last(60)
        assert watch.finals == [True]
        assert isinstance(watch.told[0], Problem)
        assert isinstance(watch.told[0].error, Unreachable)
        assert watch.is_closed

    async def test_unless_another_limit_is_kept_elsewhere(self) -> None:
        assert await Watch().fails(DOWN).last(3600, first_answer=None)

    async def test_after_the_first_answer_it_goes_on_for_ever(self) -> None:
        watch = Watch().fails(DOWN).answers().fails(DOWN).fails(REFUSED).fails(UNKNOWN, wait=30)
        assert await watch.last(86_400)
        assert watch.finals == [False] * 5

    async def test_a_watch_that_ends_by_itself_is_not_prolonged(self) -> None:
        clock = FakeClock()

        async def gives_up() -> AsyncIterator[Snapshot | Problem]:
            yield Problem(DOWN, 0.0, 1, 2.0)
            yield Problem(DOWN, 0.0, 2, 2.0, is_final=True)

        told = [event async for event in with_deadline(gives_up(), clock, first_answer=None)]
        assert [isinstance(event, Problem) and event.is_final for event in told] == [False, True]


class TestReader:
    """`tvtui watch 214 | head -1`: who reads no more is noticed."""

    async def test_leaving_is_noticed_although_nothing_is_written(self) -> None:
        reader, writer = os.pipe()
        left = asyncio.Event()
        with os.fdopen(writer, "w") as out, reader_leaves(out, left.set):
            await asyncio.sleep(0.01)
            assert not left.is_set()
            os.close(reader)
            await left.wait()

    async def test_staying_is_not(self) -> None:
        reader, writer = os.pipe()
        left = asyncio.Event()
        with os.fdopen(writer, "w") as out, os.fdopen(reader), reader_leaves(out, left.set):
            out.write("16:02:11\n")
            out.flush()
            await asyncio.sleep(0.01)
        assert not left.is_set()

    async def test_files_and_other_streams_have_no_reader(self, tmp_path: Path) -> None:
        left = asyncio.Event()
        with (tmp_path / "out").open("w") as file, reader_leaves(file, left.set):
            await asyncio.sleep(0)
        with reader_leaves(io.StringIO(), left.set):
            await asyncio.sleep(0)
        assert not left.is_set()

    async def test_where_loops_cannot_look_at_pipes_nobody_does(self, monkeypatch: pytest.MonkeyPatch) -> None:
        reader, writer = os.pipe()
        left = asyncio.Event()
        monkeypatch.setattr("tvtui.cli.process.os.name", "nt")
        with os.fdopen(writer, "w") as out, reader_leaves(out, left.set):
            os.close(reader)
            await asyncio.sleep(0.01)
        assert not left.is_set()


@pytest.fixture
def hangups_ignored() -> Iterator[None]:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGHUP, before)


class TestSignals:
    """SIGTERM, SIGHUP and SIGINT end a watch in order."""

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
    async def test_reach_the_loop(self, number: signal.Signals) -> None:
        received: asyncio.Queue[int] = asyncio.Queue()
        with signals_leave(received.put_nowait):
            os.kill(os.getpid(), number)
            assert await received.get() == number
        assert signal.getsignal(number) in {signal.SIG_DFL, signal.default_int_handler}

    async def test_keep_their_ways_where_loops_know_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def unknown(*_: object) -> None:
            raise NotImplementedError

        before = signal.getsignal(signal.SIGTERM)
        monkeypatch.setattr(asyncio.get_running_loop(), "add_signal_handler", unknown)
        with signals_leave(print):
            assert signal.getsignal(signal.SIGTERM) is before

    @pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
    def test_leave_at_once_even_from_a_write_that_waits(self, number: signal.Signals, code: int) -> None:
        before = signal.getsignal(number)
        with pytest.raises(SystemExit) as ending, signals_raise():
            os.kill(os.getpid(), number)
        assert ending.value.code == code
        assert signal.getsignal(number) is before

    @pytest.mark.usefixtures("hangups_ignored")
    async def test_one_that_is_ignored_on_purpose_stays_ignored(self) -> None:
        left: list[int] = []
        with signals_leave(left.append), signals_raise():
            os.kill(os.getpid(), signal.SIGHUP)
            await asyncio.sleep(0)
        assert left == []
