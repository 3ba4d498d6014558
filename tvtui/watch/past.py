"""What is known of earlier runs of the same feature and configuration: data, read from the journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tvtui.testvibe.models import Outcome

ABSENT = "."
"""Stands in `PastCase.outcomes` for a run that did not have the test."""

LETTERS: Mapping[Outcome, str] = {
    Outcome.PASSED: "p",
    Outcome.FAILED: "f",
    Outcome.FLAKY: "y",
    Outcome.SKIPPED: "s",
    Outcome.OTHER: "o",
}
"""How `PastCase.outcomes` writes each outcome."""

WINDOW = 20
"""How many earlier runs count."""


class PastRun(NamedTuple):
    """An earlier run that was watched to its end, has passed or failed, and had tests.

    Attributes:
        run_id: The run.
        seconds: How long it ran; None if unknown.
        queue_seconds: How long it had been queued before; None if unknown.
        tests: How many tests it had.
        ends: When its tests ended, in seconds after its start, ascending: one number for each test, or at most 100 that
            stand for equal shares of them; empty if they were not seen one by one.
    """

    run_id: int
    seconds: float | None = None
    queue_seconds: float | None = None
    tests: int = 0
    ends: tuple[float, ...] = ()


class PastCase(NamedTuple):
    """One test in earlier runs.

    Attributes:
        outcomes: A letter for each run of `Past.runs`, in the same order; `ABSENT` where the run did not have the test.
        durations_ms: How long it took when it passed, the newest first, at most `WINDOW`.
        since: The first of the unbroken failures that reach up to its last outcome; None if that is no failure.
        is_since_oldest: Whether `since` is the oldest run that is known, so that it may have failed earlier.
    """

    outcomes: str
    durations_ms: tuple[int, ...] = ()
    since: int | None = None
    is_since_oldest: bool = False


class Past(NamedTuple):
    """The earlier runs of a suite, which are those with a lower ID that were watched on this machine.

    Attributes:
        runs: The newest first, at most `WINDOW`. Runs that were cancelled or left say nothing about tests and times.
        cases: The tests by the name that is shown. Tests of equal names cannot be identified from one run to the next:
            within each run they are ordered by `canonical_rank`, so that the first one stands for the worst outcome.
        known_runs: How many such runs of the suite are known in all.
        site: The site to which the runs are limited; "" if they are of any.
        failing: The names of the tests that have a `since`, where that is known without looking at all of them.
    """

    runs: tuple[PastRun, ...] = ()
    cases: Mapping[str, tuple[PastCase, ...]] = {}
    known_runs: int = 0
    site: str = ""
    failing: frozenset[str] | None = None


_RANKS: Mapping[Outcome, int] = {
    Outcome.FAILED: 0,
    Outcome.FLAKY: 1,
    Outcome.PASSED: 2,
    Outcome.OTHER: 3,
    Outcome.SKIPPED: 4,
}


def canonical_rank(outcome: Outcome) -> int:
    """The place of an outcome among those of tests with equal names: failures first."""
    return _RANKS[outcome]


def median(values: Sequence[float]) -> float:
    """The median of at least one value; `statistics` would cost the start of a watch a few milliseconds."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
