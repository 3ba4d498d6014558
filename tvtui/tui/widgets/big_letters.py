"""Letters that can be read from across the room, drawn in blocks; Textual's `Digits` has thin lines and no letters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from functools import cache, lru_cache
from importlib.resources import files

from rich.cells import cell_len

_HALVES = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}

_PIECE = re.compile(r"\s+|[^\s\-/._(:]*[\-/._(:]+|[^\s\-/._(:]+")

_WIDE = "mwMW"
"""Letters that look like others in three pixels, so that they have two more in the small size."""

_Glyph = tuple[int, ...]
"""The rows of pixels of a letter from top to bottom, each a number with a bit for each pixel."""


class Size(Enum):
    """The sizes of letters, largest first.

    Attributes:
        cells: The width of a letter.
        rows: The height of a line, including descenders.
        head_rows: The height of digits and capital letters, which have no descenders.
    """

    HUGE = (10, 7, 6)
    BIG = (8, 6, 5)
    LARGE = (5, 4, 3)
    MEDIUM = (4, 3, 3)
    TEXT = (1, 1, 1)

    def __init__(self, cells: int, rows: int, head_rows: int) -> None:
        self.cells = cells
        self.rows = rows
        self.head_rows = head_rows

    def width(self, text: str) -> int:
        """The width of a line of text in cells, without the gap after the last letter."""
        if self is Size.TEXT:
            return cell_len(text)
        pixel = self.gap
        extra = sum(text.count(wide) for wide in _WIDE) * 2 * pixel if self._is_small else 0
        return max(0, len(_drawable(text)) * self.cells + extra - pixel)

    @property
    def gap(self) -> int:
        """The cells between two letters: the width of a pixel."""
        return 2 if self in {Size.HUGE, Size.BIG} else 1

    @property
    def _is_small(self) -> bool:
        """Whether these are the letters of 4 x 6 pixels."""
        return self in {Size.BIG, Size.MEDIUM}

    def drawn(self, glyph: tuple[_Glyph, _Glyph], character: str) -> list[str]:
        """A letter as rows of cells."""
        pixels = self.cells // self.gap
        pattern = glyph[1 if self._is_small else 0]
        if self._is_small and character in _WIDE:
            # they use all bits that a digit of the file has, so their gap is added here
            pixels += 2
            pattern = tuple(row << 1 for row in pattern)
        if self.gap == 2:
            return ["".join("██" if row >> x & 1 else "  " for x in reversed(range(pixels))) for row in pattern]
        return [
            "".join(_HALVES[upper >> x & 1, lower >> x & 1] for x in reversed(range(pixels)))
            for upper, lower in zip(pattern[::2], (*pattern, 0)[1::2], strict=False)
        ]


def largest(texts: Sequence[str], width: int, sizes: Sequence[Size]) -> Size:
    """The first of the sizes in which each text fits on a line; plain text if none."""
    return next((size for size in sizes if all(size.width(text) <= width for text in texts)), Size.TEXT)


@lru_cache(maxsize=256)
def draw(text: str, size: Size, *, has_tails: bool = True) -> tuple[str, ...]:
    """Draw a line of text; cached, which makes drawing a tile take 2 ms instead of 8.

    A character without a large letter is shown as it is. Joiners and marks that belong to no letter are removed.
    `has_tails` includes the rows for descenders, which capital letters and digits do not have.
    """
    if size is Size.TEXT:
        return (text,)
    height = size.rows if has_tails else size.head_rows
    lines = [""] * height
    glyphs = _glyphs()
    for character in _drawable(text):
        glyph = glyphs.get(character)
        drawn = _plain_character(character, size) if glyph is None else size.drawn(glyph, character)
        for y in range(height):
            lines[y] += drawn[y]
    return tuple(lines)


def wrapped(text: str, size: Size, width: int, most: int) -> list[str] | None:
    """Break text into at most `most` lines of large letters, each at most `width` cells; None if it takes more."""
    # a name can be far too long, and breaking all of it would take time
    if len(text) > width * most:
        return None
    lines = list(_broken(text, size, width))
    return lines if len(lines) <= most else None


def cut(text: str, size: Size, width: int, most: int) -> list[str]:
    """Break text into lines of large letters; if there are too many, the last one ends in `…`."""
    lines = list(_broken(text[: width * (most + 1)], size, width))
    if len(lines) <= most:
        return lines
    last = lines[most - 1]
    while last and size.width(f"{last}…") > width:
        last = last[:-1]
    return [*lines[: most - 1], f"{last.rstrip()}…"]


def _broken(text: str, size: Size, width: int) -> Iterator[str]:
    """Lines broken at spaces and after punctuation; longer words continue on the next line."""
    line = ""
    for piece in _PIECE.findall(_drawable(text)):
        if size.width((line + piece).rstrip()) <= width:
            line += piece
            continue
        if line.strip():
            yield line.rstrip()
        line = piece.lstrip()
        while size.width(line) > width and len(line) > 1:
            fitting = len(line) - 1
            while fitting > 1 and size.width(line[:fitting]) > width:
                fitting -= 1
            yield line[:fitting]
            line = line[fitting:]
    if line.strip():
        yield line.rstrip()


def can_be_drawn(text: str) -> bool:
    """Whether most characters have large letters."""
    glyphs = _glyphs()
    characters = _drawable(text[:200])
    return sum(character in glyphs for character in characters) * 4 >= len(characters) * 3


def _drawable(text: str) -> str:
    composed = text if text.isascii() else unicodedata.normalize("NFC", text)
    return composed if composed.isascii() else "".join(each for each in composed if cell_len(each))


def _plain_character(character: str, size: Size) -> list[str]:
    blank = " " * size.cells
    lines = [blank] * size.rows
    lines[1] = character + " " * (size.cells - cell_len(character))
    return lines


@cache
def _glyphs() -> Mapping[str, tuple[_Glyph, _Glyph]]:
    """The letters in 5 x 7 and in 4 x 6 pixels, read when the first board is shown (2 ms)."""
    found: dict[str, tuple[_Glyph, _Glyph]] = {" ": ((0,) * 7, (0,) * 6)}
    for line in (files("tvtui.tui.widgets") / "letters.txt").read_text("ascii").splitlines():
        if not line.startswith("#"):
            code, *rows = line.split()
            large, medium = (tuple(int(row, 32) for row in each) for each in rows)
            found[chr(int(code, 16))] = (large, medium)
    return found
