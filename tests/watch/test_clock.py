"""The clocks of a watch."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from tvtui.watch.clock import ServerClock, SystemClock

NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)
WALL = datetime(2001, 1, 1, tzinfo=UTC)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


class TestServerClock:
    """The estimate of the server's clock, whatever the local one does."""

    def test_continues_between_answers(self) -> None:
        clock = ServerClock()
        clock.read(NOON, 100.0, WALL)
        assert clock.at(107.5) == NOON + seconds(7.5)
        assert clock.at(90.0) == NOON - seconds(10)

    def test_dates_truncated_to_seconds_make_it_neither_jump_nor_go_back(self) -> None:
        clock = ServerClock()
        for late, cut in ((0.0, 0), (1.9, 1), (3.8, 3), (5.99, 5), (8.0, 8)):
            clock.read(NOON + seconds(cut), 100.0 + late, WALL)
            assert clock.at(100.0 + late) == NOON + seconds(late)

    def test_a_cached_date_does_not_set_it_back(self) -> None:
        clock = ServerClock()
        for number in range(20):
            clock.read(NOON + seconds(2 * number if number % 2 == 0 else 0), 2.0 * number, WALL)
            assert clock.at(2.0 * number) == NOON + seconds(2 * number)

    def test_a_cached_first_date_is_corrected_by_the_server(self) -> None:
        clock = ServerClock()
        clock.read(NOON - seconds(600), 0.0, WALL)
        clock.read(NOON + seconds(2), 2.0, WALL)
        assert clock.at(2.0) == NOON + seconds(2)

    def test_a_changed_server_clock_is_accepted_after_five_answers(self) -> None:
        clock = ServerClock()
        clock.read(NOON, 0.0, WALL)
        for number in range(1, 6):
            assert clock.at(0.0) == NOON
            clock.read(NOON - seconds(3600 - number), float(number), WALL)
        assert clock.at(5.0) == NOON - seconds(3595)

    def test_without_a_date_the_wall_clock_is_read_once(self) -> None:
        clock = ServerClock()
        clock.read(None, 0.0, WALL)
        clock.read(None, 10.0, WALL - seconds(7200))
        assert clock.at(10.0) == WALL + seconds(10)

    def test_a_date_replaces_the_wall_clock_even_if_it_is_behind(self) -> None:
        clock = ServerClock()
        clock.read(None, 0.0, NOON)
        clock.read(WALL, 1.0, NOON)
        clock.read(None, 2.0, NOON)
        assert clock.at(2.0) == WALL + seconds(1)


class TestSystemClock:
    """The machine's own clocks."""

    @pytest.mark.parametrize("platform", [sys.platform, "linux", "darwin", "win32", "plan9"])
    def test_goes_forward_everywhere(self, platform: str) -> None:
        clock = SystemClock(platform)
        assert clock.now() <= clock.now()
        assert abs(clock.utc() - datetime.now(UTC)) < seconds(60)

    @pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="only Linux has this clock")
    def test_on_linux_it_includes_the_machines_sleep(self) -> None:
        before = time.clock_gettime(time.CLOCK_BOOTTIME)
        assert before <= SystemClock("linux").now() <= time.clock_gettime(time.CLOCK_BOOTTIME)

    def test_where_that_clock_is_forbidden_the_monotonic_one_is_used(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(_number: int) -> float:
            raise OSError

        with monkeypatch.context() as patch:
            patch.setattr(time, "clock_gettime", refuse)
            assert SystemClock("linux").now() == pytest.approx(time.monotonic(), abs=60)

    async def test_sleeps(self) -> None:
        clock = SystemClock()
        before = clock.now()
        await clock.sleep(0.001)
        assert clock.now() > before
