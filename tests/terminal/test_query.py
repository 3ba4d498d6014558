"""What terminals say about themselves: asked once, before the app reads keys."""

from __future__ import annotations

import io
import os
import select
import sys
from collections.abc import Iterator
from typing import TextIO

import pytest

from tests.support.answers import KITTY, PLAIN_XTERM, XTERM
from tvtui.terminal.query import KEYBOARD, NO_ANSWERS, Answers, asking, parsed


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        (XTERM, Answers("XTerm(379)", frozenset({63, 1, 2, 4, 6, 9, 15, 16, 22, 28}), None, 256, (1000, 1000))),
        (KITTY, Answers("kitty(0.26.5)", frozenset({62}), (8, 19))),
        (PLAIN_XTERM, Answers("XTerm(379)", frozenset({64, 1, 2, 6, 9, 15, 16, 17, 18, 21, 22, 28}))),
        ("\x1b[?1;2c", Answers(attributes=frozenset({1, 2}))),
        (f"n{KITTY}\x1b[A/", Answers("kitty(0.26.5)", frozenset({62}), (8, 19), typed="n\x1b[A/")),
        ("jk", Answers(typed="jk")),
        # the rest comes later, and is recognized by what is kept
        ("j\x1b[?62;", Answers(typed="j\x1b[?62;")),
        ("", NO_ANSWERS),
    ],
)
def test_answers_are_separated_from_keys(text: str, answers: Answers) -> None:
    assert parsed(text) == answers


@pytest.mark.parametrize(
    ("color", "is_light"),
    [
        ("rgb:ffff/ffff/ffff", True),
        ("rgb:1e1e/1e1e/2e2e", False),
        ("rgba:fdfd/f6f6/e3e3/ffff", True),
        ("rgb:f/f/e", True),
        ("rgb:00/2b/36", False),
        # blue looks darker than green
        ("rgb:0000/0000/ffff", False),
        ("rgb:0000/ffff/0000", True),
        ("?", None),
        ("rgb:/ff/ff", None),
    ],
)
def test_a_light_background_differs_from_a_dark_one(color: str, is_light: bool | None) -> None:
    for end in "\x1b\\", "\x07":
        answers = parsed(f"n\x1b]11;{color}{end}{KITTY}")
        assert answers.is_light is is_light
        assert answers.typed == "n"
    assert parsed(KITTY).is_light is None


@pytest.fixture
def terminal() -> Iterator[tuple[int, TextIO]]:
    """The emulator's end of a terminal, and the program's."""
    if sys.platform == "win32":
        pytest.skip("has no such terminals")
    emulator, program = os.openpty()
    with os.fdopen(program) as stream:
        yield emulator, stream
    os.close(emulator)


def settings_of(stream: TextIO) -> list[object]:
    import termios

    return termios.tcgetattr(stream)


def has_written(emulator: int) -> bytes:
    return os.read(emulator, 4096) if select.select([emulator], [], [], 0)[0] else b""


def test_a_terminal_answers_while_something_else_is_done(terminal: tuple[int, TextIO]) -> None:
    emulator, stream = terminal
    before = settings_of(stream)
    with asking(stream, stream, seconds=60) as inquiry:
        assert has_written(emulator).endswith(b"\x1b[c")
        os.write(emulator, b"?" + XTERM.encode() + b"\r")
        answers = inquiry.collect()
    assert (answers.largest_sixels, answers.typed) == ((1000, 1000), "?\r")
    assert settings_of(stream) == before
    assert has_written(emulator) == b"", "nothing is echoed"


def test_the_keyboard_is_asked_about_on_demand(terminal: tuple[int, TextIO]) -> None:
    emulator, stream = terminal
    with asking(stream, stream, seconds=60, also=KEYBOARD) as inquiry:
        assert has_written(emulator).startswith(b"\x1b[?u")
        os.write(emulator, b"\x1b[?0u" + XTERM.encode())
        answers = inquiry.collect()
    assert answers == parsed(XTERM)._replace(has_keyboard=True)


def test_answers_that_came_in_the_meantime_count_after_the_limit(terminal: tuple[int, TextIO]) -> None:
    emulator, stream = terminal
    with asking(stream, stream, seconds=0) as inquiry:
        os.write(emulator, XTERM.encode())
        assert inquiry.collect().largest_sixels == (1000, 1000)


def test_what_has_come_counts_again_later(terminal: tuple[int, TextIO]) -> None:
    emulator, stream = terminal
    with asking(stream, stream, seconds=60) as inquiry:
        os.write(emulator, b"n")
        assert inquiry.collect(0) == Answers(typed="n")
        os.write(emulator, b"?" + XTERM.encode())
        answers = inquiry.collect()
    assert (answers.largest_sixels, answers.typed) == ((1000, 1000), "n?")
    assert inquiry.collect() == answers, "after the settings were restored, too"


def test_where_nothing_is_asked_nothing_is_echoed_and_nothing_is_waited_for(terminal: tuple[int, TextIO]) -> None:
    emulator, stream = terminal
    with asking(stream, None, seconds=1e6) as inquiry:
        os.write(emulator, b"n")
        assert inquiry.collect() == Answers(typed="n")
        assert has_written(emulator) == b""


def test_keys_are_kept_when_a_terminal_does_not_answer(terminal: tuple[int, TextIO]) -> None:
    emulator, stream = terminal
    before = settings_of(stream)
    with asking(stream, stream, seconds=0.05) as inquiry:
        os.write(emulator, "né".encode())
        assert inquiry.collect() == Answers(typed="né")
    assert settings_of(stream) == before


def test_settings_are_restored_once(terminal: tuple[int, TextIO]) -> None:
    import tty

    _, stream = terminal
    before = settings_of(stream)
    with asking(stream, stream) as inquiry:
        inquiry.close()
        assert settings_of(stream) == before
        # as the app does
        tty.setraw(stream)
        raw = settings_of(stream)
    assert settings_of(stream) == raw


def test_settings_are_restored_after_an_error(terminal: tuple[int, TextIO]) -> None:
    _, stream = terminal
    before = settings_of(stream)
    with pytest.raises(ZeroDivisionError), asking(stream, stream):
        raise ZeroDivisionError
    assert settings_of(stream) == before


@pytest.mark.parametrize("stream", [None, io.StringIO()])
def test_what_is_no_terminal_is_not_asked(stream: TextIO | None) -> None:
    with asking(stream, stream, seconds=60) as inquiry:
        assert inquiry.collect() == NO_ANSWERS


def test_a_file_is_not_asked() -> None:
    with open(os.devnull, "r+") as stream, asking(stream, stream, seconds=60) as inquiry:  # noqa: PTH123 - a device
        assert inquiry.collect() == NO_ANSWERS
