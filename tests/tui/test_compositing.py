"""Updates look as Textual would draw them, and render only what is seen of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import pytest
from textual._compositor import Compositor
from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from tvtui.tui.compositing import SparseCompositor


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

    def __init__(self) -> None:
        super().__init__()
        self._compositor = SparseCompositor()

    def compose(self) -> ComposeResult:
        with Horizontal():
            with Vertical():
                yield Counted()
                yield Static("left")
            with VerticalScroll():
                yield Static("\n".join(map(str, range(40))))
        yield Static("over both", id="box")


class LayersApp(App[None]):
    """Shows the screen."""

    def on_mount(self) -> None:
        self.push_screen(Layers())


REGIONS = [
    Region(0, 0, 40, 16),
    Region(2, 2, 1, 1),
    Region(10, 2, 20, 4),
    Region(16, 4, 3, 1),
    Region(21, 0, 19, 16),
    Region(0, 10, 40, 1),
]


def drawn(crop: Region, chops: Sequence[Mapping[int, Strip]]) -> list[tuple[int, int, Strip]]:
    """The parts of the lines that are in a region; others are not drawn."""
    return [
        (y, x, line[x])
        for y, line in enumerate(chops)
        if crop.y <= y < crop.bottom
        for x, end in pairwise([*line, 40])
        if x < crop.right and end > crop.x
    ]


async def test_every_part_of_the_screen_looks_as_textual_draws_it() -> None:
    async with LayersApp().run_test(size=(40, 16)) as pilot:
        pilot.app.screen.query_one(VerticalScroll).scroll_to(y=7, animate=False)
        await pilot.pause()
        compositor = pilot.app.screen._compositor
        for crop in REGIONS:
            ours = drawn(crop, compositor._render_chops(crop, lambda _y: True))
            textuals = drawn(crop, Compositor._render_chops(compositor, crop, lambda _y: True))
            assert ours == textuals


@pytest.mark.parametrize(("region", "lines"), [(Region(2, 2, 1, 1), 1), (Region(2, 12, 3, 2), 0)])
async def test_only_lines_that_are_drawn_are_rendered(region: Region, lines: int) -> None:
    async with LayersApp().run_test(size=(40, 16)) as pilot:
        counted = pilot.app.screen.query_one(Counted)
        counted.asked = 0
        pilot.app.screen._compositor._render_chops(region, range(region.y, region.bottom).__contains__)
        assert counted.asked == lines
