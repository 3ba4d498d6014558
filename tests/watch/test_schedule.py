"""How often a watch asks."""

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
def test_a_long_interval_stays_as_it_is(interval: float) -> None:
    assert {PollSchedule(interval).after_answer(watched) for watched in (0, 60, 600, 86_400)} == {interval}


@pytest.mark.parametrize("error", [DOWN, Faulty("500."), Busy("429.")])
def test_failures_are_met_with_patience(error: ClientError) -> None:
    waits = [PollSchedule().after_failure(failures, error, 0.5) for failures in (1, 2, 3, 4, 5, 6, 10_000)]
    assert waits == [2, 4, 8, 16, 30, 30, 30]


def test_jitter_is_a_fifth_at_most() -> None:
    assert [PollSchedule().after_failure(2, DOWN, jitter) for jitter in (0.0, 0.5, 1.0)] == pytest.approx(
        [3.2, 4.0, 4.8]
    )


@pytest.mark.parametrize("error", [Refused("401."), NotFound("404.")])
def test_what_only_a_human_can_help_is_tried_slowly(error: ClientError) -> None:
    assert [PollSchedule().after_failure(failures, error, 0.5) for failures in (1, 2, 99)] == [30, 30, 30]


@pytest.mark.parametrize(("asked", "wait"), [(0, 1), (0.5, 1), (7, 7), (300, 300), (9999, 300)])
def test_a_server_that_asks_to_wait_gets_what_it_asks_for(asked: float, wait: float) -> None:
    assert PollSchedule().after_failure(3, Busy("429.", retry_after=asked), 0.9) == wait
