"""What ends a watch from outside: signals, a reader that leaves, patience that runs out."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from types import FrameType
from typing import NoReturn, TextIO

from tvtui.testvibe.errors import ClientError, NotFound, Refused, Unreachable
from tvtui.watch import Clock, Problem, Snapshot

FIRST_ANSWER_SECONDS = 60.0
"""How long a watch without a terminal tries to get its first answer when no `--timeout` says otherwise."""

NOT_FOUND_SECONDS = 10.0
"""How long a run that was just dispatched may be unknown to the server."""

_Event = Snapshot | Problem

_DEADLY = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT") if hasattr(signal, name))


async def with_patience(
    events: AsyncIterator[_Event], clock: Clock, *, first_answer: float | None
) -> AsyncIterator[_Event]:
    """Pass the events of a watch on, and end it where nobody sits who could still do something about it.

    Before the first good answer it ends with a final `Problem` when the key is refused, when the run is
    still unknown after 10 s, or when `first_answer` seconds have passed. After that it goes on for ever.
    """
    begun = clock.now()
    deadline = None if first_answer is None else asyncio.ensure_future(_nothing_after(first_answer, clock))
    problem: Problem | None = None
    try:
        while (event := await _next_before(events, deadline)) is not None:
            if isinstance(event, Problem):
                problem = event
                if _is_hopeless(event.error, clock.now() - begun):
                    break
            yield event
            if isinstance(event, Snapshot):
                async for later in events:
                    yield later
                return
    finally:
        if deadline is not None:
            deadline.cancel()
    if problem is None or not problem.is_final:
        yield _final(problem, begun)


def _final(problem: Problem | None, begun: float) -> Problem:
    if problem is not None:
        return replace(problem, is_final=True)
    silence = Unreachable("The server has not answered.", "Check its address, and your network or VPN.")
    return Problem(silence, since=begun, failures=0, next_at=begun, is_final=True)


async def _nothing_after(seconds: float, clock: Clock) -> None:
    await clock.sleep(seconds)


async def _next_before(events: AsyncIterator[_Event], deadline: asyncio.Future[None] | None) -> _Event | None:
    """The next event; None when there is none, or none before `deadline`."""
    coming: asyncio.Future[_Event | None] = asyncio.ensure_future(anext(events, None))
    waits: list[asyncio.Future[_Event | None] | asyncio.Future[None]] = [coming]
    if deadline is not None:
        waits.append(deadline)
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        return coming.result() if coming.done() else None
    finally:
        if not coming.done():
            coming.cancel()
            with suppress(asyncio.CancelledError):
                await coming


def _is_hopeless(error: ClientError, watched: float) -> bool:
    return isinstance(error, Refused) or (isinstance(error, NotFound) and watched >= NOT_FOUND_SECONDS)


@contextmanager
def signals_leave(leave: Callable[[int], None]) -> Iterator[None]:
    """Call `leave` with the number of a signal that would end the process; needs a running loop.

    Where signals cannot reach the loop (Windows) they keep their ways.
    """
    loop = asyncio.get_running_loop()
    caught = []
    for number in _wanted():
        with suppress(NotImplementedError):
            loop.add_signal_handler(number, leave, number)
            caught.append(number)
    try:
        yield
    finally:
        for number in caught:
            loop.remove_signal_handler(number)


@contextmanager
def signals_raise() -> Iterator[None]:
    """Make such signals raise SystemExit(128 + n) at once, even while a write waits for a slow reader."""
    before = {number: signal.signal(number, _leave_at_once) for number in _wanted()}
    try:
        yield
    finally:
        for number, disposition in before.items():
            signal.signal(number, disposition)


def _wanted() -> list[signal.Signals]:
    """The signals to catch, less those that are ignored on purpose (nohup, a job in the background)."""
    return [number for number in _DEADLY if signal.getsignal(number) is not signal.SIG_IGN]


def _leave_at_once(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


@contextmanager
def reader_leaves(out: TextIO, leave: Callable[[], object]) -> Iterator[None]:
    """Call `leave` when nobody reads the pipe `out` any more, although nothing is being written (POSIX)."""
    pipe = _pipe(out)
    if pipe is None:
        yield
        return
    loop = asyncio.get_running_loop()

    def look() -> None:
        loop.remove_reader(pipe)
        leave()

    # a pipe's writing end becomes "readable" by an error only: that its reader is gone
    loop.add_reader(pipe, look)
    try:
        yield
    finally:
        loop.remove_reader(pipe)


def _pipe(out: TextIO) -> int | None:
    if os.name != "posix":
        return None
    try:
        number = out.fileno()
        return number if stat.S_ISFIFO(os.fstat(number).st_mode) else None
    except (OSError, ValueError):
        return None
