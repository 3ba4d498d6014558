"""Makes the pictures of this folder from the demo's runs: `python -m screenshots.make`."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.fake_clock import FakeClock
from tests.fakes import watching
from tvtui.client import Unreachable
from tvtui.demo.scenarios import SCENARIOS
from tvtui.demo.timeline import stamped
from tvtui.models import Reader, Run

STARTED = datetime(2026, 6, 10, 16, 2, 11, tzinfo=UTC)
LOST = Unreachable(
    "The server refused the connection at testvibe.acme.example:443.",
    "Check that it runs and that TESTVIBE_SERVER names it.",
)


def run_at(scenario: str, seconds: float) -> Run:
    """The scenario's run as it is after so many seconds."""
    digest = stamped(SCENARIOS[scenario].digest_at(seconds), started=STARTED, speed=1)
    return Reader().read(json.dumps(digest).encode())


async def picture(
    name: str, run: Run, at: float, size: tuple[int, int], *keys: str, lost_for: float = 0, theme: str = "tvtui"
) -> None:
    """Save `name`.svg: the app of `size` columns and rows after `keys`, `at` seconds after the run was created."""
    clock = FakeClock(STARTED + timedelta(seconds=at))
    answers = [run, LOST] if lost_for else [run]
    async with watching(*answers, size=size, clock=clock) as viewer:
        viewer.app.theme = theme
        await viewer.press(*keys)
        if lost_for:
            await viewer.wait(lost_for)
        await viewer.wait(0)
        viewer.app.save_screenshot(f"{name}.svg", path=str(Path(__file__).parent))


async def main() -> None:
    """Make all of them."""
    failed = run_at("default", 60)
    await picture("failed", failed, 60, (120, 36))
    await picture("running", run_at("default", 20), 20, (120, 36))
    await picture("passed", run_at("passed", 60), 60, (100, 24))
    await picture("narrow", failed, 60, (58, 24))
    await picture("medium", failed, 60, (80, 30))
    await picture("stale", run_at("default", 20), 20, (120, 36), lost_for=34)
    await picture("light", failed, 60, (120, 36), theme="textual-light")


if __name__ == "__main__":
    asyncio.run(main())
