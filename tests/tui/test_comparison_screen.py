"""The comparison of two runs on the screen."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.support.builders import a_case, a_run
from tests.support.recorded_runs import later
from tvtui.testvibe.models import Run
from tvtui.tui.journal_app import JournalApp
from tvtui.tui.screens.comparison import ComparisonScreen
from tvtui.tui.screens.picker import Choice
from tvtui.tui.widgets.item_list import ItemList
from tvtui.view.comparison import compare

PICTURES = Path(__file__).parent / "pictures"
BEFORE = later(
    213,
    config="Mobile",
    tests=[
        a_case("Valid user signs in"),
        a_case("Cart keeps its items", status="failed", error="Error: no items"),
        a_case("Checkout › pays by card", status="failed", error="Error: card rejected"),
        a_case("Checkout › pays by invoice", status="failed"),
        a_case("Search finds a shoe", duration_ms=1200),
        a_case("Old banner is shown"),
    ],
)
AFTER = later(
    214,
    tests=[
        a_case("Valid user signs in", status="failed", error="\x1b[31mError: no button\x1b[39m\nat login.ts:3"),
        a_case("Cart keeps its items"),
        a_case("Checkout › pays by card", status="failed", error="Error: no terminal"),
        a_case("Checkout › pays by invoice", status="failed"),
        a_case("Search finds a shoe", duration_ms=4100),
        a_case("Coupon [/] lowers the total", status="failed", error="Error: 10 is not 9"),
    ],
)


class Reader:
    """A user in front of the comparison."""

    def __init__(self, app: JournalApp, pilot: Pilot[Choice | None], copied: list[tuple[str, str]]) -> None:
        self.app = app
        self.pilot = pilot
        self.copied = copied

    @property
    def text(self) -> str:
        return "\n".join(strip.text.rstrip() for strip in self.app.screen._compositor.render_strips())

    @property
    def selected(self) -> str:
        screen = self.app.screen
        assert isinstance(screen, ComparisonScreen)
        return "" if screen.selected is None else screen.selected.name

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()


@asynccontextmanager
async def reading(before: Run = BEFORE, after: Run = AFTER, size: tuple[int, int] = (120, 36)) -> AsyncIterator[Reader]:
    copied: list[tuple[str, str]] = []

    def copy(text: str, name: str) -> None:
        copied.append((text, name))

    app = JournalApp(lambda _app: ComparisonScreen(compare(before, after), copy=copy))
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield Reader(app, pilot, copied)


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 36)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_screen_matches_the_stored_picture(size: tuple[int, int]) -> None:
    async with reading(size=size) as reader:
        text = reader.text + "\n"
    picture = PICTURES / f"comparison-{size[0]}x{size[1]}.txt"
    if os.environ.get("TVTUI_DRAW"):
        picture.write_text(text, encoding="utf-8")
    assert text == picture.read_text(encoding="utf-8")


async def test_the_cursor_is_only_on_tests() -> None:
    async with reading() as reader:
        names = [reader.selected]
        for _ in range(9):
            await reader.press("j")
            names.append(reader.selected)
        assert names[:4] == [
            "Valid user signs in",
            "Coupon [/] lowers the total",
            "Cart keeps its items",
            "Checkout › pays by card",
        ]
        assert names[-1] == "Search finds a shoe"
        await reader.press("g")
        assert reader.selected == "Valid user signs in"
        await reader.press("G")
        assert reader.selected == "Search finds a shoe"


async def test_n_goes_through_the_new_failures() -> None:
    async with reading() as reader:
        await reader.press("n")
        assert reader.selected == "Coupon [/] lowers the total"
        await reader.press("n")
        assert reader.selected == "Valid user signs in"
        await reader.press("N")
        assert reader.selected == "Coupon [/] lowers the total"


async def test_enter_shows_both_errors_and_escape_the_list_again() -> None:
    async with reading(size=(80, 24)) as reader:
        await reader.press("j", "j", "j")
        assert "card rejected" in reader.text
        await reader.press("enter")
        assert "Run 214: ✗ failed after 4.21 s" in reader.text
        assert "Error: no terminal" in reader.text
        assert "New failures" not in reader.text
        await reader.press("escape")
        assert "New failures" in reader.text
        assert isinstance(reader.app.screen.focused, ItemList)
        assert reader.selected == "Checkout › pays by card"


async def test_beside_the_list_the_errors_follow_the_cursor() -> None:
    async with reading() as reader:
        assert "at login.ts:3" in reader.text
        await reader.press("j")
        assert "at login.ts:3" not in reader.text
        assert "Error: 10 is not 9" in reader.text


async def test_one_test_or_everything_is_copied() -> None:
    async with reading() as reader:
        await reader.press("y", "Y")
        (test, name), (everything, _) = reader.copied
        assert name == "Valid user signs in"
        assert test.startswith(
            "Valid user signs in\n\nRun 214: ✗ failed after 4.21 s\n\nError: no button\nat login.ts:3"
        )
        assert everything.startswith("✗ 2 new failures, 1 fixed, 2 still failing\n")


async def test_without_a_difference_there_is_a_sentence() -> None:
    same = later(213, status="passed")
    async with reading(same, later(214, status="passed"), size=(60, 12)) as reader:
        assert "✓ no new failures" in reader.text
        assert "No test has changed, and none is failing." in reader.text
        await reader.press("n", "enter", "y", "j", "escape")
    assert reader.copied == []


@pytest.mark.parametrize("size", [(20, 5), (40, 10), (99, 14), (100, 15), (200, 50)])
async def test_every_size_has_the_verdict_and_the_keys(size: tuple[int, int]) -> None:
    async with reading(size=size) as reader:
        lines = reader.text.split("\n")
        assert lines[0].startswith(" ✗ 2 new fa")
        assert "q close" in lines[-1]
        await reader.press("j", "enter", "escape")


async def test_many_tests_are_scrolled_with_their_headings() -> None:
    tests = [a_case(f"test {n}", status="failed", error=f"Error: {n}") for n in range(60)]
    async with reading(a_run(run_id=213, tests=[]), a_run(tests=tests), size=(80, 24)) as reader:
        await reader.press("G")
        assert "test 59" in reader.text
        await reader.press("g")
        assert "New failures · 60" in reader.text


async def test_help_lists_the_keys() -> None:
    async with reading() as reader:
        await reader.press("question_mark")
        assert "next new failure" in reader.text
        await reader.press("escape", "q")
    assert reader.app.return_value is None
