"""A write to a terminal that is gone ends the process."""

from __future__ import annotations

import os
import signal
from queue import Full
from types import SimpleNamespace
from typing import cast

import pytest
from textual.driver import Driver

from tvtui.settings.values import NotifyStyle
from tvtui.terminal.detect import TerminalKind
from tvtui.terminal.notifier import Notifier
from tvtui.tui.driver import with_notifier


class Gone(Exception):
    """Raised instead of ending the process."""


class StuckDriver:
    """Writes in a thread, as Textual's driver does, into a queue that is full once the thread has ended."""

    def __init__(self, *, is_alive: bool) -> None:
        self._writer_thread = SimpleNamespace(is_alive=lambda: is_alive)
        self.written: list[str] = []

    def write(self, data: str) -> None:
        if not self._writer_thread.is_alive():
            raise Full
        self.written.append(data)

    def start_application_mode(self) -> None:
        self._writer_thread = SimpleNamespace(is_alive=lambda: True)

    def close(self) -> None:
        self._writer_thread = SimpleNamespace(is_alive=lambda: False)

    def stop_application_mode(self) -> None:
        pass


def driver(*, is_alive: bool) -> StuckDriver:
    attention = Notifier(TerminalKind(), NotifyStyle.OFF, encoding="utf-8")
    stuck = cast(type[Driver], StuckDriver)
    return cast(type[StuckDriver], with_notifier(stuck, attention))(is_alive=is_alive)


def test_writing_to_a_terminal_that_is_gone_ends_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    codes: list[int] = []

    def record_exit(code: int) -> None:
        codes.append(code)
        raise Gone

    monkeypatch.setattr(os, "_exit", record_exit)
    with pytest.raises(Gone):
        driver(is_alive=False).write("anything")
    assert codes == [128 + signal.SIGHUP]


def test_everything_is_written_while_the_terminal_is_there() -> None:
    there = driver(is_alive=True)
    there.write("anything")
    assert there.written == ["anything"]


def test_writes_while_another_program_has_the_terminal_are_dropped() -> None:
    there = driver(is_alive=True)
    there.close()
    there.write("while an editor has it")
    there.start_application_mode()
    there.write("afterwards")
    assert there.written == ["afterwards"]
