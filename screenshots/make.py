"""Generates the screenshots in this folder from the runs of the demo: `python -m screenshots.make`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from textual.app import App

import tvtui.demo
import tvtui.tui
from tests.support.app import watching
from tests.support.builders import CREATED, run_at
from tests.support.clock import FakeClock
from tvtui.demo.server import DemoServer
from tvtui.terminal.detect import HALF_BLOCKS
from tvtui.testvibe.diagnosis import Diagnosis, read_diagnosis
from tvtui.testvibe.errors import Unreachable
from tvtui.testvibe.models import Artifact, Run
from tvtui.trace import Trace, open_trace
from tvtui.tui.screens.picture import PictureScreen
from tvtui.tui.screens.trace import TraceScreen
from tvtui.tui.screens.trace_content import TraceContent
from tvtui.tui.themes import DARK, THEMES

FILES = Path(tvtui.demo.__file__).with_name("artifacts")
LOST = Unreachable(
    "The server refused the connection at testvibe.acme.example:443.",
    "Check that it runs and that TESTVIBE_SERVER names it.",
)


async def diagnosis() -> Diagnosis:
    """The diagnosis of the default scenario."""
    seconds = iter((0.0,))
    with DemoServer(clock=lambda: next(seconds, 1_000.0)) as server:
        return read_diagnosis(json.dumps(server.diagnosis()).encode())


async def picture(
    name: str,
    run: Run,
    at: float,
    size: tuple[int, int],
    *keys: str,
    lost_for: float = 0,
    theme: str = "tvtui",
    others: Mapping[int, Sequence[Run]] | None = None,
) -> None:
    """Save `name`.svg: the app at `size` (columns, rows) after `keys`, `at` seconds after the run was created."""
    clock = FakeClock(CREATED + timedelta(seconds=at))
    answers = [run, LOST] if lost_for else [run]
    async with watching(*answers, size=size, clock=clock, theme=theme, others=others, diagnose=diagnosis) as viewer:
        await viewer.press(*keys)
        if lost_for:
            await viewer.wait(lost_for)
        await viewer.wait(0)
        viewer.app.save_screenshot(f"{name}.svg", path=str(Path(__file__).parent))


async def comparison(name: str, size: tuple[int, int]) -> None:
    """Save `name`.svg: a screenshot comparison, as the demo serves it."""
    rows = [row for row in run_at("visual", 60).artifacts if "card-colour" in row.path and row.path.endswith(".png")]

    async def get(artifact: Artifact) -> Path | str:
        return FILES / artifact.path

    app: App[None] = App()
    app.title = "tvtui"
    async with app.run_test(size=size) as pilot:
        screen = PictureScreen(rows, 0, get=get, open_elsewhere=lambda _artifact: None, support=HALF_BLOCKS)
        for theme in THEMES:
            app.register_theme(theme)
        app.theme = DARK.name
        await app.push_screen(screen)
        await app.workers.wait_for_complete()
        await pilot.pause()
        app.save_screenshot(f"{name}.svg", path=str(Path(__file__).parent))


async def trace(name: str, size: tuple[int, int]) -> None:
    """Save `name`.svg: the trace of a failure, as the demo serves it."""
    opened = open_trace(FILES / "trace" / "locked-out-user-sees-an-error.zip")
    assert isinstance(opened, Trace)
    app: App[None] = App(css_path=Path(tvtui.tui.__file__).with_name("tvtui.tcss"))
    app.title = "tvtui"
    async with app.run_test(size=size) as pilot:
        for theme in THEMES:
            app.register_theme(theme)
        app.theme = DARK.name
        screen = TraceScreen(
            TraceContent(opened),
            "trace.zip",
            support=HALF_BLOCKS,
            open_elsewhere=lambda: None,
            save=lambda name, _content: name,
            copy=lambda _text, _name: None,
        )
        await app.push_screen(screen)
        for _ in range(3):
            # what is read starts what is read next, up to the picture
            await app.workers.wait_for_complete()
            await pilot.pause()
        app.save_screenshot(f"{name}.svg", path=str(Path(__file__).parent))


def with_id(scenario: str, seconds: float, run_id: int) -> tuple[Run]:
    """The same run with another ID."""
    return (replace(run_at(scenario, seconds), run_id=run_id),)


async def main() -> None:
    """Generate all screenshots."""
    failed = run_at("default", 60)
    await picture("failed", failed, 60, (120, 36))
    await picture("running", run_at("default", 20), 20, (120, 36))
    await picture("passed", run_at("passed", 60), 60, (100, 24))
    await picture("narrow", failed, 60, (58, 24))
    await picture("medium", failed, 60, (80, 30))
    await picture("stale", run_at("default", 20), 20, (120, 36), lost_for=34)
    await picture("light", failed, 60, (120, 36), theme="tvtui-light")
    await picture("safe", failed, 60, (120, 36), theme="tvtui-safe")
    await picture("diagnosis", failed, 60, (120, 36), "i", *["right_square_bracket"] * 8)
    others = {215: with_id("passed", 60, 215), 216: with_id("default", 20, 216)}
    await picture("several", failed, 60, (120, 36), others=others)
    await picture("board", failed, 60, (120, 36), "B")
    await picture("board-several", failed, 60, (120, 36), "B", others=others)
    await comparison("comparison", (120, 24))
    await trace("trace", (120, 36))
    await trace("trace-medium", (80, 24))


if __name__ == "__main__":
    asyncio.run(main())
