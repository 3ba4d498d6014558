"""Stand-ins that tests steer: a clock, a server, and an app shown in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from tests.support.fake_clock import FakeClock
from tvtui.cli.on_finish import OnFinish
from tvtui.journal.started_runs import Announcements
from tvtui.terminal.notifier import Notifier
from tvtui.testvibe.client import Answer
from tvtui.testvibe.diagnosis import Diagnosis
from tvtui.testvibe.errors import NotFound
from tvtui.testvibe.links import ArtifactLink
from tvtui.testvibe.models import Run
from tvtui.testvibe.storage import Storage
from tvtui.tui.app import TvtuiApp
from tvtui.tui.screens.run import RunScreen
from tvtui.watch.clock import Clock
from tvtui.watch.schedule import PollSchedule


class FakeServer:
    """Answers each request with the next of its answers, the last one for ever; `asked` counts the requests."""

    def __init__(self, clock: Clock, *answers: Run | Exception) -> None:
        self._clock = clock
        self.answers = list(answers)
        self.asked = 0
        self.others: dict[int, list[Run | Exception]] = {}
        self.storage = Storage()
        self.links: tuple[ArtifactLink, ...] | Exception = ()
        self.diagnosing: Callable[[], Awaitable[Diagnosis]] | None = None
        self.dispatch: int | Exception = 215
        self.dispatch_gate: asyncio.Event | None = None
        self.dispatched: list[tuple[int | str, str | None, str | None]] = []

    async def fetch(self, run_id: int) -> Answer:
        self.asked += 1
        answers = self.others.get(run_id, self.answers)
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return Answer(answer, self._clock.utc())

    def fetcher(self, run_id: int) -> Callable[[], Awaitable[Answer]]:
        return lambda: self.fetch(run_id)

    async def fetch_links(self, run_id: int) -> tuple[ArtifactLink, ...]:
        if isinstance(self.links, Exception):
            raise self.links
        return self.links

    async def diagnose(self, run_id: int) -> Diagnosis:
        if self.diagnosing is None:
            raise NotFound("There is none.")
        return await self.diagnosing()

    async def run_feature(self, feature: int | str, *, config: str | None, site_url: str | None) -> int:
        self.dispatched.append((feature, config, site_url))
        if self.dispatch_gate is not None:
            await self.dispatch_gate.wait()
        if isinstance(self.dispatch, Exception):
            raise self.dispatch
        return self.dispatch


class RealServer(FakeServer):
    """A real server behind a function that asks it; counts the requests as a fake one does."""

    def __init__(self, clock: Clock, ask: Callable[[], Awaitable[Answer]]) -> None:
        super().__init__(clock)
        self._ask = ask

    async def fetch(self, run_id: int) -> Answer:
        self.asked += 1
        return await self._ask()


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
