"""A scripted run at any moment: a recorded result, played over time; pure."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from typing import NamedTuple

Json = dict[str, object]
"""A JSON object as the API writes it, in camelCase."""

RUN_ID = 214
"""The ID of the first run."""

_LONGEST_STEP_MS = 60_000.0
_MOMENTS = ("createdUtc", "startedUtc", "finishedUtc")


class Recording(NamedTuple):
    """The result of a run.

    Attributes:
        status: `passed` or `failed`.
        tests: The tests in the API's shape, in the order in which they ended.
        artifacts: The artifacts in the API's shape, in the order in which they arrived.
        log: The output of the runner; None if the run passed.
    """

    status: str
    feature_id: int
    feature_name: str
    config: str
    site_url: str
    tests: Sequence[Json]
    artifacts: Sequence[Json]
    log: str | None


class Timeline(NamedTuple):
    """When the parts of a run appear; all in seconds.

    Attributes:
        queued: From creation to start; infinite if the run never starts.
        silent: From the start until the first test begins.
        results: From there to the end of the last test; shared by the tests in proportion to their durations.
        tail: From the last test to the end of the run.
        late: How many artifacts, the last ones, are missing when the run ends.
        late_by: From the end of the run until they appear.
        ahead: The age of the run at second 0.
    """

    queued: float = 3.0
    silent: float = 4.0
    results: float = 20.0
    tail: float = 1.0
    late: int = 0
    late_by: float = 4.0
    ahead: float = 0.0


class Script:
    """A recording with its timeline."""

    def __init__(self, recording: Recording, timeline: Timeline) -> None:
        self._recording = recording
        self._timeline = timeline
        first = timeline.queued + timeline.silent
        shares = _shares(recording.tests)
        self._arrivals = [first + timeline.results * share for share in shares]
        self._end = first + timeline.results + timeline.tail

    def digest_at(self, seconds: float) -> Json:
        """The digest at `seconds`.

        Its times (`createdUtc` and so on) are seconds on the same scale; see `stamped`. As in the API, there are no
        results before the first one, and no log if the run passed.
        """
        recording, timeline = self._recording, self._timeline
        age = seconds + timeline.ahead
        has_started, has_ended = age >= timeline.queued, age >= self._end
        tests = recording.tests[: bisect_right(self._arrivals, age)]
        return {
            "runId": RUN_ID,
            "status": recording.status if has_ended else "running",
            "featureId": recording.feature_id,
            "featureName": recording.feature_name,
            "config": recording.config,
            "siteUrl": recording.site_url,
            "createdUtc": -timeline.ahead,
            "startedUtc": timeline.queued - timeline.ahead if has_started else None,
            "finishedUtc": self._end - timeline.ahead if has_ended else None,
            "summary": _summary(tests) if tests else None,
            "tests": list(tests) if has_started else None,
            "artifacts": self._artifacts_at(age) if has_started else None,
            "log": recording.log if has_ended else None,
        }

    def _artifacts_at(self, age: float) -> list[Json]:
        artifacts, timeline = self._recording.artifacts, self._timeline
        if age < self._end:
            return []
        if age < self._end + timeline.late_by:
            return list(artifacts[: len(artifacts) - timeline.late])
        return list(artifacts)


def stamped(digest: Json, *, started: datetime, speed: float) -> Json:
    """The same digest with wall-clock times.

    Second `s` of the script is `s / speed` seconds after `started`, so that the ages that a client computes match
    what it saw. Durations of tests stay as recorded, because their errors and the log quote them. A time that is not a
    number of seconds is not changed.
    """
    written = dict(digest)
    for name in _MOMENTS:
        moment = digest.get(name)
        if isinstance(moment, (int, float)):
            written[name] = f"{started + timedelta(seconds=moment / speed):%Y-%m-%dT%H:%M:%SZ}"
    return written


def _shares(tests: Sequence[Json]) -> list[float]:
    """When each test ends, from 0 to 1; evenly spread if there are no durations."""
    ends = list(accumulate(_step_ms(test) for test in tests))
    if not ends or not ends[-1]:
        return [(number + 1) / len(tests) for number in range(len(tests))]
    return [end / ends[-1] for end in ends]


def _step_ms(test: Json) -> float:
    duration = test.get("durationMs")
    if not isinstance(duration, (int, float)):
        return 0.0
    return min(max(0.0, duration), _LONGEST_STEP_MS)


def _summary(tests: Sequence[Json]) -> Json:
    counts = Counter(test.get("status") for test in tests)
    passed, failed = counts["passed"], counts["failed"]
    return {"total": len(tests), "passed": passed, "failed": failed, "other": len(tests) - passed - failed}
