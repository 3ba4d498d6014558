"""The cells of a line that change when time goes on, in a widget of their own."""

from __future__ import annotations

from collections.abc import Callable

from textual.strip import Strip
from textual.widget import Widget

_SPARE = 8
"""Cells that are drawn for nothing rather than that all is laid out again."""
_PATIENCE = 3
"""Ticks after which more than those are too many."""


class TickingCells(Widget, can_focus=False):
    """Lies over some cells of a line of its parent, and shows what the parent draws there.

    Textual writes a line from the left edge of a widget to the last cell that has changed. Only in a widget of its own
    a time that ticks is written alone: 240 bytes a second instead of 920.
    """

    DEFAULT_CSS = "TickingCells { position: absolute; width: 0; height: 1; }"

    def __init__(self, line: int, draw_line: Callable[[int], Strip]) -> None:
        """Cover nothing yet.

        Args:
            line: Which line of the parent it lies over.
            draw_line: Draws a line of the parent, whole.
        """
        super().__init__()
        self._line = line
        self._draw_line = draw_line
        self._cells = (0, 0)
        self._too_wide = 0

    def tick(self, start: int, end: int) -> None:
        """Draw these cells of the line, which have changed, and lie over no more than changes again and again."""
        known_start, known_end = self._cells
        is_inside = known_start <= start and end <= known_end
        is_much_smaller = is_inside and (known_end - known_start) - (end - start) > _SPARE
        self._too_wide = self._too_wide + 1 if is_much_smaller else 0
        if is_inside and self._too_wide < _PATIENCE:
            self.refresh()
            return
        if not is_inside and known_start < known_end:
            start, end = min(start, known_start), max(end, known_end)
        self._lie_over(start, end)

    def forget(self) -> None:
        """Cover nothing any more: the line is laid out anew."""
        self._lie_over(0, 0)

    def _lie_over(self, start: int, end: int) -> None:
        self._cells = (start, end)
        self._too_wide = 0
        self.styles.offset = (start, self._line)
        self.styles.width = end - start
        if isinstance(self.parent, Widget):
            # what it lay over until now was not drawn meanwhile
            self.parent.refresh()

    def render_line(self, y: int) -> Strip:
        """The same cells as in the line itself; of where it lies now, which a new layout has yet to change."""
        assert isinstance(self.parent, Widget)
        start = self.region.x - self.parent.content_region.x
        return self._draw_line(self._line).crop(start, start + self.size.width)
