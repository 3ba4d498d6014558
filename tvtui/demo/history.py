"""Runs of a scenario from earlier days, so that the demo has something to remember; pure.

They show every kind of change: failures that are new today, that began some runs ago or before anyone watched, and
that come and go; a test that is repaired, one that is new, and one that used to be faster.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple
from zlib import crc32

from tvtui.demo.scenarios import Scenario
from tvtui.demo.timeline import Json, stamped

RUNS = 12
"""Earlier runs of each scenario."""

_LONG_AFTER = 10_000.0
_MOMENTS = 10
"""Moments at which each run is seen."""
_MOST_TESTS = 1000
"""Of a scenario with more tests, a shorter past is enough: it is made again at each start."""

_ERROR = (
    "Error: expect(locator).toBeVisible() failed\n\nLocator: getByText('Thank you')\nReceived: <element(s) not found>"
)

_BROKE_AT = 4
"""How many runs ago the failures began that are known to have begun."""
_ALONE = frozenset({3, 7})
"""How many runs ago the unstable tests failed."""


class Earlier(NamedTuple):
    """An earlier run.

    Attributes:
        run_id: Its ID.
        digests: What the server said of it, in order, each with the seconds since its creation; the last one at its
            end.
    """

    run_id: int
    digests: tuple[tuple[float, Json], ...]


def earlier_runs(scenario: Scenario, run_id: int, *, now: datetime, speed: float, apart: int = 1) -> Iterator[Earlier]:
    """The runs before `run_id`, the oldest first; none of a scenario that never has tests.

    Args:
        scenario: What they are runs of.
        run_id: The run that is watched.
        now: The current time.
        speed: How many times faster than usual time passes.
        apart: How much the IDs of runs in a row differ.
    """
    last = scenario.digest_at(_LONG_AFTER)
    tests = last.get("tests")
    if not isinstance(tests, list) or not tests or last.get("finishedUtc") is None:
        return
    # what a hostile server sends is not only objects
    tests = [test for test in tests if isinstance(test, dict)]
    ends = _ends(scenario, tests, last)
    # when the tests of a run have ended matters only while the next one goes on
    first = 0 if scenario.digest_at(0).get("finishedUtc") is None else _MOMENTS
    for ago in range(RUNS if len(tests) <= _MOST_TESTS else 3, 0, -1):
        started = now - timedelta(days=ago, minutes=ago * 7)
        digests = (
            (at / speed, stamped(digest, started=started, speed=speed))
            for at, digest in _digests(last, tests, ends, ago, first)
        )
        earlier = run_id - ago * apart
        yield Earlier(earlier, tuple((at, {**digest, "runId": earlier}) for at, digest in digests))


def _ends(scenario: Scenario, tests: list[Json], last: Json) -> list[float]:
    """When each test ends, as a share of the time from the start to the end of the run, so that runs resemble it."""
    begun, finished = _seconds(last, "startedUtc"), _seconds(last, "finishedUtc")
    ends: list[float] = []
    for moment in range(_MOMENTS + 1):
        share = moment / _MOMENTS
        shown = scenario.digest_at(begun + (finished - begun) * share).get("tests")
        count = len(tests) if moment == _MOMENTS else len(shown) if isinstance(shown, list) else 0
        ends += [share] * (min(count, len(tests)) - len(ends))
    return ends


def _digests(last: Json, tests: list[Json], ends: list[float], ago: int, first: int) -> Iterator[tuple[float, Json]]:
    """What the server said of a run from some moment on, with the seconds since its creation."""
    before = list(_before(tests, ago))
    counts = Counter(test.get("status") for _, test in before)
    pace = _between(0.85, 1.15, ago, 0)
    begun = _seconds(last, "startedUtc") - _seconds(last, "createdUtc")
    took = (_seconds(last, "finishedUtc") - _seconds(last, "startedUtc")) * pace
    for moment in range(first, _MOMENTS + 1):
        has_ended = moment == _MOMENTS
        shown = [test for place, test in before if ends[place] <= moment / _MOMENTS]
        if not has_ended:
            # errors are recorded as they are at the end
            shown = [{**test, "error": None} for test in shown]
        digest: Json = {
            **last,
            "status": "running" if not has_ended else "failed" if counts["failed"] else "passed",
            "createdUtc": 0.0,
            "startedUtc": begun,
            "finishedUtc": begun + took if has_ended else None,
            "summary": {
                "total": len(before),
                "passed": sum(test.get("status") == "passed" for test in shown),
                "failed": sum(test.get("status") == "failed" for test in shown),
                "other": sum(test.get("status") not in {"passed", "failed"} for test in shown),
            },
            "tests": shown,
            "artifacts": [],
            "log": last.get("log") if has_ended and counts["failed"] else None,
        }
        yield begun + took * moment / _MOMENTS, digest


def _before(tests: list[Json], ago: int) -> Iterator[tuple[int, Json]]:
    """The tests of a run some runs ago, each with its place among today's."""
    seen: Counter[object] = Counter()
    for place, test in enumerate(tests):
        status = test.get("status")
        number, seen[status] = seen[status], seen[status] + 1
        took = test.get("durationMs")
        changes: dict[str, object] = {}
        if isinstance(took, (int, float)) and abs(took) < 1e9:
            changes["durationMs"] = round(took * _between(0.85, 1.15, ago, place))
        if status == "failed":
            has_failed = (False, ago <= _BROKE_AT, ago in _ALONE, True)[number % 4]
            changes |= {} if has_failed else {"status": "passed", "error": None}
        elif status == "passed" and number == 1 and ago <= 2:
            changes |= {"status": "failed", "error": _ERROR}
        elif status == "passed" and number == 3:
            # it is new
            continue
        elif status == "passed" and number == 5 and "durationMs" in changes:
            changes["durationMs"] = round(float(str(took)) / 3)
        yield place, {**test, **changes}


def _seconds(digest: Mapping[str, object], name: str) -> float:
    value = digest.get(name)
    return float(value) if isinstance(value, (int, float)) else 0.0


def _between(low: float, high: float, *numbers: int) -> float:
    """A number that looks random and is the same each time."""
    return low + (high - low) * crc32(repr(numbers).encode()) / 2**32
