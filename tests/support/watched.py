"""A watch in a time of its own: a clock that tests move, a server that answers from a script, and what was told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from tests.support.builders import a_run, an_artifact
from tests.support.fake_clock import NOW, FakeClock, everybody
from tvtui.testvibe.client import Answer
from tvtui.testvibe.errors import ClientError, Unreachable
from tvtui.testvibe.models import Run
from tvtui.watch.controls import Controls
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.poller import watch
from tvtui.watch.schedule import PollSchedule

SERVER_TIME = NOW
"""What the server's clock shows when a test begins."""

RUNNING = a_run(status="running")
JUST_ENDED = a_run(status="failed", finished_utc=SERVER_TIME - timedelta(seconds=6))
LONG_OVER = a_run(status="failed", finished_utc=SERVER_TIME - timedelta(seconds=61))
TRACE = an_artifact("trace/a.zip")
VIDEO = an_artifact("videos/a.webm", kind="video")
DOWN = Unreachable("The connection was refused.", "Check the server.")


async def nothing() -> None:
    """Never come back."""
    await asyncio.get_running_loop().create_future()


Step = Run | Answer | ClientError | Callable[[], Awaitable[None]]


class Server:
    """Answers each request with the next step, the last one for ever; `asked` says when."""

    def __init__(self, clock: FakeClock, *steps: Step) -> None:
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

    def __init__(self, clock: FakeClock, server: Server, schedule: PollSchedule, give_up_after: float | None) -> None:
        self.clock = clock
        self.server = server
        self.controls = Controls()
        self.told: list[Snapshot | Problem] = []
        self.told_at: list[float] = []
        self.events = watch(
            server.fetch,
            schedule=schedule,
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
        await self.clock.advance(seconds)
        return self


@asynccontextmanager
async def watching(
    *steps: Step, schedule: PollSchedule | None = None, give_up_after: float | None = None
) -> AsyncIterator[Watched]:
    """Watch a server that answers so, and leave nothing behind that still runs."""
    clock = FakeClock()
    watched = Watched(clock, Server(clock, *steps), schedule or PollSchedule(), give_up_after)
    await everybody()
    try:
        yield watched
    finally:
        watched.following.cancel()
        await asyncio.gather(watched.following, return_exceptions=True)
        assert asyncio.all_tasks() == {asyncio.current_task()}
