"""Clocks that tests control."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

from tests.support.builders import CREATED

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
        await settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            due, _, sleeper = heapq.heappop(self._sleepers)
            self._pass(due - self._now)
            if not sleeper.done():
                sleeper.set_result(None)
                await settle()
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


async def settle() -> None:
    """Let everybody do what they can do now."""
    for _ in range(30):
        await asyncio.sleep(0)


Action = Callable[[], object]


class LeapingClock:
    """Leaps to whoever wakes next, but stands still while a request is under way.

    Attributes:
        under_way: Requests.
        wall_is_off: By how much the local clock is wrong.
    """

    def __init__(self) -> None:
        self.under_way = 0
        self.wall_is_off = timedelta()
        self._begun = self._now = 1000.0
        self._order = count()
        self._waiting: list[tuple[float, int, asyncio.Future[None] | Action]] = []
        self._leaping: asyncio.Task[None] | None = None

    def now(self) -> float:
        return self._now

    def utc(self) -> datetime:
        return CREATED + timedelta(seconds=self._now - self._begun) + self.wall_is_off

    async def sleep(self, seconds: float) -> None:
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._wait_for(self._now + seconds, sleeper)
        if self._leaping is None or self._leaping.done():
            self._leaping = asyncio.ensure_future(self._leap())
        await sleeper

    def at(self, seconds: float, deed: Action) -> None:
        """Do something so many seconds after the beginning."""
        self._wait_for(self._begun + seconds, deed)

    def machine_sleeps(self, seconds: float) -> None:
        """Time passes, and nobody who waits notices."""
        self._now += seconds
        self._waiting = [(due + seconds, order, who) for due, order, who in self._waiting]

    def _wait_for(self, due: float, who: asyncio.Future[None] | Action) -> None:
        heapq.heappush(self._waiting, (due, next(self._order), who))

    async def _leap(self) -> None:
        turns = 0
        while self._waiting:
            await asyncio.sleep(0.001 if self.under_way else 0)
            turns = 0 if self.under_way else turns + 1
            # by then everybody has done what they can do now
            if turns == 30:
                turns = 0
                self._wake_next()

    def _wake_next(self) -> None:
        due, _, who = heapq.heappop(self._waiting)
        if isinstance(who, asyncio.Future):
            if not who.done():
                self._now = max(self._now, due)
                who.set_result(None)
        else:
            self._now = max(self._now, due)
            who()


class ManualClock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now
