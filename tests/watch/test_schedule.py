"""When a watch polls."""

from __future__ import annotations

import pytest

from tvtui.testvibe.errors import Busy, ClientError, Faulty, NotFound, Refused, Unreachable
from tvtui.watch.schedule import PollSchedule

DOWN = Unreachable("The connection was refused.")


@pytest.mark.parametrize(
    ("watched", "wait"), [(0, 2), (59, 2), (60, 2), (90, 3), (180, 6), (300, 10), (301, 10), (86_400, 10)]
)
def test_the_interval_widens_gently_after_the_first_minute(watched: float, wait: float) -> None:
    assert PollSchedule().after_answer(watched) == wait


@pytest.mark.parametrize("interval", [10.0, 11.0, 3600.0])
def test_a_long_interval_stays_unchanged(interval: float) -> None:
    assert {PollSchedule(interval).after_answer(watched) for watched in (0, 60, 600, 86_400)} == {interval}


@pytest.mark.parametrize(
    ("interval", "waits", "settled_after"),
    [(0.5, [0.5, 1, 1], 2.375), (2.0, [2, 4, 4], 9.5), (5.0, [2, 4, 4], 9.5), (60.0, [2, 4, 4], 9.5)],
)
def test_late_artifacts_are_waited_for_no_longer_with_a_longer_interval(
    interval: float, waits: list[float], settled_after: float
) -> None:
    schedule = PollSchedule(interval)
    assert [schedule.after_end(settling) for settling in (0, 2, 6)] == waits
    assert schedule.settled_after(has_artifacts=False) == settled_after


def test_several_runs_are_staggered_within_one_interval() -> None:
    assert [PollSchedule(6.0).staggered(place, 3).phase for place in range(3)] == [0, 2, 4]


@pytest.mark.parametrize("error", [DOWN, Faulty("500."), Busy("429.")])
def test_the_wait_doubles_after_each_failure(error: ClientError) -> None:
    waits = [PollSchedule().after_failure(failures, error, 0.5) for failures in (1, 2, 3, 4, 5, 6, 10_000)]
    assert waits == [2, 4, 8, 16, 30, 30, 30]


def test_jitter_changes_the_wait_by_a_fifth_at_most() -> None:
    assert [PollSchedule().after_failure(2, DOWN, jitter) for jitter in (0.0, 0.5, 1.0)] == pytest.approx(
        [3.2, 4.0, 4.8]
    )


@pytest.mark.parametrize("error", [Refused("401."), NotFound("404.")])
def test_errors_that_a_person_may_have_to_fix_are_retried_soon_and_then_slowly(error: ClientError) -> None:
    waits = [PollSchedule().after_failure(failures, error, 0.5) for failures in (1, 2, 3, 4, 10_000)]
    assert waits == [4, 8, 16, 30, 30]


@pytest.mark.parametrize(("asked", "wait"), [(7, 9.28), (10, 10), (300, 300), (9999, 300)])
def test_a_wait_requested_by_the_server_is_respected(asked: float, wait: float) -> None:
    assert PollSchedule().after_failure(3, Busy("429.", retry_after=asked), 0.9) == pytest.approx(wait)


@pytest.mark.parametrize("failures", [1, 3, 9])
def test_a_server_that_asks_for_no_wait_is_not_polled_faster_than_others(failures: int) -> None:
    as_usual = PollSchedule().after_failure(failures, Faulty("500."), 0.5)
    assert PollSchedule().after_failure(failures, Busy("429.", retry_after=0.0), 0.5) == as_usual


def test_a_few_runs_begin_at_once_and_many_are_spread_over_the_interval() -> None:
    few = [PollSchedule(interval=3.0).staggered(place, 3) for place in range(3)]
    assert [(each.delay, each.phase) for each in few] == [(0, 0), (0, 1), (0, 2)]
    many = [PollSchedule(interval=2.0).staggered(place, 500) for place in range(500)]
    assert [each.phase for each in many] == [0] * 500
    assert [many[0].delay, many[250].delay, many[499].delay] == [0, 1, 1.996]
