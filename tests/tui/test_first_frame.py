"""The first frame is the app's own one without what only the app knows: each cell that it draws stays as it is."""

from __future__ import annotations

import re

import pyte
import pytest
from rich.cells import cell_len
from rich.color import Color, ColorSystem, ColorType

from tests.support.app import APP_SETTINGS
from tests.support.clock import FakeClock
from tests.support.server import FakeServer
from tests.support.watch import a_request, never_return
from tvtui.testvibe.client import Answer
from tvtui.tui.app import TvtuiApp
from tvtui.tui.first_frame import first_frame
from tvtui.tui.frame_colors import FRAME_COLORS, theme_for
from tvtui.tui.themes import THEMES
from tvtui.watch.subject import connecting, subject

SIZES = [(120, 36), (80, 24), (200, 50), (60, 20), (20, 5), (110, 16), (109, 15), (59, 30), (160, 30), (110, 80)]
STATUS = (connecting("testvibe.acme.example"), connecting(""))

Cell = tuple[str, str, str, bool]
"""A character, its color, that of its background, and whether it is bold."""


def cells_of(frame: str, size: tuple[int, int]) -> dict[tuple[int, int], Cell]:
    """What a terminal shows of a frame; blank cells are left out, as the app draws more."""
    screen = pyte.Screen(*size)
    pyte.Stream(screen).feed(frame)
    rows = [[screen.buffer[y][x] for x in range(size[0])] for y in range(size[1])]
    return {
        (x, y): (cell.data, cell.fg, cell.bg, cell.bold)
        for y, row in enumerate(rows)
        for x, cell in enumerate(row)
        if cell.data != " "
    }


def cells_of_app(app: TvtuiApp) -> dict[tuple[int, int], Cell]:
    cells = {}
    for y, strip in enumerate(app.screen._compositor.render_strips()):
        x = 0
        for segment in strip:
            style = segment.style
            assert style is not None
            colors = [
                color.get_truecolor().hex[1:] if color and color.type is ColorType.TRUECOLOR else "default"
                for color in (style.color, style.bgcolor)
            ]
            for character in segment.text:
                cells[x, y] = (character, colors[0], colors[1], bool(style.bold))
                x += cell_len(character)
    return cells


async def answer_never() -> Answer:
    await never_return()
    raise AssertionError


@pytest.mark.parametrize("run_ids", [(214,), (214, 215)], ids=["one", "several"])
async def test_every_cell_of_the_frame_is_that_of_the_app_before_the_first_answer(run_ids: tuple[int, ...]) -> None:
    clock = FakeClock()
    request = a_request(APP_SETTINGS, *run_ids)
    app = TvtuiApp(FakeServer(clock, answer_never), request, clock=clock)
    async with app.run_test(size=SIZES[0]) as pilot:
        for size in SIZES:
            await pilot.resize_terminal(*size)
            await pilot.pause()
            for theme in FRAME_COLORS if size == SIZES[0] else ["tvtui"]:
                app.theme = theme
                await pilot.pause()
                frame = first_frame(
                    size,
                    FRAME_COLORS[theme],
                    subject(214, request.settings.project),
                    (connecting(request.host), connecting("")),
                    has_tabs=len(run_ids) > 1,
                )
                drawn, shown = cells_of(frame, size), cells_of_app(app)
                # titles are written over the upper borders
                titles = {place for place, cell in drawn.items() if cell[0] == "─" and shown[place][0] != "─"}
                assert {place: drawn[place] for place in drawn.keys() - titles} == {
                    place: shown[place] for place in drawn.keys() - titles
                }
                assert len(titles) < 40


def test_a_frame_fills_the_screen_with_the_background_of_the_theme() -> None:
    screen = pyte.Screen(80, 24)
    pyte.Stream(screen).feed(first_frame((80, 24), FRAME_COLORS["tvtui-light"], "run 214", STATUS))
    assert {screen.buffer[y][x].bg for y in range(24) for x in range(80)} >= {"f8f9fb"}
    assert "default" not in {screen.buffer[y][x].bg for y in range(24) for x in range(80)}


def test_without_the_background_text_has_the_terminals_own_color_and_borders_the_themes() -> None:
    frame = first_frame((80, 24), FRAME_COLORS["tvtui"], "run 214", STATUS, has_background=False)
    assert {(cell[1], cell[2]) for cell in cells_of(frame, (80, 24)).values()} == {
        ("default", "default"),
        ("6ea8fe", "default"),
        ("333c48", "default"),
    }


@pytest.mark.parametrize("theme", FRAME_COLORS)
def test_among_256_colors_the_frame_has_those_that_textual_takes(theme: str) -> None:
    def frame(*, has_true_color: bool) -> list[str]:
        drawn = first_frame((80, 24), FRAME_COLORS[theme], "run 214", STATUS, has_true_color=has_true_color)
        return re.findall(r"\x1b\[[34]8;([\d;]+)m", drawn)

    def reduced(code: str) -> str:
        color = Color.from_rgb(*map(int, code.split(";")[1:]))
        return f"5;{color.downgrade(ColorSystem.EIGHT_BIT).number}"

    assert frame(has_true_color=False) == [reduced(code) for code in frame(has_true_color=True)]


def test_without_colors_there_are_only_the_terminals_own() -> None:
    frame = first_frame((80, 24), None, "run 214", STATUS)
    assert {(cell[1], cell[2]) for cell in cells_of(frame, (80, 24)).values()} == {("default", "default")}
    assert "48;2" not in frame


def test_the_board_has_no_panes() -> None:
    frame = first_frame((80, 24), FRAME_COLORS["tvtui"], "run 214", STATUS, has_panes=False)
    assert {y for _, y in cells_of(frame, (80, 24))} == {0}


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (5, 1), (60, 16), (110, 16)])
def test_a_frame_fits_every_size(size: tuple[int, int]) -> None:
    screen = pyte.Screen(size[0] + 1, size[1] + 1)
    pyte.Stream(screen).feed(first_frame(size, None, "run 214", STATUS))
    assert [screen.buffer[y][size[0]].data for y in range(size[1])] == [" "] * size[1]
    assert not screen.display[size[1]].strip()


def test_each_frame_is_that_of_a_theme() -> None:
    themes = {theme.name: theme for theme in THEMES}
    for name, colors in FRAME_COLORS.items():
        variables = themes[name].variables
        assert (themes[name].background, variables["border"]) == (colors.background, colors.border)
    assert [theme_for(is_light=is_light) for is_light in (True, False, None)] == ["tvtui-light", "tvtui", "tvtui"]
