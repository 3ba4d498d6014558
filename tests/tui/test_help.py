"""The list of all keys: its content, its order, and that every line can be reached with the keyboard."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.app import Viewer, watching
from tests.support.builders import a_case, a_run
from tests.support.images import write_pictures
from tvtui.terminal.detect import HALF_BLOCKS
from tvtui.tui.app import TvtuiApp
from tvtui.tui.bindings import is_move, key_name
from tvtui.tui.key_help import PLACES, groups
from tvtui.tui.keymap import PLACES as ALL_PLACES
from tvtui.tui.keymap import check
from tvtui.tui.screens.help import HelpScreen, key_lines
from tvtui.tui.screens.picture import PictureScreen
from tvtui.tui.screens.run import RunScreen

FAILED = a_run(tests=[a_case("one", status="failed", error="Error: no", log="a log")])
WIDTHS = (18, 38, 78, 96, 118, 200)


def is_help(viewer: Viewer) -> bool:
    return isinstance(viewer.app.screen, HelpScreen)


def titles(viewer: Viewer) -> list[str]:
    assert isinstance(viewer.app.screen, HelpScreen)
    return [group.title for group in viewer.app.screen.groups]


@pytest.mark.parametrize("width", WIDTHS)
def test_every_tooltip_is_listed_and_lines_fit_at_every_width(width: int) -> None:
    lines = list(key_lines(groups(ALL_PLACES, {}, []), width))

    assert max(line.cell_length for line in lines) <= width
    text = "".join("".join(line.plain for line in lines).split())
    ours = [binding for place in ALL_PLACES for binding in vars(place)["BINDINGS"]]
    summed_up = {binding for binding in ours if is_move(binding.id) or binding.id.startswith("runs.show_")}
    expected = {"".join(binding.tooltip.split())[1:] for binding in ours if binding.tooltip} if width < 96 else set()
    expected -= {"".join(binding.tooltip.split())[1:] for binding in summed_up}
    assert len(expected) > 40 or width >= 96
    assert [words for words in expected if words not in text] == []


def test_two_columns_have_the_same_content_as_one() -> None:
    one, two = (
        sorted(" ".join(line.plain for line in key_lines(groups(ALL_PLACES, {}, []), w)).split()) for w in (90, 120)
    )

    assert one == two


def test_movement_keys_share_the_last_line_of_a_group() -> None:
    lines = groups(ALL_PLACES, {}, [])

    assert [group.title for group in lines[:5]] == ["failures and tests", "evidence", "runs", "panes", "the app"]
    (tests,) = (group for group in lines if group.title == "in the tests")
    assert [row.description for row in tests.rows] == ["open the test, or fold or unfold the group", "move"]
    assert tests.rows[-1].keys == (
        "↑",
        "k",
        "↓",
        "j",
        "pageup",
        "pagedown",
        "ctrl+u",
        "ctrl+d",
        "home",
        "g",
        "end",
        "G",
        "→",
        "←",
        "h",
    )


def test_remapped_keys_are_listed() -> None:
    keymap = check({"failure.next": "ctrl+n, f8", "runs.show_2": "f2", "tests.down": "m"}).keymap
    listed = groups(ALL_PLACES, keymap, [])
    rows = {(group.title, row.description): row.keys for group in listed for row in group.rows}

    next_failure = "next failure; in a searched text, next match"
    assert rows["failures and tests", next_failure] == ("ctrl+n", "f8")
    assert rows["runs", "show the run with that number"] == ("1", "f2", "3", "4", "5", "6", "7", "8", "9")
    assert rows["in the artifacts", "move"] == ("k", "j", "ctrl+u", "ctrl+d", "home", "g", "end", "G")
    assert "m" in rows["in the tests", "move"]


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("question_mark", "?"),
        ("slash", "/"),
        ("up", "↑"),
        ("left_square_bracket", "["),
        ("ctrl+shift+left", "ctrl+shift+←"),
        ("enter", "enter"),
        ("pageup", "pageup"),
        ("G", "G"),
    ],
)
def test_keys_are_named_as_in_the_settings_file(key: str, name: str) -> None:
    assert key_name(key) == name


@pytest.mark.parametrize("size", [(120, 36), (80, 24), (40, 12), (20, 5)])
async def test_the_keyboard_scrolls_to_the_end(size: tuple[int, int]) -> None:
    async with watching(FAILED, size=size) as viewer:
        await viewer.press("question_mark")
        await viewer.sees("enter")
        await viewer.until(lambda: "/ search" in viewer.text.splitlines()[-1])
        top = viewer.text.splitlines()[-4:-1]
        await viewer.press("j", "down", "k")
        assert viewer.text.splitlines()[-5:-2] == top
        await viewer.press("up", "pagedown")
        assert top[-1] in viewer.text, "one line of the page before stays visible"
        assert next(filter(None, top)) not in viewer.text
        for end, home in (("end", "home"), ("G", "g")):
            await viewer.press(end)
            assert " back" in "".join(viewer.text.splitlines()[-3:-1])
            assert "q " in "".join(viewer.text.splitlines()[-3:-1])
            await viewer.press(home)
            assert viewer.text.splitlines()[-4:-1] == top


@pytest.mark.parametrize("key", ["escape", "q", "question_mark"])
async def test_three_keys_go_back_to_the_previous_focus(key: str) -> None:
    async with watching(FAILED, size=(80, 24)) as viewer:
        await viewer.press("enter", "question_mark")
        await viewer.until(lambda: is_help(viewer))
        await viewer.press(key)
        await viewer.until(lambda: isinstance(viewer.app.screen, RunScreen))
        assert viewer.app.focused is viewer.screen.detail.error_view


async def test_the_group_of_the_focused_pane_comes_first() -> None:
    async with watching(FAILED) as viewer:
        for keys, first in [((), "in the tests"), (("l",), "in the error and log"), (("B",), "on the board")]:
            await viewer.press(*keys, "question_mark")
            await viewer.until(lambda: is_help(viewer))
            assert titles(viewer)[0] == first
            assert set(titles(viewer)) >= {*PLACES.values()} - {"anywhere"}
            await viewer.press("escape")
            await viewer.until(lambda: not is_help(viewer))


async def test_on_the_board_the_list_says_that_the_keys_of_the_run_screen_apply_there() -> None:
    async with watching(FAILED) as viewer:
        await viewer.press("question_mark")
        await viewer.until(lambda: is_help(viewer))
        assert "failures and tests" in titles(viewer)
        await viewer.press("escape", "B", "question_mark")
        await viewer.until(lambda: is_help(viewer) and titles(viewer)[0] == "on the board")
        assert titles(viewer)[1] == "on the run screen: failures and tests"
        assert "failures and tests" not in titles(viewer)


async def test_the_list_opens_over_a_picture(tmp_path: Path) -> None:
    write_pictures(tmp_path)
    async with watching(FAILED) as viewer:

        async def get(_artifact: object) -> str:
            return "there is none"

        screen = PictureScreen(
            [a_run().artifacts[0]],
            0,
            get=get,
            open_elsewhere=lambda _: None,
            support=HALF_BLOCKS,
        )
        viewer.app.push_screen(screen)
        await viewer.sees("? help  esc back")
        await viewer.press("question_mark")
        await viewer.until(lambda: is_help(viewer))
        assert titles(viewer)[0] == "in the picture viewer"
        await viewer.press("q")
        await viewer.until(lambda: viewer.app.screen is screen)


async def test_keys_can_be_searched_and_escape_clears_the_search_first() -> None:
    async with watching(FAILED, size=(80, 12)) as viewer:
        await viewer.press("question_mark", "slash", *"next picture")
        await viewer.sees("1 of ")
        assert "In the picture viewer" in viewer.text
        await viewer.press("enter", "n")
        await viewer.sees("2 of ")
        await viewer.press("escape")
        await viewer.until(lambda: "2 of" not in viewer.text)
        assert is_help(viewer)
        await viewer.press("escape")
        await viewer.until(lambda: not is_help(viewer))


async def test_the_list_follows_the_width_of_the_terminal() -> None:
    async with watching(FAILED, size=(80, 24)) as viewer:
        await viewer.press("question_mark")
        await viewer.sees("failed only, then each other outcome, then all tests")
        assert len(max(viewer.text.splitlines(), key=len)) <= 80
        await viewer.pilot.resize_terminal(120, 36)
        await viewer.sees("next failure; in a searched text, next match    /")


async def test_keys_of_the_run_screen_do_nothing_in_the_list() -> None:
    async with watching(FAILED, others={215: [FAILED]}) as viewer:
        await viewer.press("question_mark", *"2xRdobf", "plus", "question_mark")
        await viewer.until(lambda: isinstance(viewer.app.screen, RunScreen))
        assert isinstance(viewer.app, TvtuiApp)
        assert len(viewer.app.runs) == 2
        assert viewer.app.shown.run_id == 214
        assert viewer.server.dispatched == []
        assert viewer.screen.only is None
