"""The clocks of a watch: a local one that no one can set, and an estimate of the server's."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Protocol

_TOLERANCE = timedelta(seconds=3)
_CONFIRMATIONS = 5


class Clock(Protocol):
    """How a watch measures time and waits."""

    def now(self) -> float:
        """Seconds since an arbitrary moment; cannot be set, and includes time in which the machine sleeps."""

    def utc(self) -> datetime:
        """The local wall clock, aware and in UTC; it may be wrong, and may be set."""

    async def sleep(self, seconds: float) -> None:
        """Wait; time in which the machine sleeps may not count."""


class SystemClock:
    """The machine's clocks."""

    def __init__(self, platform: str = sys.platform) -> None:
        """Choose a clock that includes the machine's sleep, where `platform` has one."""
        self.now = _sleep_counting_clock(platform)

    def utc(self) -> datetime:
        """The wall clock."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait; time in which the machine sleeps does not count."""
        await asyncio.sleep(seconds)


def _sleep_counting_clock(platform: str) -> Callable[[], float]:
    # during sleep, Linux stops its monotonic clock, and macOS the one that Python calls monotonic
    name = {"linux": "CLOCK_BOOTTIME", "darwin": "CLOCK_MONOTONIC"}.get(platform, "")
    number = getattr(time, name, None)
    with suppress(OSError):
        if number is not None:
            time.clock_gettime(number)
            return lambda: time.clock_gettime(number)
    return time.monotonic


class ServerClock:
    """The server's clock, estimated from its answers and continued by a local clock in between.

    A `Date` header is truncated to the second, delayed by the network, and older still in a cached answer, but never
    early. The answer that yields the latest time is therefore the best one, and the estimate never goes back by the
    seconds that other answers lag behind, unless enough answers in a row do: then the server's clock has been set.
    """

    def __init__(self) -> None:
        self._base: datetime | None = None
        self._base_at = 0.0
        self._is_servers = False
        self._behind = 0

    def read(self, server_time: datetime | None, now: float, wall: datetime) -> None:
        """Update the estimate from an answer.

        Args:
            server_time: The server's time when the answer arrived, if known.
            now: The moment of arrival, by the local clock.
            wall: The local wall clock; read once, and used until a server's time is known.
        """
        if server_time is None:
            if self._base is None:
                self._base, self._base_at = wall, now
            return
        lag = self.at(now) - server_time if self._is_servers else timedelta()
        self._behind = self._behind + 1 if lag > _TOLERANCE else 0
        if lag <= timedelta() or self._behind == _CONFIRMATIONS:
            self._base, self._base_at, self._is_servers, self._behind = server_time, now, True, 0

    def at(self, now: float) -> datetime:
        """The server's time at a moment of the local clock; requires a previous `read`."""
        assert self._base is not None
        return self._base + timedelta(seconds=now - self._base_at)
