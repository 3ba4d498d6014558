"""Textual's driver of a terminal, with what is shown outside of its screen."""

from __future__ import annotations

from textual.driver import Driver

from tvtui.attention import Attention


def surrounded(driver: type[Driver], attention: Attention) -> type[Driver]:
    """The same driver, showing what there is to show outside of the screen from its start until it stops.

    Every way out goes through its stop, a signal's, a crash's and suspending too, and what is written through it is
    never mixed with a frame.
    """

    def start(self: Driver) -> None:
        driver.start_application_mode(self)
        attention.enter(self.write)

    def stop(self: Driver) -> None:
        attention.leave()
        driver.stop_application_mode(self)

    return type(driver.__name__, (driver,), {"start_application_mode": start, "stop_application_mode": stop})
