"""One row of a terminal, and the colours (SGR) it is written in: what overwritten text looks like; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from unicodedata import category, east_asian_width

Style = tuple[tuple[int, str], ...]
"""What is switched on, by its kind (see `_ON`), and the code that did it."""

ERASE_TO_END, ERASE_TO_START, ERASE_ALL = "\x04", "\x05", "\x06"
"""The sequences that erase in a line, each as one control that nothing else uses."""

_MORE_THAN_TEXT = re.compile(r"[\t\x04-\x06\x1b]")
_PIECE = re.compile(r"\x1b\[[0-9;:]{0,64}m|[\t\x04-\x06]|[^\t\x04-\x06\x1b]+")

_TABBED_COLUMNS = 4096
"""Beyond this column a tab is one cell wide, so that no text grows without bound."""

_JOINED = 32
"""Characters in one cell: more than any script needs, and few enough that hostile text does not cost the square."""

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


def overwritten(line: str, style: Style) -> tuple[str, Style]:
    """What a terminal shows of a line with carriage returns.

    Args:
        line: Printable text, carriage returns, tabs, calm SGR and the three controls that erase.
        style: The style that the terminal is in when the line begins.

    Returns:
        The line as it is to be seen, and the style that the terminal is in at its end.
    """
    layers = line.split("\r")
    if not _MORE_THAN_TEXT.search(line):
        widest = 1 if line.isascii() else max(map(_width, set(line)))
        return _topmost(layers, widest), style
    row = TerminalRow(style)
    for layer in layers:
        row.write(layer)
    return row.shown(style), row.style


def _topmost(layers: list[str], widest: int) -> str:
    """The same for text alone: most progress bars, in a tenth of the time, as only what lies on top is looked at."""
    shown: list[str] = []
    for layer in reversed(layers):
        covered = len(shown)
        if len(layer) * widest <= covered:
            continue
        cells = _cells(layer)[covered:]
        if cells and not cells[0]:
            cells[0] = " "
        shown += cells
    return "".join(shown)


class TerminalRow:
    """A row without a right margin, on which later text lies over earlier text, cell by cell.

    Args:
        style: The style in which the first text is written.
    """

    def __init__(self, style: Style) -> None:
        self.style = style
        self._cells: list[str] = []  # the right half of a wide character is ""
        self._styles: list[Style] = []

    def write(self, text: str) -> None:
        """Write from the first column on.

        Args:
            text: Printable text, tabs, calm SGR and the three controls that erase; no newline.
        """
        column = 0
        for piece in _PIECE.findall(text):
            match piece[0]:
                case "\x1b":
                    self.style = restyled(self.style, piece[2:-1])
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

    def shown(self, style: Style) -> str:
        """What is to be seen, for a terminal that is in `style`; it leaves the terminal in the row's own style."""
        parts = []
        for cell, wanted in zip(self._cells, self._styles, strict=True):
            if wanted != style:
                parts.append(_turn(style, wanted))
                style = wanted
            parts.append(cell)
        return "".join(parts) + _turn(style, self.style)

    def _put(self, column: int, text: str) -> int:
        """Put text without controls at a column and return the column behind it."""
        cells = _cells(text)
        end = column + len(cells)
        old_end = len(self._cells)
        if column > old_end:
            self._cells += [" "] * (column - old_end)
            self._styles += [()] * (column - old_end)
        elif column < old_end:
            self._part(column)
            self._part(end)
        self._cells[column:end] = cells
        self._styles[column:end] = [self.style] * len(cells)
        return end

    def _erase(self, start: int, end: int) -> None:
        end = min(end, len(self._cells))
        if start >= end:
            return
        self._part(start)
        self._part(end)
        if end == len(self._cells):
            del self._cells[start:], self._styles[start:]
            return
        self._cells[start:end] = [" "] * (end - start)
        self._styles[start:end] = [()] * (end - start)

    def _part(self, column: int) -> None:
        """Make both halves of a wide character blank if the second one stands at `column`."""
        if column < len(self._cells) and not self._cells[column]:
            self._cells[column - 1 : column + 1] = [" ", " "]


@lru_cache(maxsize=1024)
def calm(parameters: str) -> str:
    """An SGR sequence without blink, conceal and what is malformed; "" if nothing is left of it.

    Args:
        parameters: What stands between `ESC [` and `m`: digits, ";" and ":".
    """
    codes = [written for _, written in _codes(parameters)]
    return f"\x1b[{';'.join(codes)}m" if codes else ""


@lru_cache(maxsize=1024)
def restyled(style: Style, parameters: str) -> Style:
    """The style after one more SGR sequence."""
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


def _turn(old: Style, new: Style) -> str:
    """The SGR sequences that lead from one style to another: one for each code, so that none grows too long."""
    if old == new:
        return ""
    if set(old) <= set(new):
        return "".join(f"\x1b[{written}m" for kind, written in new if (kind, written) not in old)
    return "\x1b[m" + "".join(f"\x1b[{written}m" for _, written in new)


def _codes(parameters: str) -> Iterator[tuple[int, str]]:
    """Split SGR parameters into codes and how they are written, a colour together with its numbers.

    A colour that is cut short takes the rest along, since terminals disagree about what its numbers would mean.
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
    """One string for each cell: a character with what joins it; the right half of a wide one is empty."""
    if text.isascii():
        return list(text)
    cells: list[str] = []
    for char in text:
        width = _width(char)
        if width:
            cells += (char, "")[:width]
        elif cells:
            base = -1 if cells[-1] else -2
            if len(cells[base]) < _JOINED:
                cells[base] += char
    return cells


@lru_cache(maxsize=4096)
def _width(char: str) -> int:
    if category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if east_asian_width(char) in "WF" else 1
