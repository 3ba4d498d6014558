"""Time that passes when a test says so."""

from __future__ import annotations

import asyncio
import heapq
from datetime import UTC, datetime, timedelta
from itertools import count

NOW = datetime(2026, 6, 10, 16, 3, 0, tzinfo=UTC)
"""What the clock on the wall shows when a test begins."""


class FakeClock:
    """Stands still until it is advanced; whoever sleeps on it wakes in order.

    Attributes:
        begun: What it shows when the test begins.
        slept: How often somebody has begun to sleep on it.
    """

    def __init__(self, utc: datetime = NOW) -> None:
        self.begun = self._now = 1000.0
        self.slept = 0
        self._utc = utc
        self._order = count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> float:
        return self._now

    def utc(self) -> datetime:
        return self._utc

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.slept += 1
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._order), sleeper))
        await sleeper

    @property
    def passed(self) -> float:
        """Seconds since the test began."""
        return self._now - self.begun

    async def advance(self, seconds: float) -> None:
        """Let time pass, in the steps in which somebody wakes, and everybody do what is due meanwhile."""
        end = self._now + seconds
        await everybody()
        while self._sleepers and self._sleepers[0][0] <= end:
            due, _, sleeper = heapq.heappop(self._sleepers)
            self._pass(due - self._now)
            if not sleeper.done():
                sleeper.set_result(None)
                await everybody()
        self._pass(end - self._now)

    def machine_sleeps(self, seconds: float) -> None:
        """Time passes, and who sleeps on this clock does not notice it: they sleep longer."""
        self._pass(seconds)
        self._sleepers = [(due + seconds, order, sleeper) for due, order, sleeper in self._sleepers]

    def set_wall_clock(self, by: timedelta) -> None:
        """Set the local wall clock forth, or back; nobody's waits change."""
        self._utc += by

    def _pass(self, seconds: float) -> None:
        self._now += max(0.0, seconds)
        self._utc += timedelta(seconds=max(0.0, seconds))


async def everybody() -> None:
    """Let everybody do what they can do now."""
    for _ in range(30):
        await asyncio.sleep(0)
