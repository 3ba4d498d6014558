"""The diagnosis of a run: everything about why it did not pass in one response."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tvtui.demo.timeline import Json

_FEATURES = Path(__file__).with_name("features")
_DOCUMENTED = ("runId", "status", "featureId", "featureName", "config", "siteUrl", "finishedUtc")
_IN_A_DIGEST = {*_DOCUMENTED, "createdUtc", "startedUtc", "summary", "tests", "artifacts", "log"}


class Feature(NamedTuple):
    """A feature of the project.

    Attributes:
        gherkin: Its source.
        specs: The Playwright specs that were run: rows with `path` and `source`.
        failures: By the name of a test without its suites, its `name` with them (`Login > Locked-out user`), and its
            `error` with colours, source and location, not truncated.
    """

    gherkin: str
    specs: list[Json]
    failures: Mapping[str, Json]


@cache
def written(name: str) -> Feature:
    """The feature in `features/<name>/`."""
    folder = _FEATURES / name
    (gherkin,) = folder.glob("*.feature")
    specs: list[Json] = [
        {"path": f"tests/{spec.name}", "source": spec.read_text(encoding="utf-8")}
        for spec in sorted(folder.glob("*.spec.js"))
    ]
    file = folder / "failures.json"
    failures = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    return Feature(
        gherkin.read_text(encoding="utf-8"), specs, {row["name"].rpartition(" > ")[2]: row for row in failures}
    )


def diagnosis(digest: Json, folder: str, artifacts: Sequence[Json]) -> Json:
    """The diagnosis of a run.

    The API documents the fields up to `failures`; the names of the rest are guesses.

    Args:
        digest: The run's digest at the same moment.
        folder: The folder in `features/` with the feature that was run; "" to make one up.
        artifacts: The rows of its manifest, with links.
    """
    tests = digest.get("tests")
    rows = [test for test in tests if isinstance(test, dict)] if isinstance(tests, list) else []
    summary = digest.get("summary")
    if isinstance(summary, dict):
        summary = {name: summary.get(name) for name in ("total", "passed", "failed")}
    feature = written(folder) if folder else _made_up(digest, rows)
    return {
        **{name: digest.get(name) for name in _DOCUMENTED},
        "verdict": digest.get("status"),
        "summary": summary,
        "failures": [_failure(test, feature) for test in rows if test.get("status") == "failed"],
        "gherkin": feature.gherkin,
        "specs": feature.specs,
        "artifacts": list(artifacts),
        "logTail": digest.get("log"),
        **{name: value for name, value in digest.items() if name not in _IN_A_DIGEST},
    }


def _made_up(digest: Json, tests: Sequence[Json]) -> Feature:
    """A feature with a scenario for each test."""
    scenarios = "".join(f"\n  Scenario: {test.get('name')}\n    When I try it\n    Then it works\n" for test in tests)
    return Feature(f"Feature: {digest.get('featureName')}\n{scenarios}", [], {})


def _failure(test: Json, feature: Feature) -> Json:
    name = test.get("name")
    if not isinstance(name, str):
        return test
    return {**test, "name": name.replace(" › ", " > "), **feature.failures.get(name, {})}
