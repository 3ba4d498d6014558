"""Keys of the run screen, each at the moment when it matters."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from rich.style import Style
from textual.drivers.headless_driver import HeadlessDriver
from textual.events import MouseScrollDown
from textual.widgets import Input

from tests.support.app import Viewer, watching
from tests.support.builders import a_case, a_run, an_artifact
from tests.support.clock import FakeClock
from tvtui.artifacts.transfer import Progress
from tvtui.testvibe.diagnosis import Diagnosis
from tvtui.testvibe.errors import Unreachable
from tvtui.testvibe.models import Outcome
from tvtui.tui.keymap import check
from tvtui.tui.widgets.key_bar import KeyBar

BROKEN = a_case("Locked-out user sees an error", status="failed", error="Error: locked out")
FINE, ODD = a_case("Valid user signs in"), a_case("Password can be reset", status="skipped")
PASSED = a_run(status="passed")
LOST = Unreachable("The server refused the connection.", "Check that it runs.")


def key_styles(viewer: Viewer) -> dict[str, Style | None]:
    return {segment.text: segment.style for segment in viewer.screen.query_one(KeyBar).render_line(0)}


async def test_n_on_a_run_without_failures_goes_to_one_that_has_some() -> None:
    others = {215: [a_run(run_id=215, status="passed")], 216: [a_run(run_id=216, tests=[BROKEN])]}
    async with watching(PASSED, others=others) as viewer:
        await viewer.until(lambda: "✗1" in viewer.text.splitlines()[0])
        await viewer.press("n")
        await viewer.until(lambda: viewer.screen.watched.run_id == 216)
        assert viewer.screen.selected == (BROKEN.name, 0)
    going = a_run(run_id=216, status="running")
    async with watching(PASSED, others={216: [going, going, a_run(run_id=216, tests=[BROKEN])]}) as viewer:
        assert key_styles(viewer)["n"] != key_styles(viewer)["q"], "there is no failure to go to"
        await viewer.wait(10)
        await viewer.until(lambda: "✗1" in viewer.text.splitlines()[0])
        await viewer.until(lambda: key_styles(viewer)["n"] == key_styles(viewer)["q"])
        await viewer.press("N")
        await viewer.until(lambda: viewer.screen.watched.run_id == 216)


async def test_hints_name_the_keys_that_do_it_now() -> None:
    async def diagnose() -> Diagnosis:
        raise LOST

    names = {"pane.back": "f8", "detail.log": "m", "run.refresh": "f5"}
    async with watching(a_run(), keymap=check(names).keymap, diagnose=diagnose) as viewer:
        await viewer.press("slash", *"nothing like it")
        await viewer.sees("f8 shows all tests")
        await viewer.press("enter", "f8")
        viewer.screen.progress = Progress(0, 1, 10, 20, 0.0)
        await viewer.sees("f8 cancel")
        viewer.screen.progress = None
        viewer.screen.detail.read("console.log", "text")
        await viewer.sees("console.log (press m for the run's log)")
        await viewer.press("i")
        await viewer.sees("Press f5 or reopen this tab to retry.")


async def test_hints_name_the_usual_keys_otherwise() -> None:
    async with watching(a_run()) as viewer:
        await viewer.press("slash", *"nothing like it")
        await viewer.sees("esc shows all tests")


async def test_a_status_in_the_filter_of_the_artifacts_filters_nothing_and_says_why() -> None:
    async with watching(a_run(artifacts=[an_artifact(), an_artifact("logs/a.log", kind="log")])) as viewer:
        await viewer.press("a", "slash", *"s:failed log")
        await viewer.sees("1 of 2 · s: is only for tests")
        await viewer.press(*["backspace"] * 4)
        await viewer.sees("2 of 2 · s: is only for tests")
        await viewer.press("escape")
        await viewer.until(lambda: "s: is only" not in viewer.text)


async def test_escape_cancels_downloads_and_does_nothing_else() -> None:
    async with watching(a_run()) as viewer:
        await viewer.press("f", "z")
        viewer.screen.progress = Progress(0, 1, 10, 20, 0.0)
        await viewer.press("escape")
        assert (viewer.screen.panes.zoomed, viewer.screen.only) == ("tests", Outcome.FAILED)
        viewer.screen.progress = None
        await viewer.press("escape")
        assert (viewer.screen.panes.zoomed, viewer.screen.only) == ("", Outcome.FAILED)
        await viewer.press("escape")
        assert viewer.screen.only is None


async def test_seconds_go_on_when_an_ended_run_is_watched_again() -> None:
    ended = a_run()
    assert ended.finished_utc is not None
    async with watching(ended, clock=FakeClock(ended.finished_utc + timedelta(minutes=12))) as viewer:
        await viewer.sees("ended 12 min ago")
        await viewer.wait(60)
        await viewer.sees("ended 13 min ago")
        viewer.server.answers = [LOST]
        await viewer.press("r")
        await viewer.sees("next try in 2 s")
        await viewer.wait(1)
        await viewer.sees("next try in 1 s")


async def test_f_in_capitals_goes_through_the_outcomes_and_around() -> None:
    async with watching(a_run(tests=[BROKEN, FINE, ODD])) as viewer:
        shown = []
        for _ in range(4):
            await viewer.press("F")
            shown.append([row.case.name for row in viewer.screen.shown.table.rows])
        assert shown == [[BROKEN.name], [FINE.name], [ODD.name], [BROKEN.name, FINE.name, ODD.name]]


async def test_a_test_that_the_palette_jumped_to_stays_selected() -> None:
    running = a_run(status="running", tests=[FINE, ODD])
    async with watching(running, a_run(status="running", tests=[FINE, ODD, BROKEN])) as viewer:
        viewer.screen.go_to((ODD.name, 0))
        await viewer.wait(2)
        await viewer.sees("3 so far")
        assert viewer.screen.selected == (ODD.name, 0)


async def test_an_editor_that_ends_well_leaves_no_message(environ: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # only a terminal can be lent; Textual's driver without one refuses to
    environ.setattr(HeadlessDriver, "can_suspend", True)
    seen = tmp_path / "seen"
    program = tmp_path / "editor"
    program.write_text(f'#!/bin/sh\ncat "$1" > {seen}\n')
    program.chmod(0o755)
    environ.setenv("VISUAL", str(program))
    async with watching(a_run(tests=[BROKEN])) as viewer:
        await viewer.press("e")
        async with asyncio.timeout(20):
            while any(worker.group == "editor" for worker in viewer.app.workers):  # noqa: ASYNC110 - the program ends when it does
                await asyncio.sleep(0.01)
        await viewer.pilot.pause()
        assert seen.read_text() == "Error: locked out\n"
        assert not viewer.screen.query("Toast")


async def test_the_focus_goes_on_when_the_pane_of_a_filter_is_hidden_meanwhile() -> None:
    async with watching(a_run()) as viewer:
        await viewer.press("l", "z")
        assert viewer.screen.panes.zoomed == "detail"
        await viewer.screen.action_filter()
        await viewer.press(*"user", "enter")
        assert not isinstance(viewer.app.focused, Input)
        await viewer.press("z")
        assert viewer.screen.panes.zoomed == ""


async def test_the_key_bar_is_not_drawn_again_while_the_same_keys_can_act() -> None:
    async with watching(a_run(status="running", tests=[BROKEN, a_case(name="another", status="failed")])) as viewer:
        await viewer.press("p")
        drawn: list[object] = []
        viewer.screen.bindings_updated_signal.subscribe(viewer.screen, drawn.append, immediate=True)
        await viewer.wait(10)
        await viewer.press("s", "j")
        assert drawn == []
        await viewer.press("F", "F")
        assert drawn != []


SIGN_IN = a_case("Valid user signs in", duration_ms=9000)
CHECKOUT = a_case("Checkout ships", status="failed", error="Error: no ship\nat checkout.ts", duration_ms=4000)
BILLING = a_case("Billing adds up", status="failed", error="Error: wrong sum", duration_ms=2000)
ALL = [SIGN_IN, CHECKOUT, BILLING]


def copied(viewer: Viewer) -> str:
    return viewer.toasts.splitlines()[-1]


@pytest.mark.parametrize("size", [(120, 36), (80, 24), (60, 20), (200, 50)])
async def test_keys_act_on_the_test_that_the_filter_shows_and_then_on_the_one_before(size: tuple[int, int]) -> None:
    async with watching(a_run(tests=ALL), size=size) as viewer:
        await viewer.press("n")
        assert viewer.screen.selected == (BILLING.name, 0)
        await viewer.press("slash", *"ships", "enter", "y")
        assert CHECKOUT.name in copied(viewer)
        await viewer.sees("Error: no ship")
        await viewer.press("escape", "escape", "escape", "y")
        assert BILLING.name in copied(viewer)


async def test_a_click_on_a_count_selects_the_first_of_them() -> None:
    async with watching(a_run(tests=ALL)) as viewer:
        row = viewer.text.splitlines()[1]
        await viewer.pilot.click(offset=(row.index("1 passed"), 1))
        assert viewer.screen.selected == (SIGN_IN.name, 0)
        await viewer.sees("This test passed.")
        await viewer.pilot.click(offset=(row.index("1 passed"), 1))
        assert viewer.screen.selected == (CHECKOUT.name, 0)


async def test_with_a_filter_that_nothing_matches_there_is_nothing_to_copy_or_to_open() -> None:
    async with watching(a_run(tests=ALL)) as viewer:
        await viewer.press("slash", *"zzz", "enter", "enter")
        await viewer.sees("No test is selected.")
        await viewer.press("y")
        assert copied(viewer) == "Nothing to copy: no test is selected."


async def test_keys_that_do_not_concern_the_selection_leave_the_first_failure_to_come() -> None:
    going = a_run(status="running", tests=[SIGN_IN])
    async with watching(going, a_run(tests=ALL)) as viewer:
        await viewer.press("question_mark", "escape", "b", "w", "s", "f", "f", "l", "l", "tab", "shift+tab")
        await viewer.next_answer()
        await viewer.press("s", "s", "s")
        await viewer.sees("Error: no ship")


@pytest.mark.parametrize("keys", ["n", "enter", "tab tab j", "y", "l", "home"])
async def test_keys_that_concern_the_selection_make_it_the_users(keys: str) -> None:
    going = a_run(status="running", tests=[BILLING])
    async with watching(going, a_run(tests=ALL)) as viewer:
        await viewer.press(*keys.split())
        await viewer.next_answer()
        assert viewer.screen.selected == (BILLING.name, 0)


async def test_the_wheel_over_an_error_makes_its_test_the_users() -> None:
    going = a_run(status="running", tests=[BILLING])
    async with watching(going, a_run(tests=ALL)) as viewer:
        await viewer.pilot._post_mouse_events([MouseScrollDown], viewer.screen.detail.error_view, button=0)
        await viewer.next_answer()
        assert viewer.screen.selected == (BILLING.name, 0)


async def test_slash_searches_the_error_with_a_count_and_its_own_n() -> None:
    error = "Error: no ship\nship A\nship B"
    async with watching(a_run(tests=[a_case("Checkout", status="failed", error=error), BILLING])) as viewer:
        await viewer.press("tab", "tab", "slash")
        await viewer.sees("enter keep  esc clear")
        await viewer.press(*"ship")
        await viewer.sees("1 of 3")
        assert viewer.screen.shown.table.rows == viewer.screen.shown.table.all_rows, "the tests are not filtered"
        await viewer.press("enter", "n", "n")
        await viewer.sees("3 of 3")
        await viewer.press("n")
        await viewer.sees("1 of 3 · wrapped")
        await viewer.press("N")
        await viewer.sees("3 of 3 · wrapped")
        await viewer.press("slash", *"zzz")
        await viewer.sees("no match")
        await viewer.press("escape", "n")
        assert viewer.screen.selected == (BILLING.name, 0), "without a search, n goes to the next failure"


async def test_the_command_palettes_filter_searches_the_error_too() -> None:
    async with watching(a_run(tests=ALL)) as viewer:
        await viewer.press("tab", "tab")
        await viewer.screen.run_action("filter")
        await viewer.press(*"zzz")
        await viewer.sees("no match")
        assert viewer.screen.found == "", "the tests are not filtered"


async def test_a_status_that_there_is_not_is_answered_with_those_that_there_are() -> None:
    async with watching(a_run(tests=ALL)) as viewer:
        await viewer.press("slash", *"s:x")
        await viewer.sees("No test with status 'x'")
        await viewer.sees("statuses in this run: failed, passed")
        await viewer.sees("esc shows all tests")


@pytest.mark.parametrize("size", [(59, 20), (40, 12), (40, 8)])
async def test_n_says_so_too_where_only_the_table_is_visible(size: tuple[int, int]) -> None:
    async with watching(a_run(tests=ALL), size=size) as viewer:
        await viewer.press("n")
        assert viewer.toasts == ""
        await viewer.press("n")
        assert viewer.toasts == "Wrapped to the first failure."
        await viewer.press("N")
        assert viewer.toasts.endswith("Wrapped to the last failure.")


async def test_n_says_that_it_went_around() -> None:
    async with watching(a_run(tests=ALL)) as viewer:
        await viewer.press("n")
        await viewer.sees("failure 2 of 2")
        assert "wrapped" not in viewer.text
        await viewer.press("n")
        await viewer.sees("failure 1 of 2 · wrapped")
        await viewer.press("N")
        await viewer.sees("failure 2 of 2 · wrapped")
        await viewer.press("k")
        await viewer.until(lambda: "wrapped" not in viewer.text)


async def test_sorting_by_duration_shows_the_slowest() -> None:
    tests = [a_case(f"test {n:03}", duration_ms=n) for n in range(200)]
    async with watching(a_run(status="passed", tests=tests)) as viewer:
        await viewer.press("G", "s")
        await viewer.sees("test 199")
        assert viewer.screen.table.scroll_y == 0
        await viewer.press("s")
        assert viewer.screen.selected == ("test 199", 0)


async def test_half_pages_in_the_tests_the_artifacts_and_the_texts() -> None:
    tests = [a_case(f"test {n:03}", error="\n".join(map(str, range(200))), status="failed") for n in range(200)]
    artifacts = [an_artifact(f"logs/{n}.log", kind="log") for n in range(50)]
    async with watching(a_run(tests=tests, artifacts=artifacts)) as viewer:
        screen = viewer.screen
        await viewer.press("ctrl+d")
        half = int(str(screen.selected[0])[-3:]) if screen.selected else 0
        assert half == round((screen.table.size.height - 1) / 2)
        await viewer.press("ctrl+d", "ctrl+u", "ctrl+u", "ctrl+u")
        assert screen.selected == ("test 000", 0)
        await viewer.press("tab", "ctrl+d")
        view = screen.artifact_list
        assert view.highlighted == round((view.scrollable_content_region.height - 1) / 2)
        await viewer.press("G", "ctrl+u", "g")
        assert view.highlighted == 0
        assert not screen.progress, "d alone downloads"
        await viewer.press("tab", "ctrl+d", "ctrl+d", "ctrl+u")
        assert screen.detail.error_view.scroll_y == round((screen.detail.error_view.size.height - 1) / 2)


LOG = "\n".join(
    [
        *("setting up " + "x" * 300 for _ in range(20)),
        "  1) [chromium] › a.spec.ts:1:1 › Shop › Checkout ships ─────",
        *(f"    ship {n}" for n in range(60)),
        "  2) [chromium] › a.spec.ts:9:1 › Shop › Billing adds up ─────",
        *(f"    bill {n}" for n in range(60)),
        "  2 failed",
    ]
)


@pytest.mark.parametrize("size", [(120, 36), (80, 24), (60, 20), (40, 12), (200, 50)])
async def test_the_log_opens_at_the_section_of_the_failure_and_follows_n(size: tuple[int, int]) -> None:
    async with watching(a_run(tests=ALL, log=LOG), size=size) as viewer:
        view = viewer.screen.detail.log_view

        def top() -> str:
            return view.render_line(0).text.strip()

        await viewer.press("l")
        assert "1) [chromium]" in top()
        await viewer.press("n")
        assert "2) [chromium]" in top()
        await viewer.press("l", "N", "l")
        assert "1) [chromium]" in top()
        await viewer.press("escape", "G", "l")
        assert viewer.screen.selected == (SIGN_IN.name, 0)
        assert view.scroll_y == view.max_scroll_y > 0, "a test that passed has no place, so the end is shown"


async def test_y_copies_what_the_log_says_of_the_test_and_of_no_other() -> None:
    async with watching(a_run(tests=ALL, log=LOG)) as viewer:
        await viewer.press("y")
        assert "1) [chromium]" in viewer.app.clipboard
        assert "ship 59\n\ntvtui watch" in viewer.app.clipboard
        assert "bill" not in viewer.app.clipboard
        await viewer.press("n", "Y")
        assert "bill 59\n```" in viewer.app.clipboard
        assert "ship" not in viewer.app.clipboard
        await viewer.press("G", "y")
        assert SIGN_IN.name in viewer.app.clipboard
        assert "log" not in viewer.app.clipboard


@pytest.mark.parametrize("key", ["l", "i"])
@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_log_and_diagnosis_return_the_focus_to_where_it_was(key: str, size: tuple[int, int]) -> None:
    async def diagnose() -> Diagnosis:
        return Diagnosis()

    run = a_run(tests=ALL, status="failed", log=LOG)
    async with watching(run, size=size, diagnose=diagnose) as viewer:
        for place in (viewer.screen.table, viewer.screen.detail.error_view):
            place.focus()
            await viewer.press(key)
            assert viewer.screen.focused is viewer.screen.detail.shown_view is not place
            assert f" {key} error  " in viewer.text.splitlines()[-1] or size == (80, 24)
            await viewer.press(key)
            assert viewer.screen.focused is place
            assert viewer.screen.detail.tabs.active == "error-tab"
            assert " error " not in viewer.text.splitlines()[-1]


async def test_the_error_has_the_focus_where_the_tests_have_no_room_beside_it() -> None:
    async with watching(a_run(tests=ALL, log=LOG), size=(90, 14)) as viewer:
        await viewer.press("l")
        assert " l error " in viewer.text.splitlines()[-1]
        await viewer.press("l")
        assert viewer.screen.focused is viewer.screen.detail.error_view
        assert " l log " in viewer.text.splitlines()[-1]
        await viewer.sees("Error: ")


async def test_a_log_that_arrives_while_it_is_open_goes_to_the_failure() -> None:
    going = a_run(status="running", tests=ALL)
    async with watching(going, a_run(tests=ALL, log=LOG)) as viewer:
        await viewer.press("l")
        await viewer.sees("No log yet")
        await viewer.next_answer()
        await viewer.sees("1) [chromium]")
        assert "1) [chromium]" in viewer.screen.detail.log_view.render_line(0).text
        before = viewer.screen.detail.log_view.scroll_y
        await viewer.press("pagedown", "r")
        assert viewer.screen.detail.log_view.scroll_y > before, "only the first log is gone to"


async def test_a_log_that_changes_after_the_end_neither_scrolls_away_nor_marks_another_line() -> None:
    later = "\n".join(LOG.split("\n")[1:])
    async with watching(a_run(tests=ALL, log=LOG), a_run(tests=ALL, log=later)) as viewer:
        view = viewer.screen.detail.log_view
        await viewer.press("l", "down", "down")
        before, marked = view.scroll_y, view.marked_line
        await viewer.press("r")
        await viewer.until(lambda: view.text == later)
        assert view.scroll_y == before
        assert marked is not None
        assert view.marked_line == marked - 1


async def test_without_tests_the_log_is_shown_from_its_top_and_from_its_end_when_asked_for() -> None:
    async with watching(a_run(tests=[], log=LOG)) as viewer:
        view = viewer.screen.detail.log_view
        await viewer.sees("setting up")
        assert view.scroll_y == 0
        await viewer.press("l")
        assert viewer.screen.detail.tabs.active == "error-tab"
        await viewer.press("l")
        assert view.scroll_y == view.max_scroll_y > 0
