"""The diagnosis of a run: everything about why it did not pass in one answer; pure."""

from __future__ import annotations

from collections.abc import Sequence

from tvtui.demo.feature import Feature
from tvtui.demo.timeline import Json

_DOCUMENTED = ("runId", "status", "featureId", "featureName", "config", "siteUrl", "finishedUtc")
_IN_A_DIGEST = {*_DOCUMENTED, "createdUtc", "startedUtc", "summary", "tests", "artifacts", "log"}


def diagnosis(digest: Json, feature: Feature, artifacts: Sequence[Json]) -> Json:
    """The diagnosis of a run.

    The API documents the fields up to `failures`; the names of the rest are guesses.

    Args:
        digest: The run's digest at the same moment.
        feature: The feature that was run.
        artifacts: The rows of its manifest, with links.
    """
    tests = digest.get("tests")
    summary = digest.get("summary")
    return {
        **{name: digest.get(name) for name in _DOCUMENTED},
        "verdict": digest.get("status"),
        "summary": {name: summary.get(name) for name in ("total", "passed", "failed")}
        if isinstance(summary, dict)
        else summary,
        "failures": [
            _failure(test, feature)
            for test in (tests if isinstance(tests, list) else [])
            if isinstance(test, dict) and test.get("status") == "failed"
        ],
        "gherkin": feature.gherkin,
        "specs": feature.specs,
        "artifacts": list(artifacts),
        "logTail": digest.get("log"),
        **{name: value for name, value in digest.items() if name not in _IN_A_DIGEST},
    }


def _failure(test: Json, feature: Feature) -> Json:
    name = test.get("name")
    if not isinstance(name, str):
        return test
    known = feature.failures.get(name)
    if known is None:
        return {**test, "name": name.replace(" › ", " > ")}
    return {**test, "name": known.name, "error": known.error}
