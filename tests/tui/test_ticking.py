"""How often screens wake up: only visible ones, and only for what changes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.app import watching
from tests.support.builders import a_run
from tvtui.testvibe.models import Run
from tvtui.tui.widgets.board_tile import BoardTile

ENDED = a_run(status="passed", tests=[])
GOING = a_run(status="running", tests=[])
POLLS = 30
"""A minute of a run that goes on."""


def other(run: Run) -> dict[int, list[Run | Exception]]:
    return {215: [replace(run, run_id=215)]}


@pytest.mark.parametrize(("run", "most"), [(ENDED, 11), (GOING, 10 * (60 + POLLS) + 5)])
async def test_a_run_under_the_board_wakes_up_only_for_its_polls(run: Run, most: int) -> None:
    async with watching(run) as viewer:
        # its artifacts have settled, and the time is not a whole second
        await viewer.wait(60.3)
        await viewer.press("B")
        slept = viewer.clock.slept
        await viewer.wait(600)
        assert viewer.clock.slept - slept <= most


@pytest.mark.parametrize(("run", "most"), [(ENDED, 11), (GOING, 10 * POLLS + 16)])
async def test_a_run_in_another_tab_wakes_up_only_for_its_polls(run: Run, most: int) -> None:
    async with watching(run, others=other(ENDED)) as viewer:
        await viewer.wait(60.3)
        await viewer.press("2")
        await viewer.sees("run 215")
        slept = viewer.clock.slept
        await viewer.wait(600)
        assert viewer.clock.slept - slept <= most


async def test_a_run_that_is_shown_again_has_the_right_time_at_once_and_keeps_ticking() -> None:
    async with watching(GOING, others=other(ENDED)) as viewer:
        screen = viewer.screen
        for hide, show in (("B", "B"), ("2", "1")):
            await viewer.press(hide)
            before = screen.now
            await viewer.wait(30.25)
            assert screen.now == before
            await viewer.press(show)
            assert screen.now == viewer.clock.now()
            for _ in range(5):
                await viewer.wait(1)
                assert viewer.clock.now() - screen.now < 1


async def test_the_time_ticks_under_a_dialog() -> None:
    async with watching(GOING) as viewer:
        await viewer.press("plus")
        assert viewer.app.screen is not viewer.screen
        for _ in range(5):
            await viewer.wait(1)
            assert viewer.clock.now() - viewer.screen.now < 1


async def test_a_board_of_ended_runs_ticks_every_second_once_a_running_one_is_added() -> None:
    async with watching(ENDED, board=True) as viewer:
        await viewer.wait(60)
        viewer.server.others[215] = list(other(GOING)[215])
        viewer.app.runs.watch(215)
        await viewer.until(lambda: len(viewer.app.screen.query(BoardTile)) == 2)
        await viewer.until(lambda: viewer.app.runs[1].snapshot)
        for _ in range(5):
            before = viewer.text
            await viewer.wait(1)
            assert viewer.text != before
