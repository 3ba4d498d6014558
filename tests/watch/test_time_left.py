"""When a run is expected to end: the estimator, what follows from an answer, and that no past makes it fail."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.builders import CREATED, a_case, a_run
from tests.support.clock import NOW
from tvtui.testvibe.models import Run, RunState
from tvtui.watch.events import Snapshot
from tvtui.watch.outlook import Outlook, Range
from tvtui.watch.past import Past, PastRun
from tvtui.watch.time_left import Forecast, age_of, expected_end, rounded, step_of, usual_range

STARTED = CREATED + timedelta(seconds=8)


def a_past(*seconds: float, tests: int = 10, queue_seconds: float | None = None, live: bool = True) -> Past:
    """Runs of ten tests that end evenly up to the end of the run, the newest first."""
    ends = [tuple(each * (number + 1) / tests for number in range(tests)) if live else () for each in seconds]
    runs = (PastRun(213 - place, each, queue_seconds, tests, ends=ends[place]) for place, each in enumerate(seconds))
    return Past(tuple(runs), known_runs=len(seconds))


def quantile_of_t(freedom: int, share: float) -> float:
    """The quantile of Student's t distribution, by integrating its density."""
    scale = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(freedom * math.pi)
    step, at, covered = 1e-4, 0.0, 0.5
    while covered < share:
        covered += step * scale * (1 + (at + step / 2) ** 2 / freedom) ** (-(freedom + 1) / 2)
        at += step
    return at


@pytest.mark.parametrize("count", range(1, 21))
def test_the_range_of_equal_runs_is_what_the_formula_says(count: int) -> None:
    spread = math.sqrt(4 * 0.2**2 / (count + 3)) * math.sqrt(1 + 1 / count) * quantile_of_t(count + 3, 0.9)
    found = usual_range([100.0] * count)
    assert found.low == pytest.approx(100 * math.exp(-spread), rel=2e-4)
    assert found.high == pytest.approx(100 * math.exp(spread), rel=2e-4)


def test_nothing_is_said_without_a_run_of_known_duration() -> None:
    for past in (Past(), Past((PastRun(213),))):
        assert expected_end(past, age=10, ended=5, tests=10, ended_at=9) is None


def test_the_time_left_follows_the_tests_and_the_pace() -> None:
    past = a_past(*[100.0] * 8)

    def middle(ended: int, ended_at: float) -> float:
        found = expected_end(past, age=ended_at, ended=ended, tests=10, ended_at=ended_at)
        assert found is not None
        return math.sqrt((found.low - ended_at) * (found.high - ended_at))

    assert middle(5, 50) == pytest.approx(50)
    assert middle(8, 80) == pytest.approx(20)
    # half of the tests took twice as long as usual: most of that goes on
    assert middle(5, 100) == pytest.approx(50 * 2**0.8)


def test_tests_that_come_at_the_end_leave_the_durations_of_the_runs() -> None:
    for past in (a_past(100, 110, 120), a_past(100, 110, 120, live=False)):
        found = expected_end(past, age=60, ended=0, tests=0, ended_at=0)
        assert found is not None
        assert found == usual_range([100, 110, 120])
    slow = expected_end(a_past(100, 110, 120), age=115, ended=0, tests=0, ended_at=0)
    assert slow == Range(115, usual_range([120]).high)


def test_a_past_of_which_few_runs_were_seen_live_is_used_for_its_durations() -> None:
    live, *others = a_past(100, 104, 98, 101, 97).runs
    past = Past((live, *(each._replace(ends=()) for each in others)))
    assert expected_end(past, age=50, ended=5, tests=10, ended_at=50) == usual_range([100, 104, 98, 101, 97])


def test_as_many_tests_as_in_the_last_run_are_expected_at_least() -> None:
    past = a_past(100, 100, 100, tests=20)
    assert expected_end(past, age=50, ended=10, tests=10, ended_at=50) == expected_end(
        past, age=50, ended=10, tests=20, ended_at=50
    )


anything = st.floats() | st.sampled_from([0.0, -1.0, 1e300, 5e-324])
hostile_runs = st.builds(
    PastRun,
    st.integers(),
    st.none() | anything,
    st.none() | anything,
    st.integers(-5, 10**9),
    st.lists(anything, max_size=120).map(tuple),
)


@given(st.lists(hostile_runs, max_size=25), st.floats(0, 1e9), st.integers(0, 10**6), st.integers(0, 10**6))
@example([PastRun(1, 100.0, 0.0, 3, (90.0, math.nan, 200.0))] * 4, 50.0, 2, 3)
def test_no_past_makes_it_fail_or_say_what_cannot_be(runs: list[PastRun], age: float, ended: int, tests: int) -> None:
    found = expected_end(Past(tuple(runs)), age=age, ended=ended, tests=tests, ended_at=age / 2)
    if found is not None:
        assert age <= found.low <= found.high < math.inf
    forecast = Forecast()
    for each in (
        a_run(status="running", started_utc=None),
        a_run(status="running", tests=[a_case(f"{number}") for number in range(min(ended, 40))]),
        a_run(),
    ):
        forecast.update(seen(each, age % 1e6), Past(tuple(runs)))
        if forecast.outlook is not None:
            assert forecast.outlook.earliest <= forecast.outlook.latest < math.inf


durations = st.lists(st.floats(5, 5000), min_size=1, max_size=20)


@given(durations, st.integers(2, 9), st.floats(0.2, 5))
def test_the_unit_of_time_does_not_matter(seconds: Sequence[float], ended: int, factor: float) -> None:
    past, other = a_past(*seconds), a_past(*(each * factor for each in seconds))
    at = min(seconds) * ended / 10
    one = expected_end(past, age=at, ended=ended, tests=10, ended_at=at)
    two = expected_end(other, age=at * factor, ended=ended, tests=10, ended_at=at * factor)
    assert one is not None
    assert two is not None
    # what is left is at least a second
    if min(seconds) * (10 - ended) / 10 * min(1, factor) > 1 and at * min(1, factor) > 1:
        assert two == pytest.approx([each * factor for each in one])


@given(st.floats(5, 5000), st.integers(2, 9), st.floats(1, 5000))
def test_more_tests_leave_less_and_a_slower_pace_leaves_more(seconds: float, ended: int, at: float) -> None:
    past = a_past(seconds)

    def left(ended: int, at: float) -> float:
        found = expected_end(past, age=at, ended=ended, tests=10, ended_at=at)
        assert found is not None
        return found.high - at

    assert left(ended + 1, at) <= left(ended, at)
    assert left(ended, at + 10) >= left(ended, at) - 1e-6


@given(st.floats(5, 5000), st.integers(1, 19))
def test_more_runs_that_agree_make_a_narrower_range(seconds: float, count: int) -> None:
    few, more = usual_range([seconds] * count), usual_range([seconds] * (count + 1))
    assert few.low < more.low < seconds < more.high < few.high


@given(st.floats(0, 1e5), st.floats(0, 1e5))
def test_rounding_goes_outward_by_less_than_a_step(one: float, other: float) -> None:
    exact = Range(min(one, other), max(one, other))
    shown, step = rounded(exact), step_of(exact.high)
    assert 0 <= shown.low <= exact.low
    assert shown.high >= exact.high
    assert exact.low - shown.low < step
    assert shown.high - exact.high <= step
    assert shown.low % step == shown.high % step == 0


def seen(run: Run, age: float) -> Snapshot:
    """An answer at an age of the run's state."""
    began = run.created_utc if run.state is RunState.QUEUED else run.started_utc
    assert began is not None
    return Snapshot(run, 1000.0 + age, began + timedelta(seconds=age), None, is_final=False)


def running(ended: int, total: int = 10) -> Run:
    tests = [a_case(f"test {number}") for number in range(ended)]
    summary = {"total": total, "passed": ended, "failed": 0, "other": 0}
    return a_run(status="running", started_utc=STARTED, tests=tests, summary=summary)


def outlook(forecast: Forecast) -> Outlook:
    assert forecast.outlook is not None
    return forecast.outlook


def test_what_is_left_is_counted_from_the_last_ended_test() -> None:
    forecast, past = Forecast(), a_past(*[100.0] * 8)
    forecast.update(seen(running(5), 50), past)
    latest = outlook(forecast).latest
    forecast.update(seen(running(5), 60), past)
    assert outlook(forecast).latest == latest
    assert outlook(forecast).left(latest + 1) is None


def test_a_range_that_hardly_changes_is_kept() -> None:
    forecast, past = Forecast(), a_past(*[600.0] * 8)
    forecast.update(seen(running(20, 100), 120), past)
    first = outlook(forecast)
    assert (first.latest - first.earliest) % 60 == pytest.approx(0)
    forecast.update(seen(running(21, 100), 127), past)
    assert outlook(forecast) == first
    forecast.update(seen(running(50, 100), 200), past)
    assert outlook(forecast).latest < first.latest - 60


def test_both_ends_of_a_range_count_down_together() -> None:
    forecast, past = Forecast(), a_past(*[140.0] * 8)
    forecast.update(seen(running(2), 28), past)
    shown = []
    for tenth in range(280, 700):
        left = outlook(forecast).left(tenth / 10)
        assert left is not None
        shown.append(rounded(left))
    different = list(dict.fromkeys(shown))
    assert all(b.low < a.low and b.high < a.high for a, b in itertools.pairwise(different))
    assert len(different) <= 5


def test_a_queue_has_a_history_of_its_own() -> None:
    queued = a_run(status="running", started_utc=None)
    forecast, past = Forecast(), a_past(*[500.0] * 5, queue_seconds=20.0)
    forecast.update(seen(queued, 4), past)
    assert (outlook(forecast).state, outlook(forecast).usual) == (RunState.QUEUED, 20)
    assert outlook(forecast).earliest < 20 < outlook(forecast).latest < 100
    forecast.update(seen(running(0), 1), past)
    assert outlook(forecast).state is RunState.RUNNING
    few = Forecast()
    few.update(seen(queued, 4), a_past(500, 500, queue_seconds=20.0))
    assert few.outlook is None


def test_how_long_runs_usually_take_remains_known_after_the_end() -> None:
    forecast, past = Forecast(), a_past(100, 110, 90)
    forecast.update(seen(a_run(), 40), past)
    assert outlook(forecast) == Outlook(RunState.FAILED, *usual_range([100, 110, 90]), 100, is_known_well=True)


@pytest.mark.parametrize(
    "run",
    [
        a_run(status="quarantined", finished_utc=None),
        a_run(status="cancelled"),
        a_run(status="running", started_utc=None, tests=[a_case()]),
    ],
)
def test_nothing_is_said_of_states_that_no_one_knows(run: Run) -> None:
    forecast = Forecast()
    forecast.update(Snapshot(run, 1000.0, NOW, None, is_final=False), a_past(100, 110, 90))
    assert forecast.outlook is None


def test_the_age_of_a_run_is_never_negative() -> None:
    early = seen(running(0), 5)
    assert age_of(replace(early, server_time=STARTED - timedelta(seconds=9)), 1005) == 0
