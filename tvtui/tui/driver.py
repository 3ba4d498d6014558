"""Textual's terminal driver, which gives the terminal back as it was on every way out, and never waits for it."""

from __future__ import annotations

import os
import selectors
import signal
import sys
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, TextIO

from textual import events
from textual.driver import Driver
from textual.message import Message

from tvtui.terminal.notifier import Notifier
from tvtui.terminal.output import Output
from tvtui.terminal.sequences import ALTERNATE_SCREEN
from tvtui.tui.layout_keys import base_key
from tvtui.tui.steady_columns import steady

_LONGEST_FAREWELL = 1.0
"""Seconds that a terminal has to take what is still to be written when it is given back."""

INTERRUPT_SECONDS = 3.0
"""How soon ctrl+c must be repeated."""


class PromptSelector(selectors.SelectSelector):
    """Waits for nothing if it has nothing to wait for, as Textual's thread for keys has it do at its end: for 0.1 s."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """The files that can be read."""
        return super().select(timeout) if self.get_map() else []


def own_driver(
    driver: type[Driver],
    notifier: Notifier,
    interrupt: Callable[[], object],
    take_output: Callable[[], Output | None] = lambda: None,
    *,
    gone: Callable[[], object],
    now: Callable[[], float] = time.monotonic,
) -> type[Driver]:
    """A driver class that also starts and stops the notifier, and whose writes never block.

    Every exit stops the driver, including signals, crashes and suspending, and what is written through it is never
    mixed with a frame. Writes while another program has the terminal are dropped.

    Args:
        driver: Textual's class for this platform.
        notifier: What is shown outside of the screen.
        interrupt: Called in another thread at the second ctrl+c in a row, whatever is on the screen, and even if the
            app is stuck.
        take_output: Returns what has been written to until the first start, on the alternate screen, or None.
        gone: Called in another thread when the terminal can no longer be written.
        now: Seconds of a monotonic clock.
    """
    outputs: dict[Driver, Output] = {}
    starting: set[Driver] = set()
    first_settings: dict[Driver, Any] = {}
    interrupts = _Interrupts(now)

    def start(self: Any) -> None:
        starting.add(self)
        try:
            driver.start_application_mode(self)
        except BaseException:
            self.stop_application_mode()
            raise
        finally:
            starting.discard(self)
        if self in outputs:
            # the settings at a restart may be our own, or those of a program that crashed
            self.attrs_before = first_settings.setdefault(self, getattr(self, "attrs_before", None))
            notifier.enter(self.write)

    def stop(self: Driver) -> None:
        notifier.leave()
        driver.stop_application_mode(self)

    def close(self: Driver) -> None:
        if (output := outputs.pop(self, None)) is not None:
            output.stop(_LONGEST_FAREWELL)
        driver.close(self)

    def resume(self: Any) -> None:
        if self in outputs:
            # SIGCONT, but not after a SIGTSTP: others may have used the terminal since the process was stopped
            self._loop.call_soon_threadsafe(restart, self)
        else:
            driver.resume_application_mode(self)

    def restart(self: Any) -> None:
        if self not in outputs or _stops_in_background(self):
            return
        self.suspend_application_mode()
        driver.resume_application_mode(self)
        _redraw(self)

    def write(self: Any, data: str) -> None:
        if self in starting and self not in outputs:
            # Textual's own writer blocks once 30 writes are waiting; it is left idle
            outputs[self], data = _started(take_output(), self._file, data)
            outputs[self].caught_up, outputs[self].gone = lambda: _redraw(self), gone
        if self in outputs:
            outputs[self].write(steady(data))

    def takes_frame(self: Driver) -> bool:
        return self not in outputs or outputs[self].takes_frame()

    def abandon(self: Driver) -> None:
        if (output := outputs.get(self)) is not None:
            output.abandon()

    def process_message(self: Driver, message: Message) -> None:
        if interrupts.is_repeated(message):
            interrupt()
        driver.process_message(self, message)

    methods = {
        "start_application_mode": start,
        "stop_application_mode": stop,
        "resume_application_mode": resume,
        "close": close,
        "write": write,
        "takes_frame": takes_frame,
        "abandon": abandon,
        "process_message": process_message,
    }
    return type(driver.__name__, (_prompt(driver),), methods)


def _prompt(driver: type[Driver]) -> type[Driver]:
    """The driver class, whose thread for keys ends as soon as there are none."""
    for each in driver.__mro__:
        names = vars(sys.modules[each.__module__])
        if "selectors" in names:
            # the thread makes its selector by this name in its module; there is no other way in
            names["selectors"] = SimpleNamespace(**vars(selectors) | {"SelectSelector": PromptSelector})
    return driver


def _started(output: Output | None, file: TextIO, data: str) -> tuple[Output, str]:
    """Where to write from now on, and what to write first."""
    if output is None:
        return Output(file), data
    # entering the alternate screen again would clear it in some terminals
    return output, data.replace(ALTERNATE_SCREEN, "")


def _redraw(driver: Driver) -> None:
    """Have the app draw the whole screen again; can be called in any thread."""
    driver.send_message(driver.SignalResume())


class _Interrupts:
    """Recognizes ctrl+c twice in a row among what the terminal sends."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._at = -INTERRUPT_SECONDS

    def is_repeated(self, message: Message) -> bool:
        """Whether this is the second one, without another key or a click in between."""
        if isinstance(message, events.Key) and base_key(message) == "ctrl+c":
            before, self._at = self._at, self._now()
            return self._at < before + INTERRUPT_SECONDS
        if isinstance(message, events.Key | events.MouseDown):
            self._at = -INTERRUPT_SECONDS
        return False


def _stops_in_background(driver: Any) -> bool:
    """Stop this process if it may not use the terminal, as if it had written to it; whether it had to be stopped."""
    if sys.platform == "win32":
        return False
    try:
        is_in_background = os.tcgetpgrp(driver.fileno) != os.getpgrp()
    except OSError:
        # not the terminal that controls this process
        return False
    if is_in_background:
        # continues after SIGCONT, which is handled like the one before
        os.kill(os.getpid(), signal.SIGTTOU)
    return is_in_background
