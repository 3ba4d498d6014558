"""Asking the terminal what it is and can do, before the app reads its keys."""

from __future__ import annotations

import os
import re
import select
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple, TextIO

from tvtui.terminal.foreground import is_in_foreground
from tvtui.terminal.replies import REPLY

_QUERY = b"\x1b[>0q\x1b]11;?\x1b\\\x1b[16t\x1b[?1;1;0S\x1b[?2;4;0S\x1b[c"
"""Name and version (XTVERSION), background color (OSC 11), cell size, color registers and largest size of sixels
(XTSMGRAPHICS), attributes (DA1).

All terminals know the last one and answer in order, so its answer is the end.
"""

KEYBOARD = b"\x1b[?u"
"""Asks for the flags of kitty's keyboard protocol; see `asking`."""

_LIMIT_SECONDS = 0.15
"""How long to wait for the answers: less than the imports take in the meantime, so that a terminal that never answers
delays nothing. Answers that come during the imports count even after this time. Measured: 0.25 cost 65 ms."""

_NAME = re.compile(r"\x1bP>\|([^\x07\x1b]*)")
_BACKGROUND = re.compile(r"\x1b\]11;rgba?:([\da-fA-F]{1,4})/([\da-fA-F]{1,4})/([\da-fA-F]{1,4})")
_CELL = re.compile(r"\x1b\[6;(\d{1,4});(\d{1,4})t")
_SIXEL_COLORS = re.compile(r"\x1b\[\?1;0;(\d{1,6})S")
_LARGEST_SIXELS = re.compile(r"\x1b\[\?2;0;(\d{1,6});(\d{1,6})S")
_KEYBOARD = re.compile(r"\x1b\[\?\d{1,4}u")
_ATTRIBUTES = re.compile(r"\x1b\[\?(\d[\d;]{0,100})c")


class Answers(NamedTuple):
    """What a terminal says about itself.

    Attributes:
        name: Its name and version in its own words, such as "kitty(0.26.5)"; "" if it did not say.
        attributes: The numbers of its primary device attributes, such as 4 for sixels; empty if it did not answer.
        is_light: Whether its background is light rather than dark; None if it did not say.
        cell: The width and height of a cell in pixels.
        sixel_colors: The number of colors that sixels can have; 0 if unknown.
        largest_sixels: The width and height in pixels of the largest picture by sixels.
        typed: What the user has typed in the meantime.
        has_keyboard: Whether it knows kitty's keyboard protocol; only if it was asked, see `KEYBOARD`.
    """

    name: str = ""
    attributes: frozenset[int] = frozenset()
    cell: tuple[int, int] | None = None
    sixel_colors: int = 0
    largest_sixels: tuple[int, int] | None = None
    typed: str = ""
    is_light: bool | None = None
    has_keyboard: bool = False


NO_ANSWERS = Answers()


class Inquiry:
    """A terminal that has been asked, and that echoes nothing and keeps what is typed until the inquiry is closed."""

    def __init__(self, read: int | None, before: list[Any] | None, deadline: float) -> None:
        self._read = read
        self._before = before
        self._deadline = deadline
        self._received = b""

    @property
    def is_open(self) -> bool:
        """Whether the terminal echoes nothing, because its settings are not restored yet."""
        return self._before is not None

    def collect(self, seconds: float | None = None) -> Answers:
        """The answers so far; waits for the rest, if any, for `seconds` (None: for the rest of the time)."""
        if self._read is not None and self.is_open:
            deadline = self._deadline if seconds is None else min(self._deadline, time.monotonic() + seconds)
            self._received = _collect(self._read, deadline, self._received)
        return parsed(self._received.decode("utf-8", "replace"))

    def close(self) -> None:
        """Restore the settings of the terminal: only once, as the next program changes them."""
        before, self._before = self._before, None
        if self._read is not None and before is not None:
            _restore(self._read, before)


@contextmanager
def asking(
    keys: TextIO | None, screen: TextIO | None, *, seconds: float = _LIMIT_SECONDS, also: bytes = b""
) -> Iterator[Inquiry]:
    """Ask a terminal, and do something else in the meantime. It is not asked in the background: that would stop us.

    Args:
        keys: The terminal's input; None to do nothing.
        screen: Its output; None to ask nothing, and to keep what is typed all the same.
        seconds: How long to wait for the answers, from now on.
        also: Another query that is put before the others, such as `KEYBOARD`.
    """
    read, write = _number_of(keys), _number_of(screen)
    inquiry = Inquiry(read, _without_echo(read), time.monotonic() + (0.0 if write is None else seconds))
    try:
        if write is not None and inquiry.is_open:
            with suppress(OSError):
                os.write(write, also + _QUERY)
        yield inquiry
    finally:
        inquiry.close()


def _number_of(stream: TextIO | None) -> int | None:
    try:
        return None if stream is None else stream.fileno()
    except (OSError, ValueError):
        return None


def _without_echo(number: int | None) -> list[Any] | None:
    """Switch off echo and line mode, as Textual will, except for the keys that send signals.

    Returns:
        The settings before; None if they were not changed.
    """
    if sys.platform == "win32" or number is None:
        return None
    import termios

    try:
        if not is_in_foreground(number):
            return None
        before = termios.tcgetattr(number)
        settings = [*before[:6], list(before[6])]
        settings[0] &= ~(termios.ICRNL | termios.INLCR | termios.IGNCR)
        settings[3] &= ~(termios.ICANON | termios.ECHO | termios.IEXTEN)
        settings[6][termios.VMIN], settings[6][termios.VTIME] = 1, 0
        # now: waiting for pending output could take forever, and typed-ahead input is kept
        termios.tcsetattr(number, termios.TCSANOW, settings)
    except (OSError, termios.error):
        return None
    return before


def _restore(number: int, before: list[Any]) -> None:
    assert sys.platform != "win32"
    import termios

    with suppress(OSError, termios.error):
        if is_in_foreground(number):
            termios.tcsetattr(number, termios.TCSANOW, before)


def _collect(number: int, deadline: float, data: bytes) -> bytes:
    """Read up to the last answer, or the deadline; `data` were read before."""
    while _ATTRIBUTES.search(data.decode("utf-8", "replace")) is None:
        if not select.select([number], [], [], max(0.0, deadline - time.monotonic()))[0]:
            break
        try:
            more = os.read(number, 4096)
        except OSError:
            break
        if not more:
            break
        data += more
    return data


def parsed(text: str) -> Answers:
    """The answers in what was read from a terminal, and the keys between them."""
    name, cell, largest = _NAME.search(text), _CELL.search(text), _LARGEST_SIXELS.search(text)
    background = _BACKGROUND.search(text)
    colors, attributes = _SIXEL_COLORS.search(text), _ATTRIBUTES.search(text)
    return Answers(
        name=name[1] if name else "",
        attributes=frozenset(int(each) for each in attributes[1].split(";") if each) if attributes else frozenset(),
        cell=(int(cell[2]), int(cell[1])) if cell else None,
        sixel_colors=int(colors[1]) if colors else 0,
        largest_sixels=(int(largest[1]), int(largest[2])) if largest else None,
        typed=REPLY.sub("", text),
        is_light=_is_light(background.groups()) if background else None,
        has_keyboard=_KEYBOARD.search(text) is not None,
    )


def _is_light(channels: Sequence[str]) -> bool:
    """Whether a color is light, by its red, green and blue in one to four hexadecimal digits each."""
    red, green, blue = (int(digits, 16) / int("f" * len(digits), 16) for digits in channels)
    return 0.299 * red + 0.587 * green + 0.114 * blue > 0.5
