"""When a run will end, as a range, from the earlier runs of the same feature and configuration; pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from tvtui.testvibe.models import RunState
from tvtui.watch.events import Snapshot
from tvtui.watch.outlook import Outlook, Range
from tvtui.watch.past import Past, PastRun, median

_T90 = (
    *(1.533, 1.476, 1.440, 1.415, 1.397, 1.383, 1.372, 1.363, 1.356, 1.350),
    *(1.345, 1.341, 1.337, 1.333, 1.330, 1.328, 1.325, 1.323, 1.321, 1.319),
)
"""The 0.9 quantiles of Student's t distribution with 4 to 23 degrees of freedom (NIST e-Handbook, 1.3.6.7.2)."""

_WINDOW = len(_T90)
_RECENT = 10
_PRIOR_RUNS = 3
"""Degrees of freedom beside the runs': the expected spread counts as much as four of them would."""

_LEFT_SPREAD = 0.30
_TOTAL_SPREAD = 0.20
_QUEUE_SPREAD = 0.70
"""Standard deviations of logarithms to expect before there are many runs: of what is left at the same share of the
tests, of whole runs, and of queues, which nothing bounds."""

_PACE_POWER = 0.8
"""How much of a run's lead or lag until now is expected to continue; 1 would be all of it."""

_LEAST_SHARE = 0.05
_LEAST_ENDED = 2
_LEAST_RUNS_TO_COMPARE = 3
_LEAST_SECONDS = 1.0
_MOST_SECONDS = 1e7
"""Durations outside of these are none: a poll has no better resolution, and no run takes four months."""


def expected_end(past: Past, *, age: float, ended: int, tests: int, ended_at: float) -> Range | None:
    """The range in which a running run will end with a probability of about 80 %, in seconds since its start.

    Each earlier run was `b` seconds old, and had `a` seconds left, when as large a share of its tests had ended as of
    ours now, which was `e` seconds old at its last ended test. It says that ours has `x = a · (e / b) ** 0.8` left.
    With `y = ln x` of `n` runs, their median `c` (for n ≤ 4 their mean) and their sample variance, the range is
    `exp(c ± t · s · √(1 + 1 / n))` after the last ended test, where `s² = ((n - 1) · var(y) + 4 · 0.30²) / (n + 3)` and
    `t` is the 0.9 quantile of Student's distribution with n + 3 degrees of freedom. This is the prediction interval of
    a log-normal variable (Hahn and Meeker, Statistical Intervals, chapter 4), with four expected deviations as a
    prior, because three runs alone cannot say how much runs vary.

    As long as 5 % of the tests, or two, have not ended, and if the tests were never seen one by one, `x` is the
    duration of each of the last ten runs that took longer than ours has until now, and 0.20 replaces 0.30.

    Measured on synthetic runs (`python -m tests.bench estimate`; 1 to 20 known runs, drift, growth, slow days): the end
    lay in the range in 73 to 95 % of the cases. With 20 known runs, the half width is 25 % of the run at its start,
    15 % at 60 % of it and 8 % at 90 %; with one, it is 46 %, 30 % and 10 %. In comparison, the mean of at least three
    durations ± 1.28 standard deviations holds in 57 to 79 % of the cases, and age / share of the tests ± 15 % in 23 to
    65 % of those between 25 and 60 % of the run.

    Args:
        past: The earlier runs.
        age: Seconds since the start of the run, by the server's clock.
        ended: How many of its tests have ended.
        tests: How many tests it will have, if that is known; the last run's number is used if it is higher.
        ended_at: Its age when the last of them ended.

    Returns:
        The range, which never begins before `age`, but may have passed; None if no earlier run is known.
    """
    runs = timed_runs(past)
    if not runs:
        return None
    tests = max(tests, ended, runs[0].tests)
    found = None
    if ended >= max(_LEAST_ENDED, _LEAST_SHARE * tests):
        remaining = _remaining_seconds(runs, ended / tests, _bounded(ended_at))
        if len(remaining) >= min(_LEAST_RUNS_TO_COMPARE, len(runs)):
            found = _range_of(remaining, _LEFT_SPREAD)
            found = Range(ended_at + found.low, ended_at + found.high)
    if found is None:
        found = _duration_range(usual_durations(past), age, _TOTAL_SPREAD)
    return Range(max(age, found.low), max(age, found.high))


def timed_runs(past: Past) -> list[PastRun]:
    """The runs that an estimate can be based on: those whose duration is known."""
    return [run for run in past.runs[:_WINDOW] if _is_duration(run.seconds)]


def usual_durations(past: Past) -> list[float]:
    """How long the last ten of these runs took; if runs drift by 2 % each, the range of 20 holds in 62 % only."""
    return [run.seconds or 0.0 for run in timed_runs(past)[:_RECENT]]


def usual_range(seconds: Sequence[float], spread: float = _TOTAL_SPREAD) -> Range:
    """The range in which a further duration lies with a probability of about 80 %; see `expected_end`."""
    return _range_of([_bounded(each) for each in seconds], spread)


def _duration_range(seconds: Sequence[float], age: float, spread: float) -> Range:
    """The same for one that takes longer than `age`; it is compared with those that did, if there are any."""
    longer = [each for each in seconds if each > age]
    return usual_range(longer or seconds, spread)


def _remaining_seconds(runs: Iterable[PastRun], share: float, ended_at: float) -> list[float]:
    """What each run says is left when this share of the tests has ended, the last of them `ended_at`."""
    found = []
    for run in runs:
        if not run.ends or run.seconds is None:
            continue
        # between two tests by proportion: in runs with fewer tests than ours, the next end may be far away
        place = max(0.0, share * len(run.ends) - 1)
        first, rest = int(place), place % 1
        before = run.ends[first]
        if rest and first + 1 < len(run.ends):
            before += (run.ends[first + 1] - before) * rest
        if math.isfinite(before):
            before = _bounded(before)
            found.append(_bounded(run.seconds - before) * (ended_at / before) ** _PACE_POWER)
    return found


def _range_of(values: Sequence[float], spread: float) -> Range:
    """The prediction interval for one more of these values, which are positive; at least one, at most 20."""
    logs = sorted(math.log(value) for value in values)
    count = len(logs)
    mean = sum(logs) / count
    squares = sum((each - mean) ** 2 for each in logs)
    centre = mean if count <= 4 else median(logs)
    deviation = math.sqrt((squares + (_PRIOR_RUNS + 1) * spread**2) / (count + _PRIOR_RUNS))
    reach = _T90[count - 1] * deviation * math.sqrt(1 + 1 / count)
    return Range(math.exp(centre - reach), math.exp(centre + reach))


def _is_duration(seconds: float | None) -> bool:
    return seconds is not None and 0 < seconds <= _MOST_SECONDS


def _bounded(seconds: float) -> float:
    return min(_MOST_SECONDS, max(_LEAST_SECONDS, seconds))


def step_of(seconds: float) -> int:
    """What a time of this length is rounded to: 5 s up to a minute, 15 s up to five, and minutes above."""
    return 5 if seconds <= 60 else 15 if seconds <= 300 else 60


def rounded(left: Range) -> Range:
    """A range of seconds, rounded outward in steps of its upper end, so that both ends change at the same time."""
    step = step_of(left.high)
    return Range(math.floor(left.low / step) * step, max(1, math.ceil(left.high / step)) * step)


class Forecast:
    """Follows the answers of one run, and keeps what to expect of it.

    The outlook is a range of moments, computed anew with each answer. It is kept while neither of its ends has moved
    by as much as it is rounded to, so that the range that is shown does not flicker with every answer.

    Attributes:
        outlook: What to expect; None if nothing is known, or nothing can be said.
    """

    def __init__(self) -> None:
        """Follow a run from its next answer."""
        self.outlook: Outlook | None = None
        self._ended = 0
        self._ended_at: float | None = None

    def update(self, snapshot: Snapshot, past: Past) -> None:
        """Take an answer; the same one again changes nothing."""
        age = age_of(snapshot, snapshot.seen)
        is_news = self._ended_at is None or snapshot.finished != self._ended
        if is_news and snapshot.run.state is RunState.RUNNING:
            # when a test ended is known as of the answers, for earlier runs as for this one
            self._ended, self._ended_at = snapshot.finished, age
        outlook = None if age is None else self._outlook(snapshot, past, age)
        before = self.outlook
        if before is None or outlook is None or age is None or not _is_like(before, outlook, age):
            self.outlook = outlook

    def _outlook(self, snapshot: Snapshot, past: Past, age: float) -> Outlook | None:
        run = snapshot.run
        if run.state is RunState.OTHER:
            return None
        if run.state is RunState.QUEUED:
            waits = [_bounded(each) for each in _queue_seconds(past)]
            if len(waits) < _LEAST_RUNS_TO_COMPARE:
                return None
            return _aligned(run.state, _duration_range(waits, age, _QUEUE_SPREAD), age, median(waits))
        durations = usual_durations(past)
        if not durations:
            return None
        usual, is_known_well = median(durations), len(durations) >= _LEAST_RUNS_TO_COMPARE
        if run.state is not RunState.RUNNING:
            return Outlook(run.state, *usual_range(durations), usual, is_known_well)
        found = expected_end(
            past, age=age, ended=self._ended, tests=snapshot.total or 0, ended_at=min(age, self._ended_at or 0.0)
        )
        return None if found is None else _aligned(run.state, found, age, usual, is_known_well=is_known_well)


def _queue_seconds(past: Past) -> list[float]:
    """How long earlier runs were queued; a run that was cancelled later counts, too."""
    waits = (run.queue_seconds for run in past.runs[:_WINDOW])
    return [each for each in waits if each is not None and 0 <= each <= _MOST_SECONDS]


def _aligned(state: RunState, found: Range, age: float, usual: float, *, is_known_well: bool = True) -> Outlook:
    """An outlook whose range is a multiple of what it is rounded to, so that both ends count down at the same time."""
    step = step_of(found.high - age)
    width = math.ceil(max(0.0, found.high - found.low) / step) * step
    return Outlook(state, found.high - width, found.high, usual, is_known_well)


def _is_like(before: Outlook, after: Outlook, age: float) -> bool:
    """Whether an outlook still holds, as the next one differs by less than can be seen."""
    step = step_of(after.latest - age)
    is_near = abs(before.earliest - after.earliest) < step and abs(before.latest - after.latest) < step
    return is_near and before.state is after.state and before.usual == after.usual and before.latest > age


def age_of(snapshot: Snapshot, now: float) -> float | None:
    """Seconds since the state of a run began, at `now` of the watch's clock; None if unknown.

    Once it has ended, how long it ran.
    """
    run = snapshot.run
    began = run.created_utc if run.state is RunState.QUEUED else run.started_utc
    until = run.finished_utc if run.has_ended else snapshot.server_now(now)
    return None if began is None or until is None else max(0.0, (until - began).total_seconds())
