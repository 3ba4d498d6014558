"""Lines with carriage returns, rendered as a terminal shows them, and the SGR colour codes in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from unicodedata import category, east_asian_width

_Style = tuple[tuple[int, str], ...]
"""The active attributes: pairs of a kind (see `_ON`) and the SGR code that set it, sorted."""

ERASE = re.compile(r"\x1b\[[012]?K")
"""The sequences that erase the current line: from the cursor to its end, from its start to the cursor, or all of it."""

_PIECE = re.compile(r"\x1b\[[0-9;:]*[mK]|\t|[^\t\x1b]+")

_BLANK: tuple[str, _Style] = (" ", ())

_TABBED_COLUMNS = 4096
"""Tabs beyond this column are one cell wide, which bounds how much a text can grow."""

_LONGEST_CELL = 32
"""Characters per cell: more than any script needs, and few enough to keep hostile text from taking quadratic time."""

_ON = {
    **{code: code for code in (1, 2, 3, 4, 7, 9, 53, 58)},
    21: 4,
    **dict.fromkeys([*range(30, 39), *range(90, 98)], 38),
    **dict.fromkeys([*range(40, 49), *range(100, 108)], 48),
}
_OFF = {22: (1, 2), 23: (3,), 24: (4,), 27: (7,), 29: (9,), 39: (38,), 49: (48,), 55: (53,), 59: (58,)}

_BLINK_OR_CONCEAL = frozenset({5, 6, 8})
_COLOURS = frozenset({38, 48, 58})


def overwritten(text: str) -> str:
    """Render the lines with carriage returns as a terminal does; the style carries over from line to line.

    Args:
        text: Printable text, newlines, carriage returns, tabs, normalized SGR sequences and those that `ERASE` matches.
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
        self._cells: list[tuple[str, _Style]] = []  # "" stands for the right half of a wide character

    def write(self, text: str) -> None:
        """Write text, starting at the first column."""
        column = 0
        for piece in _PIECE.findall(text):
            if piece == "\t":
                column += 8 - column % 8 if column < _TABBED_COLUMNS else 1
            elif piece[0] != "\x1b":
                column = self._put(column, piece)
            elif piece[-1] == "m":
                self.style = _restyled(self.style, piece[2:-1])
            elif piece[2:-1] == "1":
                self._erase(0, column + 1)
            else:
                self._erase(0 if piece[2:-1] == "2" else column, len(self._cells))

    def rendered(self, style: _Style) -> str:
        """The row's text for a terminal that is in `style`; afterwards the terminal is in the row's own style."""
        parts = []
        for cell, wanted in self._cells:
            if wanted != style:
                parts.append(_change(style, wanted))
                style = wanted
            parts.append(cell)
        return "".join(parts) + _change(style, self.style)

    def _put(self, column: int, text: str) -> int:
        """Put text without control characters at a column; returns the column after it."""
        cells = [(cell, self.style) for cell in _cells(text)]
        self._cells += [_BLANK] * (column - len(self._cells))
        self._overwrite(column, cells)
        return column + len(cells)

    def _erase(self, start: int, end: int) -> None:
        self._overwrite(start, [_BLANK] * (min(end, len(self._cells)) - start))
        if end >= len(self._cells):
            del self._cells[start:]

    def _overwrite(self, start: int, cells: Sequence[tuple[str, _Style]]) -> None:
        """Replace cells from a column on; a wide character that loses a half becomes blank."""
        end = start + len(cells)
        for column in (start, end):
            if column < len(self._cells) and not self._cells[column][0]:
                halves = slice(column - 1, column + 1)
                self._cells[halves] = [(" ", style) for _, style in self._cells[halves]]
        self._cells[start:end] = cells


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


def width_of(text: str) -> int:
    """The cells that a text without control characters takes."""
    return len(_cells(text))


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
