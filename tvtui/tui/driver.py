"""Textual's driver of a terminal, with what is shown outside of its screen."""

from __future__ import annotations

import os
from typing import NoReturn

from textual.driver import Driver

from tvtui.terminal.notifier import Notifier

_HANGUP = 128 + 1
"""As SIGHUP would have ended it."""


def surrounded(driver: type[Driver], attention: Notifier) -> type[Driver]:
    """The same driver, showing what there is to show outside of the screen from its start until it stops.

    Every way out goes through its stop, a signal's, a crash's and suspending too, and what is written through it is
    never mixed with a frame. What is written while another program has the terminal is dropped.
    """
    closed: set[Driver] = set()

    def start(self: Driver) -> None:
        closed.discard(self)
        driver.start_application_mode(self)
        attention.enter(self.write)

    def stop(self: Driver) -> None:
        attention.leave()
        driver.stop_application_mode(self)

    def close(self: Driver) -> None:
        driver.close(self)
        closed.add(self)

    def write(self: Driver, data: str) -> None:
        if self in closed:
            # lent, or over: its thread has ended as it should, and nobody is there to write it
            return
        # Textual writes in a thread that ends when the terminal is gone, and whoever goes on writing waits for ever
        writer = getattr(self, "_writer_thread", None)
        if writer is not None and not writer.is_alive():
            leave_at_once()
        driver.write(self, data)

    ways = {"start_application_mode": start, "stop_application_mode": stop, "close": close, "write": write}
    return type(driver.__name__, (driver,), ways)


def leave_at_once() -> NoReturn:
    """End the process: the terminal is gone, so nobody can be told and there is nothing to give back."""
    os._exit(_HANGUP)
