"""The code frames of test runners, `> 21 |  await …` with a `^` below: finding their lines and cutting them; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from rich.cells import cell_len

_GUTTER = re.compile(r" *+(?P<mark>> *+)?(?P<number>\d{1,7} )? *+(?P<bar>\|)(?: |$)")
_BEHIND = 4
"""Characters after the caret that are shown with it."""


class FrameLine(NamedTuple):
    """A line of a code frame, which is cut, or wrapped anywhere, so that the caret stays below what it points at.

    Attributes:
        text: The line as sent.
        gutter: The column at which its code begins.
        indent: The columns of white space that all code of the frame begins with; 0 for a line without code.
        caret: The column of the caret, for its own line and the one above; None for others.
        pointed_at: That line above.
    """

    text: str
    gutter: int
    indent: int
    caret: int | None = None
    pointed_at: str = ""

    @property
    def is_caret(self) -> bool:
        """Whether this is the line of the caret, not the one that it points at."""
        return self.caret is not None and self.text != self.pointed_at

    def wrapped(self, width: int) -> list[tuple[int, int]]:
        """Where the pieces of the line start and end if it is wrapped, wherever the width ends."""
        starts, cells = [0], 0
        for index, character in enumerate(self.text):
            cells += cell_len(character)
            if cells > width and index > starts[-1]:
                starts.append(index)
                cells = cell_len(character)
        return list(zip(starts, [*starts[1:], len(self.text)], strict=True))

    def begin(self, width: int, hit: tuple[int, int] | None = None) -> tuple[int, bool]:
        """The column at which the visible part of the code begins.

        Args:
            width: Cells for the line.
            hit: Start and end of a search match in the line; it takes precedence over the caret.

        Returns:
            The column, and whether more than the common indentation is cut off before it.
        """
        begin = self.gutter + self.indent
        text = self.text
        if hit is None and self.caret is not None:
            # computed from one text, so that the caret and what it points at move together
            hit, text = (self.caret, self.caret + _BEHIND), self.pointed_at
        if hit is None or cell_len(text) - self.indent <= width or cell_len(text[: hit[1]]) - self.indent < width:
            return begin, False
        # less one cell for the sign at each end
        start, end, room = *hit, width - self.gutter - 2
        moved = max(begin, min(start, end - room))
        while moved < start and cell_len(text[moved:end]) > room:
            moved += 1
        return moved, moved > begin


def frame_lines(lines: Iterable[str]) -> Iterator[tuple[int, FrameLine]]:
    """The lines that belong to code frames, each with its number from 0.

    A frame is a run of lines with bars in the same column, one of them marked; other tables are ignored.
    """
    found = ((number, line, _GUTTER.match(line)) for number, line in enumerate(lines))
    for bar, run in groupby(found, key=lambda each: each[2] and each[2].start("bar")):
        if bar is None:
            continue
        rows = [(number, line, gutter) for number, line, gutter in run if gutter is not None]
        if any(gutter["mark"] and gutter["number"] for _, _, gutter in rows):
            yield from _frame(rows)


def _frame(rows: list[tuple[int, str, re.Match[str]]]) -> Iterator[tuple[int, FrameLine]]:
    codes = [line[gutter.end() :] for _, line, gutter in rows]
    indent = min((len(code) - len(code.lstrip()) for code in codes if code.strip()), default=0)
    carets = [-1 if gutter["number"] else line.find("^", gutter.end()) for _, line, gutter in rows]
    for place, (number, line, gutter) in enumerate(rows):
        known = FrameLine(line, gutter.end(), indent if codes[place].strip() else 0)
        if place and carets[place] >= 0:
            known = known._replace(caret=carets[place], pointed_at=rows[place - 1][1])
        elif place + 1 < len(rows) and carets[place + 1] >= 0:
            known = known._replace(caret=carets[place + 1], pointed_at=line)
        yield number, known
