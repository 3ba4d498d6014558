"""The process around a watch: event loop, signals, readers that leave, garbage collection."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import stat
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn, TextIO, TypeVar

_DEADLY = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT") if hasattr(signal, name))


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


_T = TypeVar("_T")


def run_in_loop(deed: Coroutine[object, object, _T]) -> _T:
    """`asyncio.run`, less its waiting for threads: one that still looks up a host's name must hold nobody up."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(deed)
    finally:
        # more than once where the exit that a signal raised passes through a task and those that wait for it
        while tasks := asyncio.all_tasks(loop):
            with suppress(SystemExit, KeyboardInterrupt):
                loop.run_until_complete(_cancel(tasks))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


async def _cancel(tasks: Iterable[asyncio.Task[object]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def imports_are_done() -> None:
    """Collect garbage again, but never look at what is there by now."""
    gc.freeze()
    gc.enable()
