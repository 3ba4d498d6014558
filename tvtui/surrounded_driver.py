"""Textual's driver of a terminal, with what is shown outside of its screen."""

from __future__ import annotations

import os
from typing import NoReturn

from textual.driver import Driver

from tvtui.attention import Attention

_HANGUP = 128 + 1
"""As SIGHUP would have ended it."""
_CLOSED = "_tvtui_is_closed"
"""Whether the thread that writes was ended in order."""


def surrounded(driver: type[Driver], attention: Attention) -> type[Driver]:
    """The same driver, showing what there is to show outside of the screen from its start until it stops.

    Every way out goes through its stop, a signal's, a crash's and suspending too, and what is written through it is
    never mixed with a frame.
    """

    def start(self: Driver) -> None:
        _set_closed(self, False)
        driver.start_application_mode(self)
        attention.enter(self.write)

    def stop(self: Driver) -> None:
        attention.leave()
        driver.stop_application_mode(self)

    def write(self: Driver, data: str) -> None:
        # Textual writes in a thread that ends when the terminal is gone, and whoever goes on writing waits for ever
        writer = getattr(self, "_writer_thread", None)
        if writer is None or writer.is_alive():
            driver.write(self, data)
        elif not getattr(self, _CLOSED, False):
            leave_at_once()

    def close(self: Driver) -> None:
        # also when the terminal is lent to another program: what is written now is not for that one's screen
        _set_closed(self, True)
        driver.close(self)

    ways = {"start_application_mode": start, "stop_application_mode": stop, "write": write, "close": close}
    return type(driver.__name__, (driver,), ways)


def _set_closed(driver: Driver, is_closed: bool) -> None:
    setattr(driver, _CLOSED, is_closed)


def leave_at_once() -> NoReturn:
    """End the process: the terminal is gone, so nobody can be told and there is nothing to give back."""
    os._exit(_HANGUP)
