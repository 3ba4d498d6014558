"""The trace screen: its keys, its panes at each size, and what is read while it is open."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import ImageChops
from textual.app import App
from textual.pilot import Pilot

import tvtui.tui
from tests.support.app import wait_for_messages
from tests.support.images import a_png
from tests.support.traces import Traces, a_step, a_trace, an_error
from tvtui.artifacts.pictures import Picture, decode
from tvtui.terminal.detect import HALF_BLOCKS
from tvtui.trace import PictureRef, Trace, open_trace
from tvtui.tui.screens.trace import TraceScreen
from tvtui.tui.screens.trace_content import TraceContent
from tvtui.tui.screens.trace_state import TraceQuery
from tvtui.tui.themes import THEMES
from tvtui.tui.widgets.item_list import ItemList
from tvtui.tui.widgets.step_tree import StepTree
from tvtui.tui.widgets.time_line import TimeLine
from tvtui.tui.widgets.trace_picture import TracePicture

SAMPLES = Path(__file__).parents[1] / "trace" / "samples"
ORDER = SAMPLES / "1.65.1-order-opens-after-sign-in.zip"
FAILED = a_step(
    "expect@1", 'Expect "toBeVisible"', 400, 900, kind="expect", error="not found", line=21, log=["waiting"]
)
TWO_FAILURES = (
    a_step("api@1", "Click", 100, 200, error="soft", line=20),
    a_step("group@1", "sign in", 300, 950, kind="test.step"),
    a_step("api@2", "Fill", 310, 320, parent="group@1"),
    FAILED,
    an_error("soft", 20),
    an_error("not found", 21),
)


class TraceApp(App[None]):
    """Shows a trace, and nothing below it."""

    CSS_PATH = Path(tvtui.tui.__file__).with_name("tvtui.tcss")

    def __init__(self, trace: Trace, query: TraceQuery | None) -> None:
        super().__init__()
        self.trace = trace
        self.query_before = query
        self.kept: list[TraceQuery] = []
        self.copied: list[tuple[str, str]] = []
        self.saved: list[tuple[str, bytes]] = []
        self.opened = 0

    def on_mount(self) -> None:
        self.push_screen(
            TraceScreen(
                TraceContent(self.trace),
                "trace/locked-out.zip",
                query=self.query_before,
                keep=self.kept.append,
                support=HALF_BLOCKS,
                open_elsewhere=self._open,
                save=self._save,
                copy=lambda text, name: self.copied.append((text, name)),
            )
        )

    def _open(self) -> None:
        self.opened += 1

    def _save(self, name: str, content: bytes) -> str:
        self.saved.append((name, content))
        return f"Saved: {name}"


class Reader:
    """A user in front of the trace screen."""

    def __init__(self, app: TraceApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def screen(self) -> TraceScreen:
        assert isinstance(self.app.screen, TraceScreen)
        return self.app.screen

    @property
    def text(self) -> str:
        return "\n".join(strip.text.rstrip() for strip in self.app.screen._compositor.render_strips())

    async def press(self, *keys: str) -> None:
        for key in keys:
            self.app.simulate_key(key)
            await wait_for_messages()

    async def until(self, is_so: Callable[[], object]) -> None:
        """Wait for a condition; files and threads take as long as they take, up to 10 seconds."""
        async with asyncio.timeout(10):
            while not is_so():
                await asyncio.sleep(0.002)
                await wait_for_messages()

    async def sees(self, *texts: str) -> None:
        try:
            await self.until(lambda: all(text in self.text for text in texts))
        except TimeoutError:
            raise AssertionError(f"{texts} are not on the screen:\n{self.text}") from None

    @property
    def titles(self) -> list[str]:
        return [row.title for row in self.screen.rows]

    @property
    def selected(self) -> str:
        return next(row.title for row in self.screen.rows if row.id == self.screen.selected)


@asynccontextmanager
async def reading(
    trace: Trace, size: tuple[int, int] = (120, 36), query: TraceQuery | None = None
) -> AsyncIterator[Reader]:
    app = TraceApp(trace, query)
    async with app.run_test(size=size, notifications=True) as pilot:
        reader = Reader(app, pilot)
        await wait_for_messages()
        yield reader


def sample() -> Trace:
    trace = open_trace(ORDER)
    assert isinstance(trace, Trace)
    return trace


async def test_the_failure_is_open_with_what_came_before_it_and_its_source() -> None:
    async with reading(sample()) as reader:
        await reader.sees("order opens after sign-in · account.spec.js:7 · chromium 480×320", "failure 1 of 1")
        await reader.sees("TimeoutError: locator.click", "Just before it", "TypeError: Cannot read properties")
        await reader.sees("> 22 |", "13 fixtures hidden (F shows them)", "Log 1", "Requests 5 ↯1")
        assert reader.selected == "Click"
        assert reader.screen.focused is reader.screen.step_tree


@pytest.mark.parametrize("size", [(120, 36), (80, 24)], ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_screen_matches_the_stored_picture(size: tuple[int, int]) -> None:
    stored = Path(__file__).parent / "pictures" / f"trace-{size[0]}x{size[1]}.txt"
    async with reading(sample(), size) as reader:
        picture = reader.screen.query_one(TracePicture)
        await reader.sees("Just before it", "Log 1", "Files 3")
        await reader.until(lambda: isinstance(reader.screen.picture, PictureRef))
        await reader.until(lambda: picture.art is not None or size[0] < 110)
        if os.environ.get("TVTUI_DRAW"):
            stored.write_text(reader.text + "\n", encoding="utf-8")
        assert reader.text + "\n" == stored.read_text(encoding="utf-8")


async def test_every_part_of_the_detail_has_its_key() -> None:
    async with reading(sample(), (120, 50)) as reader:
        await reader.sees("Requests 5 ↯1")
        await reader.press("c")
        await reader.sees("✗ TypeError: Cannot read")
        await reader.press("f")
        assert reader.screen.items is not None
        assert reader.screen.items.count == 3
        await reader.press("t", "enter")
        await reader.sees("500 Internal Server Error", "Request headers")
        await reader.press("escape", "a", "enter")
        await reader.sees("basket.json", '"items"')
        await reader.press("m")
        await reader.sees("From the DOM, without style sheets.")
        await reader.press("l")
        await reader.sees("7 ms  waiting for getByRole('link'")
        await reader.press("right_square_bracket")
        assert reader.screen.part == "console"
        await reader.press("left_square_bracket", "left_square_bracket")
        assert reader.screen.part == "error"


async def test_keys_go_from_failure_to_failure_and_unfold_what_is_above(tmp_path: Path) -> None:
    async with reading(Traces(tmp_path).trace(a_trace(*TWO_FAILURES))) as reader:
        before = reader.selected
        await reader.press("n")
        after = reader.selected
        assert {before, after} == {"Click", 'Expect "toBeVisible"'}
        await reader.press("n")
        assert reader.selected == before
        await reader.press("N")
        assert reader.selected == after
        await reader.press("y")
        await reader.until(lambda: reader.app.copied)
        ((text, name),) = reader.app.copied
        assert name == f"{after}, with its error"
        assert "\x1b" not in text


async def test_nothing_failed_says_so(tmp_path: Path) -> None:
    async with reading(Traces(tmp_path).trace(a_trace(a_step()))) as reader:
        await reader.press("n")
        await reader.sees("Nothing failed in this trace.")


async def test_folding_with_the_keys_of_a_tree(tmp_path: Path) -> None:
    async with reading(Traces(tmp_path).trace(a_trace(*TWO_FAILURES))) as reader:
        await reader.press("home", "down")
        assert (reader.selected, reader.titles) == ("sign in", ["Click", "sign in", 'Expect "toBeVisible"'])
        await reader.press("right")
        assert reader.titles == ["Click", "sign in", "Fill", 'Expect "toBeVisible"']
        await reader.press("right")
        assert reader.selected == "Fill"
        await reader.press("left")
        assert reader.selected == "sign in"
        await reader.press("left")
        assert len(reader.titles) == 3
        await reader.press("space", "end")
        assert (len(reader.titles), reader.selected) == (4, 'Expect "toBeVisible"')


async def test_escape_undoes_one_thing_at_a_time_and_leaves(tmp_path: Path) -> None:
    async with reading(Traces(tmp_path).trace(a_trace(*TWO_FAILURES))) as reader:
        await reader.press("f", "slash", *"exp", "enter")
        assert [row.title for row in reader.screen.rows] == ['Expect "toBeVisible"']
        await reader.press("z")
        assert reader.screen.zoomed == "steps"
        await reader.press("escape")
        assert reader.screen.zoomed == ""
        await reader.press("escape")
        assert [row.title for row in reader.screen.rows] == ["Click", 'Expect "toBeVisible"']
        await reader.press("escape")
        assert len(reader.screen.rows) == 3
        await reader.press("escape")
        assert not isinstance(reader.app.screen, TraceScreen)


async def test_place_and_folds_are_kept_for_the_next_time(tmp_path: Path) -> None:
    async with reading(Traces(tmp_path).trace(a_trace(*TWO_FAILURES))) as reader:
        await reader.press("home", "down", "right", "down", "l")
        kept = reader.app.kept[-1]
    async with reading(Traces(tmp_path).trace(a_trace(*TWO_FAILURES)), query=kept) as reader:
        assert reader.selected == "Fill"
        assert len(reader.screen.rows) == 4


async def test_the_other_viewer_is_one_key_away(tmp_path: Path) -> None:
    async with reading(Traces(tmp_path).trace(a_trace(a_step()))) as reader:
        await reader.press("o")
        assert reader.app.opened == 1


async def test_a_small_screen_shows_one_pane_at_a_time() -> None:
    async with reading(sample(), (56, 14)) as reader:
        await reader.sees("✗ Click")
        assert "TimeoutError" not in reader.text
        await reader.press("enter")
        await reader.sees("TimeoutError: locator.click")
        assert "✓ Navigate" not in reader.text
        await reader.press("escape")
        await reader.sees("✗ Click")
        assert reader.screen.focused is reader.screen.step_tree


async def test_the_picture_is_a_pane_a_tab_or_the_whole_screen() -> None:
    async with reading(sample()) as reader:
        picture = reader.screen.query_one(TracePicture)
        await reader.until(lambda: picture.display and picture.art is not None)
        assert str(picture.border_title).startswith("Picture ")
        assert "picture" not in [part.name for part in reader.screen.parts]
        first = reader.screen.picture
        await reader.press("comma")
        assert reader.screen.picture != first
        await reader.press("v")
        assert reader.screen.zoomed == "picture"
        assert reader.screen.focused is picture
        await reader.press("right")
        assert reader.screen.asked.frame is not None
        await reader.press("v")
        assert reader.screen.zoomed == ""
    async with reading(sample(), (80, 24)) as reader:
        await reader.until(lambda: "picture" in [part.name for part in reader.screen.parts])
        picture = reader.screen.query_one(TracePicture)
        assert not picture.region
        await reader.press("right_square_bracket")
        await reader.until(lambda: picture.region and picture.art is not None)


WITH_FILES = a_trace(
    a_step(
        attachments=[
            {"name": "basket.json", "contentType": "application/json", "base64": "e30="},
            {"name": "screenshot", "contentType": "image/png", "file": "attachments/1"},
        ]
    ),
    entries={"attachments/1": a_png(18, 18)},
)


@pytest.mark.parametrize("size", [(120, 36), (80, 24), (50, 12)])
async def test_an_attached_picture_is_shown_and_escape_goes_back_to_the_list(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with reading(Traces(tmp_path).trace(WITH_FILES), size) as reader:
        await reader.until(lambda: len(reader.screen.parts) > 1)
        await reader.press("a", "down", "enter")
        picture = reader.screen.query_one(TracePicture)
        await reader.until(lambda: picture.region and picture.art is not None)
        assert reader.screen.picture_heading == "Picture · screenshot"
        while reader.screen.asked.opened is not None:
            await reader.press("escape")
        assert reader.screen.items is not None


async def test_an_attached_file_is_saved_with_an_ending(tmp_path: Path) -> None:
    async with reading(Traces(tmp_path).trace(WITH_FILES)) as reader:
        await reader.press("d")
        await reader.until(lambda: len(reader.screen.parts) > 1)
        assert "d save" not in reader.text
        await reader.press("a", "d")
        await reader.until(lambda: reader.app.saved)
        await reader.press("down", "d")
        await reader.until(lambda: len(reader.app.saved) == 2)
        assert reader.app.saved == [("basket.json", b"{}"), ("screenshot.png", a_png(18, 18))]
        await reader.sees("Saved: screenshot.png")


async def test_keys_of_parts_that_a_step_does_not_have_say_why(tmp_path: Path) -> None:
    async with reading(Traces(tmp_path).trace(a_trace(a_step()))) as reader:
        for key, why in (("c", "Nothing was written to"), ("t", "No requests were"), ("a", "attached no files")):
            await reader.press(key)
            await reader.sees(why)
        await reader.press("m")
        await reader.sees("No page: ")


async def test_a_note_is_counted_in_the_title_and_read_with_the_step(tmp_path: Path) -> None:
    events = a_step(), {"type": "from the future"}
    async with reading(Traces(tmp_path).trace(a_trace(*events))) as reader:
        await reader.sees("✓ ⚠1 ", *(f"⚠ {note[:30]}" for note in reader.app.trace.notes))


async def test_without_a_film_the_key_says_why_there_is_no_picture(tmp_path: Path) -> None:
    async with reading(Traces(tmp_path).trace(a_trace(*TWO_FAILURES))) as reader:
        await reader.until(lambda: reader.screen.picture is not None)
        await reader.press("v")
        await reader.sees("No picture")
        assert reader.screen.zoomed == ""


class SlowTrace:
    """A trace whose second stage waits."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self.may_go_on = threading.Event()
        self.was_wanted: bool | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._trace, name)

    def read_rest(self, *, on_progress: Callable[[float], None], is_wanted: Callable[[], bool]) -> None:
        on_progress(0.42)
        self.may_go_on.wait(20)
        self.was_wanted = is_wanted()
        if self.was_wanted:
            self._trace.read_rest(is_wanted=is_wanted)


async def test_the_selection_stays_when_the_rest_has_been_read() -> None:
    slow: Any = SlowTrace(sample())
    async with reading(slow) as reader:
        await reader.press("home", "down")
        before = reader.selected
        assert not any(row.marks for row in reader.screen.rows if row.title == "Navigate")
        assert "reading 42% · step " in reader.text
        slow.may_go_on.set()
        await reader.sees("Requests 5 ↯1")
        assert reader.selected == before
        assert "reading" not in reader.text


async def test_leaving_ends_the_reading() -> None:
    slow: Any = SlowTrace(sample())
    async with reading(slow) as reader:
        assert not gc.isenabled()
        await reader.press("escape")
        assert not isinstance(reader.app.screen, TraceScreen)
        await reader.until(gc.isenabled)
        slow.may_go_on.set()
        await reader.until(lambda: slow.was_wanted is not None)
        assert slow.was_wanted is False
        assert gc.get_freeze_count() == 0


async def test_what_was_read_is_garbage_again_when_the_screen_is_left() -> None:
    async with reading(sample()) as reader:
        await reader.sees("Requests 5 ↯1")
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
        await reader.press("escape")
        await reader.until(lambda: gc.get_freeze_count() == 0)


async def test_the_source_and_the_page_are_shown_at_the_line_that_is_meant() -> None:
    async with reading(sample(), (80, 24)) as reader:
        await reader.until(lambda: "Page" in [part.title for part in reader.screen.parts])
        while reader.screen.part != "source":
            await reader.press("left_square_bracket")
        await reader.sees("> 22 |")
        assert reader.screen.detail.view.scroll_y > 0
        assert reader.screen.detail.view.marked_line == 22
        await reader.press("l")
        assert reader.screen.detail.view.marked_line is None


async def test_a_key_that_shows_a_part_gives_the_focus_back() -> None:
    async with reading(sample()) as reader:
        await reader.sees("Requests 5 ↯1")
        await reader.press("c")
        assert reader.screen.focused is reader.screen.detail.item_list
        assert "s sort" not in reader.text
        await reader.press("t")
        assert "s sort" in reader.text
        await reader.press("t")
        assert reader.screen.step_tree.has_focus


async def test_the_next_choice_of_kinds_is_one_that_shows_others(tmp_path: Path) -> None:
    steps = a_step("hook@1", "Before Hooks", 0, 100, kind="hook"), a_step("f@1", "page", 1, 9, kind="fixture")
    async with reading(Traces(tmp_path).trace(a_trace(*steps))) as reader:
        await reader.press("F")
        assert reader.titles == ["Before Hooks", "page"]
        await reader.press("F")
        assert reader.titles == ["Before Hooks"]


async def test_a_notification_does_not_take_the_key_that_leaves(tmp_path: Path) -> None:
    async with reading(Traces(tmp_path).trace(a_trace(a_step()))) as reader:
        await reader.press("n")
        await reader.sees("Nothing failed in this trace.")
        await reader.press("q")
        assert not isinstance(reader.app.screen, TraceScreen)


async def test_the_smallest_screen_has_room_for_the_text(tmp_path: Path) -> None:
    async with reading(Traces(tmp_path).trace(a_trace(*TWO_FAILURES)), (20, 5)) as reader:
        await reader.press("end", "enter")
        await reader.sees("not found")


async def test_an_editor_gets_text_without_colors(tmp_path: Path) -> None:
    red = a_step("e@1", "Expect", error="\x1b[31mnot found\x1b[39m", line=21)
    async with reading(Traces(tmp_path).trace(a_trace(red, an_error("not found", 21)))) as reader:
        assert "\x1b[31m" in reader.screen.text
        name, text = reader.screen.as_file
        assert name == "locked-out-error.txt"
        assert text.startswith("not found")


@pytest.mark.parametrize("theme", ["tvtui", "tvtui-light", "ansi-dark"])
async def test_what_a_step_acted_on_is_drawn_on_its_picture(theme: str) -> None:
    async with reading(sample()) as reader:
        for each in THEMES:
            reader.app.register_theme(each)
        reader.app.theme = theme
        await reader.until(lambda: reader.screen.picture is not None)
        stars = next(row.id for row in reader.screen.rows if "5 stars" in row.subtitle)
        reader.screen.select(stars)
        picture = reader.screen.query_one(TracePicture)
        await reader.until(lambda: isinstance(picture.picture, PictureRef) and picture.picture.box is not None)
        assert isinstance(picture.picture, PictureRef)
        content = reader.app.trace.content(picture.picture.entry, 1 << 20)
        assert isinstance(content, bytes)
        plain = decode(content, (0, 0, 0))
        assert isinstance(plain, Picture)

        def drawn() -> tuple[int, int, int, int] | None:
            shown = picture.shown
            return ImageChops.difference(shown.image, plain.image).getbbox() if isinstance(shown, Picture) else None

        # the box around the button, and the cross in its middle
        await reader.until(lambda: drawn() == (123, 297, 152, 319))


async def test_the_mouse_selects_folds_and_opens(tmp_path: Path) -> None:
    async with reading(Traces(tmp_path).trace(a_trace(*TWO_FAILURES))) as reader:
        group = next(index for index, title in enumerate(reader.titles) if title == "sign in")
        await reader.pilot.click(StepTree, offset=(20, group + 1))
        await wait_for_messages()
        assert reader.selected == "sign in"
        await reader.pilot.click(StepTree, offset=(2, group + 1))
        await wait_for_messages()
        assert "Fill" in reader.titles
        await reader.pilot.hover(StepTree, offset=(20, 1))
        await reader.pilot.click(StepTree, offset=(20, 1), times=2)
        await wait_for_messages()
        assert reader.screen.focused is reader.screen.detail.view
        await reader.pilot.click(TimeLine, offset=(60, 0))
        await wait_for_messages()
        assert reader.selected == 'Expect "toBeVisible"'


async def test_a_line_of_a_list_is_clicked_on_and_opened() -> None:
    async with reading(sample(), (120, 50)) as reader:
        await reader.sees("Requests 5 ↯1")
        await reader.press("t", "end", "home", "pagedown", "up")
        assert reader.screen.detail.item_list.cursor == 3
        await reader.pilot.click(ItemList, offset=(10, 1))
        await wait_for_messages()
        assert reader.screen.detail.item_list.cursor == 1
        await reader.pilot.click(ItemList, offset=(10, 1), times=2)
        await reader.sees("Request headers")
