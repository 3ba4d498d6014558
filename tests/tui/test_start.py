"""What the app does before its first frame: each thing once, as a user waits for it."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.css.stylesheet import Stylesheet
from textual.dom import DOMNode
from textual.events import Key
from textual.geometry import Region
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Input, Static, TabbedContent

from tests.support.app import APP_SETTINGS, Viewer, watching
from tests.support.builders import a_case, a_run
from tests.support.clock import FakeClock
from tests.support.server import FakeServer
from tests.support.watch import a_request
from tvtui.tui.app import TvtuiApp
from tvtui.tui.compositing import render_sparsely
from tvtui.tui.screens.styled_once import StyledOnce
from tvtui.tui.widgets.key_bar import KeyBar
from tvtui.tui.widgets.text_view import TextView

FAILED = a_run(
    run_id=214, status="failed", tests=[a_case(name="pays by card", status="failed", error="Error: declined")]
)


class CountingStylesheet(Stylesheet):
    """A style sheet that counts what takes the time of a start."""

    def __init__(self, variables: dict[str, str]) -> None:
        super().__init__(variables=variables)
        self.parsed_again = 0
        self.styled: Counter[DOMNode] = Counter()

    def reparse(self) -> None:
        self.parsed_again += 1
        super().reparse()

    def apply(self, node: DOMNode, **options: Any) -> None:
        self.styled[node] += 1
        super().apply(node, **options)


class CountingApp(TvtuiApp):
    """The app, with what it has shown in each of its first frames; `typed` are keys that are pressed at the first."""

    def __init__(self, *typed: str) -> None:
        self.clock = FakeClock()
        self.server = FakeServer(self.clock, FAILED)
        super().__init__(self.server, a_request(APP_SETTINGS, 214), clock=self.clock)
        self.counting = CountingStylesheet(self.get_css_variables())
        self.stylesheet = self.counting
        self.has_test: list[bool] = []
        self.texts: list[int] = []
        # made here: to Textual, those made while the screen draws would come from the screen, and end before it
        self._typed = [Key(key, None) for key in typed]

    def post_display_hook(self) -> None:
        self.has_test.append(any("pays by card" in strip.text for strip in self.screen._compositor.render_strips()))
        self.texts.append(len(self.screen.query(TextView)))
        while self._typed:
            self.post_message(self._typed.pop())


@asynccontextmanager
async def started(*typed: str, size: tuple[int, int] = (120, 36)) -> AsyncIterator[tuple[CountingApp, Pilot[None]]]:
    app = CountingApp(*typed)
    async with app.run_test(size=size) as pilot:
        yield app, pilot


async def test_the_start_parses_no_styles_twice_and_styles_a_widget_once() -> None:
    async with started() as (app, _):
        assert app.counting.parsed_again == 0
        assert app.counting.styled[app.screen.query_one("#error", TextView)] == 1
        assert app.counting.styled[app.screen.query_one(KeyBar)] == 1
        # the others inherit its colors
        assert next(iter(app.counting.styled)) is app


async def test_the_first_frame_shows_an_answer_that_is_there_already() -> None:
    async with started() as (app, _):
        assert app.has_test[0]


async def test_the_first_frame_does_not_wait_for_tabs_that_are_hidden() -> None:
    async with started() as (app, pilot):
        assert app.texts[0] == 1
        await Viewer(pilot, app.clock, app.server).until(lambda: len(app.screen.query(TextView)) == 3)


@pytest.mark.parametrize(
    ("key", "focused"), [("l", "#log"), ("a", "#artifacts-tab ArtifactList"), ("slash", "#filter Input")]
)
async def test_a_key_pressed_at_the_first_frame_acts_on_a_tab_that_was_hidden(key: str, focused: str) -> None:
    async with started(key, size=(80, 24)) as (app, pilot):
        viewer = Viewer(pilot, app.clock, app.server)
        await viewer.until(lambda: app.focused is not None and app.focused in app.screen.query(focused))


async def test_another_theme_is_applied_to_all_screens_and_no_screen_parses_the_same_one_again() -> None:
    async with watching(FAILED, others={215: [FAILED], 216: [FAILED]}) as viewer:
        app, first = viewer.app, viewer.app.screen
        app.stylesheet = counting = CountingStylesheet(app.get_css_variables())
        app.refresh_css()
        assert counting.parsed_again == 0
        await viewer.press("2")
        dark = app.screen.styles.background
        app.theme = "tvtui-light"
        await viewer.pilot.pause()
        assert app.screen.styles.background != dark
        assert first.styles.background == dark
        await viewer.press("1")
        assert app.screen is first
        assert first.styles.background != dark
        parsed = counting.parsed_again
        await viewer.press("3")
        assert counting.parsed_again == parsed


class Sized(StyledOnce[None]):
    """A screen with a class for its width."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (60, "-wide")]  # noqa: RUF012 - as Textual declares it

    def compose(self) -> ComposeResult:
        yield Static("text")


class Counted(Static):
    """Counts how often it is drawn."""

    asked = 0

    def render_lines(self, crop: Region) -> list[Strip]:
        self.asked += 1
        return super().render_lines(crop)


class Small(App[None]):
    """An app that counts its frames."""

    CSS = """
    KeyBar { dock: bottom; }
    .-narrow Static { height: 3; }
    .-wide Static { height: 5; }
    """

    BINDINGS = [("n", "bell", "beep")]  # noqa: RUF012 - as Textual declares it
    frames = 0

    def get_default_screen(self) -> Sized:
        render_sparsely(screen := Sized())
        return screen

    def post_display_hook(self) -> None:
        self.frames += 1


async def test_a_screen_that_is_styled_once_follows_its_size_and_what_has_changed_while_it_was_covered() -> None:
    app = Small()
    async with app.run_test(size=(80, 24)) as pilot:
        text = app.screen.query_one(Static)
        assert text.size.height == 5
        await pilot.resize_terminal(40, 24)
        assert text.size.height == 3
        await app.push_screen(Sized())
        app.stylesheet.add_source("Sized.-wide Static { height: 9; }", ("late", ""))
        await pilot.resize_terminal(90, 24)
        await app.pop_screen()
        await pilot.pause()
        assert text.region.height == 9


async def test_focus_and_zoom_style_the_panes_alone_and_all_looks_as_if_everything_had_been_styled() -> None:
    async with started() as (app, pilot):
        screen, styled = app.screen, app.counting.styled
        for key in ("tab", "z", "z", "tab", "l", "z", "z", "shift+tab"):
            styled.clear()
            await pilot.press(key)
            await pilot.pause()
            assert styled
            assert styled[screen.query_one(TabbedContent)] == styled[screen.query_one(KeyBar)] == 0
            strips = screen._compositor.render_strips()
            app.counting.update(screen)
            await pilot.pause()
            assert screen._compositor.render_strips() == strips


async def test_a_moved_focus_draws_no_widget_that_looks_the_same() -> None:
    app = Small()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.screen.mount(Input(), Input(), beside := Counted())
        await pilot.press("tab")
        await pilot.pause()
        beside.asked = 0
        await pilot.press("tab")
        await pilot.pause()
        assert beside.asked == 0


async def test_nothing_is_drawn_in_a_batch_and_everything_after_it() -> None:
    app = Small()
    async with app.run_test(size=(80, 24)) as pilot:
        with app.batch_update():
            frames = app.frames
            app.screen.query_one(Static).styles.height = 7
            await pilot.resize_terminal(70, 24)
            assert app.frames == frames
        await pilot.pause()
        assert app.frames > frames
        assert app.screen.query_one(Static).region.height == 7


async def test_the_keys_are_looked_up_when_they_are_first_drawn() -> None:
    labeled = []

    def label(binding: Binding) -> str:
        labeled.append(binding.key)
        return binding.description

    app = Small()
    async with app.run_test(size=(80, 5)) as pilot:
        with app.batch_update():
            await app.screen.mount(KeyBar(label))
            app.screen.bindings_updated_signal.publish(app.screen)
            await pilot.pause()
            assert labeled == []
        await pilot.pause()
        assert labeled
        assert "beep" in "".join(strip.text for strip in app.screen._compositor.render_strips())
