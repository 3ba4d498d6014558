"""Reading keys from a terminal, one by one where possible; its settings are restored afterwards."""

from __future__ import annotations

import asyncio
import codecs
import os
import re
import signal
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, Protocol, TextIO

from tvtui.terminal.foreground import is_in_foreground

END = "\x04"
"""The key that ends the input; also returned when no more input can come."""

_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O[ -~]|[^\[O])")
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|O)?\Z")
_FOREGROUND_CHECK_SECONDS = 1.0
_WINDOWS_SECONDS = 0.05


class Keyboard(Protocol):
    """A source of commands.

    Attributes:
        by_line: Whether `read` returns lines ended by enter; otherwise it returns keys, and enter is a newline.
    """

    by_line: bool

    async def read(self) -> str:
        """The next key or line; `END` when there is no more input."""


class Console(Protocol):
    """The part of Windows' `msvcrt` that reads keys."""

    def kbhit(self) -> bool:
        """Whether a key is waiting."""

    def getwch(self) -> str:
        """Read a key."""


class Characters:
    """Decodes bytes from a terminal, and drops the sequences of arrow keys and the like, even if split."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._unfinished = ""

    def feed(self, data: bytes) -> str:
        """The characters that `data` completes."""
        text = self._decoder.decode(data)
        if self._unfinished != "\x1b" or text.startswith(("[", "O")):
            text = self._unfinished + text
        text = _SEQUENCE.sub("", text)
        unfinished = _UNFINISHED.search(text)
        self._unfinished = unfinished[0] if unfinished else ""
        return text.removesuffix(self._unfinished)


@contextmanager
def keyboard(stream: TextIO, *, by_line: bool, hangup_seconds: float = 0.5) -> Iterator[Keyboard]:
    """Read from a terminal; needs a running event loop.

    Args:
        stream: The terminal.
        by_line: Read lines, without changing the terminal; also the fallback if its settings cannot be changed.
        hangup_seconds: How long to wait for the signal of a closed terminal before reporting the end of input.
    """
    if sys.platform == "win32":
        import msvcrt

        yield WindowsKeyboard(msvcrt, asyncio.sleep)
        return
    tty = _Tty(stream.fileno(), by_line=by_line, hangup_seconds=hangup_seconds)
    try:
        tty.open()
        yield tty
    finally:
        tty.close()


class _Tty:
    """A POSIX terminal, without echo and line mode while this process is in its foreground."""

    def __init__(self, number: int, *, by_line: bool, hangup_seconds: float) -> None:
        self._number = number
        self._hangup_seconds = hangup_seconds
        self._before = None if by_line else _settings_of(number)
        self._loop = asyncio.get_running_loop()
        self._typed: asyncio.Queue[str] = asyncio.Queue()
        self._characters = Characters()
        self._dispositions: dict[int, Any] = {}
        self.by_line = self._before is None

    async def read(self) -> str:
        """The next key or line."""
        return await self._typed.get()

    def open(self) -> None:
        """Start reading."""
        if not self.by_line:
            for name, action in (("SIGTSTP", self._suspend), ("SIGCONT", self._continue)):
                number = getattr(signal, name)
                if signal.getsignal(number) is signal.SIG_DFL:
                    self._dispositions[number] = signal.signal(number, action)
        self._listen()

    def close(self) -> None:
        """Restore the terminal."""
        self._loop.remove_reader(self._number)
        self._restore()
        for number, disposition in self._dispositions.items():
            signal.signal(number, disposition)

    def _listen(self) -> None:
        if not self._is_ours():
            self._loop.call_later(_FOREGROUND_CHECK_SECONDS, self._listen)
            return
        self._disable_echo()
        self._loop.add_reader(self._number, self._read_available)

    def _read_available(self) -> None:
        if not self._is_ours():
            # in the background, input belongs to the shell, and reading it would stop the process
            self._loop.remove_reader(self._number)
            self._listen()
            return
        try:
            data = os.read(self._number, 4096)
        except OSError:
            data = b""
        if not data:
            self._loop.remove_reader(self._number)
            # closing a terminal also sends a signal, which is more specific
            self._loop.call_later(self._hangup_seconds, self._typed.put_nowait, END)
            return
        text = self._characters.feed(data)
        for typed in text.splitlines() if self.by_line else text:
            self._typed.put_nowait(typed)

    def _is_ours(self) -> bool:
        return is_in_foreground(self._number)

    def _disable_echo(self) -> None:
        if self._before is None:
            return
        import termios

        settings = [*self._before[:6], list(self._before[6])]
        settings[3] &= ~(termios.ICANON | termios.ECHO)
        settings[6][termios.VMIN], settings[6][termios.VTIME] = 1, 0
        self._set(settings)

    def _restore(self) -> None:
        if self._before is not None and self._is_ours():
            self._set(self._before)

    def _set(self, settings: list[Any]) -> None:
        import termios

        # now: waiting for pending output could take forever, and typed-ahead input is kept
        with suppress(termios.error):
            termios.tcsetattr(self._number, termios.TCSANOW, settings)

    def _suspend(self, number: int, _frame: FrameType | None) -> None:
        self._restore()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        # execution continues here after SIGCONT
        signal.signal(number, self._suspend)
        self._continue(number, None)

    def _continue(self, _number: int, _frame: FrameType | None) -> None:
        if self._is_ours():
            self._disable_echo()


def _settings_of(number: int) -> list[Any] | None:
    """The settings of a terminal; None if they cannot be read, and therefore not changed."""
    import termios

    try:
        return termios.tcgetattr(number)
    except termios.error:
        return None


class WindowsKeyboard:
    """The keys of a Windows console, which must be polled for them."""

    by_line = False

    def __init__(self, console: Console, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._console = console
        self._sleep = sleep

    async def read(self) -> str:
        """The next character key."""
        while True:
            while not self._console.kbhit():
                await self._sleep(_WINDOWS_SECONDS)
            key = self._console.getwch()
            if key in {"\x00", "\xe0"}:
                # an arrow key or the like: its second half follows
                self._console.getwch()
            elif key == "\x03":
                signal.raise_signal(signal.SIGINT)
            else:
                return {"\r": "\n", "\x1a": END}.get(key, key)
