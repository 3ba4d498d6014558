"""A bare Textual app to compare with: an empty table of the same kind, tabs, a footer; on demand a clock or rows."""

from __future__ import annotations

import sys
import time
from typing import ClassVar

from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Footer, Static, TabbedContent, TabPane


class BareTable(ScrollView, can_focus=True):
    """A line-API table, empty unless it is given rows, with a cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [("down", "move(1)", "down"), ("up", "move(-1)", "up")]

    def __init__(self, rows: int = 0) -> None:
        super().__init__()
        self._rows = rows
        self._cursor = 0

    def on_mount(self) -> None:
        """Give the scroll view a size."""
        self.virtual_size = Size(0, self._rows)

    def render_line(self, y: int) -> Strip:
        """A line, empty below the last row."""
        row = y + self.scroll_offset.y
        if row >= self._rows:
            return Strip.blank(self.size.width, self.rich_style)
        mark = ">" if row == self._cursor else " "
        return Strip([Segment(f"{mark} row {row}", self.rich_style)]).adjust_cell_length(self.size.width)

    def action_move(self, rows: int) -> None:
        """Move the cursor."""
        before, self._cursor = self._cursor, max(0, min(self._rows - 1, self._cursor + rows))
        for row in (before, self._cursor):
            self.refresh(Region(0, row - self.scroll_offset.y, self.size.width, 1))
        self.scroll_to_region(Region(0, self._cursor, 1, 1), animate=False)


class BareApp(App[None]):
    """The same kinds of widgets as in tvtui, without content."""

    CSS = "Static { height: 1; } BareTable, TabbedContent { width: 1fr; } Horizontal { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [("q", "quit", "quit"), ("n", "nothing", "nothing")]

    def __init__(self, *, clock: bool, rows: int) -> None:
        super().__init__()
        self._has_clock = clock
        self._rows = rows

    def compose(self) -> ComposeResult:
        """A line, a table, tabs and a footer."""
        yield Static("bare", id="clock")
        with Horizontal():
            yield BareTable(self._rows)
            with TabbedContent():
                with TabPane("Error"):
                    yield Static("error")
                with TabPane("Log"):
                    yield Static("log")
        yield Footer()

    def on_mount(self) -> None:
        """Start the clock, if there is to be one."""
        if self._has_clock:
            self.set_interval(1, lambda: self.query_one("#clock", Static).update(f"bare {time.monotonic():.0f} s"))


if __name__ == "__main__":
    BareApp(clock="clock" in sys.argv, rows=1_000 if "rows" in sys.argv else 0).run()
