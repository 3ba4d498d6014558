"""Stand-ins that tests steer: a clock, a server, and an app shown in memory."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count

from textual.pilot import Pilot

from tvtui.app import TvtuiApp
from tvtui.attention import Attention
from tvtui.client import Answer
from tvtui.models import Run
from tvtui.on_finish import OnFinish
from tvtui.screens.run import RunScreen
from tvtui.watch import Pace


class FakeClock:
    """Stands still until it is advanced; whoever sleeps on it wakes in order."""

    def __init__(self, utc: datetime = datetime(2026, 6, 10, 16, 3, 0, tzinfo=UTC)) -> None:
        self._now = 1000.0
        self._utc = utc
        self._order = count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> float:
        return self._now

    def utc(self) -> datetime:
        return self._utc

    async def sleep(self, seconds: float) -> None:
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + max(0.0, seconds), next(self._order), sleeper))
        await sleeper

    async def advance(self, seconds: float) -> None:
        """Let time pass, in the steps in which somebody wakes."""
        end = self._now + seconds
        while self._sleepers and self._sleepers[0][0] <= end:
            due, _, sleeper = heapq.heappop(self._sleepers)
            self._pass(due - self._now)
            if not sleeper.done():
                sleeper.set_result(None)
                for _ in range(20):
                    await asyncio.sleep(0)
        self._pass(end - self._now)

    def _pass(self, seconds: float) -> None:
        self._now += max(0.0, seconds)
        self._utc += timedelta(seconds=max(0.0, seconds))


class FakeServer:
    """Answers each request with the next of its answers, the last one for ever; `asked` counts the requests."""

    def __init__(self, clock: FakeClock, *answers: Run | Exception) -> None:
        self._clock = clock
        self.answers = list(answers)
        self.asked = 0

    async def fetch(self) -> Answer:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return Answer(answer, self._clock.utc())


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
    attention: Attention | None = None,
    on_finish: OnFinish | None = None,
) -> AsyncIterator[Viewer]:
    """The app in memory, watching run 214 on a server that gives these answers."""
    clock = clock or FakeClock()
    server = FakeServer(clock, *answers)
    app = TvtuiApp(
        server.fetch,
        run_id=214,
        project="the-project",
        pace=Pace(),
        clock=clock,
        give_up_after=give_up_after,
        random=lambda: 0.5,
        attention=attention,
        on_finish=on_finish,
    )
    async with app.run_test(size=size, notifications=True) as pilot:
        viewer = Viewer(pilot, clock, server)
        await viewer.until(lambda: server.asked and (app.last_snapshot or app.last_problem))
        await pilot.pause()
        yield viewer
