"""A watch without a terminal before a real server, in no time: the clock leaps on, the sockets are real."""

from __future__ import annotations

import asyncio
import heapq
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from datetime import datetime, timedelta
from itertools import chain, count, repeat
from typing import TypeVar

import pytest

from tests.support.fake_client import again
from tests.support.onlooker import STARTED
from tvtui.cli import frontend
from tvtui.cli.request import Mode
from tvtui.demo.faults import Fault
from tvtui.demo.scenarios import Scenario
from tvtui.demo.server import DemoServer
from tvtui.settings.settings import Settings
from tvtui.testvibe.client import Answer, Client
from tvtui.testvibe.models import Reader

Deed = Callable[[], object]
_T = TypeVar("_T")


class LeapingClock:
    """Leaps to whoever wakes next, but stands still while a request is under way.

    Attributes:
        under_way: Requests.
        wall_is_off: By how much the local clock is wrong.
    """

    def __init__(self) -> None:
        self.under_way = 0
        self.wall_is_off = timedelta()
        self._begun = self._now = 1000.0
        self._order = count()
        self._waiting: list[tuple[float, int, asyncio.Future[None] | Deed]] = []
        self._leaping: asyncio.Task[None] | None = None

    def now(self) -> float:
        return self._now

    def utc(self) -> datetime:
        return STARTED + timedelta(seconds=self._now - self._begun) + self.wall_is_off

    async def sleep(self, seconds: float) -> None:
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._wait_for(self._now + seconds, sleeper)
        if self._leaping is None or self._leaping.done():
            self._leaping = asyncio.ensure_future(self._leap())
        await sleeper

    def at(self, seconds: float, deed: Deed) -> None:
        """Do something so many seconds after the beginning."""
        self._wait_for(self._begun + seconds, deed)

    def machine_sleeps(self, seconds: float) -> None:
        """Time passes, and nobody who waits notices."""
        self._now += seconds
        self._waiting = [(due + seconds, order, who) for due, order, who in self._waiting]

    def _wait_for(self, due: float, who: asyncio.Future[None] | Deed) -> None:
        heapq.heappush(self._waiting, (due, next(self._order), who))

    async def _leap(self) -> None:
        turns = 0
        while self._waiting:
            await asyncio.sleep(0.001 if self.under_way else 0)
            turns = 0 if self.under_way else turns + 1
            # by then everybody has done what they can do now
            if turns == 30:
                turns = 0
                self._wake_next()

    def _wake_next(self) -> None:
        due, _, who = heapq.heappop(self._waiting)
        if isinstance(who, asyncio.Future):
            if not who.done():
                self._now = max(self._now, due)
                who.set_result(None)
        else:
            self._now = max(self._now, due)
            who()


def watch(
    settings: Settings,
    clock: LeapingClock,
    mode: Mode = Mode.LINES,
    *,
    limit: float = 5.0,
    renew: Callable[[], Settings] | None = None,
) -> int:
    """Watch run 214 as the command line does, by a real client; the exit code."""

    class Told(Client):
        """Tells the clock of its requests."""

        def __init__(self, settings: Settings) -> None:
            super().__init__(settings, limit=limit)

        async def get_run(self, run_id: int, reader: Reader | None = None) -> Answer:
            clock.under_way += 1
            try:
                return await super().get_run(run_id, reader)
            finally:
                clock.under_way -= 1

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tvtui.testvibe.client.Client", Told)
        patch.setattr("tvtui.watch.clock.SystemClock", lambda: clock)
        return frontend.run(settings, [214], mode, again=again, renew=renew)


@contextmanager
def serving(
    *plan: Fault | None,
    clock: LeapingClock,
    age: float = 20.0,
    always: Fault | None = None,
    scenario: str | Scenario = "default",
) -> Iterator[DemoServer]:
    """A server in the watch's own time whose run is `age` seconds old, and whose first answers are these faults.

    Args:
        plan: One a request, None for the right answer.
        clock: The watch's.
        age: In seconds; the default run is over at 30.
        always: The fault of all later answers; None for right ones.
        scenario: The run.
    """
    rest = chain(plan, repeat(always))
    zero, begun = iter((0.0,)), clock.now() - age
    with DemoServer(
        scenario,
        faults=lambda _number, _seconds: next(rest),
        clock=lambda: next(zero, clock.now() - begun),
        started=STARTED,
    ) as server:
        yield server


@contextmanager
def aside(there: AbstractAsyncContextManager[_T]) -> Iterator[_T]:
    """The same server in a thread of its own, as a watch has its own loop."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="aside", daemon=True)
    thread.start()
    try:
        yield asyncio.run_coroutine_threadsafe(there.__aenter__(), loop).result(10)
        asyncio.run_coroutine_threadsafe(there.__aexit__(None, None, None), loop).result(10)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def told(lines: str, word: str) -> list[str]:
    """What the lines of one kind say, behind time, symbol and word."""
    split = [line.split(maxsplit=3) for line in lines.splitlines()]
    return [parts[3] for parts in split if len(parts) == 4 and parts[2] == word]


def objects(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]
