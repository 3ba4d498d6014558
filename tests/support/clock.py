"""Clocks that tests control."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

NOW = datetime(2026, 6, 10, 16, 3, 0, tzinfo=UTC)
"""The time of day when a test begins."""

Action = Callable[[], object]


class FakeClock:
    """Stands still until the test advances it, or leaps to the next sleeper on its own; sleepers wake in order.

    Attributes:
        begun: Its time at the start of the test, in seconds.
        slept: How many sleeps have begun.
        under_way: Requests in progress, during which a leaping clock stands still.
        loop: The event loop that uses the clock.
    """

    def __init__(self, utc: datetime = NOW, *, leaps: bool = False, limits: int = 0) -> None:
        """Stand at a time of day; `limits` is how many sleepers are time limits, over which it does not leap alone."""
        self.begun = self._now = 1000.0
        self.slept = 0
        self.under_way = 0
        self.loop: asyncio.AbstractEventLoop | None = None
        self._utc = utc
        self._leaps = leaps
        self._limits = limits
        self._leaping: asyncio.Task[None] | None = None
        self._order = count()
        self._waiting: list[tuple[float, int, asyncio.Future[None] | Action]] = []

    def now(self) -> float:
        return self._now

    def utc(self) -> datetime:
        return self._utc

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.slept += 1
        self.loop = asyncio.get_running_loop()
        sleeper: asyncio.Future[None] = self.loop.create_future()
        self._wait_for(self._now + seconds, sleeper)
        if self._leaps and (self._leaping is None or self._leaping.done()):
            self._leaping = asyncio.ensure_future(self._leap())
        await sleeper

    @property
    def passed(self) -> float:
        """Seconds since the test began."""
        return self._now - self.begun

    async def advance(self, seconds: float) -> None:
        """Let time pass, step by step, and run every task that is due."""
        end = self._now + seconds
        await settle()
        while self._waiting and self._waiting[0][0] <= end:
            self._wake_next()
            await settle()
        self.skip(max(0.0, end - self._now))

    def skip(self, seconds: float) -> None:
        """Move the clock without waking sleepers; a negative number moves it back."""
        self._now += seconds
        self._utc += timedelta(seconds=seconds)

    def at(self, seconds: float, action: Action) -> None:
        """Call `action` so many seconds after the start of the test."""
        self._wait_for(self.begun + seconds, action)

    def machine_sleeps(self, seconds: float) -> None:
        """Let time pass without the sleepers noticing, as if the machine were suspended: they sleep longer."""
        self.skip(seconds)
        self._waiting = [(due + seconds, order, sleeper) for due, order, sleeper in self._waiting]

    def set_wall_clock(self, by: timedelta) -> None:
        """Set the time of day forward or back without affecting sleepers."""
        self._utc += by

    def expire_time_limits(self) -> None:
        """Make all time limits on the event loop expire, once it has processed what it received; from any thread."""
        assert self.loop is not None
        asyncio.run_coroutine_threadsafe(self._expire_time_limits(self.loop), self.loop)

    async def _expire_time_limits(self, loop: asyncio.AbstractEventLoop) -> None:
        await settle()
        now = loop.time
        pytest.MonkeyPatch().setattr(loop, "time", lambda: now() + 3600)

    def _wait_for(self, due: float, sleeper: asyncio.Future[None] | Action) -> None:
        heapq.heappush(self._waiting, (due, next(self._order), sleeper))

    async def _leap(self) -> None:
        turns = 0
        while self._waiting:
            asleep = sum(not (isinstance(each, asyncio.Future) and each.done()) for _, _, each in self._waiting)
            is_busy = self.under_way or 0 < asleep <= self._limits
            await asyncio.sleep(0.001 if is_busy else 0)
            turns = 0 if is_busy else turns + 1
            # by then every task is waiting
            if turns == 30:
                turns = 0
                self._wake_next()

    def _wake_next(self) -> None:
        due, _, sleeper = heapq.heappop(self._waiting)
        if not isinstance(sleeper, asyncio.Future):
            self.skip(max(0.0, due - self._now))
            sleeper()
        elif not sleeper.done():
            self.skip(max(0.0, due - self._now))
            sleeper.set_result(None)


async def settle() -> None:
    """Let every task run until it has to wait."""
    for _ in range(30):
        await asyncio.sleep(0)
