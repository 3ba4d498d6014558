"""The driver of the terminal: started and stopped as often as needed, given back as it was."""

from __future__ import annotations

import asyncio
import os
import selectors
import threading
from collections.abc import Callable, Iterator
from typing import TextIO, cast

import pytest
from textual import events
from textual.driver import Driver

from tests.support.terminal import Pty
from tvtui.settings.values import NotifyStyle
from tvtui.terminal.detect import TerminalKind
from tvtui.terminal.notifier import Notifier
from tvtui.terminal.output import Output
from tvtui.tui.driver import PromptSelector, own_driver


class TextualDriver:
    """As much of Textual's driver as ours extends; its own writes are never wanted."""

    SignalResume = object

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._loop = asyncio.get_running_loop()
        self.fileno = file.fileno()
        self.attrs_before: list[str] | None = None
        self.settings = "cooked"
        self.input_threads = 0
        self.messages: list[object] = []
        self.may_start = True
        self.fails = False

    def write(self, data: str) -> None:
        raise AssertionError(data)

    def start_application_mode(self) -> None:
        if not self.may_start:
            return
        self.write("\x1b[?1049h\x1b[>1u\x1b[?1016h")
        self.attrs_before = [self.settings]
        self.settings = "raw"
        self.input_threads += 1
        if self.fails:
            raise RuntimeError("can't start new thread")
        self.write("started")

    def stop_application_mode(self) -> None:
        self.write("\x1b[<u\x1b[?1049l")
        assert self.attrs_before is not None
        (self.settings,) = self.attrs_before
        self.input_threads -= 1

    def suspend_application_mode(self) -> None:
        self.stop_application_mode()
        self.close()

    def resume_application_mode(self) -> None:
        self.start_application_mode()

    def close(self) -> None:
        pass

    def send_message(self, message: object) -> None:
        self.messages.append(message)

    def process_message(self, message: object) -> None:
        self.messages.append(message)

    # what ours adds

    def takes_frame(self) -> bool:
        raise AssertionError

    def abandon(self) -> None:
        raise AssertionError


STARTED = "\x1b[?1049h\x1b[>1u\x1b[?1016hstarted"
STOPPED = "\x1b[<u\x1b[?1049l\x1b[?1016l"
"""With the mode that Textual forgets."""


@pytest.fixture
def terminal() -> Iterator[Pty]:
    terminal = Pty()
    yield terminal
    terminal.close()


def driver(
    terminal: Pty,
    interrupt: Callable[[], object] = lambda: None,
    now: Callable[[], float] = lambda: 0.0,
    take_output: Callable[[], Output | None] = lambda: None,
    gone: Callable[[], object] = lambda: None,
) -> TextualDriver:
    notifier = Notifier(TerminalKind(), NotifyStyle.OFF, encoding="utf-8")
    made = own_driver(cast(type[Driver], TextualDriver), notifier, interrupt, take_output, gone=gone, now=now)
    return cast(type[TextualDriver], made)(terminal.file)


async def test_modes_that_textual_forgets_are_switched_off(terminal: Pty) -> None:
    own = driver(terminal)
    own.start_application_mode()
    assert own.takes_frame()
    own.write("a frame")
    own.suspend_application_mode()
    own.write("while an editor has the terminal")
    own.resume_application_mode()
    own.write("another frame")
    own.suspend_application_mode()
    expected = f"{STARTED}a frame{STOPPED}{STARTED}another frame{STOPPED}"
    assert terminal.read_until(f"another frame{STOPPED}") == expected


async def test_continuing_after_a_stop_from_outside_restarts_everything(terminal: Pty) -> None:
    own = driver(terminal)
    own.start_application_mode()
    for _ in range(3):
        own.resume_application_mode()
    assert own.input_threads == 1
    for _ in range(5):
        await asyncio.sleep(0)
    assert own.input_threads == 1
    assert len(own.messages) == 3
    own.suspend_application_mode()
    assert own.settings == "cooked"
    assert terminal.read_until(4 * (STARTED + STOPPED)) == 4 * (STARTED + STOPPED)


async def test_the_first_settings_are_restored_whatever_they_are_later(terminal: Pty) -> None:
    own = driver(terminal)
    own.start_application_mode()
    own.suspend_application_mode()
    own.settings = "left by an editor that crashed"
    own.resume_application_mode()
    own.suspend_application_mode()
    assert own.settings == "cooked"


async def test_a_start_in_the_background_is_none(terminal: Pty) -> None:
    own = driver(terminal)
    own.may_start = False
    own.start_application_mode()
    own.write("nothing")
    own.abandon()
    own.may_start = True
    own.resume_application_mode()
    own.suspend_application_mode()
    assert own.settings == "cooked"


async def test_a_failing_start_gives_the_terminal_back(terminal: Pty) -> None:
    own = driver(terminal)
    own.fails = True
    with pytest.raises(RuntimeError):
        own.start_application_mode()
    assert own.settings == "cooked"
    own.close()
    assert terminal.read_until(STOPPED) == STARTED.removesuffix("started") + STOPPED


async def test_what_was_shown_before_the_first_start_stays_on_the_alternate_screen(terminal: Pty) -> None:
    shown: list[Output] = [terminal.output]
    terminal.output.write("\x1b[?1049h\x1b[?25lfirst frame")
    own = driver(terminal, take_output=lambda: shown.pop() if shown else None)
    own.start_application_mode()
    own.suspend_application_mode()
    own.resume_application_mode()
    own.suspend_application_mode()
    first = "\x1b[?1049h\x1b[?25lfirst frame" + STARTED.removeprefix("\x1b[?1049h") + STOPPED + "\x1b[?25h"
    assert terminal.read_until(STARTED + STOPPED) == first + STARTED + STOPPED


async def test_an_abandoned_terminal_is_as_before(terminal: Pty) -> None:
    own = driver(terminal)
    own.start_application_mode()
    terminal.read_until("started")
    own.abandon()
    terminal.read_until("\x1b[?1016l\x1b[<u\x1b[?1049l")


async def test_writing_to_a_terminal_that_is_gone_is_reported(terminal: Pty) -> None:
    is_gone = threading.Event()
    terminal.hang_up()
    driver(terminal, gone=is_gone.set).start_application_mode()
    assert is_gone.wait(20)


CTRL_C = events.Key("ctrl+c", "\x03")


@pytest.mark.parametrize(
    ("sent", "interrupts"),
    [
        ([(0.0, CTRL_C)], 0),
        ([(0.0, CTRL_C), (2.9, CTRL_C)], 1),
        ([(0.0, CTRL_C), (3.0, CTRL_C)], 0),
        ([(0.0, CTRL_C), (1.0, events.Key("y", "y")), (2.0, CTRL_C)], 0),
        ([(0.0, CTRL_C), (1.0, events.MouseDown(None, 1, 1, 0, 0, 1, False, False, False)), (2.0, CTRL_C)], 0),
        ([(0.0, CTRL_C), (1.0, events.AppFocus()), (2.0, CTRL_C), (3.0, CTRL_C)], 2),
    ],
)
async def test_ctrl_c_twice_in_a_row_interrupts(
    sent: list[tuple[float, events.Event]], interrupts: int, terminal: Pty
) -> None:
    called: list[bool] = []
    times = iter([seconds for seconds, message in sent if message is CTRL_C])
    own = driver(terminal, lambda: called.append(True), lambda: next(times))
    for _, message in sent:
        own.process_message(message)
    assert len(called) == interrupts
    assert own.messages == [message for _, message in sent]


def test_a_selector_without_files_does_not_wait() -> None:
    with PromptSelector() as selector:
        assert selector.select(3600) == []


def test_a_selector_with_a_file_waits_for_it() -> None:
    reading, writing = os.pipe()
    with PromptSelector() as selector:
        key = selector.register(reading, selectors.EVENT_READ)
        assert selector.select(0) == []
        os.write(writing, b"x")
        assert selector.select(3600) == [(key, selectors.EVENT_READ)]
    os.close(reading)
    os.close(writing)
