"""Who gets the space of the screen: error, names, artifacts, summary, warnings and notifications."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.geometry import Region

from tests.support.app import LOST, Viewer, watching
from tests.support.builders import a_case, a_run, an_artifact, run_at
from tvtui.testvibe.models import Case, Run, Summary
from tvtui.tui.widgets.case_column import CaseColumn

FAILED = run_at("default", 600)
LONG_ERROR = "\n".join(f"line {number}" for number in range(40))


def failing(tests: int = 1, name: str = "Locked-out user sees an error", **fields: object) -> Run:
    cases = [a_case(name, status="failed", error=LONG_ERROR), *(a_case(f"test {n}") for n in range(1, tests))]
    return a_run(tests=cases, **fields)


def passing(name: str) -> Case:
    return a_case(name)


def error_lines(viewer: Viewer) -> int:
    return sum("line " in line for line in viewer.text.splitlines())


class TestDetail:
    """The pane of the selected test."""

    @pytest.mark.parametrize(("size", "lines"), [((80, 24), 11), ((60, 20), 7)])
    async def test_status_and_name_are_in_the_border_so_that_the_error_has_the_rows(
        self, size: tuple[int, int], lines: int
    ) -> None:
        async with watching(failing(30), size=size) as viewer:
            assert error_lines(viewer) == lines
            assert "Locked-out user sees an error" in viewer.text

    async def test_a_name_too_long_for_the_border_is_below_it_in_full(self) -> None:
        name = "a rather long name " * 6
        async with watching(failing(name=name), size=(80, 24)) as viewer:
            assert "─ ✗ failed · 4.21 s · failure 1 of 1 ─" in viewer.text
            shown = viewer.text.split("failure 1 of 1", 1)[1].replace("│", " ")
            assert name.strip() in " ".join(shown.split())

    async def test_the_border_follows_the_selected_test(self) -> None:
        async with watching(failing(3), size=(80, 24)) as viewer:
            assert "─ ✗ failed  Locked-out user sees an error · 4.21 s · failure 1 of 1 ─" in viewer.text
            await viewer.press("down")
            assert "─ ✓ passed  test 1 · 4.21 s ─" in viewer.text

    async def test_the_row_of_a_long_name_stays_so_that_no_step_moves_the_error(self) -> None:
        names = ["first", "a rather long name " * 6, "third", "a name that is too long for the border " * 2]
        run = a_run(tests=[a_case(name, status="failed", error=LONG_ERROR) for name in names])
        async with watching(run, size=(80, 24)) as viewer:
            await viewer.press("n")
            lines = error_lines(viewer)
            layouts: list[object] = []
            viewer.screen.screen_layout_refresh_signal.subscribe(viewer.screen, layouts.append, immediate=True)
            for name in (*names[2:], *names):
                await viewer.press("n")
                assert name.strip()[-10:] in viewer.text
            assert error_lines(viewer) == lines
            assert layouts == []
            await viewer.press("n")
            assert "─ ✗ failed · 4.21 s · failure 1 of 4 · wrapped ─" in viewer.text
            await viewer.pilot.resize_terminal(100, 24)
            await viewer.pilot.pause()
            assert "─ ✗ failed  first · 4.21 s" in viewer.text

    async def test_without_a_border_status_and_name_are_in_the_pane(self) -> None:
        async with watching(failing(3), size=(40, 12)) as viewer:
            await viewer.press("enter")
            assert "✗ failed · 4.21 s · failure 1 of 1" in viewer.text
            assert "\n Locked-out user sees an error" in viewer.text

    @pytest.mark.parametrize(("name", "left"), [("short", 76), ("n" * 60, 84), ("n" * 200, 100)])
    async def test_on_a_wide_screen_it_takes_the_columns_that_the_names_leave(self, name: str, left: int) -> None:
        async with watching(failing(name=name), size=(200, 50)) as viewer:
            assert viewer.screen.query_one(CaseColumn).size.width == left
            assert viewer.screen.detail.outer_size.width == 200 - left

    async def test_no_key_changes_its_size(self) -> None:
        async with watching(FAILED, size=(200, 50)) as viewer:
            before = regions(viewer)
            await viewer.press("n", "n", "f", "s", "tab", "l")
            assert regions(viewer) == before


def regions(viewer: Viewer) -> list[Region]:
    return [viewer.screen.query_one(name).region for name in ("#tests", "#artifacts", "#detail")]


class TestTable:
    """The table takes the rows that it needs."""

    async def test_rows_that_few_tests_leave_empty_are_for_the_artifacts(self) -> None:
        artifacts = [an_artifact(f"trace/{number:02}.zip") for number in range(18)]
        async with watching(failing(5, artifacts=artifacts), size=(120, 36)) as viewer:
            assert all(f"{number:02}.zip" in viewer.text for number in range(18))
            assert "test 4" in viewer.text

    async def test_many_tests_leave_the_artifacts_a_usual_share(self) -> None:
        artifacts = [an_artifact(f"trace/{number:02}.zip") for number in range(18)]
        async with watching(failing(400, artifacts=artifacts), size=(120, 36)) as viewer:
            assert viewer.screen.artifact_list.outer_size.height == 9

    async def test_above_the_detail_few_tests_leave_their_rows_to_the_error(self) -> None:
        async with watching(failing(3), size=(80, 24)) as viewer:
            assert error_lines(viewer) == 13

    async def test_while_more_tests_may_come_nothing_moves(self) -> None:
        first, second = (failing(count, status="running", finished_utc=None) for count in (1, 4))
        async with watching(first, second, size=(80, 24)) as viewer:
            lines = error_lines(viewer)
            await viewer.next_answer()
            assert "test 3" in viewer.text
            assert error_lines(viewer) == lines == 11


class TestSummary:
    """The two lines above the panes."""

    @pytest.mark.parametrize("size", [(60, 20), (40, 12)])
    async def test_name_and_number_come_before_the_age(self, size: tuple[int, int]) -> None:
        run = a_run(feature_name="Shopping cart and checkout", run_id=21_458)
        async with watching(run, size=size) as viewer:
            line = viewer.text.splitlines()[0]
            assert "Shopping ca" in line
            assert "run 21458" in line

    async def test_a_warning_is_shown_even_if_the_name_is_cut(self) -> None:
        run = a_run(feature_name="Shopping cart and checkout", status="running", finished_utc=None)
        async with watching(run, LOST, size=(40, 12)) as viewer:
            await viewer.next_answer()
            line = viewer.text.splitlines()[0]
            assert line.endswith(" stale")
            assert "run 214" in line

    async def test_while_the_total_is_unknown_the_count_grows_and_there_is_no_bar(self) -> None:
        async with watching(run_at("default", 20), run_at("default", 600)) as viewer:
            assert "12 so far   running" in viewer.text
            assert "█" not in viewer.text
            await viewer.press("B")
            assert "12 so far" in viewer.text
            assert "of 12" not in viewer.text
            await viewer.press("B")
            await viewer.next_answer()
            assert "21 tests   ran" in viewer.text
            assert "█" in viewer.text.splitlines()[1]

    async def test_a_known_total_stays_known_when_all_tests_have_ended(self) -> None:
        cases = [a_case(str(number)) for number in range(3)]
        answers = [
            a_run(status="running", finished_utc=None, tests=cases[:count], summary=Summary(total=3))
            for count in (1, 3)
        ]
        async with watching(*answers) as viewer:
            for _ in answers:
                assert "3 tests" in viewer.text
                assert "█" in viewer.text.splitlines()[1]
                await viewer.next_answer()

    async def test_tabs_count_up_while_the_total_is_unknown(self) -> None:
        others = {215: [a_run(run_id=215, status="running", finished_utc=None, tests=[passing("a"), passing("b")])]}
        async with watching(run_at("passed", 600), others=others, size=(160, 36)) as viewer:
            await viewer.sees("#215 Login Functionality 2… ")
            assert "#214 Smoke 9/9" in viewer.text

    @pytest.mark.parametrize("size", [(120, 36), (80, 24), (60, 20), (40, 12)])
    async def test_a_contradiction_moves_no_count(self, size: tuple[int, int]) -> None:
        lines = []
        for status in ("failed", "passed"):
            async with watching(failing(13, status=status), size=size) as viewer:
                lines.append(viewer.text.splitlines()[1])
        counts = lines[0].partition("   ran" if size[0] > 40 else "  13 tests")[0]
        assert lines[1].startswith(counts)
        assert lines[1].endswith("  ⚠ passed, but 1 test failed")

    async def test_a_contradiction_takes_the_words_of_many_counts_rather_than_a_count(self) -> None:
        async with watching(replace(FAILED, status="passed"), size=(60, 20)) as viewer:
            line = viewer.text.splitlines()[1]
            assert line.startswith(" ✓ 12  ✗ 7  ~ 1  – 1  ")
            assert line.endswith("  ⚠ passed, but 7 tests failed")


class TestNotifications:
    """Messages leave what is being read."""

    @pytest.mark.parametrize("size", [(200, 50), (120, 36), (80, 24), (60, 20)])
    async def test_the_first_lines_of_the_error_stay_visible(self, size: tuple[int, int]) -> None:
        async with watching(failing(20), size=size) as viewer:
            viewer.screen.notify("a message " * 16, severity="error")
            viewer.screen.notify("another message")
            await viewer.pilot.pause()
            assert "another message" in viewer.text
            assert all(f"line {number} " in viewer.text for number in range(3))

    async def test_a_long_message_covers_less_than_half_of_a_small_screen(self) -> None:
        async with watching(failing(20), size=(40, 12)) as viewer:
            viewer.screen.notify("a message " * 17 + "end", severity="error")
            await viewer.pilot.pause()
            covered = [line for line in viewer.text.splitlines() if line.lstrip().startswith("▌ ")]
            assert len(covered) <= 5
            assert "end" in covered[-1]
