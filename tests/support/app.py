"""The app in memory, and a user in front of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial

from textual.pilot import Pilot

from tests.support.clock import FakeClock
from tests.support.server import FakeServer, RealServer
from tvtui.cli.on_finish import OnFinish
from tvtui.journal.started_runs import Announcements
from tvtui.settings.settings import Settings
from tvtui.terminal.notifier import Notifier
from tvtui.testvibe.client import Answer, Client
from tvtui.testvibe.diagnosis import Diagnosis
from tvtui.testvibe.models import Reader, Run
from tvtui.tui.app import TvtuiApp
from tvtui.tui.screens.run import RunScreen
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.schedule import PollSchedule


class Viewer:
    """A user before the app: sees its screen, presses its keys, lets time pass."""

    def __init__(self, pilot: Pilot[None], clock: FakeClock, server: FakeServer) -> None:
        self.pilot = pilot
        self.clock = clock
        self.server = server

    @property
    def app(self) -> TvtuiApp:
        assert isinstance(self.pilot.app, TvtuiApp)
        return self.pilot.app

    @property
    def screen(self) -> RunScreen:
        assert isinstance(self.app.screen_stack[0], RunScreen)
        return self.app.screen_stack[0]

    @property
    def text(self) -> str:
        """What is on the screen, a line each."""
        return "\n".join(strip.text.rstrip() for strip in self.app.screen._compositor.render_strips())

    @property
    def toasts(self) -> str:
        """What the app has said lately, each in one line."""
        return "\n".join(str(notification.message) for notification in self.app._notifications)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def wait(self, seconds: float) -> None:
        """Let the fake time pass, and the app follow."""
        await self.clock.advance(seconds)
        await self.pilot.pause()

    async def until(self, is_so: Callable[[], object]) -> None:
        """Wait until something is so: a condition, not a time."""
        for _ in range(200):
            if is_so():
                return
            await self.pilot.pause()
        raise AssertionError(f"it did not come to be:\n{self.text}")

    async def sees(self, text: str) -> None:
        """Wait until `text` is on the screen."""
        await self.until(lambda: text in self.text)


@asynccontextmanager
async def watching(
    *answers: Run | Exception,
    size: tuple[int, int] = (120, 36),
    clock: FakeClock | None = None,
    give_up_after: float | None = None,
    others: Mapping[int, Sequence[Run | Exception]] | None = None,
    diagnose: Callable[[], Awaitable[Diagnosis]] | None = None,
    theme: str = "tvtui",
    keymap: Mapping[str, str] | None = None,
    attention: Notifier | None = None,
    on_finish: OnFinish | None = None,
    board: bool = False,
    announce: Callable[[int], None] | None = None,
    announcements: Announcements | None = None,
) -> AsyncIterator[Viewer]:
    """The app in memory, watching run 214 on a server that gives these answers, and other runs that give theirs."""
    clock = clock or FakeClock()
    server = FakeServer(clock, *answers)
    server.diagnosing = diagnose
    server.others = {run_id: list(told) for run_id, told in (others or {}).items()}
    app = TvtuiApp(
        server,
        run_ids=[214, *(others or ())],
        project="the-project",
        schedule=PollSchedule(),
        clock=clock,
        give_up_after=give_up_after,
        random=lambda: 0.5,
        theme=theme,
        keymap=keymap,
        attention=attention,
        on_finish=on_finish,
        board=board,
        announce=announce,
        announcements=announcements,
    )
    async with app.run_test(size=size, notifications=True) as pilot:
        viewer = Viewer(pilot, clock, server)
        await viewer.until(lambda: server.asked and (app.shown.snapshot or app.shown.problem))
        await pilot.pause()
        yield viewer


REQUEST_LIMIT = 2.0
"""Seconds that a request may take in these tests, ten in the app: enough for a loaded machine."""


class LiveViewer(Viewer):
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


@asynccontextmanager
async def watching_live(
    settings: Settings,
    *,
    clock: FakeClock,
    limit: float = REQUEST_LIMIT,
    size: tuple[int, int] = (120, 20),
    ask: Callable[[], Awaitable[Answer]] | None = None,
) -> AsyncIterator[LiveViewer]:
    """The app with a real client, after its first answer or failure."""
    async with Client(settings, limit=limit) as client:
        server = RealServer(clock, ask or partial(client.get_run, 214, Reader()))
        app = TvtuiApp(server, run_ids=[214], project=settings.project, schedule=PollSchedule(), clock=clock)
        async with app.run_test(size=size, notifications=True) as pilot:
            onlooker = LiveViewer(pilot, clock, server)
            await onlooker.another_than(None)
            yield onlooker
