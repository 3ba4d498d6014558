"""Keys as they come from terminals."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import pytest

from tvtui.terminal.keyboard import END, Characters, WindowsKeyboard, keyboard


@pytest.mark.parametrize(
    ("pieces", "typed"),
    [
        ([b"nNq"], "nNq"),
        ([b"\x1b[A\x1b[1;5Cn"], "n"),
        ([b"\x1bOPn"], "n"),
        ([b"\x1b", b"[An"], "n"),
        ([b"\x1b[1;", b"5Aa"], "a"),
        ([b"\x1b", b"n"], "n"),
        ([b"\x1bn"], ""),
        ([b"\xc3", b"\xa9\xff"], "é\ufffd"),
    ],
)
def test_sequences_say_nothing_even_in_pieces(pieces: list[bytes], typed: str) -> None:
    characters = Characters()
    assert "".join(map(characters.take, pieces)) == typed


class Console:
    """Windows' console with these keys."""

    def __init__(self, keys: str) -> None:
        self.keys = list(keys)
        self.naps = 0

    def kbhit(self) -> bool:
        return self.naps > 0 and bool(self.keys)

    def getwch(self) -> str:
        return self.keys.pop(0)

    async def sleep(self, _seconds: float) -> None:
        self.naps += 1


async def test_a_console_of_windows_is_asked_for_keys() -> None:
    console = Console("\xe0Hn\x00;\r\x1a")
    keys = WindowsKeyboard(console, console.sleep)
    assert [await keys.read() for _ in range(3)] == ["n", "\n", END]
    assert console.naps == 1


async def test_its_interrupt_key_interrupts() -> None:
    console, caught = Console("\x03n"), list[int]()
    before = signal.signal(signal.SIGINT, lambda number, _frame: caught.append(number))
    try:
        assert await WindowsKeyboard(console, console.sleep).read() == "n"
    finally:
        signal.signal(signal.SIGINT, before)
    assert caught == [signal.SIGINT]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
class TestTerminal:
    """A terminal that is not the one that controls us."""

    async def test_lines_leave_it_as_it_is_and_its_end_is_told(self) -> None:
        import termios

        master, slave = os.openpty()
        with os.fdopen(slave, "r") as stream:
            before = termios.tcgetattr(slave)
            with keyboard(stream, by_line=True) as keys:
                assert keys.by_line
                assert termios.tcgetattr(slave) == before
                os.write(master, b"next\n\n\x04")
                assert [await keys.read() for _ in range(3)] == ["next", "", END]
            os.close(master)

    async def test_keys_come_one_by_one_unseen_and_it_is_given_back(self) -> None:
        import termios

        master, slave = os.openpty()
        with os.fdopen(slave, "r") as stream:
            before = termios.tcgetattr(slave)
            with keyboard(stream, by_line=False) as keys:
                assert not keys.by_line
                os.write(master, b"n\r")
                assert [await keys.read() for _ in range(2)] == ["n", "\n"]
                os.set_blocking(master, False)
                with pytest.raises(BlockingIOError):
                    os.read(master, 10)
            assert termios.tcgetattr(slave) == before
            os.close(master)

    async def test_one_that_vanishes_ends_what_is_typed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("tvtui.terminal.keyboard._HANGUP_SECONDS", 0.0)
        master, slave = os.openpty()
        with os.fdopen(slave, "r") as stream, keyboard(stream, by_line=False) as keys:
            os.close(master)
            assert await asyncio.wait_for(keys.read(), 10) == END

    async def test_what_cannot_be_set_is_read_by_lines(self) -> None:
        reader, writer = os.pipe()
        with os.fdopen(reader) as stream, os.fdopen(writer, "w") as out, keyboard(stream, by_line=False) as keys:
            assert keys.by_line
            out.write("q\n")
            out.flush()
            assert await keys.read() == "q"
