"""Dialogs: they can be read at every size, with their keys, whatever a feature is called."""

from __future__ import annotations

import re

import pytest
from textual.containers import Vertical
from textual.widgets import Input

from tests.support.app import Viewer, watching
from tests.support.builders import RUNNING_NOW, a_run
from tvtui.testvibe.models import Run
from tvtui.tui.keymap import check
from tvtui.tui.screens.run import RunScreen

SIZES = [(120, 36), (80, 24), (40, 12), (30, 8), (20, 5)]
HOSTILE = "[/] [red]" + "login 漢字 " * 200 + "x" * 500


def screen_text(viewer: Viewer) -> str:
    """The text on the screen as one line, without frames."""
    return " ".join(re.sub(r"[─-▟]", " ", viewer.text).split())


def box_width(viewer: Viewer) -> int:
    return viewer.app.screen.query_one(Vertical).region.width


async def reads(viewer: Viewer, *words: str) -> None:
    await viewer.until(lambda: all(word in screen_text(viewer) for word in words))


@pytest.mark.parametrize("size", SIZES)
async def test_a_question_is_shown_completely_with_its_answers(size: tuple[int, int]) -> None:
    async with watching(a_run(), size=size) as viewer:
        await viewer.press("R")
        await viewer.until(lambda: "Run Login Functionality again on Default at" in screen_text(viewer))
        await viewer.until(lambda: "shop.acme.example?" in screen_text(viewer))
        assert re.search(r"\by yes · n( or enter)? no\b", screen_text(viewer))


@pytest.mark.parametrize("size", SIZES)
async def test_a_long_name_is_cut_and_the_rest_of_the_question_stays(size: tuple[int, int]) -> None:
    async with watching(a_run(feature_name=HOSTILE), size=size) as viewer:
        await viewer.press("R")
        await viewer.until(lambda: re.search(r"\by yes", screen_text(viewer)))
        assert "Run [/] [red]login" in screen_text(viewer)
        assert "…" in screen_text(viewer)
        assert "shop.acme.example?" in screen_text(viewer)
        assert re.search(r"\bn( or enter)? no\b", screen_text(viewer))
        await viewer.pilot.resize_terminal(80, 24)
        await viewer.sees("y yes · n or enter no")
        await viewer.press("n")
        await viewer.until(lambda: " yes" not in viewer.text)
        assert viewer.server.dispatched == []


@pytest.mark.parametrize("size", SIZES)
async def test_the_prompt_for_a_run_explains_itself_and_its_errors_and_keeps_its_width(size: tuple[int, int]) -> None:
    async with watching(a_run(), size=size) as viewer:
        viewer.server.others = {215: [a_run(run_id=215)]}
        await viewer.press("plus")
        width = box_width(viewer)
        await reads(viewer, "Add a run to", "watch", "run ID or link", "enter watch", "esc cancel")
        await viewer.press(*"two", "enter")
        await reads(viewer, "'two' is not a run", "Use a", "/runs/214.")
        assert box_width(viewer) == width
        assert re.search(r"(^|▊) *two( |$)", viewer.text, re.MULTILINE), "what was typed is still visible"
        await viewer.press(*["backspace"] * 3, *"215", "enter")
        await viewer.until(lambda: viewer.app.shown.run_id == 215)


async def test_enter_does_not_start_a_run() -> None:
    async with watching(a_run(status="failed")) as viewer:
        await viewer.press("R")
        await viewer.sees("Run Login Functionality again")
        assert "still" not in screen_text(viewer)
        await viewer.press("enter")
        await viewer.until(lambda: isinstance(viewer.app.screen, RunScreen))
        assert viewer.server.dispatched == []


@pytest.mark.parametrize(
    ("run", "state"), [(RUNNING_NOW, "running"), (a_run(status="running", started_utc=None), "queued")], ids=str
)
async def test_the_question_says_that_the_run_still_goes_on(run: Run, state: str) -> None:
    async with watching(run) as viewer:
        await viewer.press("R")
        await viewer.until(lambda: f"Run 214 is still {state}. Run Login Functionality again" in screen_text(viewer))


async def test_remapped_keys_are_shown() -> None:
    async with watching(a_run(), keymap=check({"question.yes": "j", "prompt.leave": "f4"}).keymap) as viewer:
        await viewer.press("R")
        await viewer.sees("j yes · n or enter no")
        await viewer.press("n", "plus")
        await viewer.sees("enter watch · f4 cancel")


class TestKeysInOneGo:
    """A second key that was pressed before the first one closed a screen does not close the screen below."""

    @pytest.mark.parametrize(
        ("opened_by", "closed_by"),
        [
            (["R"], ["y", "y"]),
            (["R"], ["enter", "n"]),
            (["R"], ["escape", "escape"]),
            (["plus", *"215"], ["enter", "enter"]),
            (["plus", *"215"], ["enter", "escape"]),
            (["plus"], ["escape", "escape"]),
            (["question_mark"], ["escape", "escape"]),
            (["B"], ["escape", "escape"]),
        ],
        ids=lambda keys: "".join(f"{key} " for key in keys).strip(),
    )
    async def test_only_one_screen_is_closed(self, opened_by: list[str], closed_by: list[str]) -> None:
        async with watching(a_run()) as viewer:
            viewer.server.others = {215: [a_run(run_id=215)]}
            await viewer.press(*opened_by)
            assert not isinstance(viewer.app.screen, RunScreen)
            await viewer.burst(*closed_by)
            await viewer.until(lambda: isinstance(viewer.app.screen, RunScreen))
            assert len(viewer.app.screen_stack) == 1
            is_yes = opened_by == ["R"] and closed_by[0] == "y"
            assert len(viewer.server.dispatched) == is_yes

    async def test_the_field_of_the_prompt_is_submitted_once(self) -> None:
        async with watching(a_run()) as viewer:
            viewer.server.others = {215: [a_run(run_id=215)]}
            await viewer.press("plus", *"215")
            field = viewer.app.screen.query_one(Input)
            for _ in range(2):
                field.post_message(Input.Submitted(field, "215"))
            await viewer.until(lambda: [each.run_id for each in viewer.app.runs] == [214, 215])
            await viewer.sees("run 215")
