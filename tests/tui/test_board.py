"""The board in the app: what it shows of one run and of several, and that little is drawn while nothing happens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from textual._styles_cache import StylesCache
from textual.strip import Strip

from tests.support.app import SIZES, Viewer, shows, watching
from tests.support.builders import a_case, a_run
from tests.support.clock import FakeClock
from tests.support.images import contrast
from tests.support.watch import never_return
from tvtui.testvibe.errors import Unreachable
from tvtui.testvibe.models import Run
from tvtui.tui.screens.board import BoardScreen
from tvtui.tui.screens.run import RunScreen
from tvtui.tui.widgets.board_tile import BoardTile
from tvtui.tui.widgets.detail_pane import DetailPane
from tvtui.tui.widgets.text_pane import TextPane
from tvtui.watch.events import Snapshot

DOWN = Unreachable("The server refused the connection.", "Check that it runs.")
LOCKED = a_case("Locked-out user", status="failed", error="Error: locked out")
VOUCHER = a_case("A voucher counts once", status="failed", error="Error: counted twice")
FAILED = a_run(tests=[LOCKED, VOUCHER])
PASSED = a_run(status="passed")


def going(*tests: object, **fields: object) -> Run:
    return a_run(**{"status": "running", "tests": list(tests), **fields})


async def sees(viewer: Viewer, *texts: str) -> None:
    await viewer.until(lambda: all(shows(viewer.text, text) for text in texts))


def tiles(viewer: Viewer) -> list[int]:
    """The run IDs of the tiles, from left to right and top to bottom."""
    found = sorted(viewer.app.screen.query(BoardTile), key=lambda tile: (tile.region.y, tile.region.x))
    return [tile.content.run_id if tile.content else 0 for tile in found]


@contextmanager
def drawing() -> Iterator[list[int]]:
    """Counts the lines that Textual has its widgets draw."""
    lines: list[int] = []
    render_line = StylesCache.render_line

    def counting(cache: StylesCache, background: Any, y: int, *arguments: Any, **options: Any) -> Strip:
        lines.append(y)
        return render_line(cache, background, y, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StylesCache, "render_line", counting)
        yield lines


async def test_the_state_is_visible_at_every_size() -> None:
    async with watching(FAILED, board=True) as viewer:
        await sees(viewer, "✗ FAILED", "Locked-out user")
        for width, height in (*SIZES, (7, 2), (1, 1), (120, 36)):
            await viewer.pilot.resize_terminal(width, height)
            await viewer.pilot.pause()
            if width >= 20:
                await sees(viewer, "✗ FAILED")


async def test_b_opens_the_board_and_b_or_escape_goes_back_to_the_run() -> None:
    async with watching(FAILED) as viewer:
        for key in ("B", "escape"):
            await viewer.press("B")
            await sees(viewer, "✗ FAILED", "Login Functionality")
            await viewer.press(key)
            await viewer.sees("Login Functionality · run 214")
            assert type(viewer.app.screen) is RunScreen


async def test_the_last_line_says_which_key_leads_back() -> None:
    async with watching(FAILED, board=True, keymap={"app.board": "T"}) as viewer:
        assert viewer.text.splitlines()[-1].startswith(" T back ")
        await viewer.pilot.resize_terminal(40, 9)
        await viewer.pilot.pause()
        assert " back " not in viewer.text


async def test_keys_of_the_run_screen_do_nothing_on_the_board_and_q_quits() -> None:
    async with watching(FAILED, others={215: [PASSED]}, board=True) as viewer:
        await sees(viewer, "✗ FAILED")
        await viewer.press(*"nNfFslidoryRx", "plus", "enter", "tab", "slash", "j", "down")
        assert isinstance(viewer.app.screen, BoardScreen)
        assert len(viewer.app.runs) == 2
        assert viewer.server.dispatched == []
        await viewer.press("q")
        await viewer.until(lambda: not viewer.app.is_running)


async def test_the_palette_and_the_list_of_keys_open_over_the_board() -> None:
    async with watching(FAILED, board=True) as viewer:
        await viewer.press("ctrl+p")
        await viewer.sees("Search for commands")
        await viewer.press("escape")
        await sees(viewer, "✗ FAILED")
        await viewer.press("question_mark")
        await viewer.sees("back to the run")
        await viewer.press("escape")
        await viewer.until(lambda: "back to the run" not in viewer.text)
        assert isinstance(viewer.app.screen, BoardScreen)


async def test_failing_tests_take_turns_every_eight_seconds_and_nothing_else_moves() -> None:
    async with watching(FAILED, board=True) as viewer:
        seen = []
        for _ in range(25):
            seen.append("A" if shows(viewer.text, "A voucher counts once") else "L")
            before = viewer.text
            await viewer.wait(1)
            same = [one == other for one, other in zip(before.splitlines(), viewer.text.splitlines(), strict=False)]
            assert all(same[:18])
        assert "".join(seen) in {"L" * n + "A" * 8 + "L" * 8 + "A" * (9 - n) for n in range(10)} | {
            "L" * 8 + "A" * 8 + "L" * 8 + "A"
        }
        await sees(viewer, "Error: counted twice")


async def test_a_single_failure_is_not_redrawn() -> None:
    async with watching(a_run(tests=[LOCKED]), board=True) as viewer:
        await viewer.wait(5)
        with drawing() as lines:
            await viewer.wait(30)
        assert lines == []


async def test_an_ended_run_keeps_its_result_is_not_polled_and_is_redrawn_once_a_minute() -> None:
    async with watching(a_run(tests=[LOCKED]), board=True) as viewer:
        await viewer.wait(60)
        asked = viewer.server.asked
        with drawing() as lines:
            await viewer.wait(54)
            assert len(lines) <= 4, "the age of the end, in letters of three rows"
            await viewer.wait(600)
        await sees(viewer, "✗ FAILED", "ended 12 min ago")
        assert viewer.server.asked == asked
        assert len(lines) <= 11 * 4 + 36, "and once the whole tile, when the age has another width"


async def test_only_the_time_of_a_running_run_is_redrawn_every_second_and_the_run_screen_below_is_not() -> None:
    async with watching(going(LOCKED, a_case()), board=True) as viewer:
        await sees(viewer, "● RUNNING", "41 s", "live")
        await viewer.wait(42.5)
        below = viewer.screen.now
        with drawing() as lines:
            await viewer.wait(10)
        assert 0 < len(lines) <= 11 * 3, "the second before may not have been drawn yet"
        assert viewer.screen.now == below
        drawn, seen = viewer.app.screen.query_one(BoardTile).content, viewer.app.shown.snapshot
        viewer.app.shown.controls.refresh()
        await viewer.until(lambda: viewer.app.shown.snapshot is not seen)
        assert viewer.app.screen.query_one(BoardTile).content is drawn, "the answer has changed nothing"
        await viewer.press("B")
        assert viewer.screen.now == viewer.clock.now()


async def test_a_lost_connection_shows_the_age_of_the_data_and_the_error() -> None:
    async with watching(going(LOCKED), DOWN, board=True) as viewer:
        await viewer.wait(34)
        await sees(viewer, "⚠ STALE", "was running 34 s ago", "The server refused the connection. Check that it runs.")
        assert viewer.app.screen.query_one(BoardTile).has_class("-stale")


async def test_data_that_the_server_does_not_confirm_are_not_called_live() -> None:
    async with watching(going(LOCKED), board=True) as viewer:
        viewer.server.answers = [never_return]
        await sees(viewer, "live")
        await viewer.wait(7)
        await sees(viewer, "● RUNNING", "was running 7 s ago")
        assert viewer.app.screen.query_one(BoardTile).has_class("-stale")


async def test_an_error_before_the_first_answer_is_shown() -> None:
    async with watching(DOWN, board=True) as viewer:
        await sees(viewer, "⚠ NO DATA", "no answer yet", "The server refused the connection. Check that it runs.")


async def test_the_background_of_the_whole_tile_shows_a_failure() -> None:
    async with watching(going(), going(LOCKED), FAILED, board=True) as viewer:
        grounds = []
        for _ in range(3):
            tile = viewer.app.screen.query_one(BoardTile)
            assert tile.region == viewer.app.screen.region.shrink((0, 0, 1, 0))
            grounds.append(tile.styles.background)
            await viewer.wait(2.1)
        assert len(set(grounds)) == 3


@pytest.mark.parametrize("theme", ["tvtui", "tvtui-light", "tvtui-safe", "ansi-dark", "ansi-light", "dracula"])
async def test_every_theme_works_and_the_contrast_of_ours_is_sufficient(theme: str) -> None:
    others: dict[int, list[Run | Exception]] = {215: [going(LOCKED)], 216: [PASSED], 217: [DOWN], 218: [going()]}
    others[219] = [a_run(status="cancelled")]
    async with watching(FAILED, others=others, board=True, theme=theme) as viewer:
        await sees(viewer, "✗ FAILED", "● RUNNING", "✓ PASSED", "⚠ NO DATA", "? CANCELLED")
        tiles = list(viewer.app.screen.query(BoardTile))
        assert len(tiles) == 6
        for tile, name in product(tiles, BoardTile.COMPONENT_CLASSES):
            look = tile.get_visual_style(name)
            assert look.background is not None
            assert look.foreground is not None
            shown, ground = look.background + look.foreground, look.background
            assert not theme.startswith("tvtui") or contrast(shown.rgb, ground.rgb) >= 4.5, (tile.classes, name)


class TestSeveral:
    """Several runs."""

    async def test_tiles_are_ordered_by_severity_and_move_only_when_it_changes(self) -> None:
        others = {
            215: [replace(PASSED, run_id=215)],
            216: [going(run_id=216), going(run_id=216), going(LOCKED, run_id=216)],
            217: [going(run_id=217, started_utc=None)],
        }
        async with watching(going(), others=others, board=True) as viewer:
            await viewer.until(lambda: tiles(viewer) == [214, 216, 217, 215])
            shown = list(viewer.app.screen.query(BoardTile))
            await viewer.wait(2.5)
            assert tiles(viewer) == [214, 216, 217, 215]
            await viewer.wait(4)
            assert tiles(viewer) == [216, 214, 217, 215]
            await viewer.wait(30)
            assert tiles(viewer) == [216, 214, 217, 215]
            assert list(viewer.app.screen.query(BoardTile)) == shown

    async def test_runs_without_room_for_a_tile_are_counted(self) -> None:
        others = {run_id: [replace(PASSED, run_id=run_id)] for run_id in range(215, 223)}
        async with watching(FAILED, others=others, size=(20, 5), board=True) as viewer:
            await viewer.sees("… 5 more")
            assert viewer.text.splitlines()[0].startswith("#214 ✗ FAILED ✗2")
            await viewer.pilot.resize_terminal(40, 12)
            await viewer.until(lambda: len(tiles(viewer)) == 9)

    @pytest.mark.parametrize("size", [(120, 36), (200, 50), (160, 50), (80, 24), (81, 25)])
    @pytest.mark.parametrize("count", [2, 4, 6])
    async def test_equal_runs_look_equal(self, size: tuple[int, int], count: int) -> None:
        summary = {"total": 21, "passed": 12, "failed": 7, "other": 2}
        runs = {run_id: replace(FAILED, run_id=run_id) for run_id in range(214, 214 + count)}
        runs = {run_id: replace(run, summary=a_run(summary=summary).summary) for run_id, run in runs.items()}
        others: dict[int, list[Run | Exception]] = {run_id: [run] for run_id, run in runs.items() if run_id != 214}
        async with watching(runs[214], others=others, size=size, board=True) as viewer:
            await viewer.until(lambda: all(each.snapshot for each in viewer.app.runs))
            await viewer.pilot.pause()
            looks = set()
            for tile in viewer.app.screen.query(BoardTile):
                lines = ["".join(part.text for part in tile.render_line(y)) for y in range(tile.size.height)]
                text = "\n".join(line.rstrip() for line in lines).rstrip()
                looks.add(re.sub(r"2\d\d|key \d", "", text))
            assert len(looks) == 1

    async def test_a_number_on_a_tile_is_the_key_that_shows_its_run(self) -> None:
        checkout = a_run(run_id=215, feature_name="Checkout")
        keymap = {"runs.show_2": "f2"}
        async with watching(PASSED, others={215: [checkout]}, board=True, keymap=keymap) as viewer:
            await viewer.until(lambda: tiles(viewer) == [215, 214])
            await viewer.sees("run 215 · key f2")
            await viewer.sees("run 214 · key 1")
            await viewer.sees("1…9 open run")
            for key, name in (("f2", "Checkout · run 215"), ("1", "run 214")):
                await viewer.press(key)
                await viewer.sees(name)
                assert type(viewer.app.screen) is RunScreen
                await viewer.press("B")
                await viewer.sees("open run")

    async def test_a_click_on_a_tile_shows_its_run(self) -> None:
        checkout = a_run(run_id=215, feature_name="Checkout", status="passed")
        async with watching(FAILED, others={215: [checkout]}, board=True) as viewer:
            await viewer.until(lambda: tiles(viewer) == [214, 215])
            await viewer.pilot.click(offset=(100, 10))
            await viewer.sees("Checkout · run 215")
            assert type(viewer.app.screen) is RunScreen

    async def test_names_that_look_like_markup_or_escape_sequences_are_plain_text(self) -> None:
        hostile = a_case(
            "x[/] [bold red]y[/] \x1b]0;title\x07z", status="failed", error="[link=http://x]\x1b[31me\x1b[m"
        )
        run = going(hostile, feature_name="[@click=app.quit]F[/]")
        async with watching(run, others={215: [replace(run, run_id=215)]}, size=(80, 12), board=True) as viewer:
            await viewer.sees("✗ x[/] [bold red]y[/] z")
            await viewer.sees("[link=http://x]e")
            await viewer.sees("[@click=app.quit]F[/]")
            assert "\x1b" not in viewer.text


async def test_a_paused_run_shows_the_age_of_its_data() -> None:
    async with watching(going(LOCKED)) as viewer:
        await viewer.press("p", "B")
        await viewer.wait(30)
        await sees(viewer, "paused, 30 s old")
        seen = viewer.app.shown.snapshot
        assert isinstance(seen, Snapshot)


def test_a_board_that_has_lost_its_parts_shows_nothing_more() -> None:
    # as when the app ends: its clock is stopped last
    BoardScreen(list, FakeClock()).show()


async def test_a_detail_that_is_being_removed_gets_no_more_content() -> None:
    async with watching(PASSED) as viewer:
        detail = DetailPane("tvtui watch 214", id="other", classes="pane")
        await viewer.screen.mount(detail)
        await detail.tabs.remove()

        detail.call_next(detail.complete)
        await viewer.until(lambda: detail.is_complete)

        assert not detail.query(TextPane)
