"""Updates look as Textual would draw them, and render only what is seen of them."""

from __future__ import annotations

import pyte
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from tvtui.tui.compositing import render_sparsely


class Counted(Widget):
    """Counts the lines that it was asked for."""

    asked = 0

    def render_lines(self, crop: Region) -> list[Strip]:
        self.asked += crop.height
        return super().render_lines(crop)


class Layers(Screen[None]):
    """Panes with borders, one of them scrolled, and a box over both."""

    CSS = """
    Layers { layers: below above; }
    Horizontal { layer: below; }
    Vertical { border: round white; }
    VerticalScroll { border: solid white; padding: 1; }
    Counted { height: 8; background: blue; }
    #box { layer: above; offset: 15 3; width: 12; height: 3; background: red; }
    """

    def compose(self) -> ComposeResult:
        with Horizontal():
            with Vertical():
                yield Counted()
                yield Static("left")
            with VerticalScroll():
                yield Static("\n".join(map(str, range(40))), id="numbers")
        yield Static("over both", id="box")


class LayersApp(App[None]):
    """Shows the screen, with our compositor or Textual's."""

    def __init__(self, *, is_sparse: bool) -> None:
        super().__init__()
        self._is_sparse = is_sparse

    def on_mount(self) -> None:
        screen = Layers()
        if self._is_sparse:
            render_sparsely(screen)
        self.push_screen(screen)


PARTS = [
    ("Layers", Region(0, 0, 40, 16)),
    ("Counted", Region(2, 2, 1, 1)),
    ("Counted", Region(10, 2, 8, 4)),
    ("#box", Region(1, 1, 3, 1)),
    ("#numbers", Region(0, 0, 10, 30)),
    ("VerticalScroll", Region(0, 0, 10, 1)),
    ("Horizontal", Region(0, 5, 40, 1)),
]
"""Widgets, and the regions in them that are to be drawn again."""


async def drawn(*, is_sparse: bool) -> list[dict[int, dict[int, pyte.screens.Char]]]:
    """The cells that a terminal shows after each of the parts alone, and after some at once."""
    async with LayersApp(is_sparse=is_sparse).run_test(size=(40, 16)) as pilot:
        screen = pilot.app.screen
        screen.query_one(VerticalScroll).scroll_to(y=7, animate=False)
        await pilot.pause()
        widgets = [screen if name == "Layers" else screen.query_one(name) for name, _ in PARTS]
        shown = []
        for some in (*([index] for index in range(len(PARTS))), [1, 3], [2, 4], [1, 5, 6]):
            for index in some:
                widgets[index].refresh(PARTS[index][1])
            screen._compositor.update_widgets({widgets[index] for index in some})
            update = screen._compositor.render_update()
            assert isinstance(update, ChopsUpdate | LayoutUpdate)
            terminal = pyte.Screen(40, 16)
            pyte.Stream(terminal).feed(update.render_segments(pilot.app.console))
            shown.append({y: dict(line) for y, line in terminal.buffer.items()})
        return shown


async def test_every_part_of_the_screen_looks_as_textual_draws_it() -> None:
    assert await drawn(is_sparse=True) == await drawn(is_sparse=False)


async def test_only_lines_that_are_drawn_are_rendered() -> None:
    async with LayersApp(is_sparse=True).run_test(size=(40, 16)) as pilot:
        screen = pilot.app.screen
        counted = screen.query_one(Counted)
        for name, lines in (("Counted", 1), ("#numbers", 0)):
            counted.asked = 0
            widget = screen.query_one(name)
            widget.refresh(Region(2, 2, 1, 1))
            screen._compositor.update_widgets({widget})
            screen._compositor.render_update()
            assert counted.asked == lines


async def test_a_line_that_only_another_widget_draws_is_not_rendered() -> None:
    async with LayersApp(is_sparse=True).run_test(size=(40, 16)) as pilot:
        screen = pilot.app.screen
        counted, numbers = screen.query_one(Counted), screen.query_one("#numbers")
        counted.asked = 0
        counted.refresh(Region(2, 1, 1, 1))
        numbers.refresh(Region(0, 6, 2, 1))
        screen._compositor.update_widgets({counted, numbers})
        screen._compositor.render_update()
        assert counted.asked == 1
