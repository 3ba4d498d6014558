"""Generates the screenshots in this folder from the runs of the demo: `python -m screenshots.make`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from textual.app import App
from textual.screen import Screen

import tvtui.demo
import tvtui.tui
from tests.support.app import APP_SETTINGS, seen, watching
from tests.support.builders import CREATED, run_at
from tests.support.clock import FakeClock
from tests.support.past import FakeMemory
from tests.support.watch import a_watched_run
from tvtui.cli.demo_memory import DemoMemory
from tvtui.demo.history import earlier_runs
from tvtui.demo.scenarios import SCENARIOS
from tvtui.demo.server import DemoServer
from tvtui.journal.recording import Head
from tvtui.journal.suite import suite_of
from tvtui.reporters.markdown_summary import MarkdownReporter
from tvtui.reporters.run_report import RunReport
from tvtui.terminal.detect import HALF_BLOCKS
from tvtui.testvibe.diagnosis import Diagnosis, read_diagnosis
from tvtui.testvibe.errors import Unreachable
from tvtui.testvibe.models import Artifact, Run
from tvtui.trace import Trace, open_trace
from tvtui.tui.journal_app import JournalApp
from tvtui.tui.screens.comparison import ComparisonScreen
from tvtui.tui.screens.picker import PickerScreen, PickerServices
from tvtui.tui.screens.picture import PictureScreen
from tvtui.tui.screens.trace import TraceScreen
from tvtui.tui.screens.trace_content import TraceContent
from tvtui.tui.themes import DARK, THEMES
from tvtui.view.comparison import compare
from tvtui.watch.past import Past

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
    scenario: str = "default",
) -> None:
    """Save `name`.svg: the app at `size` (columns, rows) after `keys`, `at` seconds after the run was created.

    Earlier runs are those of the demo's `scenario`.
    """
    clock = FakeClock(CREATED + timedelta(seconds=at))
    answers = [run, LOST] if lost_for else [run]
    memory = FakeMemory(await past_of(scenario, run))
    async with watching(
        *answers, size=size, clock=clock, theme=theme, others=others, diagnose=diagnosis, memory=memory
    ) as viewer:
        await viewer.press(*keys)
        if lost_for:
            await viewer.wait(lost_for)
        await viewer.wait(0)
        viewer.app.save_screenshot(f"{name}.svg", path=str(Path(__file__).parent))


async def past_of(scenario: str, run: Run) -> Past | None:
    """What the demo remembers before a run of a scenario."""
    with closing(DemoMemory({214: scenario}, APP_SETTINGS.server, APP_SETTINGS.project, speed=1)) as memory:
        memory.record(a_watched_run())
        return await memory.recall(run)


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


def recorded(scenario: str, run_id: int) -> list[Run]:
    """The runs of a scenario before a run, as they ended, the oldest first."""
    earlier = earlier_runs(SCENARIOS[scenario], run_id, now=CREATED, speed=1)
    return [Run.read(each.digests[-1][1]) for each in earlier]


def head_of(run: Run, new_failures: int | None = None) -> Head:
    """What is recorded of a run for lists."""
    suite = suite_of(run, APP_SETTINGS.server, APP_SETTINGS.project)
    assert suite is not None
    head = Head.of(run, suite, seen=run.finished_utc or CREATED)
    return replace(head, new_failures=new_failures)


async def recordings(name: str, screen: Screen[Any], size: tuple[int, int], *keys: str) -> None:
    """Save `name`.svg: a screen about recorded runs."""
    app = JournalApp(lambda _: screen)
    app.title = "tvtui"
    async with app.run_test(size=size) as pilot:
        await pilot.press(*keys)
        await pilot.pause()
        app.save_screenshot(f"{name}.svg", path=str(Path(__file__).parent))


async def runs(name: str, size: tuple[int, int]) -> None:
    """Save `name`.svg: the list of runs."""
    default = [head_of(run, new_failures=0) for run in recorded("default", 214)[-6:]]
    smoke = [head_of(run) for run in recorded("passed", 206)[-3:]]
    last = head_of(run_at("default", 60), new_failures=4)
    left = replace(head_of(replace(run_at("visual", 6), run_id=215)), has_body=False)

    async def ask(_head: Head) -> Head | None:
        return None

    async def compared(_before: Head, _after: Head) -> str:
        return ""

    services = PickerServices(lambda: CREATED + timedelta(hours=3), lambda _: "", ask, lambda _: "", compared)
    await recordings(name, PickerScreen([left, last, *default, *smoke], services, empty=""), size, "j")


async def difference(name: str, size: tuple[int, int]) -> None:
    """Save `name`.svg: two runs compared."""
    comparison = compare(recorded("default", 214)[-1], run_at("default", 60))
    await recordings(name, ComparisonScreen(comparison, copy=lambda _text, _name: None), size)


_PAGE_STYLE = """
div { font: 14px/1.5 sans-serif; color: #1f2328; background: #fff; padding: 16px 32px; }
h2 { font-size: 20px; border-bottom: 1px solid #d1d9e0; padding-bottom: 6px; }
table { border-collapse: collapse; } th, td { border: 1px solid #d1d9e0; padding: 6px 12px; text-align: left; }
code { font: 12px monospace; background: #eff1f3; border-radius: 6px; padding: 2px 4px; }
pre { background: #f6f8fa; padding: 12px; border-radius: 6px; } pre code { background: none; padding: 0; }
summary { padding: 3px 0; }
"""


async def summary(name: str, size: tuple[int, int]) -> None:
    """Save `name`.svg: the summary of a job, rendered by markdown-it, at `size` in pixels."""
    watched = a_watched_run(seen(run_at("default", 60)))
    watched.past = await past_of("default", run_at("default", 60))
    report = RunReport(214, watched.snapshot, watched.rows, history=watched.history, command=["tvtui", "watch", "214"])
    renderer = MarkdownIt("commonmark", {"html": True, "xhtmlOut": True}).enable("table")
    page = renderer.render("\n".join(MarkdownReporter().on_finish([report])))
    width, height = size
    # the first error is shown unfolded
    page = page.replace("<details>", '<details open="open">', 1).replace("<br>", "<br/>")
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"><style>{_PAGE_STYLE}</style>'
        f'<foreignObject width="{width}" height="{height}"><div xmlns="http://www.w3.org/1999/xhtml">{page}</div>'
        "</foreignObject></svg>\n"
    )
    await asyncio.to_thread((Path(__file__).parent / f"{name}.svg").write_text, svg, encoding="utf-8")


def with_id(scenario: str, seconds: float, run_id: int) -> tuple[Run]:
    """The same run with another ID."""
    return (replace(run_at(scenario, seconds), run_id=run_id),)


async def main() -> None:
    """Generate all screenshots."""
    failed = run_at("default", 60)
    await picture("failed", failed, 60, (120, 36))
    await picture("running", run_at("default", 20), 20, (120, 36))
    await picture("passed", run_at("passed", 60), 60, (100, 24), scenario="passed")
    await picture("groups", run_at("visual", 60), 60, (120, 24), "v", scenario="visual")
    await runs("runs", (120, 20))
    await difference("difference", (120, 30))
    await summary("summary", (1000, 1200))
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
