"""What lies behind the runs: Gherkin and Playwright specs, and the errors of the tests in full."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tvtui.demo.timeline import Json

_FEATURES = Path(__file__).with_name("features")


class Failure(NamedTuple):
    """A test's failure, not trimmed.

    Attributes:
        name: With the suites before it: `Login Functionality > Locked-out user sees an error`.
        error: Playwright's, with its colours, source and place.
    """

    name: str
    error: str


class Feature(NamedTuple):
    """A feature as its project has it.

    Attributes:
        gherkin: Its text.
        specs: What was run: rows of `path` and `source`.
        failures: Those of its tests, by the test's own name.
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
    told = folder / "failures.json"
    failures = json.loads(told.read_text(encoding="utf-8")) if told.exists() else []
    return Feature(
        gherkin.read_text(encoding="utf-8"),
        specs,
        {row["name"].rpartition(" > ")[2]: Failure(row["name"], row["error"]) for row in failures},
    )


def made_up(digest: Json) -> Feature:
    """A feature that nobody wrote: a scenario for each test."""
    tests = digest.get("tests")
    names = [test.get("name") for test in tests if isinstance(test, dict)] if isinstance(tests, list) else []
    scenarios = "".join(f"\n  Scenario: {name}\n    When I try it\n    Then it works\n" for name in names)
    return Feature(f"Feature: {digest.get('featureName')}\n{scenarios}", [], {})
