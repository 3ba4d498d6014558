"""What ends a watch from outside: signals, a reader that leaves, patience that runs out."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn, TextIO

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
