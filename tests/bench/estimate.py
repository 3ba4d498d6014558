"""Estimates of synthetic runs: how often the range holds, how wide it is, and what polling by it costs and gains."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from tvtui.testvibe.models import RunState
from tvtui.watch.outlook import Outlook, Range
from tvtui.watch.past import Past, PastRun
from tvtui.watch.schedule import Pace, PollSchedule
from tvtui.watch.time_left import expected_end

Method = Callable[[Sequence[PastRun], PastRun, float], Range | None]
"""Estimates the end of a run, of which only the tests that have ended by an age are known."""

LATENCY = 0.2


@dataclass(frozen=True)
class World:
    """How runs differ from each other.

    Attributes:
        name: What the table calls it.
        known: How many earlier runs are known.
        drift: By how much each run takes longer than the one before.
        slow_days: The share of runs that take 1.6 times as long.
        growth: The probability that a run has a tenth more tests than the one before.
    """

    name: str
    known: int
    drift: float = 0.0
    slow_days: float = 0.0
    growth: float = 0.0


WORLDS = (
    World("1 run known", 1),
    World("3 runs", 3),
    World("5 runs", 5),
    World("10 runs", 10),
    World("20 runs", 20),
    World("20 runs, drift 2 %", 20, drift=0.02),
    World("20 runs, growing", 20, growth=0.1),
    World("20 runs, 10 % slow days", 20, slow_days=0.1),
)


def history(world: World, rng: random.Random) -> list[PastRun]:
    """Runs of a suite, the newest first; the first one is the run to estimate."""
    usual = [rng.lognormvariate(1.2, 0.8) for _ in range(rng.randint(10, 120))]
    workers, setup, teardown = rng.randint(1, 8), rng.uniform(2, 20), rng.uniform(1, 8)
    runs = []
    for number in range(world.known + 1):
        if rng.random() < world.growth:
            usual += [rng.lognormvariate(1.2, 0.8) for _ in range(max(1, len(usual) // 10))]
        factor = rng.lognormvariate(0, 0.12) * (1 + world.drift) ** number
        factor *= 1.6 if rng.random() < world.slow_days else 1.0
        free = [setup * factor] * workers
        ends = []
        for seconds in usual:
            took = seconds * factor * rng.lognormvariate(0, 0.2) + (30.0 if rng.random() < 0.02 else 0.0)
            end = heapq.heappop(free) + took
            heapq.heappush(free, end)
            ends.append(end)
        ends.sort()
        runs.append(PastRun(number + 1, ends[-1] + teardown * factor, 0.0, len(ends), ends=tuple(ends)))
    return runs[::-1]


def ours(runs: Sequence[PastRun], run: PastRun, age: float) -> Range | None:
    """The estimator of tvtui."""
    ended = sum(end <= age for end in run.ends)
    ended_at = run.ends[ended - 1] if ended else 0.0
    return expected_end(Past(tuple(runs)), age=age, ended=ended, tests=run.tests, ended_at=ended_at)


def without_tests(runs: Sequence[PastRun], run: PastRun, age: float) -> Range | None:
    """The same for a server that lists the tests at the end."""
    return expected_end(Past(tuple(runs)), age=age, ended=0, tests=0, ended_at=0.0)


def mean_of_totals(runs: Sequence[PastRun], run: PastRun, age: float) -> Range | None:
    """The mean of the durations, and 1.28 standard deviations around it."""
    del run, age
    totals = [each.seconds or 0.0 for each in runs]
    reach = 1.28 * stdev(totals) if len(totals) > 1 else 0.0
    return Range(fmean(totals) - reach, fmean(totals) + reach)


def by_share_done(runs: Sequence[PastRun], run: PastRun, age: float) -> Range | None:
    """The age by the share of tests that have ended, and 15 % around it."""
    del runs
    ended = sum(end <= age for end in run.ends)
    total = age * run.tests / ended if ended else math.inf
    return Range(0.85 * total, 1.15 * total)


METHODS: dict[str, Method] = {
    "tvtui": ours,
    "tvtui, no live tests": without_tests,
    "mean ± 1.28 sd": mean_of_totals,
    "share done ± 15 %": by_share_done,
}
SHARES = (0.02, 0.25, 0.6, 0.9)


def coverage(world: World, method: Method, runs: int, seed: int) -> list[tuple[float, float]]:
    """How often the end lies in the range, and its half width in shares of the run, at each of `SHARES` of the run."""
    rng = random.Random(seed)
    hits: dict[float, list[bool]] = {share: [] for share in SHARES}
    widths: dict[float, list[float]] = {share: [] for share in SHARES}
    for _ in range(runs):
        run, *past = history(world, rng)
        assert run.seconds is not None
        for share in SHARES:
            found = method(past, run, share * run.seconds)
            assert found is not None
            hits[share].append(found.low <= run.seconds <= found.high)
            if math.isfinite(found.high):
                widths[share].append((found.high - found.low) / 2 / run.seconds)
    return [(fmean(hits[share]), fmean(widths[share] or [math.inf])) for share in SHARES]


def polled(
    run: PastRun, left: Callable[[float], tuple[float, float] | None], schedule: PollSchedule
) -> tuple[int, float, float]:
    """How many requests a watch sends, by how much it sees the end late, and the longest wait between two of them."""
    assert run.seconds is not None
    pace, at, requests, longest = Pace(schedule), 0.0, 0, 0.0
    while True:
        requests += 1
        if at >= run.seconds:
            return requests, at + LATENCY - run.seconds, longest
        answered = at + LATENCY
        wait = pace.after_answer(at, answered, left(answered))
        longest = max(longest, wait)
        at = answered + wait


def polling(runs: int, seed: int, *, scale: float = 1.0) -> list[tuple[float, ...]]:
    """Requests, delay and longest wait of each run without an estimate, then with one; `scale` makes it wrong."""
    rng = random.Random(seed)
    measured: list[tuple[float, ...]] = []
    for _ in range(runs):
        run, *past = history(World("", 10), rng)
        # as if the tests took longer: runs of 1 to 30 minutes
        factor = 60 * 30 ** rng.random() / (run.seconds or 1.0)
        run, *past = (_scaled(each, factor) for each in (run, *past))
        scaled = [_scaled(each, scale) for each in past]
        known: dict[str, Outlook | None] = {"now": None}

        def left(
            age: float,
            run: PastRun = run,
            past: Sequence[PastRun] = scaled,
            known: dict[str, Outlook | None] = known,
        ) -> tuple[float, float] | None:
            # a poller knows the estimate of the answer before
            outlook, found = known["now"], ours(past, run, age)
            known["now"] = None if found is None else Outlook(RunState.RUNNING, *found, 0.0)
            return None if outlook is None else outlook.left(age)

        measured.append((*polled(run, lambda _: None, PollSchedule()), *polled(run, left, PollSchedule())))
    return measured


def _scaled(run: PastRun, factor: float) -> PastRun:
    return run._replace(seconds=(run.seconds or 0.0) * factor, ends=tuple(end * factor for end in run.ends))


def estimate(runs: int = 150, seed: int = 1) -> None:
    """Print both tables."""
    print(f"How often the end of a run lies in the range / half width in % of the run ({runs} runs each, seed {seed})")
    print(f"at {', '.join(f'{share:.0%}' for share in SHARES)} of the run\n")
    for world in WORLDS:
        print(world.name)
        for name, method in METHODS.items():
            cells = [f"{hit:4.0%} / {width:5.1%}" for hit, width in coverage(world, method, runs, seed)]
            print(f"  {name:<22}{'   '.join(cells)}")
    print("\nPolling runs of 1 to 30 minutes, without an estimate and with one")
    print(f"  {'':<26}requests        end seen late by   longest wait   more requests than without")
    for name, scale in (("right", 1.0), ("half of the truth", 0.5), ("twice the truth", 2.0)):
        measured = polling(runs, seed, scale=scale)
        columns = [fmean(column) for column in zip(*measured, strict=True)]
        longest = max(row[2] for row in measured), max(row[5] for row in measured)
        more = sum(row[3] > row[0] for row in measured)
        print(
            f"  {name:<26}{columns[0]:5.1f} → {columns[3]:5.1f}   {columns[1]:4.1f} s → {columns[4]:4.1f} s"
            f"    {longest[0]:4.1f} → {longest[1]:4.1f} s    {more}"
        )
