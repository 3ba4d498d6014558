"""The lines of the table of tests that groups need: a group's own, and the indentation of its tests."""

from __future__ import annotations

from collections.abc import Callable

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tvtui.tui.widgets.styled_line import fit
from tvtui.view.grouping import Group

_INDENT = 2


def group_line(group: Group, width: int, mark: str, new: int, style: Callable[[str], Style]) -> Strip:
    """The line of a group: whether it is folded, how many tests failed, with what, and how many are new failures.

    Args:
        group: The group.
        width: The cells of the line.
        mark: The cell that says whether the line is selected.
        new: How many of its tests passed in the last run that is known.
        style: Gives the style of a component class of the table; "" for that of plain text.
    """
    fold = "▸ " if group.is_folded else "▾ "
    count = f"{len(group.rows):,} × "
    tail = f"  {new:,} new " if new else " "
    room = max(0, width - 1 - cell_len(fold + count + tail))
    title = fit(group.title, room)
    parts = [(mark + fold, "muted"), (count, "failed"), (title, "group"), (" " * (room - cell_len(title)), "")]
    parts.append((tail, "new" if new else ""))
    return Strip([Segment(text, style(name)) for text, name in parts]).adjust_cell_length(width, style(""))


def indented(draw: Callable[[int], Strip], width: int, style: Style) -> Strip:
    """The line of a test in a group; `draw` draws it in a number of cells, of which the first is the mark."""
    segments = list(draw(width - _INDENT))
    return Strip([*segments[:1], Segment(" " * _INDENT, style), *segments[1:]])
