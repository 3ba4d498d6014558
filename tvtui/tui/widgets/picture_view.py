"""One picture, as large as fits, or a message in its place."""

from __future__ import annotations

import asyncio
import textwrap

from rich.segment import Segment
from rich.style import Style
from textual import work
from textual.reactive import var
from textual.strip import Strip
from textual.widget import Widget

from tvtui.artifacts.pictures import Cells, Picture
from tvtui.terminal.detect import PictureSupport
from tvtui.tui.widgets.picture_encoding import Art, draw, raw_segment, sixels_at


class PictureView(Widget):
    """Draws the picture in a thread; the view is empty until that is done."""

    DEFAULT_CSS = """
    PictureView { width: 1fr; height: 1fr; color: $foreground-muted; }
    """

    shown: var[Picture | str] = var[Picture | str]("")
    """The picture, or a clean message instead."""

    def __init__(self, support: PictureSupport, place: int, *, classes: str | None = None) -> None:
        """Make the view with this index on the screen, from 0."""
        super().__init__(classes=classes)
        self._support = support
        self._place = place
        self.art: Art | None = None

    def watch_shown(self) -> None:
        """Draw the new picture or message."""
        self.art = None
        self._draw()

    def on_resize(self) -> None:
        """Redraw for the new size."""
        self._draw()

    def _draw(self) -> None:
        if isinstance(self.shown, Picture) and self.size:
            self._draw_aside(self.shown, Cells(*self.size))
        else:
            self.workers.cancel_group(self, "draw")
            self.refresh()

    @work(exclusive=True, group="draw")
    async def _draw_aside(self, picture: Picture, room: Cells) -> None:
        self.art = await asyncio.to_thread(draw, picture, room, self._support, self._place)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """A line of the picture, centred."""
        width, height = self.size
        style = self.visual_style.rich_style
        art = self.art
        if art is None or art.cells.width > width or art.cells.height > height:
            return self._message_line(y, style)
        left, top = (width - art.cells.width) // 2, (height - art.cells.height) // 2
        row = y - top
        if not 0 <= row < art.cells.height:
            return Strip.blank(width, style)
        segments = [
            Segment(" " * left, style),
            *art.strips[row],
            Segment(" " * (width - left - art.cells.width), style),
        ]
        if not self.screen.is_active:
            # the picture would be drawn over the palette, which dims what is below it
            return Strip(segments, width)
        if row == 0 and art.sent:
            segments.insert(0, raw_segment(art.sent))
        if row == art.cells.height - 1 and art.sixels:
            x, above = self.content_region.offset
            segments.append(sixels_at(art, x + left, above + top))
        return Strip(segments, width)

    def _message_line(self, y: int, style: Style) -> Strip:
        width, height = self.size
        lines = textwrap.wrap(self.shown, max(1, width - 2)) if isinstance(self.shown, str) else []
        at = y - max(0, height - len(lines)) // 2
        text = lines[at].center(width) if 0 <= at < len(lines) else ""
        return Strip([Segment(text, style)]).adjust_cell_length(width, style)
