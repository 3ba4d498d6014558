"""The process around a watch: event loop, signals, closed pipes."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import stat
import sys
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import TextIO, TypeVar

from tvtui.cli.exit_codes import ExitCode
from tvtui.cli.stderr import complain_of_output

_ENDING_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT") if hasattr(signal, name)
)

_PATIENCE = 1.0
"""Seconds that a task has to end after a signal before it is interrupted wherever it is."""


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
def signals_cancel(received: list[int], *, patience: float = _PATIENCE) -> Iterator[None]:
    """Make each signal that would end the process cancel the current task, and add its number to `received`.

    An exception that a signal raises could be lost in a finalizer, or stop the event loop halfway through its own work.
    It is raised only if the task does not end: SystemExit(128 + n) at the second signal, or once the first one has
    been waiting for `patience` seconds, as while a write waits for a slow reader.
    """
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def end(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        if len(received) > 1:
            raise SystemExit(128 + received[0])
        loop.call_soon_threadsafe(task.cancel)
        overdue.start()

    overdue = threading.Timer(patience, lambda: _interrupt_main_thread(received[0]))
    overdue.daemon = True
    before = {number: signal.signal(number, end) for number in _signals_to_catch()}
    try:
        yield
    finally:
        overdue.cancel()
        for number, disposition in before.items():
            signal.signal(number, disposition)


def _interrupt_main_thread(number: int) -> None:
    if sys.platform == "win32":
        signal.raise_signal(number)
    else:
        # to this thread, because a signal to the process need not interrupt what it is waiting for
        signal.pthread_kill(threading.main_thread().ident or 0, number)


def _signals_to_catch() -> list[signal.Signals]:
    """The signals that end the process, except those that are ignored on purpose (nohup, background jobs)."""
    return [number for number in _ENDING_SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]


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


def run_to_exit_code(
    work: Coroutine[object, object, int], so_far: Callable[[], int], *, patience: float = _PATIENCE
) -> int:
    """Run a front end that writes to stdout.

    Args:
        work: The front end; its result is the exit code. The only OSErrors that it raises come from writing:
            network errors are values.
        so_far: Returns the exit code if the output can no longer be written.
        patience: See `signals_cancel`.

    Returns:
        The exit code; 128 + n after signal n.
    """
    received: list[int] = []

    async def until_a_signal() -> int:
        with signals_cancel(received, patience=patience):
            return await work

    try:
        code = run_in_loop(until_a_signal())
        return 128 + received[0] if received else code
    except asyncio.CancelledError:
        return 128 + received[0]
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else ExitCode.CRASHED
    except OSError as error:
        if error.errno != errno.EPIPE:
            complain_of_output(error)
        return so_far()
