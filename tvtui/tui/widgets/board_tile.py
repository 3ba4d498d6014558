"""A tile of the board: one run, as lines that are drawn for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from tvtui.tui.widgets.board_content import TileContent
from tvtui.tui.widgets.board_layout import STRONG, Lines
from tvtui.tui.widgets.styled_line import changed_lines
from tvtui.view.runs import Place

_TONES = ("failed", "other", "stale", "failing", "running", "queued", "passed")


class BoardTile(Widget):
    """One run on the board; only cells that change are redrawn, and the background shows the state at a glance."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"board-tile--{name}"
        for name in (
            *("text", "muted", "live", "warning", "running", "passed", "failed"),
            *("flaky", "skipped", "other"),
            *(f"{tone}-strong" for tone in STRONG),
        )
    }
    DEFAULT_CSS = """
    BoardTile {
        position: absolute;
        background: $surface;
        color: $foreground;
        &.-failed { background: $error-muted; }
        &.-failed:dark { background: $error-darken-3 45%; }
        &.-other { background: $warning 16%; }
        &.-stale { background: $warning 16%; }
        &.-failing { background: $error 12%; }
        &.-failing:dark { background: $error-darken-3 25%; }
        &.-passed { background: $success 16%; }
        & > .board-tile--muted { color: $foreground-muted; }
        & > .board-tile--live { color: $text-success; }
        & > .board-tile--flaky { color: $text-warning; }
        & > .board-tile--other { color: $text-secondary; }
        & > .board-tile--skipped { color: $foreground-muted; }
        & > .board-tile--text-strong { text-style: bold; }
        & > .board-tile--warning { color: $text-warning; }
        & > .board-tile--warning-strong { color: $text-warning; text-style: bold; }
        & > .board-tile--running { color: $text-primary; }
        & > .board-tile--running-strong { color: $text-primary; text-style: bold; }
        & > .board-tile--passed { color: $text-success; }
        & > .board-tile--passed-strong { color: $text-success; text-style: bold; }
        & > .board-tile--failed { color: $text-error; }
        & > .board-tile--failed-strong { color: $text-error; text-style: bold; }
        &.-failed:ansi, &.-other:ansi, &.-stale:ansi, &.-failing:ansi, &.-passed:ansi { background: ansi_default; }
    }
    """

    @dataclass
    class Picked(Message):
        """The user clicked the tile of this run."""

        run_id: int

    def __init__(self) -> None:
        """Show nothing yet."""
        super().__init__()
        self.content: TileContent | None = None
        self._lines: Lines = []

    def put(self, place: Place) -> None:
        """Move to a place."""
        self.styles.offset = (place.x, place.y)
        self.styles.width, self.styles.height = place.width, place.height

    def show(self, content: TileContent | None, lines: Lines) -> None:
        """Show these lines of a run; without content, of the tile that only counts the runs without one."""
        if content != self.content:
            tone = "" if content is None else content.tone
            for each in _TONES:
                self.set_class(each == tone, f"-{each}")
        before, self._lines, self.content = self._lines, lines, content
        if len(before) != len(lines):
            self.refresh()
        elif changed := changed_lines(before, lines):
            self.refresh(*changed)

    def on_resize(self) -> None:
        """Redraw for the new size."""
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw one of the lines."""
        parts = self._lines[y] if y < len(self._lines) else []
        segments = [Segment(text, self.get_visual_style(f"board-tile--{name}").rich_style) for text, name in parts]
        # fewer segments, fewer bytes: each one repeats its colours
        line = Strip(segments).simplify()
        return line.adjust_cell_length(self.size.width, self.get_visual_style().rich_style)

    def on_click(self) -> None:
        """A click picks the run."""
        if self.content is not None:
            self.post_message(self.Picked(self.content.run_id))
