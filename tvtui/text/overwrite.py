"""Lines with carriage returns, rendered as a terminal shows them, and the SGR colour codes in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from unicodedata import category, east_asian_width

_Style = tuple[tuple[int, str], ...]
"""The active attributes: pairs of a kind (see `_ON`) and the SGR code that set it, sorted."""

ERASE_TO_END, ERASE_TO_START, ERASE_ALL = "\x04", "\x05", "\x06"
"""Stand-ins for the three sequences that erase within a line: control characters that clean text never contains."""

_PIECE = re.compile(r"\x1b\[[0-9;:]{0,64}m|[\t\x04-\x06]|[^\t\x04-\x06\x1b]+")

_TABBED_COLUMNS = 4096
"""Tabs beyond this column are one cell wide, which bounds how much a text can grow."""

_LONGEST_CELL = 32
"""Characters per cell: more than any script needs, and few enough to keep hostile text from taking quadratic time."""

_ON = {
    1: 1,
    2: 2,
    3: 3,
    4: 4,
    21: 4,
    7: 7,
    9: 9,
    53: 53,
    58: 58,
    **dict.fromkeys([*range(30, 39), *range(90, 98)], 38),
    **dict.fromkeys([*range(40, 49), *range(100, 108)], 48),
}
_OFF = {22: (1, 2), 23: (3,), 24: (4,), 27: (7,), 29: (9,), 39: (38,), 49: (48,), 55: (53,), 59: (58,)}

_BLINK_OR_CONCEAL = frozenset({5, 6, 8})
_COLOURS = frozenset({38, 48, 58})


def overwritten(text: str) -> str:
    """Render the lines with carriage returns as a terminal does; the style carries over from line to line.

    Args:
        text: Printable text, newlines, carriage returns, tabs, normalized SGR sequences and the `ERASE_*` characters.
    """
    style: _Style = ()
    lines = []
    for line in text.split("\n"):
        row = _TerminalRow(style)
        for layer in line.split("\r"):
            row.write(layer)
        lines.append(row.rendered(style) if "\r" in line else line)
        style = row.style
    return "\n".join(lines)


class _TerminalRow:
    """A terminal row without a right margin, on which later text overwrites earlier text cell by cell."""

    def __init__(self, style: _Style) -> None:
        self.style = style
        self._cells: list[str] = []  # "" stands for the right half of a wide character
        self._styles: list[_Style] = []

    def write(self, text: str) -> None:
        """Write text, starting at the first column."""
        column = 0
        for piece in _PIECE.findall(text):
            match piece[0]:
                case "\x1b":
                    self.style = _restyled(self.style, piece[2:-1])
                case "\t":
                    column += 8 - column % 8 if column < _TABBED_COLUMNS else 1
                case "\x04":
                    self._erase(column, len(self._cells))
                case "\x05":
                    self._erase(0, column + 1)
                case "\x06":
                    self._erase(0, len(self._cells))
                case _:
                    column = self._put(column, piece)

    def rendered(self, style: _Style) -> str:
        """The row's text for a terminal that is in `style`; afterwards the terminal is in the row's own style."""
        parts = []
        for cell, wanted in zip(self._cells, self._styles, strict=True):
            if wanted != style:
                parts.append(_change(style, wanted))
                style = wanted
            parts.append(cell)
        return "".join(parts) + _change(style, self.style)

    def _put(self, column: int, text: str) -> int:
        """Put text without control characters at a column; returns the column after it."""
        cells = _cells(text)
        end = column + len(cells)
        old_end = len(self._cells)
        if column > old_end:
            self._cells += [" "] * (column - old_end)
            self._styles += [()] * (column - old_end)
        elif column < old_end:
            self._split_wide(column)
            self._split_wide(end)
        self._cells[column:end] = cells
        self._styles[column:end] = [self.style] * len(cells)
        return end

    def _erase(self, start: int, end: int) -> None:
        end = min(end, len(self._cells))
        if start >= end:
            return
        self._split_wide(start)
        self._split_wide(end)
        if end == len(self._cells):
            del self._cells[start:], self._styles[start:]
            return
        self._cells[start:end] = [" "] * (end - start)
        self._styles[start:end] = [()] * (end - start)

    def _split_wide(self, column: int) -> None:
        """Blank both halves of a wide character whose right half is at `column`."""
        if column < len(self._cells) and not self._cells[column]:
            self._cells[column - 1 : column + 1] = [" ", " "]


@lru_cache(maxsize=1024)
def normalized(parameters: str) -> str:
    """An SGR sequence without blink, conceal and malformed codes; "" if no code remains.

    Args:
        parameters: The part between `ESC [` and `m`: digits, ";" and ":".
    """
    codes = [written for _, written in _codes(parameters)]
    return f"\x1b[{';'.join(codes)}m" if codes else ""


def _restyled(style: _Style, parameters: str) -> _Style:
    """The style after another SGR sequence."""
    switched_on = dict(style)
    for number, written in _codes(parameters):
        if number == 0:
            switched_on.clear()
        elif number in _ON:
            switched_on[_ON[number]] = written
        else:
            for kind in _OFF.get(number, ()):
                switched_on.pop(kind, None)
    return tuple(sorted(switched_on.items()))


def _change(old: _Style, new: _Style) -> str:
    """SGR sequences that change one style into another; one per code, so that none grows too long."""
    if old == new:
        return ""
    if set(old) <= set(new):
        return "".join(f"\x1b[{written}m" for kind, written in new if (kind, written) not in old)
    return "\x1b[m" + "".join(f"\x1b[{written}m" for _, written in new)


def _codes(parameters: str) -> Iterator[tuple[int, str]]:
    """Split SGR parameters into codes and their source text; an extended colour includes its arguments.

    Everything after an incomplete colour is dropped, since terminals disagree on what its arguments mean.
    """
    parts = parameters.split(";")
    while parts:
        first, colon, _ = parts[0].partition(":")
        number = int(first or "0")
        length = 1
        if number in _COLOURS and not colon:
            length = {"2": 5, "5": 3}.get("".join(parts[1:2]), len(parts) + 1)
        if length > len(parts):
            return
        written = ";".join(parts[:length])
        del parts[:length]
        is_odd = ":" in written and (length > 1 or number not in _COLOURS | {4})
        if number not in _BLINK_OR_CONCEAL and not is_odd and len(written) <= 24:
            yield number, written


def _cells(text: str) -> list[str]:
    """One string per cell: a character with its combining marks; the right half of a wide one is empty."""
    if text.isascii():
        return list(text)
    cells: list[str] = []
    for char in text:
        width = _width(char)
        if width:
            cells += (char, "")[:width]
        elif cells:
            base = -1 if cells[-1] else -2
            if len(cells[base]) < _LONGEST_CELL:
                cells[base] += char
    return cells


def _width(char: str) -> int:
    if category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if east_asian_width(char) in "WF" else 1
