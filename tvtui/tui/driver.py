"""Textual's terminal driver, extended by what is shown outside of the screen: title, progress, notifications."""

from __future__ import annotations

import os
from typing import NoReturn

from textual.driver import Driver

from tvtui.terminal.notifier import Notifier
from tvtui.tui.steady_columns import steady

_HANGUP = 128 + 1
"""The exit code of a process that SIGHUP ended."""


def with_notifier(driver: type[Driver], notifier: Notifier) -> type[Driver]:
    """A driver class that also starts and stops the notifier.

    Every exit stops the driver, including signals, crashes and suspending, and what is written through it is never
    mixed with a frame. Writes while another program has the terminal are dropped.
    """
    closed: set[Driver] = set()

    def start(self: Driver) -> None:
        closed.discard(self)
        driver.start_application_mode(self)
        notifier.enter(self.write)

    def stop(self: Driver) -> None:
        notifier.leave()
        driver.stop_application_mode(self)

    def close(self: Driver) -> None:
        driver.close(self)
        closed.add(self)

    def write(self: Driver, data: str) -> None:
        if self in closed:
            # another program has the terminal, or the app is over: the writer thread has ended as it should
            return
        # Textual writes in a thread, which ends when the terminal is gone; further writes would block forever
        writer = getattr(self, "_writer_thread", None)
        if writer is not None and not writer.is_alive():
            exit_at_once()
        driver.write(self, steady(data))

    methods = {"start_application_mode": start, "stop_application_mode": stop, "close": close, "write": write}
    return type(driver.__name__, (driver,), methods)


def exit_at_once() -> NoReturn:
    """End the process: the terminal is gone, so there is nothing to report and nothing to restore."""
    os._exit(_HANGUP)
