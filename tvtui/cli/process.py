"""The process around a watch: event loop, signals, closed pipes."""

from __future__ import annotations

import asyncio
import gc
import os
import stat
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO, TypeVar

from tvtui.cli.exit_codes import ExitCode
from tvtui.cli.signals import handled
from tvtui.cli.stderr import complain_of_output
from tvtui.text.output import OutputError

_CLEAN_UP_SECONDS = 2.0
"""How long tasks that were cancelled may take to end."""


@contextmanager
def on_signals(callback: Callable[[int], object]) -> Iterator[None]:
    """Call `callback` in the running loop with the number of each signal that would end the process."""
    loop = asyncio.get_running_loop()
    with handled(lambda number, _frame: loop.call_soon_threadsafe(callback, number)):
        yield


@contextmanager
def signals_cancel(received: list[int]) -> Iterator[None]:
    """Make each signal that would end the process cancel the current task, and add its number to `received`."""
    task = asyncio.current_task()
    assert task is not None

    def cancel(number: int) -> None:
        received.append(number)
        task.cancel()

    with on_signals(cancel):
        yield


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


def run_in_loop(work: Coroutine[object, object, _T], *, clean_up_seconds: float = _CLEAN_UP_SECONDS) -> _T:
    """Do what `asyncio.run` does, without waiting for threads, as one may still be resolving a host name.

    Tasks that are left are cancelled; those that do not end for `clean_up_seconds` are abandoned. Garbage, which is not
    collected during the first imports, is from now on.
    """
    gc.enable()
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        # a task that raises SystemExit stops the loop once more
        with suppress(SystemExit):
            loop.run_until_complete(_clean_up(clean_up_seconds))
        loop.close()


async def _clean_up(seconds: float) -> None:
    own = asyncio.current_task()
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            # more than once, as tasks that are being cancelled may start others
            while tasks := asyncio.all_tasks() - {own}:
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks)
            await asyncio.get_running_loop().shutdown_asyncgens()


def run_to_exit_code(work: Coroutine[object, object, int], so_far: Callable[[], int]) -> int:
    """Run a front end that writes to stdout.

    Args:
        work: The front end; its result is the exit code.
        so_far: Returns the exit code if the output can no longer be written.

    Returns:
        The exit code; 128 + n after signal n.
    """
    received: list[int] = []

    async def until_a_signal() -> int:
        with signals_cancel(received):
            return await work

    try:
        code = run_in_loop(until_a_signal())
        return 128 + received[0] if received else code
    except asyncio.CancelledError:
        return 128 + received[0]
    except SystemExit:
        return ExitCode.CRASHED
    except OutputError as error:
        complain_of_output(error)
        return so_far()
