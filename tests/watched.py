"""A watch in a time of its own: a clock that tests move, a server that answers from a script, and what was told."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count

from tests.builders import a_run, an_artifact
from tvtui.client import Answer, ClientError, Unreachable
from tvtui.models import Run
from tvtui.watch import Controls, Pace, Problem, Snapshot, watch

SERVER_TIME = datetime(2026, 6, 10, 16, 3, 0, tzinfo=UTC)
"""What the server's clock shows when a test begins."""

RUNNING = a_run(status="running")
JUST_ENDED = a_run(status="failed", finished_utc=SERVER_TIME - timedelta(seconds=6))
LONG_OVER = a_run(status="failed", finished_utc=SERVER_TIME - timedelta(seconds=61))
TRACE = an_artifact("trace/a.zip")
VIDEO = an_artifact("videos/a.webm", kind="video")
DOWN = Unreachable("The connection was refused.", "Check the server.")


class VirtualClock:
    """Moves only when it is told to; whoever sleeps on it wakes in order."""

    def __init__(self) -> None:
        self.begun = 1000.0
        self.wall = SERVER_TIME
        self._now = self.begun
        self._order = count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> float:
        return self._now

    def utc(self) -> datetime:
        return self.wall

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._order), sleeper))
        await sleeper

    @property
    def passed(self) -> float:
        """Seconds since the test began."""
        return self._now - self.begun

    async def pass_by(self, seconds: float) -> None:
        """Let time pass, and everybody do what is due meanwhile."""
        end = self._now + seconds
        await everybody()
        while self._sleepers and self._sleepers[0][0] <= end:
            due, _, sleeper = heapq.heappop(self._sleepers)
            if not sleeper.done():
                self._now = max(self._now, due)
                sleeper.set_result(None)
                await everybody()
        self._now = end

    def machine_sleeps(self, seconds: float) -> None:
        """Let the clock go on while nobody does anything, and those who sleep sleep longer."""
        self._now += seconds
        self._sleepers = [(due + seconds, order, sleeper) for due, order, sleeper in self._sleepers]


async def everybody() -> None:
    """Let everybody do what they can do now."""
    for _ in range(30):
        await asyncio.sleep(0)


async def nothing() -> None:
    """Never come back."""
    await asyncio.get_running_loop().create_future()


Step = Run | Answer | ClientError | Callable[[], Awaitable[None]]


class Server:
    """Answers each request with the next step, the last one for ever; `asked` says when."""

    def __init__(self, clock: VirtualClock, *steps: Step) -> None:
        self._clock = clock
        self.steps = list(steps)
        self.asked: list[float] = []
        self.under_way = 0
        self.cancelled = 0

    async def fetch(self) -> Answer:
        assert self.under_way == 0, "one request at a time"
        self.asked.append(self._clock.passed)
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        self.under_way += 1
        try:
            while callable(step):
                await step()
                step = self.steps.pop(0)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.under_way -= 1
        if isinstance(step, ClientError):
            raise step
        return step if isinstance(step, Answer) else Answer(step, self.time)

    @property
    def time(self) -> datetime:
        """The server's clock."""
        return SERVER_TIME + timedelta(seconds=self._clock.passed)


class Watched:
    """A watch under way."""

    def __init__(self, clock: VirtualClock, server: Server, pace: Pace, give_up_after: float | None) -> None:
        self.clock = clock
        self.server = server
        self.controls = Controls()
        self.told: list[Snapshot | Problem] = []
        self.told_at: list[float] = []
        self.events = watch(
            server.fetch,
            pace=pace,
            clock=clock,
            controls=self.controls,
            random=lambda: 0.5,
            give_up_after=give_up_after,
        )
        self.following = asyncio.ensure_future(self._follow())

    async def _follow(self) -> None:
        async for event in self.events:
            self.told.append(event)
            self.told_at.append(self.clock.passed)

    @property
    def is_over(self) -> bool:
        return self.following.done()

    @property
    def last(self) -> Snapshot | Problem:
        return self.told[-1]

    @property
    def snapshot(self) -> Snapshot:
        assert isinstance(self.last, Snapshot)
        return self.last

    @property
    def problem(self) -> Problem:
        assert isinstance(self.last, Problem)
        return self.last

    @property
    def next_at(self) -> float | None:
        """When the next request was said to come, in seconds since the test began."""
        return None if self.last.next_at is None else self.last.next_at - self.clock.begun

    async def after(self, seconds: float) -> Watched:
        """The same, some time later."""
        await self.clock.pass_by(seconds)
        return self


@asynccontextmanager
async def watching(
    *steps: Step, pace: Pace | None = None, give_up_after: float | None = None
) -> AsyncIterator[Watched]:
    """Watch a server that answers so, and leave nothing behind that still runs."""
    clock = VirtualClock()
    watched = Watched(clock, Server(clock, *steps), pace or Pace(), give_up_after)
    await everybody()
    try:
        yield watched
    finally:
        watched.following.cancel()
        await asyncio.gather(watched.following, return_exceptions=True)
        assert asyncio.all_tasks() == {asyncio.current_task()}
