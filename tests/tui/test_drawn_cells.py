"""Whatever the user does, the terminal shows what it would show if the whole screen were drawn again."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyte
import pytest
from textual._compositor import Compositor, CompositorUpdate, LayoutUpdate
from textual.app import App
from textual.screen import Screen

from tests.support.app import APP_SETTINGS, Viewer
from tests.support.builders import a_case, a_run, an_artifact
from tests.support.clock import FakeClock
from tests.support.server import FakeServer
from tests.support.watch import a_request
from tvtui.testvibe.models import Run
from tvtui.tui.app import TvtuiApp
from tvtui.tui.steady_columns import steady

Cells = list[list[pyte.screens.Char]]

KEYS = (
    *("up", "down", "down", "pagedown", "pageup", "home", "end", "left", "right", "tab", "shift+tab", "enter", "space"),
    *("n", "N", "s", "f", "z", "w", "l", "e", "p", "escape", "escape", "slash", "a", "p", "1", "2", "B", "i"),
    *("question_mark", "ctrl+p", "x", "y", "b", "v", "backspace", "left_square_bracket", "right_square_bracket"),
)
"""Keys of the run screen, of what opens over it, and some that are typed into fields."""
SIZES = [(120, 36), (80, 24), (60, 16), (160, 40), (40, 10)]
STEPS = 18
ERROR = "\n".join(
    [
        "\x1b[31mError: expect(received).toBe(expected)\x1b[39m 日本 ✔\ufe0f 🫨",
        *(f"  {number} | await page.click('#pay-{number}') // {'long ' * number}" for number in range(1, 40)),
    ]
)


class Glass:
    """A terminal."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._screen = pyte.Screen(*size)
        self._stream = pyte.Stream(self._screen)

    def show(self, written: str) -> None:
        # a new line would scroll a full screen; positions of the cursor come after it
        self._stream.feed(steady(written).replace("\n", ""))

    @property
    def cells(self) -> Cells:
        screen = self._screen
        return [[screen.buffer[y][x] for x in range(screen.columns)] for y in range(screen.lines)]


class Terminal(App[None]):
    """What is below the app: it writes to a terminal, as Textual does if it is not headless."""

    glass: Glass

    def _display(self, screen: Screen[Any], renderable: Any) -> None:
        if isinstance(renderable, CompositorUpdate) and not self._batch_count:
            self.glass.show(renderable.render_segments(self.console))
        self.post_display_hook()


class ShownApp(TvtuiApp, Terminal):
    """The app in front of a terminal."""

    BINDINGS = TvtuiApp.BINDINGS

    @property
    def drawn_whole(self) -> Cells:
        """What Textual's own compositor draws of the whole screen on another terminal."""
        region = self.size.region
        chops = Compositor._render_chops(self.screen._compositor, region, lambda y: True)
        glass = Glass(self.size)
        glass.show(LayoutUpdate([chop.values() for chop in chops], region).render_segments(self.console))
        return glass.cells


def differences(shown: Cells, right: Cells) -> Sequence[str]:
    """The cells of each line that are not as they should be."""
    return [
        f"line {y}, column {x}: {cell} instead of {wanted}"
        for y, lines in enumerate(zip(shown, right, strict=True))
        for x, (cell, wanted) in enumerate(zip(*lines, strict=True))
        if cell != wanted
    ]


def run_at_step(step: int, run_id: int = 214) -> Run:
    """A run with more tests in each step, some of whose names and errors are wide; it has ended in step 3."""
    cases = [
        a_case(
            f"suite {index // 9} › test {index} 日本" if index % 5 == 0 else f"test {index} pays",
            status=("failed" if index % 4 == 0 else "passed") if index < 30 + 7 * step else "skipped",
            error=f"{ERROR}\n{index}" if index % 4 == 0 else None,
        )
        for index in range(20 + 15 * step)
    ]
    return a_run(
        run_id=run_id,
        status="running" if step < 3 else "failed",
        tests=cases,
        artifacts=[an_artifact(f"test-results/{index}/trace.zip") for index in range(3 * step)],
        log="\n".join(f"line {index}" for index in range(100)) if step == 3 else None,
    )


async def do_something(viewer: Viewer, app: ShownApp, chosen: random.Random) -> object:
    """Press keys at once, or something rarer; returns what it was."""
    what = chosen.random()
    if what < 0.1:
        size = chosen.choice([size for size in SIZES if size != app.size])
        app.glass = Glass(size)
        await viewer.pilot.resize_terminal(*size)
        return size
    if what < 0.2:
        await viewer.wait(seconds := chosen.choice([1, 2.1, 5]))
        return f"{seconds} s"
    if what < 0.25:
        app.theme = chosen.choice(["tvtui", "tvtui-light", "ansi-dark", "tvtui-safe"])
        return app.theme
    if what < 0.35:
        place = chosen.randrange(app.size.width), chosen.randrange(app.size.height)
        await viewer.pilot.hover(offset=place)
        if what < 0.3:
            await viewer.pilot.click(offset=place)
        return place
    keys = chosen.choices(KEYS, k=chosen.randrange(1, 5))
    await viewer.burst(*keys)
    return keys


@pytest.mark.parametrize("seed", [8])
async def test_after_any_keys_the_terminal_shows_what_a_full_repaint_shows(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # keys also save things
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    chosen, clock = random.Random(seed), FakeClock()
    server = FakeServer(clock, *map(run_at_step, range(4)))
    server.others = {215: [run_at_step(3, 215)]}
    app = ShownApp(server, a_request(APP_SETTINGS, 214, 215), clock=clock, random=lambda: 0.5)
    app.glass = Glass(SIZES[0])
    done: list[object] = []
    async with app.run_test(size=SIZES[0], notifications=True) as pilot:
        viewer = Viewer(pilot, clock, server)
        await viewer.until(lambda: app.shown.snapshot)
        for _ in range(STEPS):
            done.append(await do_something(viewer, app, chosen))
            await pilot.pause()
            if not app.is_running:
                # one of the commands of the palette quits
                break
            assert not differences(app.glass.cells, app.drawn_whole), done
