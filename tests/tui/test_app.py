"""Stories of a user at the screen."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from textual.events import Key
from textual.widgets import Input
from textual.worker import WorkerFailed

from tests.support.app import watching
from tests.support.builders import a_case, a_run, an_artifact
from tests.support.clock import FakeClock
from tests.support.server import FakeServer
from tests.support.watch import a_request, never_return
from tvtui.cli.exit_codes import exit_code
from tvtui.testvibe.client import Answer
from tvtui.testvibe.errors import ClientError, NotFound, Refused, Unreachable
from tvtui.testvibe.models import Outcome, Run, Summary
from tvtui.tui.app import TvtuiApp
from tvtui.tui.widgets.key_bar import KeyBar
from tvtui.tui.widgets.summary_bar import SummaryBar

CREATED = datetime(2026, 6, 10, 16, 2, 11, tzinfo=UTC)
STARTED = CREATED + timedelta(seconds=8)
FINISHED = STARTED + timedelta(seconds=35)

VALID = a_case(name="Valid user signs in", status="passed", duration_ms=4210.0)
WRONG = a_case(name="Invalid password is rejected", status="failed", duration_ms=3804.0, error="Error: wrong message")
LOCKED = a_case(
    name="Locked-out user sees an error", status="failed", duration_ms=9120.0, error="\x1b[31mnot found\x1b[39m in 5 s"
)
SKIPPED = a_case(name="Password can be reset", status="skipped", duration_ms=None)


def a_login_run(**changes: Any) -> Run:
    return a_run(
        **{
            "run_id": 214,
            "status": "failed",
            "feature_name": "Login Functionality",
            "config": "Default",
            "site_url": "https://shop.acme.example",
            "created_utc": CREATED,
            "started_utc": STARTED,
            "finished_utc": FINISHED,
            "tests": [VALID, WRONG, LOCKED, SKIPPED],
            "artifacts": [an_artifact(kind="trace", path="trace/locked-out-user.zip", size=482_133)],
            "log": "Running 4 tests\n\x1b[31mtwo failed\x1b[39m\nlast line of the log",
            "summary": None,
            **changes,
        }
    )


def running(**changes: Any) -> Run:
    return a_login_run(**{"status": "running", "finished_utc": None, "log": None, "artifacts": [], **changes})


def queued() -> Run:
    return running(started_utc=None, tests=[])


ENDED = a_login_run()
LOST = Unreachable("The server refused the connection.", "Check that it runs.")


async def test_the_first_failure_is_there_at_once_with_its_error() -> None:
    async with watching(ENDED) as viewer:
        assert "✗ FAILED" in viewer.text
        assert "Login Functionality · run 214 · Default · shop.acme.example" in viewer.text
        assert "✓ 1 passed  ✗ 2 failed  – 1 skipped  4 tests" in viewer.text
        assert "ran 35 s (queued 8 s)" in viewer.text
        assert "Error: wrong message" in viewer.text
        assert "failed · 3.80 s · failure 1 of 2" in viewer.text
        assert "trace/locked-out-user.zip" in viewer.text
        assert "Artifacts · 1 · 470 KiB" in viewer.text


async def test_n_goes_from_failure_to_failure_and_around() -> None:
    async with watching(ENDED) as viewer:
        await viewer.press("n")
        assert "not found in 5 s" in viewer.text
        assert "failure 2 of 2" in viewer.text
        await viewer.press("n")
        assert "Error: wrong message" in viewer.text
        await viewer.press("N")
        assert "not found in 5 s" in viewer.text


async def test_a_test_without_an_error_shows_its_status() -> None:
    async with watching(ENDED) as viewer:
        await viewer.press("end")
        assert "This test was skipped." in viewer.text
        await viewer.press("k")
        assert "This test passed." in viewer.text


async def test_arrows_pages_and_ends_move_the_selection() -> None:
    many = [a_case(name=f"test {number:03}", status="passed") for number in range(100)]
    async with watching(a_login_run(status="passed", tests=many)) as viewer:
        moves = [("down", 1), ("j", 2), ("up", 1), ("k", 0), ("end", 99), ("home", 0), ("G", 99), ("g", 0), ("up", 0)]
        for key, position in moves:
            await viewer.press(key)
            assert viewer.screen.selected == (f"test {position:03}", 0), key
        await viewer.press("pagedown")
        page = viewer.screen.table.scrollable_content_region.height - 1
        assert viewer.screen.selected == (f"test {page:03}", 0)
        await viewer.press("pageup")
        assert viewer.screen.selected == ("test 000", 0)


async def test_the_run_is_followed_from_the_queue_to_its_end() -> None:
    async with watching(queued(), running(tests=[]), running(tests=[VALID]), ENDED) as viewer:
        assert "◌ QUEUED" in viewer.text
        assert "Queued for 49 s" in viewer.text
        await viewer.wait(1)
        assert "Queued for 50 s" in viewer.text
        await viewer.wait(1)
        await viewer.sees("● RUNNING")
        assert "waiting for the first results" in viewer.text
        await viewer.wait(2)
        await viewer.sees("Valid user signs in")
        assert "1 so far " in viewer.text
        await viewer.wait(2)
        await viewer.sees("✗ FAILED")
        assert "Error: wrong message" in viewer.text


async def test_the_first_failure_is_selected_when_it_arrives_unless_a_key_was_pressed() -> None:
    async with watching(running(tests=[VALID]), running()) as viewer:
        assert viewer.screen.selected == (VALID.name, 0)
        await viewer.wait(2)
        await viewer.until(lambda: viewer.screen.selected == (WRONG.name, 0))
    async with watching(running(tests=[VALID]), running()) as viewer:
        await viewer.press("down")
        await viewer.wait(2)
        await viewer.sees("4 so far")
        assert viewer.screen.selected == (VALID.name, 0)


async def test_every_key_of_a_burst_moves_the_selection() -> None:
    async with watching(
        a_login_run(tests=[a_case(name=f"test {number}", status="passed") for number in range(9)])
    ) as viewer:
        for key in ("j", "down", "j", "k", "j"):
            viewer.app.post_message(Key(key, key))
        await viewer.until(lambda: viewer.screen.row is not None and viewer.screen.row.position == 3)
        viewer.app.post_message(Key("j", "j"))
        viewer.app.post_message(Key("home", None))
        await viewer.until(lambda: viewer.screen.row is not None and viewer.screen.row.position == 0)
        assert viewer.screen.selected == viewer.screen.table.selected


async def test_the_selection_stays_on_its_test_through_updates_sorts_and_filters() -> None:
    grown = running(tests=[a_case(name=f"new {n}", status="failed") for n in range(5)] + [VALID, WRONG, LOCKED])
    async with watching(running(tests=[VALID, WRONG, LOCKED]), grown) as viewer:
        await viewer.press("n")
        assert viewer.screen.selected == (LOCKED.name, 0)
        await viewer.wait(2)
        await viewer.sees("8 so far")
        for keys in ("s", "s", "s", "s", "f", "f"):
            await viewer.press(keys)
            assert viewer.screen.selected == (LOCKED.name, 0), keys
            assert "not found in 5 s" in viewer.text
        await viewer.press("slash", *"new")
        assert viewer.screen.selected == ("new 0", 0)
        await viewer.press("escape")
        assert viewer.screen.selected == (LOCKED.name, 0)


async def test_moving_from_a_hidden_selection_goes_to_a_visible_test() -> None:
    async with watching(ENDED) as viewer:
        await viewer.press("slash", *"valid user", "enter", "down")
        assert viewer.screen.selected == (VALID.name, 0)


async def test_the_selected_line_stays_where_it_is_when_tests_arrive_above() -> None:
    passed = [a_case(name=f"{number:02} passes", status="passed") for number in range(60)]
    more = [a_case(name=f"fails {number}", status="failed") for number in range(5)] + passed
    async with watching(running(tests=passed), running(tests=more)) as viewer:
        await viewer.press(*["down"] * 40)
        line = next(y for y, text in enumerate(viewer.text.split("\n")) if "▌✓ 40 passes" in text)
        await viewer.wait(2)
        await viewer.sees("65 so far")
        assert "▌✓ 40 passes" in viewer.text.split("\n")[line]


async def test_typing_filters_and_escape_clears_the_filter() -> None:
    async with watching(ENDED) as viewer:
        await viewer.press("slash", *"user s")
        assert "2 of 4" in viewer.text
        assert [row.case.name for row in viewer.screen.shown.table.rows] == [LOCKED.name, VALID.name]
        assert f"✓ {VALID.name}" in viewer.text
        assert f"? {SKIPPED.name}" not in viewer.text
        await viewer.press("enter")
        assert viewer.app.focused is viewer.screen.table
        assert "2 of 4" in viewer.text
        await viewer.press("escape")
        assert "of 4" not in viewer.text.split("\n")[2]
        assert len(viewer.screen.shown.table.rows) == 4


async def test_an_empty_filter_closes_and_a_filter_without_matches_is_explained() -> None:
    async with watching(ENDED) as viewer:
        await viewer.press("slash", "enter")
        assert not viewer.screen.filter_bar.is_open
        await viewer.press("slash", *"[red]")
        assert "No matching tests" in viewer.text
        await viewer.press("escape")
        assert viewer.screen.filter_bar.query_one(Input).value == ""
        assert len(viewer.screen.shown.table.rows) == 4


async def test_counts_are_filters_by_key_and_by_click() -> None:
    async with watching(ENDED) as viewer:
        await viewer.press("f")
        assert {row.case.outcome for row in viewer.screen.shown.table.rows} == {Outcome.FAILED}
        await viewer.press("f")
        assert len(viewer.screen.shown.table.rows) == 4
        await viewer.press("F", "F", "F")
        assert [row.case.name for row in viewer.screen.shown.table.rows] == [SKIPPED.name]
        await viewer.press("escape")
        x = viewer.text.split("\n")[1].index("✓ 1 passed")
        await viewer.pilot.click("SummaryBar", offset=(x, 1))
        await viewer.until(lambda: [row.case.name for row in viewer.screen.shown.table.rows] == [VALID.name])
        await viewer.pilot.click("SummaryBar", offset=(x, 1))
        await viewer.until(lambda: len(viewer.screen.shown.table.rows) == 4)


async def test_the_mouse_selects_opens_and_highlights() -> None:
    async with watching(ENDED) as viewer:
        await viewer.pilot.hover("CaseTable", offset=(5, 2))
        await viewer.pilot.click("CaseTable", offset=(5, 2))
        await viewer.until(lambda: viewer.screen.selected == (LOCKED.name, 0))
        await viewer.pilot.click("CaseTable", offset=(5, 1), times=2)
        await viewer.until(lambda: viewer.app.focused is viewer.screen.detail.error_view)
        assert viewer.screen.selected == (WRONG.name, 0)
        await viewer.pilot.click("CaseTable", offset=(5, 15))
        await viewer.pilot.hover("DetailPane")
        assert viewer.screen.selected == (WRONG.name, 0)


async def test_the_title_of_the_table_names_the_order() -> None:
    async with watching(ENDED) as viewer:
        for order in ("by duration", "by name", "in run order"):
            await viewer.press("s")
            assert f"Tests · {order}" in viewer.text
        await viewer.press("s")
        assert "Tests ─" in viewer.text


async def test_one_key_shows_the_log_and_another_searches_it() -> None:
    async with watching(ENDED) as viewer:
        await viewer.press("l")
        assert "last line of the log" in viewer.text
        await viewer.press("slash", *"l")
        await viewer.press("backspace", *"the")
        await viewer.sees("1 of 1")
        await viewer.press(*["backspace"] * 3, *"t", "enter")
        await viewer.sees("1 of 5")
        await viewer.press("n")
        await viewer.sees("2 of 5")
        await viewer.press("N", "N")
        await viewer.sees("5 of 5")
        await viewer.press("escape")
        await viewer.until(lambda: " of 5" not in viewer.text)
        await viewer.press("n")
        assert viewer.screen.selected == (LOCKED.name, 0)
        await viewer.press("l")
        assert "not found in 5 s" in viewer.text


async def test_a_run_without_tests_shows_its_log_automatically() -> None:
    async with watching(a_login_run(tests=[], artifacts=[])) as viewer:
        assert "No tests ran" in viewer.text
        await viewer.sees("last line of the log")
        assert "None" in viewer.text


@pytest.mark.parametrize(
    ("columns", "live", "ended"),
    [
        (60, "live · 0 s ago", "0 s ago"),
        (89, "live · 0 s ago", "checking artifacts · 0 s ago"),
        (90, "live · updated 0 s ago · next in 2 s", "checking for late artifacts · updated 0 s ago"),
        (
            130,
            "live · updated 0 s ago · next in 2 s",
            "checking for late artifacts · updated 0 s ago · next in 2 s",
        ),
    ],
)
async def test_the_header_says_at_every_width_how_old_the_data_is(columns: int, live: str, ended: str) -> None:
    async with watching(running(), ENDED, size=(columns, 24)) as viewer:
        assert viewer.text.splitlines()[0].endswith(f" {live}")
        await viewer.wait(2)
        await viewer.until(lambda: ended in viewer.text.splitlines()[0])


@pytest.mark.parametrize(
    ("columns", "late"), [(40, "7 s ago"), (60, "no response · 7 s old"), (120, "no response · data 7 s old")]
)
async def test_a_server_that_stays_silent_is_not_called_live(columns: int, late: str) -> None:
    async with watching(running(), size=(columns, 24)) as viewer:
        viewer.server.answers = [never_return]
        await viewer.wait(6.9)
        assert "no response" not in viewer.text
        await viewer.wait(0.1)
        await viewer.until(lambda: viewer.text.splitlines()[0].endswith(f" {late}"))


async def test_a_lost_server_changes_no_data_and_shows_its_age_and_the_next_try() -> None:
    async with watching(running(), LOST, LOST, ENDED) as viewer:
        await viewer.wait(2)
        await viewer.sees("stale · data 2 s old · next try in ")
        assert "⚠ The server refused the connection. Check that it runs." in viewer.text
        assert "Locked-out user sees an error" in viewer.text
        assert viewer.screen.has_class("-stale")
        await viewer.wait(1)
        assert "data 3 s old" in viewer.text
        await viewer.wait(20)
        await viewer.sees("✗ FAILED")
        assert "refused the connection" not in viewer.text
        assert not viewer.screen.has_class("-stale")


async def test_a_failed_first_request_is_shown_and_retried() -> None:
    async with watching(LOST, ENDED) as viewer:
        assert "no data yet · next try in" in viewer.text
        assert "No data yet" in viewer.text
        await viewer.press("r")
        await viewer.sees("✗ FAILED")


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (Refused("The server rejected the API key (401).", "Set TESTVIBE_API_KEY."), "Set TESTVIBE_API_KEY."),
        (NotFound("Run 214 was not found in this project.", "Check the number."), "Run 214 was not found"),
    ],
)
async def test_errors_of_the_server_are_shown_with_their_advice(error: ClientError, shown: str) -> None:
    async with watching(error) as viewer:
        await viewer.sees(shown)
        assert viewer.app.shown.problem is not None


async def test_pausing_stops_polling_and_r_refreshes_at_once() -> None:
    async with watching(running()) as viewer:
        await viewer.press("p")
        await viewer.wait(30)
        assert "paused · data 30 s old" in viewer.text
        asked = viewer.server.asked
        await viewer.press("p")
        await viewer.until(lambda: viewer.server.asked == asked + 1)
        await viewer.press("r")
        await viewer.until(lambda: viewer.server.asked == asked + 2)


async def test_an_ended_run_is_not_polled_until_r_is_pressed() -> None:
    clock = FakeClock(FINISHED + timedelta(minutes=12))
    async with watching(ENDED, clock=clock) as viewer:
        assert "ended 12 min ago" in viewer.text
        await viewer.wait(660)
        assert viewer.server.asked == 1
        assert "ended 23 min ago" in viewer.text
        await viewer.press("r")
        await viewer.until(lambda: viewer.server.asked == 2)


async def test_y_copies_the_failure_and_Y_as_markdown_with_a_message() -> None:  # noqa: N802  the key is a capital
    async with watching(ENDED) as viewer:
        await viewer.press("y")
        assert "Error: wrong message" in viewer.app.clipboard
        assert "tvtui watch 214" in viewer.app.clipboard
        said = "Sent to the terminal's clipboard: Invalid password is rejected, with its error"
        await viewer.until(lambda: said in viewer.toasts)
        await viewer.press("n", "Y")
        assert viewer.app.clipboard.startswith("### ")
        await viewer.until(lambda: "Locked-out user sees an error, with its error, as Markdown" in viewer.toasts)
        assert "not found in 5 s" in viewer.app.clipboard
        assert "\x1b" not in viewer.app.clipboard


async def test_y_in_the_artifacts_copies_the_path() -> None:
    async with watching(ENDED) as viewer:
        await viewer.press("tab")
        assert viewer.app.focused is viewer.screen.artifact_list
        await viewer.press("y")
        assert viewer.app.clipboard == "trace/locked-out-user.zip"


async def test_artifacts_that_arrive_late_keep_the_cursor() -> None:
    late = [an_artifact(kind="video", path="videos/a.webm", size=None), *ENDED.artifacts]
    async with watching(ENDED, a_login_run(artifacts=late)) as viewer:
        await viewer.press("tab")
        await viewer.wait(2)
        await viewer.sees("videos/a.webm")
        assert "Artifacts · 2 · ≥ 470 KiB" in viewer.text
        assert viewer.screen.artifact_list.selected == (ENDED.artifacts[0].path, 0)


async def test_z_zooms_a_pane_and_back() -> None:
    async with watching(ENDED) as viewer:
        await viewer.press("z")
        assert "Artifacts" not in viewer.text
        assert "╭─ Tests" in viewer.text
        await viewer.press("z", "tab", "z")
        assert "╭─ Artifacts" in viewer.text
        assert "╭─ Tests" not in viewer.text
        await viewer.press("escape", "enter", "z")
        assert "Error: wrong message" in viewer.text
        assert "╭─ Tests" not in viewer.text


async def test_w_stops_wrapping_long_lines() -> None:
    long = a_login_run(tests=[a_case(name="long", status="failed", error="start " + "x" * 200 + " end")])
    async with watching(long) as viewer:
        assert "end" in viewer.text
        await viewer.press("w", "w")
        await viewer.until(lambda: "x›" in viewer.text)
        await viewer.press("enter", *["right"] * 60)
        await viewer.sees("end")


async def test_the_palette_jumps_to_a_test_by_its_name_also_through_a_filter() -> None:
    async with watching(ENDED) as viewer:
        await viewer.press("f", "ctrl+p")
        await viewer.press(*"valid user")
        await viewer.until(lambda: "go to this test" in viewer.text)
        await viewer.press("down", "enter")
        await viewer.until(lambda: viewer.screen.selected == (VALID.name, 0))
        assert viewer.screen.only is None


async def test_keys_without_effect_are_dimmed() -> None:
    async with watching(a_login_run(status="passed", tests=[VALID], log=None)) as viewer:
        styles = {segment.text: segment.style for segment in viewer.screen.query_one(KeyBar).render_line(0)}
        assert styles["n"] != styles["q"]
        assert styles["y"] == styles["q"]


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("n", "No failures so far."),
        ("f", "No tests so far."),
        ("o", "No artifacts so far."),
        ("d", "No artifacts so far."),
        ("y", "No tests so far."),
    ],
)
async def test_a_key_without_effect_says_why(key: str, why: str) -> None:
    async with watching(running(tests=[], artifacts=[])) as viewer:
        await viewer.press(key, key, key)
        assert viewer.toasts == why


async def test_a_click_on_a_key_presses_it() -> None:
    async with watching(ENDED) as viewer:
        x = viewer.text.split("\n")[-1].index("f failed")
        await viewer.pilot.click(KeyBar, offset=(x, 0))
        await viewer.until(lambda: viewer.screen.only is Outcome.FAILED)


async def test_a_thousand_tests_and_one_failure_at_the_end() -> None:
    many = [a_case(name=f"test {number:04}", status="passed") for number in range(999)] + [LOCKED]
    async with watching(a_login_run(tests=many)) as viewer:
        assert "1,000 tests" in viewer.text or "1000 tests" in viewer.text
        assert "not found in 5 s" in viewer.text


async def test_text_truncated_by_the_service_ends_with_a_note() -> None:
    trimmed = a_login_run(tests=[a_case(name="long", status="failed", error="x" * 1500)], log="y" * 4000)
    async with watching(trimmed, size=(120, 60)) as viewer:
        assert "error truncated by the service (1,500 characters)" in viewer.text
        await viewer.press("l", "end")
        await viewer.sees("log truncated by the service (4,000 characters)")


async def test_a_selected_test_that_vanishes_stays_selected_until_it_comes_back() -> None:
    async with watching(running(), running(tests=[VALID]), running(tests=[VALID]), running()) as viewer:
        await viewer.press("n")
        for _ in range(2):
            await viewer.wait(2)
        await viewer.sees("is not in the run now")
        await viewer.wait(4)
        await viewer.sees("not found in 5 s")
        assert viewer.screen.selected == (LOCKED.name, 0)


async def test_the_app_quits_when_the_watch_gives_up() -> None:
    async with watching(running(), LOST, give_up_after=30) as viewer:
        for _ in range(20):
            await viewer.wait(2)
        await viewer.until(lambda: not viewer.app.is_running)
        assert viewer.app.shown.problem is not None
        assert viewer.app.shown.problem.is_final


@pytest.mark.parametrize(("others", "codes"), [({}, [5]), ({215: [a_login_run(run_id=215, artifacts=[])]}, [5, 1])])
async def test_the_app_quits_when_the_time_is_up(others: dict[int, list[Run]], codes: list[int]) -> None:
    async with watching(running(), LOST, others=others, max_time=30) as viewer:
        await viewer.wait(29.9)
        assert viewer.app.is_running
        await viewer.wait(0.1)
        await viewer.until(lambda: not viewer.app.is_running)
        assert [exit_code(watched) for watched in viewer.app.runs] == codes


async def test_a_bug_ends_the_app_and_is_available_to_its_caller(capsys: pytest.CaptureFixture[str]) -> None:
    apps = []

    async def meet_a_bug() -> None:
        async with watching(running(), ZeroDivisionError("a bug")) as viewer:
            apps.append(viewer.app)
            await viewer.wait(2)

    with pytest.raises(WorkerFailed):
        await meet_a_bug()
    assert isinstance(apps[0].crash, ZeroDivisionError)
    assert "Traceback" not in "".join(capsys.readouterr())


async def test_on_small_screens_the_evidence_opens_over_the_tests() -> None:
    async with watching(ENDED, size=(50, 14)) as viewer:
        assert "Error: wrong message" not in viewer.text
        await viewer.press("enter")
        assert "Error: wrong message" in viewer.text
        assert "Password can be reset" not in viewer.text
        await viewer.press("escape", "l")
        assert "last line of the log" in viewer.text
        await viewer.press("escape", "escape", "z", "slash", *"reset")
        assert "Password can be reset" in viewer.text
        await viewer.press("escape", "escape")
        assert viewer.app.focused is viewer.screen.table


async def test_on_medium_screens_the_artifacts_are_a_tab_and_on_wide_ones_a_pane() -> None:
    async with watching(ENDED, size=(80, 30)) as viewer:
        await viewer.pilot.click("#--content-tab-artifacts-tab")
        await viewer.sees("trace/locked-out-user.zip")
        assert viewer.app.focused is viewer.screen.detail.shown_view
        await viewer.pilot.resize_terminal(120, 36)
        await viewer.sees("Artifacts · 1")
        await viewer.until(lambda: viewer.screen.detail.tabs.active == "error-tab")


async def test_the_focus_follows_the_tab_that_comes_to_the_front() -> None:
    async with watching(ENDED) as viewer:
        await viewer.press("l")
        await viewer.pilot.click("#--content-tab-error-tab")
        await viewer.until(lambda: viewer.app.focused is viewer.screen.detail.error_view)


async def test_keys_in_an_empty_table_do_nothing() -> None:
    async with watching(running(tests=[]), a_login_run(status="passed", tests=[])) as viewer:
        await viewer.press("down", "end", "enter", "n", "N", "y", "Y", "f", "s", "g")
        assert viewer.screen.selected is None
        assert viewer.app.clipboard == ""
        await viewer.wait(2)
        await viewer.sees("No tests ran")


async def test_the_selected_test_stays_visible_when_the_terminal_shrinks() -> None:
    many = [a_case(name=f"test {number:03}", status="passed") for number in range(100)]
    async with watching(a_login_run(status="passed", tests=many), size=(80, 60)) as viewer:
        await viewer.press(*["down"] * 18)
        await viewer.pilot.resize_terminal(80, 20)
        await viewer.sees("▌✓ test 018")


async def test_a_summary_that_disagrees_with_its_tests_is_marked() -> None:
    async with watching(a_login_run(summary=Summary(total=9, passed=5, failed=3, other=1))) as viewer:
        line = viewer.text.splitlines()[1]
        assert line.startswith(" ✓ 5 passed  ✗ 3 failed  ? 1 other  9 tests   ran 35 s")
        assert line.endswith(" ⚠ 4 listed")


async def test_a_changed_test_is_redrawn_in_place() -> None:
    renamed = a_case(name=WRONG.name, status="failed", duration_ms=3804.0, error="Error: another message")
    async with watching(running(), running(tests=[VALID, renamed, LOCKED, SKIPPED])) as viewer:
        await viewer.wait(2)
        await viewer.sees("Error: another message")
        slower = a_case(name=VALID.name, status="passed", duration_ms=4900.0)
        viewer.server.answers = [running(tests=[slower, renamed, LOCKED, SKIPPED])]
        await viewer.wait(2)
        await viewer.sees("4.90 s")


async def test_an_end_without_its_time_and_a_run_that_never_started() -> None:
    async with watching(a_login_run(finished_utc=None)) as viewer:
        assert "ended (queued 8 s)" in viewer.text
    async with watching(a_login_run(started_utc=None)) as viewer:
        assert "never started" in viewer.text


async def test_w_is_safe_while_a_hidden_log_grows() -> None:
    async with watching(running(log="line\n" * 200), size=(140, 40)) as viewer:
        await viewer.press("F", "w", "w", "l")
        assert viewer.app.is_running


async def test_the_end_of_the_run_does_not_move_the_log_that_is_read() -> None:
    grown, final = running(log="\n".join(map(str, range(300)))), a_login_run(log="\n".join(map(str, range(310))))
    async with watching(grown, final) as viewer:
        await viewer.press("l", "pageup", "pageup")
        top = viewer.screen.detail.log_view.scroll_y
        assert top > 100
        await viewer.wait(2)
        await viewer.sees("FAILED")
        assert viewer.screen.detail.log_view.scroll_y == top
    async with watching(grown, final) as viewer:
        await viewer.press("l")
        await viewer.sees("299")
        await viewer.wait(2)
        await viewer.sees("309")


async def test_a_test_is_selected_although_a_key_was_pressed_before_it_arrived() -> None:
    async with watching(running(tests=[]), running()) as viewer:
        await viewer.press("down")
        await viewer.wait(2)
        await viewer.sees("4 so far")
        assert viewer.screen.selected is not None
        assert "▌" in viewer.text


async def test_the_next_failure_is_read_from_its_top_even_if_its_error_is_the_same() -> None:
    error = "\n".join(f"line {number}" for number in range(100))
    same = [a_case(name=name, status="failed", error=error) for name in ("one", "two")]
    async with watching(a_login_run(tests=same)) as viewer:
        await viewer.press("enter", "end", "n")
        await viewer.until(lambda: viewer.screen.detail.error_view.scroll_y == 0)


async def test_a_hidden_selection_is_visible_again_when_the_filter_is_cleared() -> None:
    many = [a_case(name=f"test {number:03}", status="passed") for number in range(200)]
    async with watching(a_login_run(status="passed", tests=many)) as viewer:
        await viewer.press("end", "up", "f", "f")
        await viewer.sees("▌✓ test 198")


async def test_a_visible_pane_has_the_focus_after_every_zoom_and_resize() -> None:
    async with watching(ENDED, size=(50, 20)) as viewer:
        await viewer.press("enter", "z")
        await viewer.until(lambda: viewer.app.focused is viewer.screen.table)
        await viewer.pilot.resize_terminal(120, 36)
        await viewer.press("enter")
        assert viewer.app.focused is viewer.screen.detail.error_view
        await viewer.pilot.resize_terminal(50, 20)
        await viewer.until(lambda: viewer.app.focused is viewer.screen.table)


async def test_evidence_takes_the_place_of_a_zoomed_pane() -> None:
    async with watching(ENDED) as viewer:
        await viewer.press("z", "enter")
        assert "Error: wrong message" in viewer.text
        await viewer.press("z", "tab", "z", "l")
        await viewer.sees("last line of the log")
        await viewer.press("z", "tab", "tab", "z")
        await viewer.press("n")
        assert "▌" in viewer.text


async def test_r_on_an_ended_run_sends_one_request_however_often_it_is_pressed(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock(FINISHED + timedelta(minutes=12))
    async with watching(ENDED, clock=clock) as viewer:
        reply = asyncio.Event()
        fetch = viewer.server.fetch

        async def slow_fetch(run_id: int) -> Answer:
            answer = await fetch(run_id)
            await reply.wait()
            return answer

        monkeypatch.setattr(viewer.server, "fetch", slow_fetch)
        await viewer.press("r", "r", "r")
        assert viewer.server.asked == 2
        reply.set()


async def test_matches_are_counted_again_when_the_log_grows() -> None:
    async with watching(running(log="hit"), running(log="hit\nhit\nhit")) as viewer:
        await viewer.press("l", "slash", *"hit")
        await viewer.sees("1 of 1")
        await viewer.wait(2)
        await viewer.sees("1 of 3")


@pytest.mark.parametrize("size", [(20, 5), (60, 20), (80, 24), (120, 36)])
async def test_quitting_right_after_the_start(size: tuple[int, int]) -> None:
    clock = FakeClock()
    server = FakeServer(clock, queued())
    app = TvtuiApp(server, a_request(), clock=clock)
    async with app.run_test(size=size):
        app.exit()
    assert app.crash is None


async def test_at_the_smallest_size_the_error_can_be_read() -> None:
    async with watching(ENDED, size=(20, 5)) as viewer:
        await viewer.press("enter")
        await viewer.sees("Error: wrong")
        await viewer.press("l")
        await viewer.sees("last line of the")


async def test_text_is_complete_when_a_scrollbar_appears() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz" * 30
    async with watching(a_login_run(tests=[VALID, a_case(name="long", status="failed", error=letters)])) as viewer:
        for key in ("end", "home"):
            await viewer.press(key)
        shown = "".join(line[61:118].strip(" │▁▂▃▄▅▆▇█") for line in viewer.text.split("\n")[5:-1])
        assert shown.startswith(letters[:700])


async def test_the_time_since_the_end_advances_by_the_minute() -> None:
    clock = FakeClock(FINISHED + timedelta(minutes=12, seconds=50))
    async with watching(ENDED, clock=clock) as viewer:
        assert "ended 12 min ago" in viewer.text
        await viewer.wait(11)
        await viewer.sees("ended 13 min ago")


async def test_the_badge_is_legible_in_the_terminals_own_colours() -> None:
    async with watching(ENDED) as viewer:
        viewer.app.theme = "ansi-dark"
        await viewer.pilot.pause()
        badge = next(
            segment for segment in viewer.screen.query_one(SummaryBar).render_line(0) if "FAILED" in segment.text
        )
        assert badge.style is not None
        assert badge.style.color != badge.style.bgcolor


async def test_a_refresh_does_not_postpone_the_next_try() -> None:
    async with watching(running(), LOST) as viewer:
        for _ in range(30):
            await viewer.wait(1)
        await viewer.sees("stale")
        await viewer.press("r")
        await viewer.sees("next try in 2 s")


async def test_a_shorter_time_overwrites_a_longer_one_completely() -> None:
    async with watching(running()) as viewer:
        await viewer.press("p")
        for seconds in range(5, 40, 5):
            await viewer.wait(5)
            assert viewer.text.splitlines()[0].endswith(f"  paused · data {seconds} s old")
