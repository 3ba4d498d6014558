"""A pane of foreign text, alone in an app of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.app import App, ComposeResult
from textual.content import Content
from textual.geometry import Offset, Size
from textual.pilot import Pilot
from textual.selection import Selection
from textual.strip import Strip

from tvtui.tui.widgets.ansi import styled_lines
from tvtui.tui.widgets.text_view import TextView, Wrap

RED = "\x1b[31mred\x1b[39m"


class Host(App[None]):
    """Nothing but the pane."""

    CSS = "TextView { width: 20; height: 6; }"

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, int]] = []

    def compose(self) -> ComposeResult:
        yield TextView()

    def on_text_view_found(self, message: TextView.Found) -> None:
        self.found.append((message.position, message.total))


@asynccontextmanager
async def reading(text: str, **state: object) -> AsyncIterator[tuple[TextView, Pilot[None]]]:
    async with Host().run_test(size=(40, 12)) as pilot:
        view = pilot.app.query_one(TextView)
        for name, value in state.items():
            setattr(view, name, value)
        view.text = text
        await pilot.pause()
        yield view, pilot


def lines(view: TextView) -> list[str]:
    return [view.render_line(y).text.rstrip() for y in range(view.size.height)]


def colour_of(view: TextView, word: str, y: int = 0) -> str:
    for segment in view.render_line(y):
        if word in segment.text:
            assert segment.style is not None
            assert segment.style.color is not None
            return segment.style.color.name
    raise AssertionError(f"no {word!r} in {view.render_line(y).text!r}")


async def test_colours_become_the_themes_own() -> None:
    async with reading(f"a {RED} \x1b[38;2;1;2;3mexact\x1b[39m \x1b[38;5;208mindexed\x1b[0m") as (view, pilot):
        red = colour_of(view, "red")
        assert colour_of(view, "exact") == "#010203"
        assert colour_of(view, "indexed") == "#ff8700"
        assert red != colour_of(view, "a ")
        pilot.app.theme = "textual-light"
        await pilot.pause()
        assert colour_of(view, "red") != red


async def test_attributes_and_grounds_survive() -> None:
    async with reading("\x1b[1;3;4;7;9;41mall\x1b[0m \x1b[90mgrey\x1b[0m \x1b[2mdim\x1b[22m") as (view, _):
        style = next(segment.style for segment in view.render_line(0) if segment.text == "all")
        assert style is not None
        assert (style.bold, style.italic, style.underline, style.reverse, style.strike) == (True,) * 5
        assert style.bgcolor is not None
        assert colour_of(view, "grey")


async def test_very_long_text_is_shown_without_colour_but_whole() -> None:
    async with reading(f"{RED}\n" * 20_000) as (view, _):
        assert lines(view)[0] == "red"
        assert view.virtual_size.height == 20_000


async def test_long_lines_are_wrapped_at_words_and_long_words_anywhere() -> None:
    async with reading("the quick brown fox jumps " + "x" * 30) as (view, _):
        assert lines(view)[:4] == ["the quick brown fox", "jumps", "x" * 20, "x" * 10]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1) a.spec.ts " + "─" * 40, ["1) a.spec.ts ───────"]),
        ("1) a.spec.ts › Locks out ─────", ["1) a.spec.ts › Locks", "out ─────"]),
        ("n" * 20 + " " + "─" * 40, ["n" * 20]),
        ("─" * 40, ["─" * 20]),
        ("=" * 40, ["=" * 20]),
        ("title " + "-" * 30, ["title --------------"]),
        ("a much longer title ---", ["a much longer title", "---"]),
    ],
)
async def test_a_rule_that_fills_a_line_up_is_cut_instead_of_wrapped(text: str, shown: list[str]) -> None:
    async with reading(f"{text}\nnext") as (view, _):
        assert lines(view)[: len(shown) + 1] == [*shown, "next"]


@pytest.mark.parametrize(
    "text",
    [
        "\u65e5\u672c\u8a9e\u306e\u30c6\u30b9\u30c8\u3000\u304c\u5931\u6557\u3057\u307e\u3057\u305f\u3000\u7d42\u308f\u308aEND",
        "a  b   c    d     e      f       g        h         i          END",
        "one\u2003two\u2003three\u2003four\u2003five\u2003six\u2003END",
        "\u00a0" * 30 + "\u6f22END",
    ],
)
async def test_wrapping_loses_nothing_but_the_white_space_at_its_breaks(text: str) -> None:
    async with reading(text) as (view, _):
        shown = "".join("".join(lines(view)).split())
        assert shown == "".join(text.split())


async def test_truncated_lines_are_marked_and_can_be_scrolled() -> None:
    async with reading("0123456789" * 5 + "\nshort", wrap=Wrap.NONE) as (view, pilot):
        view.focus()
        assert lines(view)[0].endswith("8›")
        await pilot.press(*["right"] * 10)
        await pilot.pause()
        assert lines(view)[0].endswith("9")
        await pilot.press("left", "h")
        await pilot.pause()
        assert lines(view)[0].endswith("›")


async def test_wrapping_keeps_the_line_at_the_top() -> None:
    text = "\n".join(f"line {number} " + "word " * 10 for number in range(30))
    async with reading(text) as (view, pilot):
        view.go_to_line(20)
        await pilot.pause()
        assert lines(view)[0].startswith("line 20")
        view.wrap = Wrap.NONE
        await pilot.pause()
        assert lines(view)[0].startswith("line 20")
        view.wrap = Wrap.TEXT
        await pilot.pause()
        assert lines(view)[0].startswith("line 20")


async def test_keys_scroll() -> None:
    async with reading("\n".join(f"line {number}" for number in range(50))) as (view, pilot):
        view.focus()
        for key, top in [("down", 1), ("j", 2), ("up", 1), ("k", 0), ("pagedown", 5), ("pageup", 0), ("space", 5)]:
            await pilot.press(key)
            await pilot.pause()
            assert lines(view)[0] == f"line {top}", key
        await pilot.press("end")
        await pilot.pause()
        assert lines(view)[-1] == "line 49"
        await pilot.press("home")
        await pilot.pause()
        assert lines(view)[0] == "line 0"


async def test_the_end_is_followed_until_the_user_scrolls_away() -> None:
    async with reading("\n".join(map(str, range(30))), follow=True) as (view, pilot):
        view.text = "\n".join(map(str, range(40)))
        await pilot.pause()
        assert lines(view)[-1] == "39"
        view.focus()
        await pilot.press("up")
        await pilot.pause()
        top = lines(view)[0]
        view.text = "\n".join(map(str, range(60)))
        await pilot.pause()
        assert lines(view)[0] == top
        await pilot.press("end")
        await pilot.pause()
        view.text = "\n".join(map(str, range(70)))
        await pilot.pause()
        assert lines(view)[-1] == "69"


async def test_another_text_is_shown_from_its_top() -> None:
    async with reading("\n".join(map(str, range(30)))) as (view, pilot):
        view.scroll_to(y=20, animate=False)
        view.text = "another\ntext"
        await pilot.pause()
        assert lines(view)[:2] == ["another", "text"]


async def test_the_search_counts_goes_around_and_shows_its_hits() -> None:
    text = "\n".join("needle" if number % 20 == 10 else f"hay {number}" for number in range(60))
    async with reading(text) as (view, pilot):
        app = pilot.app
        assert isinstance(app, Host)
        view.query_text = "NEEDLE"
        await pilot.pause()
        assert app.found[-1] == (1, 3)
        assert "needle" in lines(view)
        for step, position in [(1, 2), (1, 3), (1, 1), (-1, 3)]:
            view.step_hit(step)
            await pilot.pause()
            assert app.found[-1] == (position, 3)
            assert "needle" in lines(view)
        view.query_text = "nothing like it"
        await pilot.pause()
        assert app.found[-1] == (0, 0)
        view.step_hit(1)
        view.query_text = ""
        await pilot.pause()
        assert app.found[-1] == (0, 0)


async def test_typing_on_keeps_to_the_hit_that_was_found() -> None:
    async with reading("ta\n" * 10 + "tab\nta") as (view, pilot):
        app = pilot.app
        assert isinstance(app, Host)
        view.query_text = "ta"
        view.step_hit(-2)
        await pilot.pause()
        view.query_text = "tab"
        await pilot.pause()
        assert app.found[-1] == (1, 1)
        assert "tab" in lines(view)


async def test_a_hit_beyond_the_edge_is_scrolled_to() -> None:
    async with reading("x" * 60 + "needle", wrap=Wrap.NONE) as (view, pilot):
        view.query_text = "needle"
        await pilot.pause()
        assert "needle" in lines(view)[0]


async def test_a_hit_beyond_wide_characters_is_scrolled_to() -> None:
    async with reading("\u6f22" * 100 + "needle", wrap=Wrap.NONE) as (view, pilot):
        view.query_text = "needle"
        await pilot.pause()
        assert "needle" in lines(view)[0]


async def test_what_is_selected_by_mouse_is_the_text_as_sent() -> None:
    async with reading(f"the quick brown fox jumps over {RED}\nend") as (view, pilot):
        selection = Selection(Offset(4, 0), Offset(3, 1))
        assert view.get_selection(selection) == ("quick brown fox jumps over red\nend", "\n")
        pilot.app.screen.selections = {view: selection}
        await pilot.pause()
        ground = next(segment.style for segment in view.render_line(0) if "quick" in segment.text)
        plain = next(segment.style for segment in view.render_line(0) if "the" in segment.text)
        assert ground != plain


async def test_tabs_stand_at_their_columns() -> None:
    async with reading("a\tb") as (view, _):
        assert lines(view)[0] == "a       b"


FRAME = """
before the frame
  19 |     await page.fill('secret');
> 21 |     await expect(page.locator('#error')).toBeVisible();
     |                                          ^
  22 |       {"a": 1},
     at login.spec.js:21:42
"""


async def test_a_code_frame_is_dedented_and_cut_so_that_its_caret_stays_where_it_points() -> None:
    async with reading(FRAME[1:]) as (view, pilot):
        view.styles.width = 36
        await pilot.pause()
        assert lines(view) == [
            "before the frame",
            "  19 | await page.fill('secret');",
            "> 21 | ‹age.locator('#error')).toBe›",
            "     |                         ^",
            '  22 |   {"a": 1},',
            "     at login.spec.js:21:42",
        ]
        caret = lines(view)[3].index("^")
        assert lines(view)[2][caret:].startswith("toB")


async def test_a_code_frame_whose_caret_is_seen_begins_at_its_code_and_without_wrapping_it_is_as_sent() -> None:
    async with reading(FRAME[1:]) as (view, pilot):
        view.styles.width = 40
        view.wrap = Wrap.NONE
        await pilot.pause()
        assert lines(view)[1] == "  19 |     await page.fill('secret');"
        view.styles.width = "100%"
        view.wrap = Wrap.TEXT
        await pilot.resize_terminal(54, 12)
        await pilot.pause()
        assert lines(view)[2] == "> 21 | await expect(page.locator('#error')).toBeVisib›"
        assert lines(view)[3].index("^") == lines(view)[2].index("toB")


async def test_a_code_frame_can_be_wrapped_too_and_its_caret_stays_below_what_it_points_at() -> None:
    async with reading(FRAME[1:] + "\n" * 9 + "end", wrap=Wrap.ALL) as (view, pilot):
        view.styles.width = 40
        await pilot.pause()
        assert lines(view) == [
            "before the frame",
            "  19 |     await page.fill('secret');",
            "> 21 |     await expect(page.locator('",
            "#error')).toBeVisible();",
            "          ^",
            '  22 |       {"a": 1},',
        ]
        view.go_to_line(3)
        assert lines(view)[:2] == ["#error')).toBeVisible();", "          ^"], "the caret alone says nothing"
        view.query_text = "Visible"
        await pilot.pause()
        assert "#error')).toBeVisible();" in lines(view)
        view.wrap = Wrap.ALL.following
        await pilot.pause()
        assert any(line.startswith("> 21 |") and line.endswith("›") for line in lines(view))


async def test_a_caret_behind_the_end_of_its_line_is_wrapped_with_its_last_piece() -> None:
    async with reading("> 1 | abcdefgh\n    |         ^", wrap=Wrap.ALL) as (view, pilot):
        view.styles.width = 8
        await pilot.pause()
        assert lines(view)[:3] == ["> 1 | ab", "cdefgh", "      ^"]


@pytest.mark.parametrize(
    "text",
    [
        "| shorter | than the row |\n| of a | table of Gherkin that is long |",
        " 1 | a row of a database's | and more of it",
    ],
)
async def test_other_tables_are_wrapped_as_usual(text: str) -> None:
    async with reading(text) as (view, _):
        assert "".join("".join(lines(view)).split()) == "".join(text.split())


async def test_a_hit_beyond_the_cut_of_a_code_frame_is_shown_and_typing_finds_the_text_as_sent() -> None:
    async with reading(FRAME[1:]) as (view, pilot):
        assert not any("secret" in line for line in lines(view))
        view.query_text = "secret"
        await pilot.pause()
        assert lines(view)[1] == "  19 | ‹l('secret›"
        view.query_text = "\u6f22"
        await pilot.pause()
        assert lines(view)[1] == "  19 | await page›"


async def test_a_hit_among_wide_characters_in_a_code_frame_is_shown() -> None:
    async with reading("> 1 | " + "\u6f22" * 100 + "needle\n    | ^") as (view, pilot):
        view.query_text = "needle"
        await pilot.pause()
        assert "needle" in lines(view)[0]


async def test_the_mouse_finds_its_place_in_a_code_frame() -> None:
    async with reading(FRAME[1:]) as (view, pilot):
        view.styles.width = 36
        await pilot.pause()
        for y, word in ((1, "fill"), (2, "locator"), (3, "^")):
            x = lines(view)[y].index(word)
            _, offset = pilot.app.screen.get_widget_and_offset_at(x, y)
            assert offset == Offset(FRAME[1:].splitlines()[y].index(word), y)


def test_a_color_lasts_until_it_is_reset_in_another_line() -> None:
    lines = styled_lines("plain\n\x1b[31mred\nstill red\x1b[0m\nplain")
    assert [[span.style for span in line.spans if isinstance(span.style, str)] for line in lines] == [
        [],
        ["red"],
        ["red"],
        [],
    ]


class CountingView(TextView):
    """Notes the lines that it draws, and how often it is laid out."""

    DEFAULT_CSS = "CountingView { width: 20; height: 6; }"

    def __init__(self) -> None:
        super().__init__()
        self.drawn: list[int] = []
        self.laid_out = 0

    def render_line(self, y: int) -> Strip:
        self.drawn.append(y)
        return super().render_line(y)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        self.laid_out += 1
        return super().get_content_width(container, viewport)


class CountingHost(App[None]):
    """Nothing but the counting pane, whose width has to be asked for at each layout."""

    CSS = "CountingView { width: auto; min-width: 20; max-width: 20; }"

    def compose(self) -> ComposeResult:
        yield CountingView()


@pytest.mark.parametrize("count", [4, 30])
async def test_another_text_draws_the_lines_that_differ_and_lays_nothing_out(count: int) -> None:
    before = [f"line {number}" for number in range(count)]
    async with CountingHost().run_test(size=(40, 12)) as pilot:
        view = pilot.app.query_one(CountingView)
        view.text = "\n".join(before)
        await pilot.pause()
        view.drawn.clear()
        laid_out = view.laid_out
        view.text = "\n".join([*before[:2], "changed", *before[3:]])
        await pilot.pause()
        assert view.drawn == [2]
        assert view.laid_out == laid_out
        assert lines(view)[:4] == ["line 0", "line 1", "changed", "line 3"]


async def test_the_scroll_bar_and_the_place_follow_a_text_of_another_length() -> None:
    long = "\n".join(f"line {number}" for number in range(30))
    async with reading(long) as (view, pilot):
        view.scroll_to(y=20, animate=False)
        await pilot.pause()
        view.lines = tuple(Content(f"row {number}") for number in range(10))
        await pilot.pause()
        assert view.vertical_scrollbar.window_virtual_size == 10
        assert lines(view)[-1] == "row 9"
        view.lines = tuple(Content(f"row {number}") for number in range(3))
        await pilot.pause()
        assert not view.show_vertical_scrollbar
        assert lines(view)[:3] == ["row 0", "row 1", "row 2"]
