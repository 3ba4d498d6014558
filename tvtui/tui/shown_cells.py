"""What the terminal shows, so that an update writes only the cells that differ from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, groupby, pairwise, repeat
from operator import itemgetter
from typing import Any

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import COLOR_SYSTEMS, Console
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate  # updates have no public names
from textual.geometry import Region
from textual.strip import Strip

from tvtui.tui.steady_columns import is_disputed

Cell = tuple[str, str]
"""A character, "" for the second cell of a wide one; and what its style writes, with `_SLOT` in place of the text."""
Run = tuple[str, str]
"""A text in one style, and the same for it."""
Line = tuple[Sequence[int], dict[int, Strip]]
"""Where the parts of a line end, and the known ones by the column where they start."""

_SLOT = "\0"
_PLAIN = _SLOT
_RESET = "\x1b[0m"
_GAP = 16
"""The most equal cells between changed ones that are written again; going past them takes as many bytes."""


_text, _style = itemgetter(0), itemgetter(1)


class ShownCells:
    """Remembers what has been written to the terminal.

    Textual writes a changed line from the left edge of its widget on, every line of a widget that may have changed, and
    the whole screen when the focus moves. Another screen or another size is still written whole.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self._lines: dict[int, Line] = {}
        self._screen: object = None
        self._region = Region()

    def forget(self) -> None:
        """Assume nothing, because something was not written, or was written by others."""
        self._lines = {}

    def only_changes(self, update: Any, screen: object) -> Any:
        """What Textual displays of a screen, with the updates among it reduced to what differs from the terminal."""
        return _Changes(self, update, screen) if isinstance(update, ChopsUpdate | LayoutUpdate) else update

    def draw(self, update: ChopsUpdate | LayoutUpdate, screen: object, console: Console) -> str:
        """What to write for an update of a screen."""
        lines = dict(_lines(update))
        region = update.region if isinstance(update, LayoutUpdate) else self._region
        # a picture covers cells that are written as blanks
        has_picture = any(
            segment.control for _, strips in lines.values() for strip in strips.values() for segment in strip
        )
        if has_picture or screen is not self._screen or region != self._region:
            self.forget()
        self._screen, self._region = screen, region
        # of a part that is only drawn up to some column, Textual would not write the rest
        if self._lines or (isinstance(update, ChopsUpdate) and not has_picture):
            return "".join(self._changed(lines, console))
        self._lines = {} if has_picture else lines
        return update.render_segments(console)

    def _changed(self, lines: dict[int, Line], console: Console) -> Iterator[str]:
        colors = COLOR_SYSTEMS.get(console.color_system or "", ColorSystem.TRUECOLOR)
        style = _PLAIN
        for y, (ends, strips) in lines.items():
            known_ends, known = self._lines.get(y, (ends, {}))
            # widgets that have been moved cut the line elsewhere; a mark that begins a part is in the cell before it
            if known_ends != ends or any(map(_begins_with_mark, chain(known.values(), strips.values()))):
                known = {}
            for x, strip in strips.items():
                before = known.get(x)
                if before is not strip and before != strip:
                    for start, runs in _differences(before, strip, colors):
                        yield f"\x1b[{y + 1};{x + start + 1}H"
                        for text, wanted in runs:
                            yield _switch(style, wanted) + text
                            style = wanted
            self._lines[y] = ends, known | strips
        yield _switch(style, _PLAIN)


class _Changes(CompositorUpdate):
    """An update that is compared when it is rendered, as only then it is written."""

    def __init__(self, shown: ShownCells, update: ChopsUpdate | LayoutUpdate, screen: object) -> None:
        self._shown = shown
        self._update = update
        self._screen = screen

    def render_segments(self, console: Console) -> str:
        """What to write."""
        return self._shown.draw(self._update, self._screen, console)


def _lines(update: ChopsUpdate | LayoutUpdate) -> Iterator[tuple[int, Line]]:
    """The lines that an update draws, with the parts that it draws of each."""
    if isinstance(update, LayoutUpdate):
        for y, line in enumerate(update.strips, update.region.y):
            strips = list(line)
            ends = list(accumulate((strip.cell_length for strip in strips), initial=update.region.x))
            yield y, (ends[1:], dict(zip(ends, strips, strict=False)))
        return
    for y, spans in groupby(update.spans, key=itemgetter(0)):
        drawn, ends = list(spans), update.chop_ends[y]
        parts = zip(ends, update.chops[y].items(), strict=False)
        yield (
            y,
            (
                ends,
                {x: strip for end, (x, strip) in parts if strip and any(x < x2 and end > x1 for _, x1, x2 in drawn)},
            ),
        )


def _begins_with_mark(strip: Strip) -> bool:
    """Whether a strip begins with a character that combines with the one before it."""
    first = next((text[0] for text, *_ in strip if text), "")
    return not first.isascii() and cell_len(first) == 0


def _differences(old: Strip | None, new: Strip, colors: ColorSystem) -> Iterator[tuple[int, list[Run]]]:
    """The parts of a strip to write over another one, and the cells where they start."""
    cells, before = (None if strip is None else _cells(strip, colors) for strip in (new, old))
    if cells is None or before is None or len(cells) != len(before):
        yield 0, [(text, _sequences(style, colors)) for text, style, _ in new]
        return
    changed = [index for index, (cell, known) in enumerate(zip(cells, before, strict=True)) if cell != known]
    breaks = [index for index, (last, following) in enumerate(pairwise(changed), 1) if following - last > _GAP]
    for first, end in pairwise([0, *breaks, len(changed)]):
        if first < end:
            part = cells[changed[first] : changed[end - 1] + 1]
            yield changed[first], [("".join(map(_text, run)), style) for style, run in groupby(part, key=_style)]


def _cells(strip: Strip, colors: ColorSystem) -> list[Cell] | None:
    """The cells of a strip; None if terminals may disagree on them, as then no part of it can be written alone."""
    cells: list[Cell] = []
    for text, style, _ in strip:
        written = _sequences(style, colors)
        characters: Iterable[str] = text
        if not text.isascii():
            widths = list(map(cell_len, text))
            if 0 in widths or is_disputed(text):
                return None
            if 2 in widths:
                characters = chain.from_iterable(
                    (character, "")[:width] for character, width in zip(text, widths, strict=True)
                )
        cells += zip(characters, repeat(written))
    return cells


def _sequences(style: Style | None, colors: ColorSystem) -> str:
    return _PLAIN if style is None else Strip.render_style(style, _SLOT, colors)


def _switch(old: str, new: str) -> str:
    """What to write between texts of two styles."""
    if old == new:
        return ""
    before, after = new.partition(_SLOT)[0], old.partition(_SLOT)[2]
    if after != _RESET or not before.startswith("\x1b["):
        return after + before
    colour, sign, ground = before.rpartition(";48;2;")
    if old.startswith("\x1b[38;2;") and colour.startswith("\x1b[38;2;") and f"{sign}{ground}{_SLOT}" in old:
        # the same background, and nothing like bold to undo
        return f"{colour}m"
    return f"\x1b[0;{before[2:]}"
