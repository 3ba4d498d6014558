"""Signals end the process: at once where nothing has to be cleaned up, and soon wherever it is stuck.

No handler raises: an exception could be lost in a finalizer or in C code, or stop an event loop halfway through its
work.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

TYPE_CHECKING = False
"""As `typing.TYPE_CHECKING`, whose import would take longer than all others here."""

if TYPE_CHECKING:
    from types import FrameType
    from typing import TextIO

PATIENCE = 3.0
"""Seconds from a signal to the end of the process, whatever it is doing."""

_SAME_SIGNAL = 0.2
"""Seconds in which a repeated signal is the same one: `timeout` and closing terminals send theirs twice."""

HANGUP = 128 + 1
"""The exit code of a process that SIGHUP ended."""

_ENDING_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT") if hasattr(signal, name)
)

_restorers: list[Callable[[], object]] = []
_is_exiting = threading.Lock()


def signals_to_catch() -> list[signal.Signals]:
    """The signals that end the process, except those that are ignored on purpose (nohup, background jobs)."""
    return [number for number in _ENDING_SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]


@contextmanager
def handled(handler: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    """Handle the signals that end the process; only in the main thread."""
    before = {number: signal.signal(number, handler) for number in signals_to_catch()}
    try:
        yield
    finally:
        for number, disposition in before.items():
            signal.signal(number, disposition)


def end_on_signals() -> None:
    """From now on a signal ends this process, with 128 + n as its exit code.

    It ends at once unless `handled` says otherwise. Even then it ends `PATIENCE` seconds later, or at a second signal.
    """
    for number in signals_to_catch():
        signal.signal(number, lambda number, _frame: force_exit(128 + number))
    Watchdog(lambda number: force_exit(128 + number)).start()


def interrupt() -> None:
    """Do what the interrupt key does in a terminal in line mode; can be called in any thread."""
    # even if the shell that started this process has made it ignore interrupts
    number = signal.SIGINT if signal.SIGINT in signals_to_catch() else signal.SIGTERM
    if sys.platform == "win32":
        signal.raise_signal(number)
    else:
        # to this thread, which would not wake up from what it is waiting for if another one got it
        signal.pthread_kill(threading.main_thread().ident or 0, number)


def hang_up() -> None:
    """Do what the terminal's end does, which reaches only processes that it controls; can be called in any thread."""
    if sys.platform == "win32" or signal.SIGHUP not in signals_to_catch():
        force_exit(HANGUP)
    else:
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGHUP)


@contextmanager
def at_forced_exit(restore: Callable[[], object]) -> Iterator[None]:
    """Have `restore` called, in any thread, if the process ends without cleaning up; it must not block."""
    _restorers.append(restore)
    try:
        yield
    finally:
        _restorers.remove(restore)


def force_exit(code: int) -> None:
    """Restore the terminal and end the process, unless another thread is already doing so."""
    if _is_exiting.acquire(blocking=False):
        if sys.platform != "win32":
            # giving back a terminal that belongs to another process by now must not stop this one
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTTOU])
        for restore in reversed(_restorers):
            with suppress(Exception):
                restore()
        os._exit(code)


class Watchdog:
    """Ends a process some time after a signal, or at a second one, even if its main thread is stuck.

    Python runs signal handlers in the main thread, between two of its instructions. The thread of the watchdog is woken
    by the interpreter's own handler instead. On Windows it is never woken: there, event loops need the only such place.
    """

    def __init__(
        self,
        end: Callable[[int], object],
        *,
        patience: float = PATIENCE,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare to call `end` with the number of the first signal, in another thread, `patience` seconds after it."""
        self._end = end
        self._patience = patience
        self._now = now
        self._reader, self._writer = os.pipe()

    def start(self) -> None:
        """Start watching; only in the main thread."""
        if sys.platform != "win32":
            os.set_blocking(self._writer, False)
            signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        threading.Thread(target=self._watch, name="tvtui-watchdog", daemon=True).start()

    def stop(self) -> None:
        """Stop watching; only in the main thread."""
        signal.set_wakeup_fd(-1)
        os.close(self._writer)

    def _watch(self) -> None:
        overdue: threading.Timer | None = None
        first, at = 0, 0.0
        while numbers := os.read(self._reader, 64):
            for number in numbers:
                if number not in _ENDING_SIGNALS:
                    continue
                if overdue is None:
                    first, at = number, self._now()
                    overdue = threading.Timer(self._patience, self._end, (first,))
                    overdue.daemon = True
                    overdue.start()
                elif number != first or self._now() - at >= _SAME_SIGNAL:
                    self._end(first)
        if overdue is not None:
            overdue.cancel()
        os.close(self._reader)


def settings_restorer(terminal: TextIO) -> Callable[[], None]:
    """Return a function that gives a terminal its present settings (echo, line mode) back, without blocking."""
    if sys.platform == "win32":
        return lambda: None
    import termios

    try:
        number = terminal.fileno()
        settings = termios.tcgetattr(number)
    except (OSError, ValueError, termios.error):
        return lambda: None

    def restore() -> None:
        # a process in the background would be stopped
        if os.tcgetpgrp(number) == os.getpgrp():
            termios.tcsetattr(number, termios.TCSANOW, settings)

    return restore
