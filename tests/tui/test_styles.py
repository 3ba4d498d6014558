"""The colours and text attributes of the main states, cell by cell.

The files in `tests/tui/styles` have a letter for the style of each cell, and below them what each letter stands for. If
the styles were changed on purpose, write the files again with `TVTUI_DRAW=1 python -m pytest tests/tui/test_styles.py`,
and look at the difference.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from string import ascii_letters

import pytest
from rich.cells import cell_len
from rich.color import Color
from rich.style import Style

from tests.support.app import LOST, STATES, Viewer, watching
from tests.support.builders import CREATED, a_run, run_at
from tests.support.clock import FakeClock
from tvtui.testvibe.models import Run

STYLES = Path(__file__).parent / "styles"
SIZE = (80, 24)
ATTRIBUTES = ("bold", "dim", "italic", "underline", "reverse", "strike")


@asynccontextmanager
async def showing(state: str, theme: str) -> AsyncIterator[Viewer]:
    """A state of the run screen, or the board with a run in each of its own states."""
    if state != "board":
        seconds, answers, act = STATES[state]
        clock = FakeClock(CREATED + timedelta(seconds=seconds))
        async with watching(*answers, size=SIZE, clock=clock, theme=theme) as viewer:
            await act(viewer)
            yield viewer
        return
    others: dict[int, list[Run | Exception]] = {
        215: [a_run(run_id=215, status="passed")],
        216: [LOST],
        217: [a_run(run_id=217, status="running", tests=[])],
        218: [a_run(run_id=218, status="cancelled")],
        219: [run_at("default", 20)],
    }
    clock = FakeClock(CREATED + timedelta(seconds=600))
    async with watching(
        run_at("default", 600), size=SIZE, clock=clock, others=others, board=True, theme=theme
    ) as viewer:
        await viewer.until(lambda: all(watched.snapshot or watched.problem for watched in viewer.app.runs))
        yield viewer


@pytest.mark.parametrize(
    ("state", "theme"),
    [
        *((state, "tvtui") for state in ("running", "failed", "passed", "stale", "board")),
        ("failed", "tvtui-light"),
        ("failed", "ansi-dark"),
    ],
)
async def test_a_state_has_the_stored_styles(state: str, theme: str) -> None:
    async with showing(state, theme) as viewer:
        await viewer.pilot.pause()
        styles = styles_of(viewer)

    file = STYLES / f"{state}-{theme}.txt"
    if os.environ.get("TVTUI_DRAW"):
        STYLES.mkdir(exist_ok=True)
        file.write_text(styles, encoding="utf-8")
    assert styles == file.read_text(encoding="utf-8")


def styles_of(viewer: Viewer) -> str:
    """A letter for the style of each cell of the screen, and the styles by letter, in order of appearance."""
    letters: dict[str, str] = {}
    lines = []
    for strip in viewer.app.screen._compositor.render_strips():
        line = ""
        for segment in strip:
            name = name_of(segment.style or Style.null(), is_blank=not segment.text.strip())
            line += letters.setdefault(name, ascii_letters[len(letters)]) * cell_len(segment.text)
        lines.append(line)
    return "\n".join([*lines, "", *(f"{letter}  {name}" for name, letter in letters.items()), ""])


def name_of(style: Style, *, is_blank: bool) -> str:
    """A style in words; a blank one has only a background, unless its text attributes show."""
    attributes = [name for name in ATTRIBUTES if getattr(style, name)]
    if is_blank and not {"underline", "reverse", "strike"} & set(attributes):
        return f"on {name_of_color(style.bgcolor)}"
    return " ".join([name_of_color(style.color), "on", name_of_color(style.bgcolor), *attributes])


def name_of_color(color: Color | None) -> str:
    return "default" if color is None else color.triplet.hex if color.triplet else color.name
