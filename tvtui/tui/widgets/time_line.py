"""The time line of a trace: how deeply steps were nested at each moment, and where what failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tvtui.text.format import duration
from tvtui.tui.widgets.styled_line import Part, fit


class TimeLine(Widget):
    """One line whose cells are equal shares of the whole time; a click asks for the moment."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "time-line--passed",
        "time-line--failed",
        "time-line--selected",
        "time-line--muted",
    }
    DEFAULT_CSS = """
    TimeLine {
        height: 1;
        padding: 0 1;
        & > .time-line--passed { color: $foreground-muted; }
        & > .time-line--failed { color: $text-error; }
        & > .time-line--selected { color: $text-primary; text-style: bold; }
        & > .time-line--muted { color: $foreground-muted; }
        &:ansi > .time-line--passed { text-style: dim; }
    }
    """

    cells: reactive[tuple[Part, ...]] = reactive(())
    """A sign and its component class for each share of the time."""
    seconds: reactive[float] = reactive(0.0)
    """The whole time."""

    @dataclass
    class Picked(Message):
        """The user clicked on this share of the whole time, from 0 to 1."""

        share: float

    @property
    def room(self) -> int:
        """The number of cells for the time."""
        return self.room_in(self.size.width)

    def room_in(self, width: int) -> int:
        """The number of cells for the time in a content of that width."""
        return max(0, width - cell_len(self._ends[0] + self._ends[1]))

    @property
    def _ends(self) -> tuple[str, str]:
        return "0 ▕", f"▏ {duration(self.seconds)}"

    def render_line(self, y: int) -> Strip:
        """Draw the line."""
        before, after = self._ends
        parts = [(before, "muted"), *self.cells, (after, "muted")]
        segments = [Segment(fit(text, self.size.width), self._style(name)) for text, name in parts]
        return Strip(segments).adjust_cell_length(self.size.width, self.get_visual_style().rich_style)

    def _style(self, name: str) -> Style:
        return self.get_visual_style(f"time-line--{name}").rich_style

    def on_click(self, event: Click) -> None:
        """Report the moment that was clicked on."""
        offset = event.get_content_offset(self)
        x = -1 if offset is None else offset.x - cell_len(self._ends[0])
        if 0 <= x < len(self.cells):
            self.post_message(self.Picked((x + 0.5) / len(self.cells)))
