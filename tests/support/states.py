"""The states of the main screen that are stored as text."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.support.app import Viewer
from tests.support.builders import run_at
from tvtui.testvibe.errors import ClientError, Unreachable
from tvtui.testvibe.models import Run

LOST = Unreachable("The server refused the connection.", "Check that it runs and that TESTVIBE_SERVER names it.")


async def nothing(viewer: Viewer) -> None:
    """Do nothing."""


async def lose_the_server(viewer: Viewer) -> None:
    await viewer.wait(2)
    await viewer.sees("⚠")
    await viewer.wait(1)


async def pause(viewer: Viewer) -> None:
    await viewer.press("p")
    await viewer.wait(75)


async def filter_by_word(viewer: Viewer) -> None:
    await viewer.press("slash", *"customer", "enter", "down")


async def read_the_log(viewer: Viewer) -> None:
    await viewer.press("l")
    await viewer.until(lambda: viewer.screen.detail.tabs.active == "log-tab")


async def open_and_zoom(viewer: Viewer) -> None:
    await viewer.press("n", "enter")
    if not viewer.screen.zoomed:
        await viewer.press("z")


STATES: dict[str, tuple[float, list[Run | ClientError], Callable[[Viewer], Awaitable[None]]]] = {
    "waiting": (0, [LOST], nothing),
    "queued": (2, [run_at("default", 2)], nothing),
    "running-without-tests": (5, [run_at("default", 5)], nothing),
    "running": (20, [run_at("default", 20)], nothing),
    "stale": (20, [run_at("default", 20), LOST], lose_the_server),
    "paused": (20, [run_at("default", 20)], pause),
    "failed": (600, [run_at("default", 600)], nothing),
    "passed": (600, [run_at("passed", 600)], nothing),
    "no-tests": (600, [run_at("notests", 600)], nothing),
    "filtered": (600, [run_at("default", 600)], filter_by_word),
    "log": (600, [run_at("default", 600)], read_the_log),
    "zoomed": (600, [run_at("default", 600)], open_and_zoom),
}
