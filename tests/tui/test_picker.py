"""The list of recorded runs on the screen."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.screen import Screen

from tests.support.builders import CREATED
from tests.support.recorded_runs import a_head, later
from tvtui.journal.recording import Head
from tvtui.journal.run_list import RunRow
from tvtui.tui.journal_app import JournalApp
from tvtui.tui.screens.comparison import ComparisonScreen
from tvtui.tui.screens.dialogs import Question
from tvtui.tui.screens.picker import Choice, PickerScreen, PickerServices, Way
from tvtui.tui.screens.picker_rows import lay_out
from tvtui.view.comparison import compare

PICTURES = Path(__file__).parent / "pictures"
HEADS = (
    a_head(later(214), new_failures=2),
    a_head(later(213, status="passed")),
    a_head(later(212, feature_id=13, feature_name="Checkout [/] and payment", config="Mobile", status="passed")),
    replace(a_head(later(211, status="running")), has_body=False),
    a_head(later(210, status="aborted", feature_id=14, feature_name="Search")),
)


class Picker:
    """A user in front of the list, and what was done for the user."""

    app: JournalApp
    pilot: Pilot[Choice | None]

    def __init__(self) -> None:
        self.forgotten: list[int] = []
        self.compared: list[tuple[int, int]] = []
        self.asked: list[int] = []

    @property
    def screen(self) -> PickerScreen:
        (screen,) = (each for each in self.app.screen_stack if isinstance(each, PickerScreen))
        return screen

    @property
    def text(self) -> str:
        return "\n".join(strip.text.rstrip() for strip in self.app.screen._compositor.render_strips())

    @property
    def shown(self) -> list[int]:
        return [row.head.run_id for row in self.screen.shown]

    @property
    def selected(self) -> int | None:
        row = self.screen.selected
        return None if row is None else row.head.run_id

    @property
    def toasts(self) -> str:
        return "\n".join(str(each.message) for each in self.app._notifications)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def until_asked(self, number: int) -> None:
        while len(self.asked) < number:
            await self.pilot.pause()
        await self.pilot.pause()


@asynccontextmanager
async def picking(
    heads: Sequence[Head] = HEADS,
    *,
    size: tuple[int, int] = (120, 36),
    obstacle: str = "",
    answer: Head | None = None,
    problem: str = "",
    can_open: bool = True,
    words: str = "",
    notes: Sequence[str] = (),
) -> AsyncIterator[Picker]:
    user = Picker()

    def forget(head: Head) -> str:
        user.forgotten.append(head.run_id)
        return problem

    async def ask(head: Head) -> Head | None:
        user.asked.append(head.run_id)
        await asyncio.sleep(0)
        return answer

    async def comparison(before: Head, after: Head) -> Screen[None] | str:
        user.compared.append((before.run_id, after.run_id))
        if problem:
            return problem
        return ComparisonScreen(compare(later(before.run_id), later(after.run_id)), copy=lambda _text, _name: None)

    services = PickerServices(
        lambda: CREATED + timedelta(hours=3), lambda _: obstacle, ask, forget, comparison, can_open
    )
    app = JournalApp(lambda _: PickerScreen(heads, services, empty="No runs yet.", words=words, notes=notes))
    async with app.run_test(size=size, notifications=True) as pilot:
        user.app, user.pilot = app, pilot
        await pilot.pause()
        yield user


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 36)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_screen_matches_the_stored_picture(size: tuple[int, int]) -> None:
    async with picking(size=size) as user:
        await user.press("j", "d")
        text = user.text + "\n"
    picture = PICTURES / f"picker-{size[0]}x{size[1]}.txt"
    if os.environ.get("TVTUI_DRAW"):
        picture.write_text(text, encoding="utf-8")
    assert text == picture.read_text(encoding="utf-8")


@pytest.mark.parametrize("width", range(60, 160))
def test_the_name_of_a_feature_is_not_cut_for_its_configuration_or_site(width: int) -> None:
    run = later(
        214, feature_name="Login and checkout", config="Mobile landscape", site_url=f"https://{'x' * 40}.example"
    )
    table = lay_out([RunRow.of(a_head(run, new_failures=2))], width, CREATED)
    if {"config", "site"} & table.widths.keys():
        assert table.widths["feature"] >= len("Login and checkout")
    assert "new" in table.widths


async def test_enter_opens_what_is_recorded_and_watches_what_is_not() -> None:
    async with picking() as user:
        assert (user.selected, "enter watch" in user.text) == (211, True)
        await user.press("j")
        assert "enter open" in user.text
        await user.press("enter")
    assert user.app.return_value == Choice(HEADS[0], Way.OPEN)

    async with picking() as user:
        await user.press("enter")
    assert user.app.return_value == Choice(HEADS[3], Way.WATCH)

    async with picking() as user:
        await user.press("j", "w")
    assert user.app.return_value == Choice(HEADS[0], Way.WATCH)


async def test_where_nothing_can_be_opened_every_run_is_watched() -> None:
    async with picking(can_open=False) as user:
        await user.press("j")
        assert "enter watch" in user.text
        await user.press("enter")
    assert user.app.return_value == Choice(HEADS[0], Way.WATCH)


async def test_a_run_that_cannot_be_watched_stays_and_says_why() -> None:
    async with picking(obstacle="No server is configured here.") as user:
        await user.press("enter")
        assert user.toasts == "No server is configured here."
        assert user.app.is_running
        assert user.asked == []
        await user.press("j", "enter")
    assert user.app.return_value == Choice(HEADS[0], Way.OPEN)


async def test_a_run_that_was_left_is_asked_for_once() -> None:
    ended = a_head(later(211, status="passed"), has_body=False)
    async with picking(answer=ended) as user:
        await user.until_asked(1)
        assert user.asked == [211]
        assert user.shown == [214, 213, 212, 211, 210]
        assert "left" not in user.text
        assert user.selected == 211


async def test_a_run_that_is_still_going_on_is_no_longer_called_left() -> None:
    async with picking(answer=HEADS[3]) as user:
        await user.until_asked(1)
        assert "● 211  running" in user.text


async def test_a_server_that_does_not_answer_changes_nothing() -> None:
    async with picking(answer=None) as user:
        await user.until_asked(1)
        assert "● 211  left running" in user.text
        assert "asking" not in user.text
        assert user.toasts == ""


async def test_the_filter_narrows_the_list_and_the_selection_stays() -> None:
    async with picking() as user:
        await user.press("j", "j", "slash", *"login")
        assert user.shown == [211, 214, 213]
        assert "3 of 5" in user.text
        await user.press("enter")
        assert user.selected == 213
        await user.press("escape")
        assert len(user.shown) == 5
        assert user.selected == 213


async def test_a_filter_that_matches_nothing_says_how_to_lift_it() -> None:
    async with picking(words="@failed nothing") as user:
        assert "No matching runs\n esc shows all runs" in user.text
        await user.press("enter", "d", "x", "w")
        assert user.app.is_running
        await user.press("escape")
        assert len(user.shown) == 5


async def test_two_runs_are_compared_the_earlier_one_first() -> None:
    async with picking() as user:
        await user.press("j", "d")
        assert "Compare #214 · d another run" in user.text
        await user.press("j", "d")
        assert user.compared == [(213, 214)]
        assert "run 213" in user.text
        await user.press("q")
        assert user.selected == 213


async def test_the_same_run_again_is_compared_with_the_run_before_it() -> None:
    async with picking() as user:
        await user.press("j", "d", "d")
        assert user.compared == [(213, 214)]
        await user.press("escape", "G", "d", "d")
        assert user.compared == [(213, 214)]
        assert "No earlier run of the same feature and configuration as #210" in user.toasts


async def test_a_mark_is_lifted_by_escape() -> None:
    async with picking() as user:
        await user.press("d")
        assert "◆" in user.text
        await user.press("escape")
        assert "◆" not in user.text
        await user.press("escape")
    assert user.app.return_value is None


async def test_runs_that_cannot_be_compared_say_why() -> None:
    async with picking(problem="Run 211 cannot be compared: its recording is damaged.") as user:
        await user.press("d", "j", "d")
        assert "its recording is damaged" in user.toasts


async def test_a_run_is_forgotten_after_a_question() -> None:
    async with picking() as user:
        await user.press("j", "x")
        assert isinstance(user.app.screen, Question)
        assert "Forget run 214 of Login Functionality?" in user.text
        await user.press("n")
        assert user.forgotten == []
        await user.press("x", "y")
        assert user.forgotten == [214]
        assert user.shown == [211, 213, 212, 210]
        assert "Run 214 is forgotten." in user.toasts


async def test_a_run_that_cannot_be_forgotten_stays() -> None:
    async with picking(problem="The recording cannot be deleted: Permission denied.") as user:
        await user.press("x", "y")
        assert user.shown[0] == 211
        assert "Permission denied" in user.toasts


async def test_the_last_run_leaves_a_sentence() -> None:
    async with picking(HEADS[:1]) as user:
        await user.press("x", "y")
        assert "No runs yet." in user.text
        await user.press("j", "enter", "d", "x")
        assert user.app.is_running


async def test_files_that_cannot_be_listed_are_named() -> None:
    async with picking(notes=["/state/1.tvrun is not listed: written by a newer version of tvtui."]) as user:
        assert "⚠ /state/1.tvrun is not listed" in user.text


async def test_many_files_that_cannot_be_listed_are_counted() -> None:
    async with picking(notes=[f"{n}.tvrun is not listed: damaged." for n in range(9)], size=(80, 12)) as user:
        assert "2.tvrun is not listed" in user.text
        assert "and 6 more; tvtui runs --lines has all" in user.text
        assert "211" in user.text


async def test_several_projects_are_told_apart_where_there_is_room() -> None:
    other = a_head(later(214), server="https://other.example", project="99999999-0000-0000-0000-000000000000")
    async with picking((*HEADS, other), size=(160, 20)) as user:
        assert "other.example/99999999" in user.text


@pytest.mark.parametrize("size", [(20, 5), (40, 10), (59, 15), (100, 15), (200, 50)])
async def test_every_size_has_the_runs_and_the_keys(size: tuple[int, int]) -> None:
    async with picking(size=size) as user:
        assert "211" in user.text
        assert "q quit" in user.text.split("\n")[-1]
        assert all(len(line) <= size[0] for line in user.text.split("\n"))
        for other in [(20, 5), (120, 36), (60, 12)]:
            await user.pilot.resize_terminal(*other)
            assert "q quit" in user.text.split("\n")[-1]


async def test_ctrl_c_ends_the_list_as_an_interrupt() -> None:
    async with picking() as user:
        await user.press("ctrl+c")
    assert user.app.is_interrupted
    assert user.app.return_value is None


async def test_help_lists_the_keys() -> None:
    async with picking(size=(120, 50)) as user:
        await user.press("question_mark")
        assert "in the list of runs" in user.text.lower()
        assert "forget the run" in user.text
        await user.press("q")
        assert user.selected == 211
