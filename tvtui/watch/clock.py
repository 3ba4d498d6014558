"""The clocks of a watch: one that is never set and counts the machine's sleep, and the server's, seen from here."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Protocol

_TOLERANCE = timedelta(seconds=3)
_INSISTING = 5


class Clock(Protocol):
    """What a watch measures time by, and waits by."""

    def now(self) -> float:
        """Seconds since some moment; never set, and going on while the machine sleeps."""

    def utc(self) -> datetime:
        """The local wall clock, aware and in UTC; it may be wrong, and may be set."""

    async def sleep(self, seconds: float) -> None:
        """Wait; the machine's own sleep may not count."""


class SystemClock:
    """The machine's clocks."""

    def __init__(self, platform: str = sys.platform) -> None:
        """Take the clock that goes on while the machine sleeps, where `platform` has one."""
        self.now = _sleepless_clock(platform)

    def utc(self) -> datetime:
        """The wall clock."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait; while the machine sleeps this stands still."""
        await asyncio.sleep(seconds)


def _sleepless_clock(platform: str) -> Callable[[], float]:
    # Linux stops its monotonic clock in sleep, macOS the one that Python calls monotonic
    name = {"linux": "CLOCK_BOOTTIME", "darwin": "CLOCK_MONOTONIC"}.get(platform, "")
    number = getattr(time, name, None)
    with suppress(OSError):
        if number is not None:
            time.clock_gettime(number)
            return lambda: time.clock_gettime(number)
    return time.monotonic


class ServerClock:
    """The server's clock, read through its answers and going on between them by a clock of ours.

    A `Date` is cut to the second, late by the way here, and in a cache's answer older still: never ahead. So the
    answer that makes it latest is the best, and the time never goes back by the seconds that others are behind;
    unless the server insists, as one does whose clock has been set.
    """

    def __init__(self) -> None:
        self._base: datetime | None = None
        self._base_at = 0.0
        self._is_servers = False
        self._behind = 0

    def read(self, server_time: datetime | None, now: float, wall: datetime) -> None:
        """Take in what an answer says.

        Args:
            server_time: The server's time when the answer came, if it tells.
            now: When that was, by our clock.
            wall: The local time, used until a server tells, once: it may be wrong, but then it is not set any more.
        """
        if server_time is None:
            if self._base is None:
                self._base, self._base_at = wall, now
            return
        lag = self.at(now) - server_time if self._is_servers else timedelta()
        self._behind = self._behind + 1 if lag > _TOLERANCE else 0
        if lag <= timedelta() or self._behind == _INSISTING:
            self._base, self._base_at, self._is_servers, self._behind = server_time, now, True, 0

    def at(self, now: float) -> datetime:
        """The server's time at a moment of our clock; there must have been an answer."""
        assert self._base is not None
        return self._base + timedelta(seconds=now - self._base_at)
