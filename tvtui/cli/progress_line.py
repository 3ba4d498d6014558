"""How far all downloads together have come, as one line of a terminal that is written over and over."""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TextIO

from tvtui.artifacts.transfer import Transfer, progress_of
from tvtui.terminal.detect import is_dumb
from tvtui.text.clean import encodable
from tvtui.text.format import elapsed, size

_PAUSE = 0.25
"""Seconds between two drawings at least."""

_LONGEST_BAR = 20
_SHORTEST_BAR = 5


class ProgressLine:
    """The line at the bottom of `out`; nothing at all where that is no terminal."""

    def __init__(self, out: TextIO | None) -> None:
        """Draw nothing yet.

        Args:
            out: Usually stderr.
        """
        self._out = out
        self._is_terminal = out is not None and out.isatty() and not is_dumb(os.environ)
        self._drawn = ""
        self._drawn_at: float | None = None

    @property
    def is_shown(self) -> bool:
        """Whether there is a terminal to show it."""
        return self._is_terminal

    def draw(self, transfers: Collection[Transfer], now: float) -> None:
        """Show how all of them stand, unless that has just been done.

        Args:
            transfers: All, also those that wait and those that are done.
            now: Seconds.
        """
        if not self._is_terminal or (self._drawn_at is not None and now - self._drawn_at < _PAUSE):
            return
        self._drawn_at = now
        encoding = None if self._out is None else self._out.encoding
        self._put(encodable(progress(transfers, self._width()), encoding))

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the line away while something else is written, and leave it away: it comes with the next drawing."""
        self._put("")
        self._drawn_at = None
        yield

    def _put(self, text: str) -> None:
        if self._out is None or not (text or self._drawn):
            return
        # blanks in the place of what was longer, as not every console knows how to erase
        self._out.write(f"\r{text.ljust(len(self._drawn))}" + ("" if text else "\r"))
        self._out.flush()
        self._drawn = text

    def _width(self) -> int:
        try:
            assert self._out is not None
            return os.get_terminal_size(self._out.fileno()).columns or 80
        except (OSError, ValueError):
            return 80


def progress(transfers: Collection[Transfer], width: int) -> str:
    """The line itself, as much of it as fits.

    Args:
        transfers: All of them.
        width: Cells that there are; the last one stays free, as writing there would begin another line.
    """
    done = progress_of(transfers)
    share = min(1.0, done.received / done.total) if done.total else done.ended / max(1, done.all)
    texts = [
        f"{share:4.0%}",
        f"{done.ended}/{done.all} files",
        f"{size(done.received)} of {size(done.total)}" if done.total else size(done.received),
        f"{size(int(done.rate))}/s" if done.rate else "",
        f"{elapsed(math.ceil(done.remaining))} left" if done.total and done.remaining else "",
    ]
    line = ""
    for text in filter(None, texts):
        longer = f"{line}  {text}" if line else text
        if len(longer) >= width:
            break
        line = longer
    cells = min(_LONGEST_BAR, width - len(line) - 2)
    if cells < _SHORTEST_BAR:
        return line.strip()
    filled = int(share * cells)
    return f"{'█' * filled}{'░' * (cells - filled)} {line}"
