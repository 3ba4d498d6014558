"""Questions over the screen: at every size all of them can be read, with the answers, whatever a feature is called."""

from __future__ import annotations

import re

import pytest

from tests.support.app import Viewer, watching
from tests.support.builders import a_run
from tvtui.tui.keymap import check

SIZES = [(120, 36), (80, 24), (40, 12), (30, 8), (20, 5)]
HOSTILE = "[/] [red]" + "login 漢字 " * 200 + "x" * 500


def told(viewer: Viewer) -> str:
    """What is on the screen as one line, without frames."""
    return " ".join(re.sub(r"[─-▟]", " ", viewer.text).split())


async def reads(viewer: Viewer, *words: str) -> None:
    await viewer.until(lambda: all(word in told(viewer) for word in words))


@pytest.mark.parametrize("size", SIZES)
async def test_a_question_is_seen_whole_with_its_answers(size: tuple[int, int]) -> None:
    async with watching(a_run(), size=size) as viewer:
        await viewer.press("R")
        await viewer.until(lambda: "Run Login Functionality again on Default at" in told(viewer))
        await viewer.until(lambda: "shop.acme.example?" in told(viewer))
        assert re.search(r"\by( or enter)? yes · n( or escape)? no\b", told(viewer))


@pytest.mark.parametrize("size", SIZES)
async def test_a_name_that_is_too_long_is_cut_and_what_is_asked_stays(size: tuple[int, int]) -> None:
    async with watching(a_run(feature_name=HOSTILE), size=size) as viewer:
        await viewer.press("R")
        await viewer.until(lambda: re.search(r"\by( or enter)? yes", told(viewer)))
        assert "Run [/] [red]login" in told(viewer)
        assert "…" in told(viewer)
        assert "shop.acme.example?" in told(viewer)
        assert re.search(r"\bn( or escape)? no\b", told(viewer))
        await viewer.pilot.resize_terminal(80, 24)
        await viewer.sees("y or enter yes · n or escape no")
        await viewer.press("n")
        await viewer.until(lambda: " yes" not in viewer.text)
        assert viewer.server.dispatched == []


@pytest.mark.parametrize("size", SIZES)
async def test_the_field_for_a_run_says_what_it_takes_and_what_is_wrong(size: tuple[int, int]) -> None:
    async with watching(a_run(), size=size) as viewer:
        viewer.server.others = {215: [a_run(run_id=215)]}
        await viewer.press("plus")
        await reads(
            viewer, "Which run shall be", "watched as", "well?", "214 or a link", "enter watch it", "escape leave"
        )
        await viewer.press(*"two", "enter")
        await reads(viewer, "'two' is not a run", "Use a", "number or a link", "/runs/214.")
        assert re.search(r"(^|▊) *two( |$)", viewer.text, re.MULTILINE), "what was typed is still seen"
        await viewer.press(*["backspace"] * 3, *"215", "enter")
        await viewer.until(lambda: viewer.app.shown.run_id == 215)


async def test_the_answers_are_told_by_the_users_own_keys() -> None:
    async with watching(a_run(), keymap=check({"question.yes": "j", "prompt.leave": "f4"}).keymap) as viewer:
        await viewer.press("R")
        await viewer.sees("j yes · n or escape no")
        await viewer.press("n", "plus")
        await viewer.sees("enter watch it · f4 leave")
