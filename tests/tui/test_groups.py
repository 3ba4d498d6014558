"""Failures grouped by error on the run screen: keys, mouse, selection, filters, and a run that goes on."""

from __future__ import annotations

import pytest

from tests.support.app import Viewer, watching
from tests.support.builders import a_case, a_run
from tvtui.testvibe.identity import CaseId
from tvtui.testvibe.models import Case, Outcome, Run
from tvtui.view.grouping import Group, group_id

SAVE = "expect(locator).toBeVisible() failed\n\nLocator: locator('#save')\nReceived: {}"
SLOW = "Test timeout of {}ms exceeded."


def failed(name: str, error: str) -> Case:
    return a_case(name, status="failed", error=error)


TESTS = [
    failed("alone", "boom"),
    failed("slow one", SLOW.format(10)),
    a_case("fine"),
    failed("save one", SAVE.format("hidden")),
    failed("slow two", SLOW.format(20)),
    failed("slow three", SLOW.format(30)),
    failed("save two", SAVE.format("nothing")),
]
SLOW_GROUP = group_id("Test timeout of … exceeded.\n")
SAVE_GROUP = group_id("expect(locator).toBeVisible() failed\nlocator('#save')")


def shown(viewer: Viewer) -> list[str]:
    """The lines of the table, a group with its mark and size."""
    return [
        f"{'▸' if line.is_folded else '▾'} {len(line.rows)} × {line.title}"
        if isinstance(line, Group)
        else line.case.name
        for line in viewer.screen.lines
    ]


def selected(viewer: Viewer) -> str:
    """The name of the selected test, or the title of the selected group."""
    case_id = viewer.screen.selected
    assert case_id is not None
    group = viewer.screen.shown.table.groups.get(case_id)
    return case_id[0] if group is None else group.title


SLOW_TITLE = "Test timeout of … exceeded"
SAVE_TITLE = "locator('#save') toBeVisible failed"
GROUPED = [
    *(f"▾ 3 × {SLOW_TITLE}", "slow one", "slow two", "slow three"),
    *(f"▾ 2 × {SAVE_TITLE}", "save one", "save two"),
    *("alone", "fine"),
]


async def test_a_key_groups_the_failures_and_shows_them_as_before() -> None:
    async with watching(a_run(tests=TESTS)) as viewer:
        before = shown(viewer)
        await viewer.press("v")
        assert shown(viewer) == GROUPED
        assert f"▾ 3 × {SLOW_TITLE}" in viewer.text
        assert "│▌  ✗ slow one " in viewer.text
        assert "│ ✗ alone " in viewer.text
        assert "Tests · 2 groups" in viewer.text
        await viewer.press("v")
        assert shown(viewer) == before
        assert "groups" not in viewer.text


async def test_without_a_common_error_the_title_says_so() -> None:
    async with watching(a_run(tests=TESTS[:3])) as viewer:
        before = shown(viewer)
        await viewer.press("v")
        assert shown(viewer) == before
        assert "Tests · no groups" in viewer.text


async def test_without_failures_there_is_nothing_to_group() -> None:
    async with watching(a_run(status="passed")) as viewer:
        await viewer.press("v")
        assert not viewer.screen.asked.is_grouped
        assert viewer.screen.obstacle("toggle_groups") == "No failures so far."


async def test_a_selected_group_shows_its_title_its_first_error_and_its_tests() -> None:
    async with watching(a_run(tests=TESTS)) as viewer:
        await viewer.press("v", "up")
        assert selected(viewer) == SLOW_TITLE
        await viewer.sees("✗ 3 failures")
        text = viewer.screen.detail.error_text
        assert text.startswith(SLOW.format(10))
        for name in ("3 tests failed with this error:", "✗ slow one", "✗ slow two", "✗ slow three"):
            assert name in text
            assert name in viewer.text
        await viewer.press("down")
        await viewer.sees("failure 1 of 6")
        assert viewer.screen.detail.error_text == SLOW.format(10)


@pytest.mark.parametrize("key", ["enter", "space", "left"])
async def test_a_group_folds_and_unfolds(key: str) -> None:
    async with watching(a_run(tests=TESTS)) as viewer:
        await viewer.press("v", "up", key)
        assert shown(viewer) == [f"▸ 3 × {SLOW_TITLE}", *GROUPED[4:]]
        assert selected(viewer) == SLOW_TITLE
        await viewer.press("right" if key == "left" else key)
        assert shown(viewer) == GROUPED
        assert selected(viewer) == SLOW_TITLE


async def test_left_goes_to_the_group_and_right_to_its_tests() -> None:
    async with watching(a_run(tests=TESTS)) as viewer:
        await viewer.press("v", "n", "n", "left")
        assert selected(viewer) == SLOW_TITLE
        await viewer.press("right")
        assert selected(viewer) == "slow one"
        await viewer.press("right")
        assert selected(viewer) == "slow one"
        await viewer.press("end", "left", "left")
        assert selected(viewer) == "fine"
        assert shown(viewer) == GROUPED


async def test_a_click_on_a_group_folds_it_and_one_on_a_test_selects_it() -> None:
    async with watching(a_run(tests=TESTS)) as viewer:
        await viewer.press("v")
        await viewer.pilot.click("#tests", offset=(10, 5))
        assert selected(viewer) == SAVE_TITLE
        assert shown(viewer) == [*GROUPED[:4], f"▸ 2 × {SAVE_TITLE}", *GROUPED[7:]]
        await viewer.pilot.click("#tests", offset=(10, 3))
        assert selected(viewer) == "slow two"


async def test_n_reaches_every_failure_and_unfolds_what_hides_it() -> None:
    async with watching(a_run(tests=TESTS)) as viewer:
        await viewer.press("v", "up", "enter", "down", "enter")
        assert shown(viewer) == [f"▸ 3 × {SLOW_TITLE}", f"▸ 2 × {SAVE_TITLE}", "alone", "fine"]
        await viewer.press("up")
        seen = []
        for _ in range(6):
            await viewer.press("n")
            seen.append(selected(viewer))
        assert seen == ["slow one", "slow two", "slow three", "save one", "save two", "alone"]
        assert shown(viewer) == GROUPED
        await viewer.press("left", "up", "up", "left")
        assert selected(viewer) == SAVE_TITLE
        await viewer.press("N")
        assert selected(viewer) == "slow three"


async def test_the_step_from_the_first_group_backwards_wraps_or_goes_to_the_run_before() -> None:
    async with watching(a_run(tests=TESTS)) as viewer:
        await viewer.press("v", "up", "N")
        assert selected(viewer) == "alone"
        assert viewer.screen.place == "failure 6 of 6 · wrapped"
    async with watching(a_run(tests=TESTS), others={215: [a_run(run_id=215, tests=TESTS)]}) as viewer:
        await viewer.until(lambda: viewer.screen.tabs)
        await viewer.press("v", "up", "N")
        await viewer.until(lambda: viewer.app.shown.run_id == 215)


async def test_a_burst_of_keys_goes_through_groups_and_tests() -> None:
    async with watching(a_run(tests=TESTS)) as viewer:
        await viewer.press("v")
        await viewer.burst("n", "n", "n")
        assert selected(viewer) == "save one"
        await viewer.burst("up", "up", "down", "down")
        assert selected(viewer) == "save one"


async def test_y_copies_the_group() -> None:
    async with watching(a_run(tests=TESTS)) as viewer:
        await viewer.press("v", "n", "n", "n", "left", "y")
        assert selected(viewer) == SAVE_TITLE
        await viewer.until(lambda: f"2 failures: {SAVE_TITLE}" in viewer.toasts)
        text = viewer.app.clipboard
        assert text.splitlines()[2:6] == [f"2 failures: {SAVE_TITLE}", "", "✗ save one", "✗ save two"]
        assert text.count("Locator: locator('#save')") == 1
        assert "\x1b" not in text
        await viewer.press("Y")
        await viewer.until(lambda: "as Markdown" in viewer.toasts)
        assert viewer.app.clipboard.startswith("### 2 failures: locator('\\#save') toBeVisible failed\n")
        assert "- ✗ save two\n" in viewer.app.clipboard


async def test_filters_outcomes_and_orders_apply_to_groups_too() -> None:
    async with watching(a_run(tests=TESTS)) as viewer:
        await viewer.press("v", "f")
        assert shown(viewer) == GROUPED[:-1]
        assert viewer.screen.only is Outcome.FAILED
        await viewer.press("slash", *"t")
        assert shown(viewer) == [f"▾ 2 × {SLOW_TITLE}", "slow two", "slow three", "save two"]
        await viewer.press("escape", "s", "s")
        assert shown(viewer) == [f"▾ 3 × {SLOW_TITLE}", "slow one", "slow three", "slow two", *GROUPED[4:-1]]


async def test_a_filter_that_dissolves_the_selected_group_selects_one_of_its_tests_until_it_is_lifted() -> None:
    async with watching(a_run(tests=TESTS)) as viewer:
        await viewer.press("v", "up", "slash", *"three")
        assert selected(viewer) == "slow three"
        await viewer.press("escape")
        assert selected(viewer) == SLOW_TITLE


async def test_a_filter_leaves_a_folded_group_folded() -> None:
    async with watching(a_run(tests=TESTS)) as viewer:
        await viewer.press("v", "up", "left", "end")
        assert selected(viewer) == "fine"
        await viewer.press("slash", *"o")
        assert shown(viewer)[0] == f"▸ 3 × {SLOW_TITLE}"
        assert selected(viewer) == SLOW_TITLE
        await viewer.press("escape")
        assert selected(viewer) == "fine"
        assert shown(viewer)[0] == f"▸ 3 × {SLOW_TITLE}"


async def test_without_groups_the_first_test_of_the_selected_one_is_selected() -> None:
    async with watching(a_run(tests=TESTS)) as viewer:
        await viewer.press("v", "n", "n", "n", "left", "v")
        assert selected(viewer) == "save one"


def running(*tests: Case) -> Run:
    return a_run(status="running", tests=tests)


async def until_lines(viewer: Viewer, count: int) -> None:
    await viewer.next_answer()
    await viewer.until(lambda: len(viewer.screen.lines) == count)


def line_of(viewer: Viewer, text: str) -> int:
    return next(y for y, line in enumerate(viewer.text.splitlines()) if text in line)


async def test_groups_grow_while_the_run_goes_on_and_the_selection_stays() -> None:
    answers = [running(*TESTS[: size + 1]) for size in (2, 4, 6)]
    async with watching(*answers) as viewer:
        await viewer.press("v", "down")
        assert selected(viewer) == "slow one"
        await until_lines(viewer, 6)
        assert shown(viewer) == [f"▾ 2 × {SLOW_TITLE}", "slow one", "slow two", "alone", "save one", "fine"]
        assert selected(viewer) == "slow one"
        assert "▌  ✗ slow one" in viewer.text
        await viewer.press("left", "space")
        await until_lines(viewer, 6)
        assert shown(viewer) == [f"▸ 3 × {SLOW_TITLE}", *GROUPED[4:]]
        assert selected(viewer) == SLOW_TITLE
        assert "▌▸ 3 × Test timeout" in viewer.text


async def test_a_group_that_dissolves_leaves_the_selection_on_one_of_its_tests() -> None:
    async with watching(running(*TESTS), running(*TESTS[:6], failed("save two", "bang"))) as viewer:
        await viewer.press("v", "n", "n", "n", "left")
        assert selected(viewer) == SAVE_TITLE
        await viewer.next_answer()
        await viewer.until(lambda: selected(viewer) == "save one")


async def test_a_test_that_joins_a_folded_group_stays_in_sight_if_it_is_selected() -> None:
    answers = [
        running(*TESTS[1:6]),
        running(*TESTS[1:6], a_case("late")),
        running(*TESTS[1:6], failed("late", SLOW.format(99))),
    ]
    async with watching(*answers) as viewer:
        await viewer.press("v", "up", "left")
        await until_lines(viewer, 4)
        await viewer.press("end")
        assert selected(viewer) == "late"
        await until_lines(viewer, 7)
        assert selected(viewer) == "late"
        assert "▌  ✗ late" in viewer.text


async def test_many_errors_are_compared_in_a_thread() -> None:
    tests = [failed(f"test {number:04}", f"{SLOW.format(number)}\n{number}") for number in range(1_000)]
    async with watching(a_run(tests=tests)) as viewer:
        await viewer.press("v")
        await viewer.until(lambda: len(viewer.screen.lines) == 1_001)
        assert "▾ 1,000 × Test timeout" in viewer.text
        await viewer.press("up")
        await viewer.sees("✗ 1,000 failures")
        assert "… 800 more" in viewer.screen.detail.error_text


async def test_the_trace_and_the_artifacts_of_a_group_are_those_of_its_first_test() -> None:
    async with watching(a_run(tests=TESTS)) as viewer:
        await viewer.press("v", "n", "n", "n")
        own = viewer.screen.artifact_rows
        await viewer.press("left")
        assert viewer.screen.row == viewer.screen.shown.table.by_id["save one", 0]
        assert viewer.screen.artifact_rows == own


async def test_jumping_to_a_test_unfolds_its_group() -> None:
    async with watching(a_run(tests=TESTS)) as viewer:
        await viewer.press("v", "up", "left")
        target: CaseId = ("slow two", 0)
        viewer.screen.go_to(target)
        await viewer.pilot.pause()
        assert selected(viewer) == "slow two"
        assert shown(viewer) == GROUPED
