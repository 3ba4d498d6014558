"""One line about the selected test in earlier runs: its outcomes as symbols, and what they say."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual.reactive import var
from textual.strip import Strip
from textual.widget import Widget

from tvtui.testvibe.identity import Row
from tvtui.tui.widgets.styled_line import Part, cells_of, fit
from tvtui.view.grouping import Group
from tvtui.view.history import history_line
from tvtui.view.labels import SYMBOLS
from tvtui.watch.history import RunHistory

_LEAST_RESULTS = 8
"""Earlier results that are shown in any case."""


class HistoryLine(Widget):
    """Takes a line as soon as an earlier run is known, whichever test is selected, so that no key moves anything."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "history-line--passed",
        "history-line--failed",
        "history-line--flaky",
        "history-line--skipped",
        "history-line--other",
        "history-line--now",
        "history-line--muted",
    }
    DEFAULT_CSS = """
    HistoryLine {
        height: 1;
        margin: 0 1;
        display: none;
        &.-known { display: block; }
        & > .history-line--passed { color: $text-success; }
        & > .history-line--failed { color: $text-error; }
        & > .history-line--flaky { color: $text-warning; }
        & > .history-line--skipped { color: $foreground-muted; }
        & > .history-line--other { color: $text-secondary; }
        & > .history-line--now { text-style: bold; }
        & > .history-line--muted { color: $foreground-muted; }
        &:ansi > .history-line--muted { text-style: dim; }
    }
    """

    row: var[Row | None] = var(None)
    """The selected test, or the first of the selected group."""
    group: var[Group | None] = var(None)
    """The selected group; its tests may have different histories."""
    history: var[RunHistory | None] = var(None, toggle_class="-known")
    """What the earlier runs say; None if none is known."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[Part] = []

    def _redraw(self) -> None:
        before, self._parts = self._parts, self._draw()
        if before != self._parts:
            self.refresh()

    watch_row = watch_group = watch_history = on_resize = _redraw

    def _draw(self) -> list[Part]:
        if self.row is None or self.group is not None or self.history is None:
            return []
        line = history_line(self.row, self.history)
        now: list[Part] = [("▸", "muted"), (SYMBOLS[self.row.outcome], f"{self.row.outcome} now"), ("  ", "muted")]
        strip = [(SYMBOLS[outcome], str(outcome)) for outcome in line.strip]
        # the oldest results go first, then words
        short = [("…", "muted"), *strip[-_LEAST_RESULTS:]] if len(strip) > _LEAST_RESULTS + 1 else strip
        width = self.size.width
        for text in line.texts():
            for shown in (strip, short):
                parts = [*shown, *(now if shown else []), (text, "muted")]
                if cells_of(parts) <= width:
                    return parts
        return [*now, (fit(text, width - cells_of(now)), "muted")]

    def render_line(self, y: int) -> Strip:
        """Draw the line."""
        styles = ((text, [f"history-line--{name}" for name in names.split()]) for text, names in self._parts)
        segments = [Segment(text, self.get_visual_style(*names).rich_style) for text, names in styles]
        return Strip(segments).adjust_cell_length(self.size.width, self.get_visual_style().rich_style)
