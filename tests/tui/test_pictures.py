"""The screen in every state, at 60, 80 and 120 columns, character by character.

The pictures are in `tests/tui/pictures`. If the screen was changed on purpose, write them again with
`TVTUI_DRAW=1 python -m pytest tests/tui/test_pictures.py`, and look at the difference.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.app import STATES, Viewer, watching
from tests.support.builders import CREATED, run_at
from tests.support.clock import FakeClock

PICTURES = Path(__file__).parent / "pictures"


async def shown(state: str, size: tuple[int, int]) -> str:
    at, answers, act = STATES[state]
    async with watching(*answers, size=size, clock=FakeClock(CREATED + timedelta(seconds=at))) as viewer:
        await act(viewer)
        await viewer.pilot.pause()
        return viewer.text + "\n"


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 36)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("state", STATES)
async def test_the_screen_matches_the_stored_picture(state: str, size: tuple[int, int]) -> None:
    picture = PICTURES / f"{state}-{size[0]}x{size[1]}.txt"
    text = await shown(state, size)

    if os.environ.get("TVTUI_DRAW"):
        PICTURES.mkdir(exist_ok=True)
        picture.write_text(text, encoding="utf-8")
    assert text == picture.read_text(encoding="utf-8")


SIZES = [(20, 5), (20, 50), (59, 15), (59, 16), (60, 15), (109, 30), (110, 15), (110, 16), (200, 50)]


def assert_fits(viewer: Viewer, size: tuple[int, int]) -> None:
    lines = viewer.text.split("\n")
    assert len(lines) == size[1]
    assert all(len(line) <= size[0] for line in lines)
    assert "q quit" in lines[-1]


@pytest.mark.parametrize("state", ["waiting", "stale", "failed", "no-tests", "zoomed"])
async def test_every_state_fits_every_size(state: str) -> None:
    at, answers, act = STATES[state]
    async with watching(*answers, size=SIZES[0], clock=FakeClock(CREATED + timedelta(seconds=at))) as viewer:
        await act(viewer)
        for size in SIZES:
            await viewer.pilot.resize_terminal(*size)
            assert_fits(viewer, size)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_app_starts_at_every_size(size: tuple[int, int]) -> None:
    async with watching(run_at("default", 600), size=size) as viewer:
        assert_fits(viewer, size)


async def test_the_terminal_may_be_resized_at_any_moment() -> None:
    async with watching(run_at("default", 600)) as viewer:
        for width, height in [(20, 5), (200, 50), (59, 15), (80, 24), (20, 50), (110, 16), (60, 15), (120, 36)]:
            await viewer.pilot.resize_terminal(width, height)
            await viewer.pilot.pause()
            assert len(viewer.text.split("\n")) == height
        assert "✗ Locked-out user sees an error" in viewer.text
        assert "Artifacts · 18" in viewer.text
