"""`--follow`: after the end the watch goes on with the next run that this user starts from tvtui."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.journal.test_started_runs import PROJECT, SERVER, followed
from tests.support.app import Viewer, watching
from tests.support.builders import a_case, a_run
from tests.tui.test_board_layout import shows
from tvtui.artifacts.transfer import Progress
from tvtui.journal import started_runs
from tvtui.journal.started_runs import announce
from tvtui.settings.values import NotifyStyle
from tvtui.terminal.detect import TerminalKind
from tvtui.terminal.notifier import Notifier
from tvtui.testvibe.errors import Unreachable
from tvtui.testvibe.models import Run
from tvtui.tui.screens.board import BoardScreen
from tvtui.tui.screens.run import RunScreen

FAILED = a_run()


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(started_runs, "folder", lambda: tmp_path / "dispatched")


def checkout(run_id: int = 215, **fields: object) -> Run:
    return a_run(**{"run_id": run_id, "feature_name": "Checkout", "status": "running", **fields})


def runs(viewer: Viewer) -> list[int]:
    return [each.run_id for each in viewer.app.runs]


async def test_it_switches_to_the_next_run_when_the_one_before_has_ended() -> None:
    async with watching(a_run(status="running"), FAILED, announcements=followed()) as viewer:
        viewer.server.others = {215: [checkout()]}
        announce(SERVER, "another", 9)
        announce(SERVER, PROJECT, 215)
        await viewer.wait(1)
        assert runs(viewer) == [214], "it still runs"
        await viewer.wait(30)
        await viewer.sees("Checkout · run 215")
        assert runs(viewer) == [215]
        asked = viewer.server.asked
        await viewer.wait(10)
        assert viewer.server.asked > asked


async def test_on_the_board_the_tiles_change_without_the_run_screen_between() -> None:
    async with watching(FAILED, announcements=followed(), board=True) as viewer:
        viewer.server.others = {215: [checkout()], 216: [checkout(216, tests=[a_case(status="failed")])]}
        await viewer.wait(60)
        await viewer.until(lambda: shows(viewer.text, "✗ FAILED"))
        announce(SERVER, PROJECT, 215)
        announce(SERVER, PROJECT, 216)
        await viewer.wait(3)
        await viewer.until(lambda: shows(viewer.text, "● RUNNING") and not shows(viewer.text, "✗ FAILED"))
        assert isinstance(viewer.app.screen, BoardScreen)
        assert runs(viewer) == [215, 216]
        await viewer.press("B")
        await viewer.sees("Checkout · run 215")


async def test_without_it_announcements_are_nobodys_business() -> None:
    async with watching(FAILED) as viewer:
        announce(SERVER, PROJECT, 215)
        await viewer.wait(120)
        assert runs(viewer) == [214]


async def test_a_run_that_was_started_here_is_announced_and_not_picked_up_twice() -> None:
    told: list[int] = []

    def tell(run_id: int) -> None:
        told.append(run_id)
        announce(SERVER, PROJECT, run_id)

    async with watching(FAILED, announce=tell, announcements=followed()) as viewer:
        viewer.server.others = {215: [checkout(status="passed")], 216: [checkout(216)]}
        await viewer.press("R", "y")
        await viewer.sees("run 215")
        await viewer.wait(60)
        assert told == [215]
        assert runs(viewer) == [214, 215]
        announce(SERVER, PROJECT, 216)
        await viewer.wait(3)
        await viewer.until(lambda: runs(viewer) == [216])


async def test_a_question_is_not_taken_away() -> None:
    async with watching(FAILED, announcements=followed()) as viewer:
        viewer.server.others = {215: [checkout()]}
        await viewer.wait(60)
        await viewer.press("R")
        announce(SERVER, PROJECT, 215)
        await viewer.wait(30)
        await viewer.sees("again on Default")
        await viewer.press("n")
        await viewer.wait(3)
        await viewer.sees("Checkout · run 215")


async def test_contact_that_is_lost_for_good_does_not_end_it() -> None:
    down = Unreachable("The server refused the connection.", "Check that it runs.")
    async with watching(down, announcements=followed(), give_up_after=10) as viewer:
        viewer.server.others = {215: [checkout()]}
        await viewer.wait(60)
        assert viewer.app.shown.has_given_up
        announce(SERVER, PROJECT, 215)
        await viewer.wait(3)
        await viewer.sees("Checkout · run 215")


async def test_who_types_keeps_the_screen() -> None:
    async with watching(FAILED, announcements=followed()) as viewer:
        viewer.server.others = {215: [checkout()]}
        await viewer.wait(60)
        await viewer.press("slash", "l")
        announce(SERVER, PROJECT, 215)
        await viewer.wait(30)
        assert runs(viewer) == [214]
        await viewer.press("escape")
        await viewer.wait(3)
        await viewer.sees("Checkout · run 215")


@pytest.mark.parametrize("shown", ["1", "2"])
async def test_no_runs_download_is_taken_away(shown: str) -> None:
    ended = {216: [checkout(216, status="passed")]}
    async with watching(FAILED, others=ended, announcements=followed()) as viewer:
        viewer.server.others |= {215: [checkout()]}
        await viewer.wait(60)
        loading = viewer.screen
        loading.set_reactive(RunScreen.progress, Progress(1, 2, 10, 20, 1.0))
        await viewer.press(shown)
        announce(SERVER, PROJECT, 215)
        await viewer.wait(30)
        assert runs(viewer) == [214, 216]
        loading.set_reactive(RunScreen.progress, None)
        await viewer.wait(3)
        await viewer.sees("Checkout · run 215")


def outside() -> tuple[Notifier, list[str]]:
    attention = Notifier(TerminalKind(has_progress=True), NotifyStyle.OFF)
    written: list[str] = []
    attention.enter(written.append)
    return attention, written


async def test_title_and_progress_never_tell_of_the_old_runs_and_the_new_one_together() -> None:
    attention, written = outside()
    others = {216: [checkout(216, status="passed")]}
    async with watching(FAILED, others=others, announcements=followed(), attention=attention) as viewer:
        # the app's own driver is none that is written to
        attention.enter(written.append)
        viewer.server.others |= {215: [checkout(summary={"total": 4})]}
        await viewer.wait(60)
        written.clear()
        announce(SERVER, PROJECT, 215)
        await viewer.wait(3)
        await viewer.sees("Checkout · run 215")
        assert "#215" in "".join(written)
        assert "runs" not in "".join(written)
        assert "#214" not in "".join(written)
        assert "#216" not in "".join(written)
        assert "]9;4;2" not in "".join(written), "nothing has failed"


async def test_a_run_that_is_closed_leaves_the_title() -> None:
    attention, written = outside()
    async with watching(FAILED, others={215: [checkout(status="passed")]}, attention=attention) as viewer:
        attention.enter(written.append)
        await viewer.wait(60)
        written.clear()
        await viewer.press("x")
        await viewer.until(lambda: "#215" in "".join(written))
        assert "runs" not in "".join(written)


async def test_keys_between_two_runs_do_no_harm() -> None:
    async with watching(FAILED, others={216: [checkout(216, status="passed")]}) as viewer:
        # as it is after the list has changed and before the screen has
        old, viewer.app.runs = viewer.app.runs, viewer.app.runs[1:]
        await viewer.app.action_close_run()
        await viewer.app.go_past(RunScreen.WentPast(1))
        assert runs(viewer) == [216]
        viewer.app.runs = old
