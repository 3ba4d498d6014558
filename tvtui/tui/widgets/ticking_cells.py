"""The cells of a widget that change as time goes on, in a widget of their own."""

from __future__ import annotations

from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

_MOST_ROWS = 4
"""The height of the largest letters of a time; what changes in more rows is not a time alone."""


class TickingCells(Widget, can_focus=False):
    """Covers some cells of its parent, and shows what the parent draws there.

    Textual writes a line from the left edge of a widget to the last cell that has changed. Only in a widget of its own
    is a ticking time written alone: 240 bytes a second instead of 920. The cover only grows until it is moved:
    making it smaller again would save 30 bytes a second on a board, and nothing on the run screen.
    """

    DEFAULT_CSS = "TickingCells { position: absolute; width: 0; height: 0; }"

    def __init__(self) -> None:
        """Cover nothing yet."""
        super().__init__()
        self._cells = Region()

    def tick(self, cells: Region) -> bool:
        """Draw cells of the parent that a tick has changed; they are covered from now on.

        Args:
            cells: Relative to the content of the parent.

        Returns:
            Whether they are covered; if not, the parent must draw them itself.
        """
        if cells.height > _MOST_ROWS:
            return False
        if not self._cells.contains_region(cells):
            whole = self._cells.union(cells) if self._cells else cells
            self.cover(whole if whole.height <= _MOST_ROWS else cells)
        self.refresh()
        return True

    def cover(self, cells: Region) -> None:
        """Cover these cells, relative to the content of the parent."""
        if isinstance(self.parent, Widget) and self._cells:
            # the parent has not drawn what has been covered so far
            self.parent.refresh(self._cells)
        self._cells = cells
        self.styles.offset = cells.offset
        self.styles.width, self.styles.height = cells.size

    def render_line(self, y: int) -> Strip:
        """The same cells as in the parent, at the place of the last layout."""
        assert isinstance(self.parent, Widget)
        cells = self.region.translate(-self.parent.content_region.offset)
        return self.parent.render_line(cells.y + y).crop(cells.x, cells.right)
