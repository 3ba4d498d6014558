"""Reading keys from terminals."""

from __future__ import annotations

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
def test_escape_sequences_are_dropped_even_if_split(pieces: list[bytes], typed: str) -> None:
    characters = Characters()
    assert "".join(map(characters.feed, pieces)) == typed


class Console:
    """A Windows console with these keys."""

    def __init__(self, keys: str) -> None:
        self.keys = list(keys)
        self.naps = 0

    def kbhit(self) -> bool:
        return self.naps > 0 and bool(self.keys)

    def getwch(self) -> str:
        return self.keys.pop(0)

    async def sleep(self, _seconds: float) -> None:
        self.naps += 1


async def test_a_windows_console_is_polled_for_keys() -> None:
    console = Console("\xe0Hn\x00;\r\x1a")
    keys = WindowsKeyboard(console, console.sleep)
    assert [await keys.read() for _ in range(3)] == ["n", "\n", END]
    assert console.naps == 1


async def test_ctrl_c_on_a_windows_console_interrupts() -> None:
    console, caught = Console("\x03n"), list[int]()
    before = signal.signal(signal.SIGINT, lambda number, _frame: caught.append(number))
    try:
        assert await WindowsKeyboard(console, console.sleep).read() == "n"
    finally:
        signal.signal(signal.SIGINT, before)
    assert caught == [signal.SIGINT]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX pseudo-terminal")
class TestTerminal:
    """A pseudo-terminal that does not control the test process."""

    async def test_by_line_the_settings_stay_and_the_end_is_reported(self) -> None:
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

    async def test_keys_are_read_without_echo_and_the_settings_are_restored(self) -> None:
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

    async def test_a_closed_terminal_ends_the_input(self) -> None:
        master, slave = os.openpty()
        with os.fdopen(slave, "r") as stream, keyboard(stream, by_line=False, hangup_seconds=0) as keys:
            os.close(master)
            assert await keys.read() == END

    async def test_a_stream_without_settings_is_read_by_line(self) -> None:
        reader, writer = os.pipe()
        with os.fdopen(reader) as stream, os.fdopen(writer, "w") as out, keyboard(stream, by_line=False) as keys:
            assert keys.by_line
            out.write("q\n")
            out.flush()
            assert await keys.read() == "q"
