"""Recordings as watches: their end, and what a player yields at which moment."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.builders import CREATED, a_case
from tests.support.clock import NOW, FakeClock, settle
from tests.support.recordings import DOWN, a_recording, demo_recording, steps_of
from tvtui.journal.recording import Recording
from tvtui.journal.replay import FastClock, InstantClock, RecordedRuns, RecordingPlayer
from tvtui.testvibe.errors import ClientError, NotFound
from tvtui.watch.controls import Controls
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.playback import Playback

TESTS = [a_case(name, status=word) for name, word in (("one", "passed"), ("two", "failed"), ("three", "failed"))]
STEPS = steps_of(TESTS)
RECORDING = a_recording(*STEPS)


def watch_command(run_id: int) -> str:
    return f"tvtui watch {run_id}"


class Show:
    """A player under way, and what it has yielded."""

    def __init__(self, recording: Recording, speed: float) -> None:
        self.clock = FakeClock()
        self.controls = Controls()
        self.player = RecordingPlayer(recording, self.clock, speed=speed, watch_command="tvtui watch 214")
        self.events: list[tuple[float, Snapshot | Problem]] = []
        self.following = asyncio.ensure_future(self._follow())

    async def _follow(self) -> None:
        async for event in self.player.play(self.controls, stays_open=True):
            self.events.append((self.clock.passed, event))

    @property
    def snapshot(self) -> Snapshot:
        return next(event for _, event in reversed(self.events) if isinstance(event, Snapshot))

    @property
    def is_failing(self) -> bool:
        return isinstance(self.events[-1][1], Problem)

    @property
    def playback(self) -> Playback:
        assert self.snapshot.playback is not None
        return self.snapshot.playback

    @property
    def seconds(self) -> float:
        """The moment that is shown now."""
        return self.playback.seconds(self.clock.now() - self.snapshot.seen)

    async def after(self, seconds: float) -> float:
        """Let time pass; the moment that is shown then."""
        await self.clock.advance(seconds)
        await settle()
        return round(self.seconds, 6)


@asynccontextmanager
async def playing(recording: Recording = RECORDING, speed: float = 1.0) -> AsyncIterator[Show]:
    show = Show(recording, speed)
    await settle()
    try:
        yield show
    finally:
        show.following.cancel()
        await asyncio.gather(show.following, return_exceptions=True)


async def test_what_was_seen_comes_when_it_was_seen() -> None:
    async with playing() as show:
        assert show.seconds == 2.0
        await show.after(97.0)
        assert show.snapshot.run.tests == tuple(TESTS[:2])
        await show.after(1.0)

        assert show.snapshot.run is RECORDING.run
        assert show.snapshot.is_final
        runs = {id(event.run): at for at, event in reversed(show.events) if isinstance(event, Snapshot)}
        assert sorted(runs.values()) == [0.0, 8.0, 28.0, 98.0]
        assert [at for at, event in show.events if isinstance(event, Problem)] == [18.0]


async def test_ten_times_as_fast_takes_a_tenth_of_the_time() -> None:
    async with playing(speed=10.0) as show:
        assert await show.after(1.0) == 12.0
        assert show.playback.pace == 10.0
        assert await show.after(8.8) == 100.0
        assert show.playback.pace == 0.0
        assert await show.after(100.0) == 100.0


async def test_the_times_are_those_of_the_recording() -> None:
    async with playing(speed=10.0) as show:
        await show.after(2.0)

        assert show.snapshot.server_now(show.clock.now()) == pytest.approx(
            CREATED + timedelta(seconds=22), abs=timedelta(milliseconds=1)
        )
        show.player.toggle()
        await settle()
        now = show.snapshot.server_now(show.clock.now())
        await show.after(500.0)
        assert show.snapshot.server_now(show.clock.now()) == now


async def test_a_pause_stops_the_time_and_everything_else() -> None:
    async with playing() as show:
        await show.after(3.0)
        show.player.toggle()
        assert await show.after(60.0) == 5.0
        assert show.controls.paused
        shown = len(show.events)
        await show.after(60.0)
        assert len(show.events) == shown

        show.controls.resume()
        assert await show.after(2.0) == 7.0


async def test_steps_by_change_pause_at_each_of_them() -> None:
    async with playing() as show:
        moments = []
        for step in (1, 1, 1, 1, 1, -1, -1, -1, -1, -1):
            show.player.step_change(step)
            moments.append(await show.after(5.0))

        assert moments == [10.0, 20.0, 30.0, 100.0, 100.0, 30.0, 20.0, 10.0, 2.0, 2.0]
        assert show.snapshot.run.started_utc is None


async def test_a_skip_goes_on_playing_and_stays_within_the_recording() -> None:
    async with playing() as show:
        show.player.skip(60.0)
        assert await show.after(1.0) == 63.0
        show.player.skip(-60.0)
        assert await show.after(0.5) == 3.5
        show.player.skip(-60.0)
        assert await show.after(0.5) == 2.5
        show.player.skip(600.0)
        assert await show.after(1.0) == 100.0
        show.player.skip(-60.0)
        assert await show.after(1.0) == 41.0


async def test_steps_to_failures_name_the_test() -> None:
    async with playing() as show:
        assert show.player.step_failure(-1) is None
        assert show.player.step_failure(1) == ("two", 0)
        assert await show.after(1.0) == 30.0
        assert show.player.step_failure(1) == ("three", 0)
        assert await show.after(1.0) == 100.0
        assert show.player.step_failure(1) is None
        assert show.player.step_failure(-1) == ("two", 0)


async def test_where_there_is_something_to_step_to_is_known() -> None:
    async with playing() as show:
        found = []
        for _ in range(5):
            position = show.playback.position
            assert position is not None
            found.append((position.seconds, position.is_after_failure, position.is_before_failure))
            show.player.step_change(1)
            await settle()

        assert found == [
            (2.0, False, True),
            (10.0, False, True),
            (20.0, False, True),
            (30.0, False, True),
            (100.0, True, False),
        ]


async def test_at_the_end_it_can_be_played_again() -> None:
    async with playing() as show:
        await show.after(500.0)
        show.player.toggle()
        assert await show.after(1.0) == 3.0
        assert not show.snapshot.run.has_ended

        show.player.step_change(1)
        show.player.skip(1e9)
        await settle()
        assert show.controls.paused
        show.player.toggle()
        assert await show.after(1.0) == 3.0


async def test_an_outage_is_shown_wherever_one_comes_from() -> None:
    async with playing() as show:
        show.player.skip(23.0)
        await settle()
        assert show.is_failing
        assert show.snapshot.run.tests == tuple(TESTS[:1])
        problem = show.events[-1][1]
        assert isinstance(problem, Problem)
        assert (problem.error.what, problem.advice) == DOWN
        # the times stand still at the moment at which the requests began to fail
        assert show.snapshot.server_now(problem.since) == CREATED + timedelta(seconds=20)

        show.player.toggle()
        await settle()
        assert show.is_failing
        show.player.step_change(1)
        await settle()
        assert not show.is_failing


async def test_many_events_do_not_come_faster_than_they_can_be_seen() -> None:
    async with playing(demo_recording(), speed=1000.0) as show:
        await show.after(0.25)
        assert show.snapshot.is_final
        assert len(show.events) < 30


async def unattended(recording: Recording, speed: float | None = None) -> tuple[list[Snapshot | Problem], float]:
    """All events of a replay as lines, and how long it has taken by its clock."""
    recorded = RecordedRuns([recording], watch_command=watch_command, find=not_found, is_replay=True, speed=speed)
    clock = recorded.clock_of_lines(FakeClock(leaps=True))
    begun = clock.now()
    start = recorded.prepare(214, clock, is_unattended=True, stays_open=False)
    return [event async for event in start(Controls())], clock.now() - begun


def not_found(run_id: int) -> Recording:
    raise NotFound(f"No recording of run {run_id}.")


@pytest.mark.parametrize("speed", [None, 1.0, 50.0])
async def test_lines_get_every_change_once_at_any_speed(speed: float | None) -> None:
    events, seconds = await unattended(RECORDING, speed)

    assert [type(event) for event in events] == [Snapshot, Snapshot, Problem, Snapshot, Snapshot]
    runs = [event.run for event in events if isinstance(event, Snapshot)]
    assert runs == [run for _, run in STEPS if not isinstance(run, tuple)]
    assert seconds == pytest.approx(98.0, abs=0.1)


async def test_clocks_go_as_fast_as_they_say() -> None:
    clock = FakeClock(leaps=True)
    fast = FastClock(clock, 10.0)
    begun = fast.now()
    await fast.sleep(5.0)
    assert clock.passed == 0.5
    assert fast.now() - begun == pytest.approx(5.0)
    assert fast.utc() == clock.utc()

    instant = InstantClock()
    await instant.sleep(5.0)
    assert instant.now() == 5.0
    assert instant.utc().tzinfo is not None


def recorded_runs(*recordings: Recording, is_replay: bool = False) -> RecordedRuns:
    return RecordedRuns(recordings, watch_command=watch_command, find=not_found, is_replay=is_replay)


async def events_of(recorded: RecordedRuns, *, is_unattended: bool = False) -> list[Snapshot | Problem]:
    start = recorded.prepare(214, FakeClock(), is_unattended=is_unattended, stays_open=False)
    return [event async for event in start(Controls())]


async def test_an_opened_run_is_as_old_as_it_is_now() -> None:
    (event,) = await events_of(recorded_runs(RECORDING))

    assert isinstance(event, Snapshot)
    assert (event.run, event.is_final, event.server_time) == (RECORDING.run, True, NOW)
    assert event.server_now(event.seen + 60) == NOW + timedelta(seconds=60)
    assert event.playback == Playback("tvtui watch 214")


async def test_for_programs_it_is_as_old_as_when_it_was_seen() -> None:
    (event,) = await events_of(recorded_runs(RECORDING), is_unattended=True)

    assert isinstance(event, Snapshot)
    assert event.server_time == RECORDING.head.seen


async def test_the_time_of_a_run_that_was_left_stands_still() -> None:
    left = a_recording(*STEPS[:2])
    (event,) = await events_of(recorded_runs(left))

    assert isinstance(event, Snapshot)
    assert not event.is_final
    assert event.server_now(event.seen + 60) == left.head.seen


async def test_a_run_without_changes_is_only_opened() -> None:
    recorded = recorded_runs(replace(RECORDING, changes=()), is_replay=True)
    (event,) = await events_of(recorded)

    assert isinstance(event, Snapshot)
    assert event.is_final
    assert recorded.player(214) is None


async def test_what_is_not_recorded_is_a_final_problem() -> None:
    recorded = recorded_runs()
    (event,) = await events_of(recorded)

    assert isinstance(event, Problem)
    assert event.is_final
    assert isinstance(event.error, NotFound)
    assert recorded.origin(214) == ("", "")
    with pytest.raises(ValueError, match="No recording of run 214"):
        recorded.require(214)


async def test_a_recording_has_no_server() -> None:
    from tvtui.journal.recorded_server import RecordedServer

    server = RecordedServer(watch_command)
    for request in (server.fetch(214), server.fetcher(214)(), server.fetch_links(214), server.diagnose(214)):
        with pytest.raises(ClientError, match=r"^This is a recording\. To ask the server, use: tvtui watch 214$"):
            await request
    with pytest.raises(ClientError, match="no run can be started"):
        await server.run_feature(12, config=None, site_url=None)
    with pytest.raises(ClientError, match="nothing can be downloaded"):
        _ = server.storage
    await server.aclose()
