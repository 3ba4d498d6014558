"""Stories of outcomes that are neither "passed" nor "failed" to the letter: what a person sees, finds and reads."""

from __future__ import annotations

import pytest

from tests.support.app import watching
from tests.support.builders import a_case, a_run
from tvtui.tui.widgets.summary_bar import SummaryBar

FINE = a_case("signs in", duration_ms=10.0)
HANGS = a_case("hangs", status="timedOut", duration_ms=30_000.0, error="Test timeout of 30000ms exceeded.")
STOPPED = a_case("is stopped", status="interrupted", duration_ms=5.0)
FLAKY = a_case("passes at last", status="flaky", duration_ms=5.0)
ODD = a_case("is odd", status="blocked", duration_ms=5.0)
SKIPPED = a_case("is left out", status="skipped", duration_ms=0.0)
SIZES = [(120, 36), (80, 24), (200, 50), (60, 20), (40, 12)]


@pytest.mark.parametrize("size", SIZES)
async def test_a_time_out_is_a_failure(size: tuple[int, int]) -> None:
    run = a_run(tests=[FINE, HANGS, SKIPPED], log=None)
    assert run.summary is not None
    assert (run.summary.failed, run.summary.other) == (0, 2), "the server counts it as other"
    async with watching(run, size=size) as viewer:
        assert viewer.screen.selected == (HANGS.name, 0)
        assert [row.case for row in viewer.screen.shown.table.rows] == [HANGS, FINE, SKIPPED]
        assert ("✓ 1 passed  ✗ 1 failed  – 1 skipped" if size[0] > 60 else "✓ 1  ✗ 1  – 1") in viewer.text
        assert "⚠" not in viewer.text
        assert "timedOut" in viewer.text
        assert str(viewer.screen.query_one(SummaryBar).tooltip) == "The server counts 1 timedOut test as other."


async def test_n_finds_every_kind_of_failure_and_only_those() -> None:
    async with watching(a_run(tests=[FLAKY, STOPPED, ODD, SKIPPED, FINE, HANGS])) as viewer:
        found = []
        for _ in range(3):
            found.append(viewer.screen.selected)
            await viewer.press("n")
        assert found == [(STOPPED.name, 0), (HANGS.name, 0), (STOPPED.name, 0)]
        await viewer.press("f")
        assert {row.case for row in viewer.screen.shown.table.rows} == {STOPPED, HANGS}
        assert "failed only" in viewer.text


async def test_all_others_are_skipped() -> None:
    skipped = [a_case(f"test {number}", status="skipped") for number in range(26)]
    async with watching(a_run(status="passed", tests=[FINE, *skipped])) as viewer:
        assert "✓ 1 passed  ✗ 0 failed  – 26 skipped  27 tests" in viewer.text
        assert viewer.screen.query_one(SummaryBar).tooltip is None
        await viewer.press("B")
        await viewer.sees("skipped")
        assert "other" not in viewer.text


async def test_flaky_tests_stand_between_failed_and_passed_ones_with_their_own_mark() -> None:
    async with watching(a_run(tests=[SKIPPED, FINE, FLAKY, ODD, HANGS])) as viewer:
        assert [row.case for row in viewer.screen.shown.table.rows] == [HANGS, ODD, FLAKY, FINE, SKIPPED]
        for line in ("✗ hangs", "? is odd", "~ passes at last", "✓ signs in", "– is left out"):
            assert line in viewer.text
        counts = "✓ 1 passed  ✗ 1 failed  ~ 1 flaky  – 1 skipped  ? 1 other  5 tests"
        line = viewer.text.split("\n")[1]
        assert counts in line
        await viewer.pilot.click("SummaryBar", offset=(line.index("~ 1"), 1))
        await viewer.until(lambda: [row.case for row in viewer.screen.shown.table.rows] == [FLAKY])
        await viewer.sees("flaky only")


async def test_a_result_that_the_words_do_not_explain_is_still_marked() -> None:
    summary = {"total": 3, "passed": 2, "failed": 0, "other": 1}
    async with watching(a_run(tests=[FINE, HANGS, SKIPPED], summary=summary)) as viewer:
        line = viewer.text.split("\n")[1]
        assert "✓ 2 passed  ✗ 0 failed  ? 1 other  3 tests" in line
        assert line.endswith("⚠ listed: 1 passed, 1 failed, 1 skipped")
