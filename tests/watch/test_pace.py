"""Polling by the expected end of a run: never more requests than without, fewer in the middle, more around the end."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import cycle, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.watch import RUNNING, polling
from tvtui.watch.schedule import Pace, PollSchedule

Left = Callable[[float], tuple[float, float] | None]


def unknown(_at: float) -> None:
    """No estimate."""


def requests(left: Left, until: float, *, interval: float = 2.0, latency: float = 0.2) -> list[float]:
    """When requests are sent, up to the first after a moment."""
    pace, sent = Pace(PollSchedule(interval)), [0.0]
    while sent[-1] < until:
        answered = sent[-1] + latency
        sent.append(answered + pace.after_answer(sent[-1], answered, left(answered)))
    return sent


def ends_at(earliest: float, latest: float) -> Left:
    return lambda now: (max(0.0, earliest - now), latest - now) if now < latest else None


@pytest.mark.parametrize("interval", [0.5, 2.0, 5.0, 30.0])
def test_without_an_estimate_nothing_changes(interval: float) -> None:
    schedule, sent = PollSchedule(interval), requests(unknown, 900, interval=interval)
    for one, two in pairwise(sent):
        assert two - one - 0.2 == pytest.approx(schedule.after_answer(one + 0.2))


estimates = st.lists(st.none() | st.tuples(st.floats(0, 2000), st.floats(0.001, 2000)), min_size=1, max_size=30)


@given(estimates, st.floats(0.1, 12), st.floats(0, 3))
def test_no_estimate_makes_a_request_come_sooner_than_the_same_one_without(
    ranges: list[tuple[float, float] | None], interval: float, latency: float
) -> None:
    answers = cycle(ranges)

    def anything(_now: float) -> tuple[float, float] | None:
        known = next(answers)
        return None if known is None else (min(known), max(known))

    with_estimate = requests(anything, 1200, interval=interval, latency=latency)
    without = requests(unknown, 1200, interval=interval, latency=latency)
    assert all(ours >= usual - 1e-6 for ours, usual in zip(with_estimate, without, strict=False))
    assert min(two - one for one, two in pairwise(with_estimate)) >= interval + latency - 1e-6
    longest = max(two - one - latency for one, two in pairwise(with_estimate))
    assert longest <= max(12.0, interval) + 1e-6


def delay(sent: list[float], end: float) -> float:
    return next(at for at in sent if at >= end) - end


@pytest.mark.parametrize("error", [0.5, 0.9, 1.0, 1.1, 2.0])
def test_the_end_is_seen_sooner_with_at_most_as_many_requests(error: float) -> None:
    rng, delays, counts = random.Random(1), [[0.0], [0.0]], [0, 0]
    for _ in range(300):
        end = 60 * 30 ** rng.random()
        expected = end * error
        for place, left in enumerate((unknown, ends_at(expected * 0.8, expected * 1.25))):
            sent = requests(left, end)
            delays[place].append(delay(sent, end))
            counts[place] += len(sent)
    assert counts[1] <= counts[0]
    if 0.9 <= error <= 1.1:
        assert sum(delays[1]) < 0.75 * sum(delays[0])
    else:
        # a wrong estimate costs no more than the slower middle
        assert sum(delays[1]) < 1.3 * sum(delays[0])


def test_short_runs_and_long_intervals_are_polled_as_ever() -> None:
    assert requests(ends_at(40, 55), 55) == requests(unknown, 55)
    assert requests(ends_at(300, 400), 400, interval=15) == requests(unknown, 400, interval=15)


def test_the_middle_is_slower_and_the_end_quicker() -> None:
    sent = requests(ends_at(280, 320), 320)
    usual = requests(unknown, 320)

    def between(times: list[float], begin: float, end: float) -> int:
        return sum(begin <= at < end for at in times)

    assert between(sent, 60, 270) < between(usual, 60, 270)
    assert between(sent, 280, 320) >= 2 * between(usual, 280, 320)


def test_what_a_pause_or_a_failure_delays_is_not_made_up_for() -> None:
    pace = Pace(PollSchedule())
    pace.after_answer(100, 100, None)
    # an hour later
    assert pace.after_answer(3700, 3700, (0.0, 60.0)) == 10
    # the user asks twice: what was not saved cannot be spent
    assert pace.after_answer(3701, 3701, (0.0, 60.0)) == 10


async def test_a_watch_polls_by_what_it_is_told_of_the_end() -> None:
    begun: list[float] = []

    def seconds_left(now: float) -> tuple[float, float]:
        begun.append(now)
        return (begun[0] + 100 - now, begun[0] + 130 - now)

    async with polling(RUNNING, seconds_left=seconds_left) as seen:
        assert seen.next_at == 2.5
        await seen.after(2.4)
        assert len(seen.events) == 1
        await seen.after(0.2)
        assert len(seen.events) == 2
        await seen.after(107.5)
        # the usual wait would be 3.7
        assert seen.next_at is not None
        assert seen.next_at - seen.times[-1] < 2.6
