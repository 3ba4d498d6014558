"""Keys of the run screen, each at the moment when it matters."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from rich.style import Style
from textual.drivers.headless_driver import HeadlessDriver
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

    names = {"pane.back": "f8", "detail.log": "v", "run.refresh": "f5"}
    async with watching(a_run(), keymap=check(names).keymap, diagnose=diagnose) as viewer:
        await viewer.press("slash", *"nothing like it")
        await viewer.sees("f8 shows all tests")
        await viewer.press("enter", "f8")
        viewer.screen.progress = Progress(0, 1, 10, 20, 0.0)
        await viewer.sees("f8 cancel")
        viewer.screen.progress = None
        viewer.screen.detail.read("console.log", "text")
        await viewer.sees("console.log (press v for the run's log)")
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
            shown.append([row.case.name for row in viewer.screen.rows])
        assert shown == [[BROKEN.name], [ODD.name], [FINE.name], [BROKEN.name, ODD.name, FINE.name]]


async def test_a_test_that_the_palette_jumped_to_stays_selected() -> None:
    running = a_run(status="running", tests=[FINE, ODD])
    async with watching(running, a_run(status="running", tests=[FINE, ODD, BROKEN])) as viewer:
        viewer.screen.go_to((ODD.name, 0))
        await viewer.wait(2)
        await viewer.sees("3 tests")
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
