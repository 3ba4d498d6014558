"""`--follow`: when all runs have ended the watch continues with the next run that this user starts from tvtui."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.app import Viewer, shows, watching
from tests.support.builders import a_case, a_run, an_artifact
from tests.support.watch import FakeStartedRuns
from tvtui.settings.values import NotifyStyle
from tvtui.terminal.detect import TerminalKind
from tvtui.terminal.notifier import Notifier
from tvtui.testvibe.errors import Unreachable
from tvtui.testvibe.models import Run
from tvtui.tui.screens.board import BoardScreen

FAILED = a_run()


@pytest.fixture
def started() -> FakeStartedRuns:
    return FakeStartedRuns()


def checkout(run_id: int = 215, **fields: object) -> Run:
    return a_run(**{"run_id": run_id, "feature_name": "Checkout", "status": "running", **fields})


def runs(viewer: Viewer) -> list[int]:
    return [each.run_id for each in viewer.app.runs]


async def test_it_switches_to_the_next_run_when_the_one_before_has_ended(started: FakeStartedRuns) -> None:
    async with watching(a_run(status="running"), FAILED, started_runs=started) as viewer:
        viewer.server.others = {215: [checkout()]}
        started.start(215)
        await viewer.wait(3)
        assert runs(viewer) == [214], "its artifacts may still change"
        await viewer.wait(30)
        await viewer.sees("Checkout · run 215")
        assert runs(viewer) == [215]
        asked = viewer.server.asked
        await viewer.wait(10)
        assert viewer.server.asked > asked


async def test_on_the_board_the_tiles_change_without_showing_a_run_in_between(started: FakeStartedRuns) -> None:
    async with watching(FAILED, started_runs=started, board=True) as viewer:
        viewer.server.others = {215: [checkout()], 216: [checkout(216, tests=[a_case(status="failed")])]}
        await viewer.wait(60)
        await viewer.until(lambda: shows(viewer.text, "✗ FAILED"))
        started.start(215)
        started.start(216)
        await viewer.wait(3)
        await viewer.until(lambda: shows(viewer.text, "● RUNNING") and not shows(viewer.text, "✗ FAILED"))
        assert isinstance(viewer.app.screen, BoardScreen)
        assert runs(viewer) == [215, 216]
        await viewer.press("B")
        await viewer.sees("Checkout · run 215")


async def test_a_run_that_was_started_here_is_announced_and_not_added_twice(started: FakeStartedRuns) -> None:
    announced: list[int] = []

    def announce(run_id: int) -> None:
        announced.append(run_id)
        started.start(run_id)

    async with watching(FAILED, announce=announce, started_runs=started) as viewer:
        viewer.server.others = {215: [checkout(status="passed")], 216: [checkout(216)]}
        await viewer.press("R", "y")
        await viewer.sees("run 215")
        await viewer.wait(60)
        assert announced == [215]
        assert runs(viewer) == [214, 215]
        started.start(216)
        await viewer.wait(3)
        await viewer.until(lambda: runs(viewer) == [216])


async def test_a_question_is_not_interrupted(started: FakeStartedRuns) -> None:
    async with watching(FAILED, started_runs=started) as viewer:
        viewer.server.others = {215: [checkout()]}
        await viewer.wait(60)
        await viewer.press("R")
        started.start(215)
        await viewer.wait(30)
        await viewer.sees("again on Default")
        await viewer.press("n")
        await viewer.wait(3)
        await viewer.sees("Checkout · run 215")


async def test_it_survives_a_server_that_stops_responding(started: FakeStartedRuns) -> None:
    down = Unreachable("The server refused the connection.", "Check that it runs.")
    async with watching(down, started_runs=started, give_up_after=10) as viewer:
        viewer.server.others = {215: [checkout()]}
        await viewer.wait(60)
        assert viewer.app.shown.has_given_up
        started.start(215)
        await viewer.wait(3)
        await viewer.sees("Checkout · run 215")


async def test_the_screen_does_not_change_while_the_user_is_typing(started: FakeStartedRuns) -> None:
    async with watching(FAILED, started_runs=started) as viewer:
        viewer.server.others = {215: [checkout()]}
        await viewer.wait(60)
        await viewer.press("slash", "l")
        started.start(215)
        await viewer.wait(30)
        assert runs(viewer) == [214]
        await viewer.press("escape")
        await viewer.wait(3)
        await viewer.sees("Checkout · run 215")


@pytest.mark.parametrize("shown", ["1", "2"])
async def test_no_download_is_interrupted(shown: str, started: FakeStartedRuns) -> None:
    ended = {216: [checkout(216, status="passed")]}
    async with watching(a_run(artifacts=[an_artifact()]), others=ended, started_runs=started) as viewer:
        viewer.server.others |= {215: [checkout()]}
        await viewer.wait(60)
        loading = viewer.screen
        viewer.server.links_gate = asyncio.Event()
        await viewer.press("d")
        await viewer.until(lambda: loading.progress)
        await viewer.press(shown)
        started.start(215)
        await viewer.wait(30)
        assert runs(viewer) == [214, 216]
        viewer.server.links_gate.set()
        await viewer.until(lambda: loading.progress is None)
        await viewer.wait(3)
        await viewer.sees("Checkout · run 215")


def outside() -> tuple[Notifier, list[str]]:
    notifier = Notifier(TerminalKind(has_progress=True), NotifyStyle.OFF)
    written: list[str] = []
    notifier.enter(written.append)
    return notifier, written


async def test_title_and_progress_never_combine_the_old_runs_and_the_new_one(started: FakeStartedRuns) -> None:
    notifier, written = outside()
    others = {216: [checkout(216, status="passed")]}
    async with watching(FAILED, others=others, started_runs=started, notifier=notifier) as viewer:
        # the driver of the tests writes nothing
        notifier.enter(written.append)
        viewer.server.others |= {215: [checkout(summary={"total": 4})]}
        await viewer.wait(60)
        written.clear()
        started.start(215)
        await viewer.wait(3)
        await viewer.sees("Checkout · run 215")
        assert "#215" in "".join(written)
        assert "runs" not in "".join(written)
        assert "#214" not in "".join(written)
        assert "#216" not in "".join(written)
        assert "]9;4;2" not in "".join(written), "nothing has failed"


async def test_a_closed_run_disappears_from_the_title() -> None:
    notifier, written = outside()
    async with watching(FAILED, others={215: [checkout(status="passed")]}, notifier=notifier) as viewer:
        notifier.enter(written.append)
        await viewer.wait(60)
        written.clear()
        await viewer.press("x")
        await viewer.until(lambda: "#215" in "".join(written))
        assert "runs" not in "".join(written)
