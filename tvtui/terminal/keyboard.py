"""What is typed at a terminal, key by key where it allows that; afterwards the terminal is as it was."""

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

END = "\x04"
"""The key for the end of what is typed, and what is told when nothing more can come."""

_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O[ -~]|[^\[O])")
_BEGUN = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|O)?\Z")
_LOOKS_AGAIN_SECONDS = 1.0
_HANGUP_SECONDS = 0.5
_WINDOWS_SECONDS = 0.05


class Keyboard(Protocol):
    """Where commands come from.

    Attributes:
        by_line: Whether `read` answers lines, which enter ends; else keys, and enter is a newline.
    """

    by_line: bool

    async def read(self) -> str:
        """What is typed next; `END` when nothing more comes."""


class Console(Protocol):
    """What Windows' `msvcrt` knows of keys."""

    def kbhit(self) -> bool:
        """Whether a key waits."""

    def getwch(self) -> str:
        """Take a key."""


class Characters:
    """Bytes from a terminal become characters; the sequences of arrows and the like are left out, even in pieces."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._begun = ""

    def take(self, data: bytes) -> str:
        """What `data` brings."""
        text = self._decoder.decode(data)
        if self._begun != "\x1b" or text.startswith(("[", "O")):
            text = self._begun + text
        text = _SEQUENCE.sub("", text)
        begun = _BEGUN.search(text)
        self._begun = begun[0] if begun else ""
        return text.removesuffix(self._begun)


@contextmanager
def keyboard(stream: TextIO, *, by_line: bool) -> Iterator[Keyboard]:
    """Listen to a terminal; needs a running loop.

    Args:
        stream: The terminal.
        by_line: Leave it as it is, and read lines; so it is where it cannot do otherwise, too.
    """
    if sys.platform == "win32":
        import msvcrt

        yield WindowsKeyboard(msvcrt, asyncio.sleep)
        return
    tty = _Tty(stream.fileno(), by_line=by_line)
    try:
        tty.open()
        yield tty
    finally:
        # twice: a second signal can break in, and whoever has no echo any more cannot see what to type
        try:
            tty.close()
        finally:
            tty.close()


class _Tty:
    """A terminal as POSIX knows it: without echo and lines while we are in its foreground."""

    def __init__(self, number: int, *, by_line: bool) -> None:
        self._number = number
        self._before = None if by_line else _settings_of(number)
        self._loop = asyncio.get_running_loop()
        self._typed: asyncio.Queue[str] = asyncio.Queue()
        self._characters = Characters()
        self._dispositions: dict[int, Any] = {}
        self.by_line = self._before is None

    async def read(self) -> str:
        """What is typed next."""
        return await self._typed.get()

    def open(self) -> None:
        """Listen from now on."""
        if not self.by_line:
            for name, action in (("SIGTSTP", self._suspend), ("SIGCONT", self._continue)):
                number = getattr(signal, name)
                if signal.getsignal(number) is signal.SIG_DFL:
                    self._dispositions[number] = signal.signal(number, action)
        self._listen()

    def close(self) -> None:
        """Give the terminal back; may be called again."""
        self._loop.remove_reader(self._number)
        self._restore()
        for number, disposition in self._dispositions.items():
            signal.signal(number, disposition)

    def _listen(self) -> None:
        if not self._is_ours():
            self._loop.call_later(_LOOKS_AGAIN_SECONDS, self._listen)
            return
        self._silence()
        self._loop.add_reader(self._number, self._take)

    def _take(self) -> None:
        if not self._is_ours():
            # in the background what is typed is the shell's, and whoever reads it is stopped
            self._loop.remove_reader(self._number)
            self._listen()
            return
        try:
            data = os.read(self._number, 4096)
        except OSError:
            data = b""
        if not data:
            self._loop.remove_reader(self._number)
            # a terminal that is closed sends a signal too, which tells more
            self._loop.call_later(_HANGUP_SECONDS, self._typed.put_nowait, END)
            return
        text = self._characters.take(data)
        for typed in text.splitlines() if self.by_line else text:
            self._typed.put_nowait(typed)

    def _is_ours(self) -> bool:
        """Whether we are in the terminal's foreground; from the background setting it would stop us."""
        try:
            return os.tcgetpgrp(self._number) == os.getpgrp()
        except OSError:
            # one that does not control us, or that is gone, stops nobody
            return True

    def _silence(self) -> None:
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

        # at once: waiting until all is written could take for ever, and what was typed ahead is kept
        with suppress(termios.error):
            termios.tcsetattr(self._number, termios.TCSANOW, settings)

    def _suspend(self, number: int, _frame: FrameType | None) -> None:
        self._restore()
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        # here it goes on when somebody continues us
        signal.signal(number, self._suspend)
        self._continue(number, None)

    def _continue(self, _number: int, _frame: FrameType | None) -> None:
        if self._is_ours():
            self._silence()


def _settings_of(number: int) -> list[Any] | None:
    """How a terminal is set; None if it does not say, and so cannot be set otherwise."""
    import termios

    try:
        return termios.tcgetattr(number)
    except termios.error:
        return None


class WindowsKeyboard:
    """The keys of a console of Windows, which tells of none: one has to ask."""

    by_line = False

    def __init__(self, console: Console, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._console = console
        self._sleep = sleep

    async def read(self) -> str:
        """The next key that is a character."""
        while True:
            while not self._console.kbhit():
                await self._sleep(_WINDOWS_SECONDS)
            key = self._console.getwch()
            if key in {"\x00", "\xe0"}:
                # an arrow or the like: its second half follows
                self._console.getwch()
            elif key == "\x03":
                signal.raise_signal(signal.SIGINT)
            else:
                return {"\r": "\n", "\x1a": END}.get(key, key)
