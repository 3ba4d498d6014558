"""Recorded runs as watches: their end, or everything that happened, played."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from tvtui.journal.journal import Journal
from tvtui.journal.recording import Recording
from tvtui.journal.timeline import Outage, Timeline
from tvtui.testvibe.errors import ClientError
from tvtui.testvibe.identity import CaseId, identify_cases
from tvtui.testvibe.models import Run
from tvtui.watch.clock import Clock
from tvtui.watch.controls import Controls
from tvtui.watch.deadline import before
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.past import Past
from tvtui.watch.playback import Playback, Position
from tvtui.watch.watched_run import WatchedRun

_TICK = 0.25
"""Seconds between two events at least if nothing but the time changes; otherwise they come once a recorded second."""

_NEAR = 1e-3
"""Seconds before a moment that count as the moment: sums of sleeps are not exact."""


class RecordingPlayer:
    """Plays a recording: yields what a watch of the run would have yielded, at the speed and the place that users want.

    The recording is where it was when its events are asked for again.
    """

    def __init__(self, recording: Recording, clock: Clock, *, speed: float, watch_command: str) -> None:
        """Stand at the beginning of a recording.

        Args:
            recording: The recording.
            clock: The clock of the watch, in whose time the events come.
            speed: How many seconds of the recording pass in one of the clock.
            watch_command: The shell command that watches the run itself.
        """
        self.timeline = Timeline(recording)
        self._clock = clock
        self._speed = speed
        self._watch_command = watch_command
        self._controls: Controls | None = None
        self._at = self.timeline.begins
        self._pace = 0.0
        self._since = clock.now()
        self._jumps = 0

    def toggle(self) -> None:
        """Pause or resume; at the end, play again from the beginning."""
        if self._controls is None:
            return
        if self._here() >= self.timeline.ends:
            self._go_to(self.timeline.begins)
            self._controls.resume()
        elif self._controls.paused:
            self._controls.resume()
        else:
            self._controls.pause()

    def step_change(self, step: int) -> None:
        """Pause at the next change (1) or the one before (-1)."""
        here = self._here()
        self._pause_at(self.timeline.moment_after(here) if step > 0 else self.timeline.moment_before(here))

    def skip(self, seconds: float) -> None:
        """Go on or back by this time."""
        self._go_to(self._here() + seconds)

    def step_failure(self, step: int) -> CaseId | None:
        """Pause at the next moment at which a test fails (1) or the one before (-1); return that test."""
        here = self._here()
        failure = self.timeline.failure_after(here) if step > 0 else self.timeline.failure_before(here)
        if failure is None:
            return None
        self._pause_at(failure.at)
        return identify_cases(self.timeline.last.tests)[failure.place].id

    def _here(self) -> float:
        return min(self.timeline.ends, self._at + self._pace * (self._clock.now() - self._since))

    def _pause_at(self, moment: float | None) -> None:
        if moment is not None and self._controls is not None:
            self._go_to(moment)
            self._controls.pause()

    def _go_to(self, moment: float) -> None:
        self._at = min(max(moment, self.timeline.begins), self.timeline.ends)
        self._since = self._clock.now()
        self._jumps += 1
        if self._controls is not None:
            self._controls.refresh()

    async def play(self, controls: Controls, *, stays_open: bool) -> AsyncGenerator[Snapshot | Problem, None]:
        """Yield the events; unless the play `stays_open`, they end with the recording, and time alone is no event."""
        self._controls = controls
        self._since = self._clock.now()
        self._pace = 0.0
        shown: tuple[object, ...] = ()
        problem: Problem | None = None
        reported: Outage | None = None
        while True:
            controls.consume_refresh()
            self._settle()
            is_over, is_paused = self._at >= self.timeline.ends, controls.paused
            self._pace = 0.0 if is_over or is_paused else self._speed
            outage = self.timeline.outage_at(self._at)
            run = self.timeline.run_at(self._at)
            look = (id(run), self._jumps, self._pace)
            # failing requests change nothing else, and an answer would seem to end them
            if outage is None or look != shown:
                yield self._snapshot(self._at if outage is None else outage.since)
                shown, problem, reported = look, None, None
            if outage is not None and outage != reported:
                now = self._clock.now()
                since = now if problem is None else problem.since
                problem = Problem(ClientError(outage.what, outage.advice), since=since, failures=0, next_at=now)
                yield problem
                reported = outage
            if is_over and not stays_open:
                return
            if controls.consume_refresh() or controls.paused is not is_paused:
                # it was asked for while the events were shown
                continue
            await self._wait(controls, stays_open=stays_open)

    def _settle(self) -> None:
        """Move on by the time that has passed."""
        self._at, self._since = self._here(), self._clock.now()
        moment = self.timeline.moment_after(self._at)
        if moment is not None and moment - self._at <= _NEAR * max(1.0, self._pace):
            self._at = moment

    async def _wait(self, controls: Controls, *, stays_open: bool) -> None:
        """Wait until something changes: the run, what the user wants, or the time that is shown."""
        moment = self.timeline.moment_after(self._at)
        if not self._pace or moment is None:
            await controls.change()
            return
        wait = (moment - self._at) / self._pace
        if stays_open:
            wait = min(wait, max(_TICK, 1.0 / self._pace))
        await before(self._clock.now() + wait, self._clock, controls.change())

    def _snapshot(self, answered: float) -> Snapshot:
        """The run as the server described it last."""
        timeline, here = self.timeline, self._at
        position = Position(
            here,
            timeline.begins,
            timeline.ends,
            self._speed,
            is_after_failure=timeline.failure_before(here) is not None,
            is_before_failure=timeline.failure_after(here) is not None,
        )
        run = timeline.run_at(here)
        return Snapshot(
            run,
            seen=self._since,
            server_time=timeline.server_time(answered),
            next_at=None,
            is_final=here >= timeline.ends and run.has_ended,
            is_total_known=timeline.is_total_known_at(here),
            playback=Playback(self._watch_command, self._pace, position),
        )


class RecordedRuns:
    """Recordings that are shown instead of runs; implements `Recordings` of `tvtui.watch.request`.

    Attributes:
        is_replay: Whether they are played.
    """

    def __init__(
        self,
        recordings: Iterable[Recording],
        *,
        watch_command: Callable[[int], str],
        find: Callable[[int], Recording],
        is_replay: bool = False,
        speed: float | None = None,
    ) -> None:
        """Show recordings.

        Args:
            recordings: The recordings.
            watch_command: Returns the shell command that watches a run itself.
            find: Finds the recording of another run; raises `ClientError` if there is none. It may take a moment.
            is_replay: Whether they are played, instead of showing their end.
            speed: How many times faster than recorded; None: as recorded, and lines as fast as possible.
        """
        self.is_replay = is_replay
        self.watch_command = watch_command
        self._speed = speed
        self._find = find
        self._recordings = {each.run.run_id: each for each in recordings}
        self._players: dict[int, RecordingPlayer] = {}

    def require(self, run_id: int) -> None:
        """Raise ValueError, with a sentence, unless there is a recording of a run that can be shown."""
        try:
            self._recording_of(run_id)
        except ClientError as error:
            raise ValueError(str(error)) from None

    def _recording_of(self, run_id: int) -> Recording:
        if run_id not in self._recordings:
            self._recordings[run_id] = self._find(run_id)
        return self._recordings[run_id]

    def prepare(
        self, run_id: int, clock: Clock, *, is_unattended: bool, stays_open: bool
    ) -> Callable[[Controls], AsyncIterator[Snapshot | Problem]]:
        """Return a function that shows a recording; see `Recordings.prepare`."""
        try:
            recording = self._recording_of(run_id)
        except ClientError as error:
            fault = Problem(error.with_traceback(None), clock.now(), failures=1, next_at=clock.now(), is_final=True)
            return lambda _controls: _only(fault)
        command = self.watch_command(run_id)
        if not self.is_replay or not recording.changes:
            return lambda _controls: _only(_end_of(recording, clock, command, is_unattended=is_unattended))
        # the clock of lines is as fast already
        is_fast = isinstance(clock, InstantClock | FastClock)
        speed = 1.0 if is_fast else self._speed or 1.0
        if run_id not in self._players:
            self._players[run_id] = RecordingPlayer(recording, clock, speed=speed, watch_command=command)
        player = self._players[run_id]
        return lambda controls: player.play(controls, stays_open=stays_open)

    def clock_of_lines(self, clock: Clock) -> Clock:
        """A clock that goes on as fast as the recording is played; without a given speed, as fast as possible."""
        return InstantClock() if self._speed is None else FastClock(clock, self._speed)

    def player(self, run_id: int) -> RecordingPlayer | None:
        """What plays the recording of a run that was prepared; None if it is not played."""
        return self._players.get(run_id)

    def origin(self, run_id: int) -> tuple[str, str]:
        """The server and the project of a run that was prepared; empty if there is no recording of it."""
        if (recording := self._recordings.get(run_id)) is None:
            return "", ""
        return recording.head.suite.server, recording.head.suite.project


class RecordedPast:
    """What was known of earlier runs when a recorded one was watched; implements `Memory` of `tvtui.watch.request`.

    Nothing is recorded: what is shown is recorded already.
    """

    def __init__(self, folder: Path | None, origin: Callable[[int], tuple[str, str]]) -> None:
        """Read the journal in a folder; `origin` returns the server and the project of a recorded run."""
        self._folder = folder
        self._origin = origin

    @property
    def trouble(self) -> str:
        """Nothing: what cannot be read is not shown."""
        return ""

    async def recall(self, run: Run) -> Past | None:
        """What is known of earlier runs of the same suite; None if nothing is."""
        return await Journal(self._folder, *self._origin(run.run_id)).recall(run)

    def record(self, watched: WatchedRun) -> None:
        """Do nothing."""

    def close(self) -> None:
        """There is nothing to finish."""


async def _only(event: Snapshot | Problem) -> AsyncGenerator[Snapshot | Problem, None]:
    yield event


def _end_of(recording: Recording, clock: Clock, command: str, *, is_unattended: bool) -> Snapshot:
    """The run as it was last seen: for a user, who sees how long ago that was, or for programs."""
    run, head = recording.run, recording.head
    seen = head.seen or run.finished_utc or run.started_utc or run.created_utc or datetime.fromtimestamp(0, UTC)
    # the time of a run that was left stands still where it was left
    is_timed = run.has_ended and not is_unattended
    playback = Playback(command, pace=1.0 if is_timed else 0.0)
    server_time = clock.utc() if is_timed else seen
    return Snapshot(
        run, seen=clock.now(), server_time=server_time, next_at=None, is_final=run.has_ended, playback=playback
    )


class InstantClock:
    """A clock for a replay as fast as possible: a sleep takes no time, but the clock goes on by it."""

    def __init__(self) -> None:
        self._now = 0.0

    def now(self) -> float:
        """Seconds that were slept so far."""
        return self._now

    def utc(self) -> datetime:
        """The wall clock."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Let others run, and the time pass."""
        await asyncio.sleep(0)
        self._now += seconds


class FastClock:
    """A clock that is some times faster than another one."""

    def __init__(self, clock: Clock, speed: float) -> None:
        self._clock = clock
        self._speed = speed

    def now(self) -> float:
        """Seconds of the faster clock."""
        return self._clock.now() * self._speed

    def utc(self) -> datetime:
        """The wall clock."""
        return self._clock.utc()

    async def sleep(self, seconds: float) -> None:
        """Wait until so many seconds have passed on this clock."""
        await self._clock.sleep(seconds / self._speed)
