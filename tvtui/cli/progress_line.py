"""The progress of all downloads, as one line of a terminal that is overwritten again and again."""

from __future__ import annotations

import math
import os
from collections.abc import Collection
from typing import TextIO

from tvtui.artifacts.transfer import Transfer, progress_of
from tvtui.terminal.detect import is_dumb
from tvtui.text.format import elapsed, size
from tvtui.text.output import printable, writing

_PAUSE = 0.25
"""Seconds between two drawings, at least."""

_LONGEST_BAR = 20
_SHORTEST_BAR = 5


class ProgressLine:
    """The line at the bottom of a terminal; draws nothing if `out` is not a terminal.

    Attributes:
        is_shown: Whether there is a terminal.
    """

    def __init__(self, out: TextIO | None) -> None:
        """Draw nothing yet; `out` is usually stderr."""
        is_terminal = out is not None and out.isatty() and not is_dumb(os.environ)
        self._out = out if is_terminal else None
        self.is_shown = is_terminal
        self._drawn = ""
        self._drawn_at = -math.inf

    def draw(self, transfers: Collection[Transfer], now: float) -> None:
        """Show the progress of all downloads, waiting and finished ones too, unless it was drawn a moment ago.

        `now` is in seconds.
        """
        if self._out is not None and now - self._drawn_at >= _PAUSE:
            self._drawn_at = now
            self._put(printable(progress(transfers, _width(self._out)), self._out))

    def clear(self) -> None:
        """Erase the line, so that something else can be written; the next `draw` shows it again."""
        self._put("")
        self._drawn_at = -math.inf

    def _put(self, text: str) -> None:
        if self._out is None or not (text or self._drawn):
            return
        # overwritten by blanks, as not every console knows how to erase
        with writing():
            self._out.write(f"\r{text.ljust(len(self._drawn))}" + ("" if text else "\r"))
            self._out.flush()
        self._drawn = text


def _width(out: TextIO) -> int:
    try:
        return os.get_terminal_size(out.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def progress(transfers: Collection[Transfer], width: int) -> str:
    """Return as much of the line about all downloads as fits into a terminal of this width, in cells.

    The last cell stays free, as writing there would start another line.
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
