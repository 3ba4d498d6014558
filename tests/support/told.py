"""Somebody who listens to runs: hears lines, types keys, lets time pass; without a terminal."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from tests.support.fake_clock import FakeClock
from tests.support.fakes import FakeServer
from tvtui.screen_reader.conversation import Conversation
from tvtui.terminal.keyboard import END
from tvtui.testvibe.models import Run
from tvtui.watch.schedule import PollSchedule


class Typed:
    """A keyboard in memory."""

    def __init__(self, *, by_line: bool = False) -> None:
        self.by_line = by_line
        self.queue: asyncio.Queue[str] = asyncio.Queue()

    async def read(self) -> str:
        return await self.queue.get()


class Listener:
    """A user who hears; `heard()` is what was said since the last time."""

    def __init__(self, conversation: Conversation, server: FakeServer, clock: FakeClock, keys: Typed, out: io.StringIO):
        self.conversation = conversation
        self.server = server
        self.clock = clock
        self.keys = keys
        self.out = out
        self._known = 0
        self.holding = asyncio.ensure_future(conversation.hold(keys))

    def heard(self) -> list[str]:
        lines = self.out.getvalue().splitlines()
        new, self._known = lines[self._known :], len(lines)
        return new

    async def types(self, *typed: str) -> list[str]:
        for each in typed:
            self.keys.queue.put_nowait(each)
        await settle()
        return self.heard()

    async def waits(self, seconds: float) -> list[str]:
        await self.clock.advance(seconds)
        await settle()
        return self.heard()

    async def until(self, is_so: Callable[[list[str]], object]) -> list[str]:
        """Wait until what was said since the last time is so; threads and files take as long as they take."""
        for _ in range(2000):
            if is_so(self.out.getvalue().splitlines()[self._known :]):
                return self.heard()
            await asyncio.sleep(0.005)
        raise AssertionError(f"it was not said:\n{self.out.getvalue()}")


async def settle() -> None:
    for _ in range(30):
        await asyncio.sleep(0)


@asynccontextmanager
async def told(
    *answers: Run | Exception,
    others: Mapping[int, Sequence[Run | Exception]] | None = None,
    by_line: bool = False,
    folder: Path = Path("nowhere"),
    give_up_after: float | None = None,
) -> AsyncIterator[Listener]:
    """A conversation about run 214 with a server that gives these answers, and about other runs that give theirs."""
    clock = FakeClock()
    server = FakeServer(clock, *answers)
    server.others = {run_id: list(given) for run_id, given in (others or {}).items()}
    out = io.StringIO()
    conversation = Conversation(
        server,
        [214, *(others or ())],
        out,
        schedule=PollSchedule(),
        clock=clock,
        folder_for=lambda run_id: folder / str(run_id),
        give_up_after=give_up_after,
    )
    listener = Listener(conversation, server, clock, Typed(by_line=by_line), out)
    await settle()
    yield listener
    if not listener.holding.done():
        listener.keys.queue.put_nowait(END)
        await listener.holding
