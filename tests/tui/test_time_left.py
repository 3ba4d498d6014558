"""The time left of a run whose past is known: on the run screen and on the board."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from tests.support.app import Viewer, pause, watching
from tests.support.builders import CREATED, a_case, a_run
from tests.support.clock import FakeClock
from tests.support.past import FakeMemory
from tvtui.testvibe.errors import Unreachable
from tvtui.testvibe.models import Run
from tvtui.watch.past import Past, PastRun

LOST = Unreachable("The server refused the connection.", "Check that it runs.")


def remembered(*seconds: float, queue_seconds: float = 20.0, gate: asyncio.Event | None = None) -> FakeMemory:
    """A memory of runs that took so long; `gate` delays it."""
    runs = (
        PastRun(213 - place, each, queue_seconds, 20, ends=tuple(each * (n + 1) / 20 for n in range(20)))
        for place, each in enumerate(seconds)
    )
    return FakeMemory(Past(tuple(runs), known_runs=len(seconds)), gate)


def running(ended: int) -> Run:
    tests = [a_case(f"test {number}") for number in range(ended)]
    return a_run(status="running", tests=tests, summary={"total": 20, "passed": ended, "failed": 0, "other": 0})


def second_line(viewer: Viewer) -> str:
    return viewer.text.splitlines()[1].strip()


def a_minute_later() -> FakeClock:
    """A clock that shows that the run has been running for a minute."""
    return FakeClock(CREATED + timedelta(seconds=68))


FIVE_RUNS = remembered(240, 240, 240, 240, 240)


@pytest.mark.parametrize(
    ("width", "times"),
    [
        (120, "running 1m 00s (queued 8 s) · 2 min – 4m 15s left"),
        (80, "running 1m 00s · 2 min – 4m 15s left"),
        (60, "running 1m 00s · 2 min – 4m 15s left"),
        (50, "running 1m 00s · 2–5m left"),
        (40, "running 1m 00s"),
    ],
)
async def test_the_time_left_is_beside_the_times_as_far_as_there_is_room(width: int, times: str) -> None:
    async with watching(running(5), size=(width, 24), clock=a_minute_later(), memory=FIVE_RUNS) as viewer:
        assert times in second_line(viewer)
        assert ("left" in second_line(viewer)) is ("left" in times)


async def test_a_queued_run_starts_soon() -> None:
    queued = a_run(status="running", started_utc=None)
    async with watching(queued, clock=FakeClock(CREATED + timedelta(seconds=4)), memory=FIVE_RUNS) as viewer:
        assert "queued 4 s · starts within " in second_line(viewer)


async def test_the_time_counts_down_and_then_the_run_takes_longer_than_usual() -> None:
    async with watching(running(5), clock=a_minute_later(), memory=FIVE_RUNS) as viewer:
        await viewer.wait(60)
        assert "running 2m 00s (queued 8 s) · 1 min – 3m 15s left" in second_line(viewer)
        await viewer.wait(250)
        assert "running 6m 10s (queued 8 s) · longer than usual (4 min)" in second_line(viewer)


async def test_a_past_that_comes_late_is_used_with_the_rows_already_shown() -> None:
    gate = asyncio.Event()
    memory = remembered(240, 240, 240, gate=gate)
    async with watching(running(5), clock=a_minute_later(), memory=memory) as viewer:
        assert "left" not in second_line(viewer)
        gate.set()
        await viewer.sees(" left")


async def test_a_run_that_is_not_confirmed_has_no_time_left() -> None:
    async with watching(running(5), LOST, clock=a_minute_later(), memory=FIVE_RUNS) as viewer:
        await viewer.wait(3)
        await viewer.sees("stale")
        assert "left" not in second_line(viewer)
    async with watching(running(5), clock=a_minute_later(), memory=FIVE_RUNS) as viewer:
        await pause(viewer)
        assert "left" not in second_line(viewer)


async def test_a_run_that_took_long_is_slower_than_usual() -> None:
    memory = remembered(9, 10, 11)
    for width, text in (
        (120, "ran 35 s (queued 8 s) · slower than usual (10 s)"),
        (80, "ran 35 s · slower than usual (10 s)"),
        (60, "ran 35 s · usually 10 s"),
    ):
        async with watching(a_run(), size=(width, 24), memory=memory) as viewer:
            assert text in second_line(viewer)
    async with watching(a_run(), memory=remembered(34, 35, 36)) as viewer:
        assert "ran 35 s (queued 8 s)  " in second_line(viewer)


async def test_the_board_shows_the_time_left_where_there_is_room() -> None:
    async with watching(running(5), size=(60, 12), clock=a_minute_later(), memory=FIVE_RUNS, board=True) as viewer:
        await viewer.sees("live · 2 min – 4m 15s left")
        await viewer.pilot.resize_terminal(24, 10)
        await viewer.sees("\n 2 min – 4m 15s left")
        await viewer.pilot.resize_terminal(20, 5)
        await viewer.sees("2 min – 4m 15s left")


async def test_a_run_is_polled_by_its_expected_end() -> None:
    async with watching(running(5), clock=a_minute_later(), memory=FIVE_RUNS) as viewer:
        waits = []
        for _ in range(3):
            assert viewer.snapshot.next_at is not None
            waits.append(viewer.snapshot.next_at - viewer.snapshot.seen)
            await viewer.wait(waits[-1])
            await viewer.pilot.pause()
    # the first answer comes before the past
    assert waits == [2.0, 2.5, 2.5]
