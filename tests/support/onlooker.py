"""The app before a real server: sockets, client and screen are real, and only the waits between requests are not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from functools import partial
from itertools import chain, repeat

from tests.support.fake_clock import FakeClock
from tests.support.fakes import RealServer, Viewer
from tvtui.demo.faults import Fault
from tvtui.demo.scenarios import SCENARIOS, Scenario
from tvtui.demo.server import DemoServer
from tvtui.demo.timeline import Json
from tvtui.settings.api_key import ApiKey
from tvtui.settings.settings import Settings
from tvtui.testvibe.client import Answer, Client
from tvtui.testvibe.models import Reader
from tvtui.tui.app import TvtuiApp
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.schedule import PollSchedule

STARTED = datetime(2026, 6, 10, 16, 2, 11, tzinfo=UTC)
"""What the servers take for the time when their run is created."""

LIMIT = 2.0
"""Seconds that a request may take in these tests, ten in the app: enough for a loaded machine."""


class Onlooker(Viewer):
    """A user before an app whose answers take their time."""

    async def until(self, is_so: Callable[[], object]) -> None:
        """Wait until something is so; sockets take as long as they take, 20 s at most."""
        deadline = time.monotonic() + 20
        while not is_so():
            assert time.monotonic() < deadline, f"it did not come to be:\n{self.text}"
            await asyncio.sleep(0.01)

    @property
    def event(self) -> Snapshot | Problem | None:
        """What the watch told last."""
        return self.app.shown.problem or self.app.shown.snapshot

    @property
    def snapshot(self) -> Snapshot:
        event = self.event
        assert isinstance(event, Snapshot), event
        return event

    @property
    def problem(self) -> Problem:
        event = self.event
        assert isinstance(event, Problem), event
        return event

    @property
    def wait_seconds(self) -> float:
        """How long it is to the next request."""
        event = self.event
        assert event is not None
        assert event.next_at is not None
        return event.next_at - self.clock.now()

    async def next_answer(self) -> Snapshot | Problem:
        """Let time pass until the next request, and wait until what comes of it is on the screen."""
        before = self.event
        # a hair more, or the sum of the naps on the way may fall short of it
        await self.clock.advance(self.wait_seconds + 1e-6)
        return await self.another_than(before)

    async def another_than(self, before: Snapshot | Problem | None) -> Snapshot | Problem:
        """Wait until the screen shows something else than `before`."""
        await self.until(lambda: self.event is not before)
        event = self.event
        assert event is not None
        is_problem = isinstance(event, Problem)
        await self.until(lambda: (self.screen.problem if is_problem else self.screen.snapshot) is event)
        await self.pilot._wait_for_screen()
        await self.until(lambda: not self.screen._layout_required)
        return event

    @property
    def first_name_style(self) -> object:
        """In which style the table draws the name of its first test."""
        return self.style_of(self.screen.rows[0].case.name[:12])

    def style_of(self, text: str) -> object:
        """In which style the first occurrence of some text is drawn."""
        for strip in self.app.screen._compositor.render_strips():
            for segment in strip:
                if text in segment.text:
                    return segment.style
        raise AssertionError(f"{text} is not on the screen:\n{self.text}")


def settings_of(server: DemoServer) -> Settings:
    return Settings(server.url, ApiKey(server.api_key), server.project, key_source="TESTVIBE_API_KEY")


def in_turn(*plan: Fault | None) -> Callable[[int, float], Fault | None]:
    """These faults, one a request, None for the right answer; then only right answers."""
    rest = chain(plan, repeat(None))
    return lambda _number, _seconds: next(rest)


@contextmanager
def serving(
    *plan: Fault | None,
    clock: FakeClock,
    age: float = 20.0,
    scenario: str | Scenario | None = None,
    always: Fault | None = None,
) -> Iterator[DemoServer]:
    """A server in the watch's own time whose run is `age` seconds old, and whose first answers are these faults.

    Unless another scenario is given the run is the default one, which stays as it is at that age.
    """
    scenario = scenario or Scenario("frozen", "", lambda _seconds: SCENARIOS["default"].digest_at(age))
    faults = in_turn(*plan, *repeat(always, 1_000 if always else 0))
    with DemoServer(scenario, faults=faults, clock=_since(clock, clock.now() - age), started=STARTED) as server:
        yield server


def _since(clock: FakeClock, begun: float) -> Callable[[], float]:
    """A server's clock: 0 while the server is made, then as old as the run."""
    zero = iter((0.0,))
    return lambda: next(zero, clock.now() - begun)


@asynccontextmanager
async def looking_on(
    settings: Settings,
    *,
    clock: FakeClock,
    limit: float = LIMIT,
    size: tuple[int, int] = (120, 20),
    ask: Callable[[], Awaitable[Answer]] | None = None,
) -> AsyncIterator[Onlooker]:
    """The app with a real client, after its first answer or failure."""
    async with Client(settings, limit=limit) as client:
        server = RealServer(clock, ask or partial(client.get_run, 214, Reader()))
        app = TvtuiApp(server, run_ids=[214], project=settings.project, schedule=PollSchedule(), clock=clock)
        async with app.run_test(size=size, notifications=True) as pilot:
            onlooker = Onlooker(pilot, clock, server)
            await onlooker.another_than(None)
            yield onlooker


def odd(digest: Json) -> Json:
    """Unknown fields and words, nulls, other types, absences."""
    tests: list[Json] = [{"name": None}, {}, {"name": "t", "durationMs": -1}, {"name": "u", "durationMs": 1e308}]
    return {
        "runId": 214,
        "status": "quarantined",
        "startedUtc": "2026-06-10T18:02:19.5+02:00",
        "finishedUtc": "2026-06-10T16:02:31",
        "createdUtc": None,
        "tests": [*tests, {"name": "v", "durationMs": 0.25, "status": "exploded", "verdict": [{}]}],
        "log": ["one", "two"],
        "unknown": {"deep": [None]},
    }
