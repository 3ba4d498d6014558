"""The artifact that `o` opens for a failed test."""

from __future__ import annotations

import pytest

from tests.support.builders import a_case, an_artifact
from tvtui.artifacts.catalog import Catalog
from tvtui.artifacts.evidence import evidence_of
from tvtui.testvibe.identity import identify_cases

TRACE = "trace/card-colour-changed.zip"
SCREENSHOT = "screenshots/card-colour-changed.png"
COMPARISON = [f"screenshots/card-colour-changed-card-{part}.png" for part in ("expected", "actual", "diff")]
VIDEO = "videos/card-colour-changed.webm"
KINDS = {"trace": "trace", "screenshots": "screenshot", "videos": "video"}
OF_ANOTHER_TEST = "trace/card-height-changed.zip"


def chosen(*paths: str) -> str | None:
    """The path of the evidence among these artifacts, in the server's order."""
    error = "Screenshot comparison failed:\n\n  Snapshot: card.png"
    cases = identify_cases([a_case("card colour changed", status="failed", error=error), a_case("card height changed")])
    catalog = Catalog()
    catalog.take(tuple(an_artifact(path, kind=KINDS[path.partition("/")[0]]) for path in paths), cases)
    row = evidence_of(catalog.rows(cases[0].id))
    return None if row is None else row.artifact.path


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ([TRACE, SCREENSHOT, *COMPARISON, VIDEO], COMPARISON[2]),
        ([TRACE, *COMPARISON[:2]], COMPARISON[0]),
        ([VIDEO, SCREENSHOT, TRACE], TRACE),
        ([VIDEO, SCREENSHOT], SCREENSHOT),
        ([VIDEO], VIDEO),
        ([OF_ANOTHER_TEST, VIDEO], VIDEO),
        ([OF_ANOTHER_TEST], None),
        ([], None),
    ],
)
def test_a_comparison_comes_before_a_trace_and_a_trace_before_a_screenshot(
    paths: list[str], expected: str | None
) -> None:
    assert chosen(*paths) == expected
