"""The features behind the runs: Gherkin, Playwright specs, and complete errors of the tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tvtui.demo.timeline import Json

_FEATURES = Path(__file__).with_name("features")


class Failure(NamedTuple):
    """A failure of a test, not truncated.

    Attributes:
        name: The test with its suites: `Login Functionality > Locked-out user sees an error`.
        error: Playwright's error, with colours, source and location.
    """

    name: str
    error: str


class Feature(NamedTuple):
    """A feature of the project.

    Attributes:
        gherkin: Its source.
        specs: The specs that were run: rows with `path` and `source`.
        failures: The failures of its tests, by the name of the test without its suites.
    """

    gherkin: str
    specs: list[Json]
    failures: Mapping[str, Failure]


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
        gherkin.read_text(encoding="utf-8"),
        specs,
        {row["name"].rpartition(" > ")[2]: Failure(row["name"], row["error"]) for row in failures},
    )


def made_up(digest: Json) -> Feature:
    """A made-up feature with a scenario for each test."""
    tests = digest.get("tests")
    names = [test.get("name") for test in tests if isinstance(test, dict)] if isinstance(tests, list) else []
    scenarios = "".join(f"\n  Scenario: {name}\n    When I try it\n    Then it works\n" for name in names)
    return Feature(f"Feature: {digest.get('featureName')}\n{scenarios}", [], {})
