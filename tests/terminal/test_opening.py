"""A terminal between the start of a watch and the app."""

from __future__ import annotations

import os
import select
import signal
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

from tests.support.answers import PLAIN_XTERM, XTERM
from tvtui.terminal.opening import Opening
from tvtui.terminal.query import Answers, asking

if sys.platform == "win32":
    pytest.skip("has no such terminals", allow_module_level=True)

import fcntl
import termios

CLEAR = "\x1b[0m\x1b[2J"
START = f"\x1b[?1049h\x1b[?25l{CLEAR}"
END = "\x1b[?25h\x1b[?1049l"


class Watched:
    """An opening on a pseudo-terminal, and the emulator's end of that."""

    def __init__(self, emulator: int, stream: TextIO) -> None:
        self.emulator = emulator
        self.stream = stream
        self.answers: list[Answers] = []
        self.gone = 0

    def draw(self, size: tuple[int, int], answers: Answers) -> str:
        self.answers.append(answers)
        return f"<{size[0]}x{size[1]}>"

    def hang_up(self) -> None:
        self.gone += 1

    def resize(self, width: int, height: int) -> None:
        fcntl.ioctl(self.stream, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def written(self, end: str) -> str:
        """What was written, up to `end`."""
        text = ""
        while not text.endswith(end):
            assert select.select([self.emulator], [], [], 20)[0], f"not written: {end!r}, but {text!r}"
            text += os.read(self.emulator, 4096).decode()
        return text

    @property
    def is_quiet(self) -> bool:
        return not select.select([self.emulator], [], [], 0)[0]


@pytest.fixture
def watched() -> Iterator[Watched]:
    emulator, program = os.openpty()
    with os.fdopen(program, "w+b", buffering=0) as raw, os.fdopen(os.dup(raw.fileno()), "w", encoding="utf-8") as file:
        watched = Watched(emulator, file)
        watched.resize(80, 24)
        yield watched
    os.close(emulator)


def test_the_frame_is_shown_at_once_and_the_terminal_is_given_back(watched: Watched) -> None:
    before = termios.tcgetattr(watched.stream)
    handlers = [signal.getsignal(number) for number in (signal.SIGWINCH, signal.SIGTSTP)]
    with asking(watched.stream, None) as inquiry:
        opened = Opening(inquiry, watched.stream, watched.draw)
        opened.show(watched.hang_up)
        assert watched.written("<80x24>") == f"{START}<80x24>"
        os.write(watched.emulator, b"n")
        assert opened.collect().typed == "n"
        opened.close()
    assert watched.written(END) == END, "the key is not echoed"
    assert termios.tcgetattr(watched.stream) == before
    assert [signal.getsignal(number) for number in (signal.SIGWINCH, signal.SIGTSTP)] == handlers
    assert watched.gone == 0


def test_the_frame_follows_the_size_of_the_terminal(watched: Watched) -> None:
    with asking(watched.stream, None) as inquiry:
        opened = Opening(inquiry, watched.stream, watched.draw)
        opened.show(watched.hang_up)
        watched.written("<80x24>")
        watched.resize(100, 30)
        signal.raise_signal(signal.SIGWINCH)
        assert watched.written("<100x30>") == f"{CLEAR}<100x30>"
        opened.close()


def test_the_frame_knows_an_answer_that_comes_at_once(watched: Watched) -> None:
    os.write(watched.emulator, f"\x1b]11;rgb:ffff/ffff/ffff\x1b\\{XTERM}n".encode())
    with asking(watched.stream, watched.stream) as inquiry:
        opened = Opening(inquiry, watched.stream, watched.draw)
        opened.show(watched.hang_up)
        opened.close()
    assert [answers.is_light for answers in watched.answers] == [True]
    # and what was typed is still there
    assert opened.collect() == watched.answers[0]
    assert opened.collect().typed == "n"


def test_without_an_answer_the_frame_comes_all_the_same_and_the_answer_counts_later(watched: Watched) -> None:
    with asking(watched.stream, watched.stream, seconds=60) as inquiry:
        opened = Opening(inquiry, watched.stream, watched.draw)
        opened.show(watched.hang_up)
        watched.written("<80x24>")
        os.write(watched.emulator, f"\x1b]11;rgb:ffff/ffff/ffff\x1b\\{PLAIN_XTERM}".encode())
        assert opened.collect().is_light
        opened.close()
    assert [answers.is_light for answers in watched.answers] == [None]


def test_what_the_app_has_taken_over_stays_as_it_is(watched: Watched) -> None:
    def of_the_app(_number: int, _frame: object) -> None: ...

    with asking(watched.stream, None) as inquiry:
        opened = Opening(inquiry, watched.stream, watched.draw)
        opened.show(watched.hang_up)
        watched.written("<80x24>")
        before = signal.signal(signal.SIGWINCH, of_the_app)
        try:
            output = opened.take_output()
            opened.close()
            opened.abandon()
            assert signal.getsignal(signal.SIGWINCH) is of_the_app
        finally:
            signal.signal(signal.SIGWINCH, signal.SIG_DFL)
        assert before is not signal.SIG_DFL
        assert watched.is_quiet
        assert opened.take_output() is None
        assert output is not None
        output.write("app")
        output.stop(20)
    assert watched.written(END) == f"app{END}"


def test_what_the_app_draws_comes_after_the_frame(watched: Watched) -> None:
    with asking(watched.stream, watched.stream, seconds=60) as inquiry:
        opened = Opening(inquiry, watched.stream, watched.draw)
        opened.show(watched.hang_up)
        output = opened.take_output()
        assert output is not None
        output.write("app")
        output.stop(20)
    assert watched.written(END).endswith(f"{START}<80x24>app{END}")


def test_a_forced_end_gives_the_terminal_back(watched: Watched) -> None:
    with asking(watched.stream, None) as inquiry:
        opened = Opening(inquiry, watched.stream, watched.draw)
        opened.abandon()
        opened.show(watched.hang_up)
        watched.written("<80x24>")
        opened.abandon()
        assert watched.written(END).endswith(END)
        opened.close()


def test_a_terminal_that_is_gone_gets_no_frame(watched: Watched, tmp_path: Path) -> None:
    with asking(watched.stream, None) as inquiry, (tmp_path / "no terminal").open("w", encoding="utf-8") as file:
        opened = Opening(inquiry, file, watched.draw)
        opened.show(watched.hang_up)
        opened.collect()
        signal.raise_signal(signal.SIGWINCH)
        opened.close()
    assert watched.answers == []


def test_nothing_is_shown_where_the_echo_cannot_be_switched_off(watched: Watched) -> None:
    with asking(None, None) as inquiry:
        opened = Opening(inquiry, watched.stream, watched.draw)
        opened.show(watched.hang_up)
        assert opened.take_output() is None
        opened.close()
    assert watched.answers == []
    assert watched.is_quiet
