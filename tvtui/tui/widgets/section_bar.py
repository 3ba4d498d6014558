"""The sections of a text in one line, the current one marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual.events import Click
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tvtui.tui.widgets.styled_line import fit_path

_LONGEST = 24
"""Cells of one title; longer ones are cut in the middle, as many differ at their ends only."""


class SectionBar(Widget):
    """The titles that fit around the current one; a click picks one."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"section-bar--title", "section-bar--current"}
    DEFAULT_CSS = """
    SectionBar {
        height: 1;
        & > .section-bar--title { color: $foreground-muted; }
        & > .section-bar--current { color: $text-primary; text-style: bold underline; }
        &:ansi > .section-bar--title { text-style: dim; }
    }
    """

    titles: reactive[tuple[str, ...]] = reactive(())
    """The titles, in order."""
    current: reactive[int] = reactive(0)
    """The index of the current one."""

    @dataclass
    class Picked(Message):
        """The user clicked on the title with this index."""

        index: int

    def render_line(self, y: int) -> Strip:
        """Draw the titles that fit, and a sign where some do not."""
        width = self.size.width
        shown = self._shown(width)
        segments = [] if not shown.start else [self._segment("… ", is_current=False)]
        for index in shown:
            segments += [self._segment(self._title(index), is_current=index == self.current)]
            segments += [self._segment("  ", is_current=False)]
        if shown.stop < len(self.titles):
            segments.append(self._segment("…", is_current=False))
        return Strip(segments).adjust_cell_length(width, self.get_visual_style().rich_style)

    def on_click(self, event: Click) -> None:
        """Report the title that was clicked on."""
        shown = self._shown(self.size.width)
        x = 2 if shown.start else 0
        for index in shown:
            end = x + cell_len(self._title(index))
            if x <= event.x < end:
                self.post_message(self.Picked(index))
            x = end + 2

    def _title(self, index: int) -> str:
        return fit_path(self.titles[index], min(_LONGEST, max(1, self.size.width - 4)))

    def _segment(self, text: str, *, is_current: bool) -> Segment:
        name = "current" if is_current else "title"
        return Segment(text, self.get_visual_style(f"section-bar--{name}").rich_style)

    def _shown(self, width: int) -> range:
        """The indices of the titles that fit: from the first one, or from as near to it as shows the current one."""
        cells = [cell_len(self._title(index)) + 2 for index in range(len(self.titles))]
        room = width - 2
        start, stop = 0, min(self.current + 1, len(cells))
        while start < stop - 1 and sum(cells[start:stop]) > room:
            start += 1
        while stop < len(cells) and sum(cells[start : stop + 1]) <= room:
            stop += 1
        return range(start, stop)
