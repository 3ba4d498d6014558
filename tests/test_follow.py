"""`--follow`: after the end the watch goes on with the next run that this user starts from tvtui."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import a_case, a_run
from tests.fakes import Viewer, watching
from tests.test_board_drawing import tells
from tests.test_dispatched import PROJECT, SERVER, followed
from tvtui import dispatched
from tvtui.client import Unreachable
from tvtui.dispatched import announce
from tvtui.models import Run
from tvtui.screens.board import BoardScreen

FAILED = a_run()


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatched, "folder", lambda: tmp_path / "dispatched")


def checkout(run_id: int = 215, **fields: object) -> Run:
    return a_run(**{"run_id": run_id, "feature_name": "Checkout", "status": "running", **fields})


def runs(viewer: Viewer) -> list[int]:
    return [each.run_id for each in viewer.app.watchings]


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
        await viewer.until(lambda: tells(viewer.text, "✗ FAILED"))
        announce(SERVER, PROJECT, 215)
        announce(SERVER, PROJECT, 216)
        await viewer.wait(3)
        await viewer.until(lambda: tells(viewer.text, "● RUNNING") and not tells(viewer.text, "✗ FAILED"))
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
