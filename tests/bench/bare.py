"""A bare Textual app to compare with: an empty table of the same kind, tabs, a footer, and optionally a clock."""

from __future__ import annotations

import sys
import time
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widgets import Footer, Static, TabbedContent, TabPane


class EmptyTable(ScrollView, can_focus=True):
    """A line-API table without rows."""

    def on_mount(self) -> None:
        """Give the scroll view a size."""
        self.virtual_size = Size(0, 0)

    def render_line(self, y: int) -> Strip:
        """An empty line."""
        return Strip.blank(self.size.width, self.rich_style)


class BareApp(App[None]):
    """The same kinds of widgets as in tvtui, without content."""

    CSS = "Static { height: 1; } EmptyTable, TabbedContent { width: 1fr; } Horizontal { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [("q", "quit", "quit"), ("n", "nothing", "nothing")]

    def __init__(self, *, clock: bool) -> None:
        super().__init__()
        self._has_clock = clock

    def compose(self) -> ComposeResult:
        """A line, a table, tabs and a footer."""
        yield Static("bare", id="clock")
        with Horizontal():
            yield EmptyTable()
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
    BareApp(clock="clock" in sys.argv).run()
