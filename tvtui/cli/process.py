"""The process around a watch: event loop, signals, closed pipes."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import stat
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn, TextIO, TypeVar

from tvtui.cli.exit_codes import ExitCode
from tvtui.cli.stderr import complain_of_output

_ENDING_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT") if hasattr(signal, name)
)


@contextmanager
def on_signals(callback: Callable[[int], None]) -> Iterator[None]:
    """Call `callback` with the number of each signal that would end the process; needs a running loop.

    Signals keep their effect where the loop cannot handle them (Windows).
    """
    loop = asyncio.get_running_loop()
    caught = []
    for number in _signals_to_catch():
        with suppress(NotImplementedError):
            loop.add_signal_handler(number, callback, number)
            caught.append(number)
    try:
        yield
    finally:
        for number in caught:
            loop.remove_signal_handler(number)


@contextmanager
def signals_raise() -> Iterator[None]:
    """Make such signals raise SystemExit(128 + n) at once, even while a write waits for a slow reader."""
    before = {number: signal.signal(number, _exit) for number in _signals_to_catch()}
    try:
        yield
    finally:
        for number, disposition in before.items():
            signal.signal(number, disposition)


def _signals_to_catch() -> list[signal.Signals]:
    """The signals that end the process, except those that are ignored on purpose (nohup, background jobs)."""
    return [number for number in _ENDING_SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]


def _exit(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


@contextmanager
def on_closed_pipe(out: TextIO, callback: Callable[[], object]) -> Iterator[None]:
    """Call `callback` when the reader of the pipe `out` goes away, even if nothing is being written (POSIX)."""
    pipe = _pipe(out)
    if pipe is None:
        yield
        return
    loop = asyncio.get_running_loop()

    def closed() -> None:
        loop.remove_reader(pipe)
        callback()

    # the writing end of a pipe becomes "readable" only when its reader has closed it
    loop.add_reader(pipe, closed)
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


def run_in_loop(work: Coroutine[object, object, _T]) -> _T:
    """Do what `asyncio.run` does, without waiting for threads: one may still be resolving a host name."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        # more than once if the exit that a signal raised passes through a task and those that wait for it
        while tasks := asyncio.all_tasks(loop):
            with suppress(SystemExit, KeyboardInterrupt):
                loop.run_until_complete(_cancel(tasks))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


async def _cancel(tasks: Iterable[asyncio.Task[object]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def run_to_exit_code(work: Coroutine[object, object, int], so_far: Callable[[], int]) -> int:
    """Run a front end that writes to stdout.

    Args:
        work: The front end; its result is the exit code. The only OSErrors that it raises come from writing:
            network errors are values.
        so_far: Returns the exit code if the output can no longer be written.

    Returns:
        The exit code; 128 + n after signal n.
    """
    try:
        with signals_raise():
            return run_in_loop(work)
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else ExitCode.CRASHED
    except OSError as error:
        if error.errno != errno.EPIPE:
            complain_of_output(error)
        return so_far()
