"""What the terminal shows, so that an update writes only the cells that differ from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, groupby, pairwise, repeat
from operator import itemgetter
from typing import Any

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import COLOR_SYSTEMS, Console
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.strip import Strip

from tvtui.tui.steady_columns import is_disputed

Cell = tuple[str, str]
"""A character, "" for the second cell of a wide one; and what its style writes, with `_SLOT` in place of the text."""
Line = tuple[Sequence[int], dict[int, Strip]]
"""Where the parts of a line end, and the known ones by the column where they start."""

_SLOT = "\0"
_GAP = 16
"""The most equal cells between changed ones that are written again; going past them takes as many bytes."""


class ShownCells:
    """Remembers what has been written to the terminal.

    Textual writes a changed line from the left edge of its widget on, and every line of a widget that may have changed.
    An update of the whole screen is still written whole: it repairs what other programs have left there.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self._lines: dict[int, Line] = {}

    def forget(self) -> None:
        """Assume nothing, because something was not written, or was written by others."""
        self._lines = {}

    def only_changes(self, update: Any) -> Any:
        """What Textual displays, with the updates among it reduced to what differs from the terminal."""
        return _Changes(self, update) if isinstance(update, ChopsUpdate | LayoutUpdate) else update

    def draw(self, update: ChopsUpdate | LayoutUpdate, console: Console) -> str:
        """What to write for an update."""
        lines = dict(_lines(update))
        # a picture covers cells that are written as blanks
        has_picture = any(
            segment.control for _, strips in lines.values() for strip in strips.values() for segment in strip
        )
        if has_picture or isinstance(update, LayoutUpdate):
            self._lines = {} if has_picture else lines
            return update.render_segments(console)
        return "".join(self._changed(lines, console))

    def _changed(self, lines: dict[int, Line], console: Console) -> Iterator[str]:
        colors = COLOR_SYSTEMS.get(console.color_system or "", ColorSystem.TRUECOLOR)
        for y, (ends, strips) in lines.items():
            known_ends, known = self._lines.get(y, (ends, {}))
            # widgets that have been moved cut the line elsewhere
            known = known if known_ends == ends else {}
            for x, strip in strips.items():
                before = known.get(x)
                if before is not strip and before != strip:
                    for start, text in _differences(before, strip, console, colors):
                        yield f"\x1b[{y + 1};{x + start + 1}H{text}"
            self._lines[y] = ends, known | strips


class _Changes(CompositorUpdate):
    """An update that is compared when it is rendered, as only then it is written."""

    def __init__(self, shown: ShownCells, update: ChopsUpdate | LayoutUpdate) -> None:
        self._shown = shown
        self._update = update

    def render_segments(self, console: Console) -> str:
        """What to write."""
        return self._shown.draw(self._update, console)


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


def _differences(old: Strip | None, new: Strip, console: Console, colors: ColorSystem) -> Iterator[tuple[int, str]]:
    """The parts of a strip to write over another one: the first cell, and the text with its styles."""
    cells, before = (None if strip is None else _cells(strip, colors) for strip in (new, old))
    if cells is None or before is None or len(cells) != len(before):
        yield 0, new.render(console)
        return
    changed = [index for index, (cell, known) in enumerate(zip(cells, before, strict=True)) if cell != known]
    breaks = [index for index, (last, following) in enumerate(pairwise(changed), 1) if following - last > _GAP]
    for first, end in pairwise([0, *breaks, len(changed)]):
        if first < end:
            part = cells[changed[first] : changed[end - 1] + 1]
            styled = groupby(part, key=itemgetter(1))
            yield changed[first], "".join(style.replace(_SLOT, "".join(map(_text, run))) for style, run in styled)


_text = itemgetter(0)


def _cells(strip: Strip, colors: ColorSystem) -> list[Cell] | None:
    """The cells of a strip; None if terminals may disagree on them, as then no part of it can be written alone."""
    cells: list[Cell] = []
    for text, style, _ in strip:
        written = _SLOT if style is None else Strip.render_style(style, _SLOT, colors)
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
