"""The table of tests: rows are data, only visible lines are drawn, and the cursor is the identity of a test."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tvtui.testvibe.identity import CaseId, Row
from tvtui.testvibe.models import Outcome
from tvtui.text.format import duration
from tvtui.tui.widgets.styled_line import fit, page_of, share_bar
from tvtui.view.labels import SYMBOLS

_BAR_CELLS = 6
_DURATION_CELLS = 8


class CaseTable(ScrollView, can_focus=True, inherit_bindings=False):
    """Tests, one per line: symbol, name, duration and a bar relative to the slowest.

    A `ScrollView` on the line API, because a DataTable of 10,000 tests starts in 1.2 s instead of 0.3 and
    writes 40 times the bytes when one row changes. The selection is set from outside (`selected`) and the user's
    changes are requested by `Highlighted`, so that it survives every update, sort and filter.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "case-table--passed",
        "case-table--failed",
        "case-table--other",
        "case-table--muted",
        "case-table--bar",
        "case-table--match",
        "case-table--hover",
        "case-table--cursor",
    }
    DEFAULT_CSS = """
    CaseTable {
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        & > .case-table--passed { color: $text-success; }
        & > .case-table--failed { color: $text-error; text-style: bold; }
        & > .case-table--other { color: $text-warning; }
        & > .case-table--muted { color: $foreground-muted; }
        & > .case-table--bar { color: $foreground 55%; }
        & > .case-table--match { color: $text-accent; text-style: bold underline; }
        & > .case-table--hover { background: $foreground 5%; }
        & > .case-table--cursor { background: $foreground 10%; }
        &:focus > .case-table--cursor { background: $primary-muted; }
        &:ansi > .case-table--muted, &:ansi > .case-table--bar { text-style: dim; }
        &:ansi > .case-table--cursor { text-style: not dim bold; }
        &:ansi:focus > .case-table--cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
        }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Previous test", show=False, id="tests.up", tooltip="Select the test above"),
        Binding("down,j", "move(1)", "Next test", show=False, id="tests.down", tooltip="Select the test below"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="tests.page_up", tooltip="Go up one page"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="tests.page_down", tooltip="Go down one page"),
        Binding("ctrl+u", "page(-0.5)", "Up", show=False, id="tests.half_page_up", tooltip="Go up half a page"),
        Binding("ctrl+d", "page(0.5)", "Down", show=False, id="tests.half_page_down", tooltip="Go down half a page"),
        Binding("home,g", "edge(0)", "First test", show=False, id="tests.first", tooltip="Select the first test"),
        Binding("end,G", "edge(-1)", "Last test", show=False, id="tests.last", tooltip="Select the last test"),
        Binding("enter", "choose", "Open", show=False, id="tests.open", tooltip="Open the test's error and log"),
    ]

    rows: var[tuple[Row, ...]] = var(())
    """The tests, filtered and sorted."""
    selected: var[CaseId | None] = var(None)
    """The test under the cursor, which a filter may hide."""
    words: var[tuple[str, ...]] = var(())
    """Words to highlight in the names."""
    message: var[tuple[str, ...]] = var(())
    """The lines that are shown when there are no rows."""

    class Highlighted(Message):
        """The user moved the `cursor`."""

    @dataclass
    class Chosen(Message):
        """The user wants to see the evidence of this test."""

        case_id: CaseId

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.cursor: CaseId | None = None
        """The test that the keys have reached; it becomes `selected` when the screen follows. Keys that come in one
        burst each start where the one before ended, and are drawn once."""
        self._index: dict[CaseId | None, int] = {}
        self._hovered: int | None = None
        self._last_index = 0
        self._slowest_ms = 0.0
        self._pattern: re.Pattern[str] | None = None

    def watch_rows(self, old: tuple[Row, ...], new: tuple[Row, ...]) -> None:
        """Redraw what has changed, and keep the selected line at its place on the screen."""
        slowest_ms = max((row.case.duration_ms or 0.0 for row in new), default=0.0)
        same_bars = slowest_ms == self._slowest_ms
        self._slowest_ms = slowest_ms
        if same_bars and len(old) == len(new) and all(a.id == b.id for a, b in zip(old, new, strict=True)):
            for y, (before, after) in enumerate(zip(old, new, strict=True)):
                if before.case is not after.case and before.case != after.case:
                    self.refresh_line(y)
            return
        offset = self._index.get(self.selected, -1) - round(self.scroll_y)
        was_hidden = self.selected not in self._index
        self._index = {row.id: y for y, row in enumerate(new)}
        self.virtual_size = Size(0, len(new))
        self._hovered = None
        self.refresh()
        here = self._index.get(self.selected)
        if here is not None:
            self._last_index = here
            if 0 <= offset < self.scrollable_content_region.height:
                self.scroll_to(y=here - offset, animate=False, force=True)
            elif was_hidden:
                self._show_line(here)

    def watch_selected(self, old: CaseId | None, new: CaseId | None) -> None:
        """Redraw the old and the new selected line, and scroll to the new one."""
        self.cursor = new
        self._refresh_lines(self._index.get(old), self._index.get(new))
        if (y := self._index.get(new)) is not None:
            self._last_index = y
            self._show_line(y)

    def _refresh_lines(self, *lines: int | None) -> None:
        for y in lines:
            if y is not None:
                self.refresh_line(y)

    def watch_words(self, words: tuple[str, ...]) -> None:
        """Redraw with other words highlighted."""
        self._pattern = re.compile("|".join(map(re.escape, words)), re.IGNORECASE) if words else None
        self.refresh()

    def watch_message(self) -> None:
        """Redraw the message if it is visible."""
        if not self.rows:
            self.refresh()

    def on_resize(self) -> None:
        """Keep the selected line visible."""
        if (y := self._index.get(self.selected)) is not None:
            self._show_line(y)

    def render_line(self, y: int) -> Strip:
        """Draw the line at `y`, counted from the top of the pane."""
        width = self.scrollable_content_region.width
        if not self.rows:
            return self._message_line(y, width)
        index = y + round(self.scroll_y)
        if index >= len(self.rows):
            return Strip.blank(width, self.get_visual_style().rich_style)
        row = self.rows[index]
        if row.id == self.selected:
            return self._case_line(row, width, "▌", ("case-table--cursor",))
        return self._case_line(row, width, " ", ("case-table--hover",) if index == self._hovered else ())

    def _case_line(self, row: Row, width: int, mark: str, under: tuple[str, ...]) -> Strip:
        case = row.case
        base = self._style(*under)
        muted = self._style("case-table--muted", *under)
        tone = self._style(f"case-table--{case.outcome}", *under)
        tail: list[Segment] = []
        if case.outcome is Outcome.OTHER:
            tail.append(Segment(f" {fit(case.status, 12)}", tone))
        if width >= 44:
            tail.append(
                Segment(
                    f" {share_bar(case.duration_ms or 0.0, self._slowest_ms, _BAR_CELLS)}",
                    self._style("case-table--bar", *under),
                )
            )
        if width >= 26:
            took = "" if case.duration_ms is None else duration(case.duration_ms / 1000)
            tail.append(Segment(f"{took:>{_DURATION_CELLS}} ", muted))
        name_width = max(0, width - 3 - sum(cell_len(segment.text) for segment in tail))
        name = fit(case.name, name_width)
        head = [Segment(mark, muted), Segment(f"{SYMBOLS[case.outcome]} ", tone)]
        named = self._highlighted(name, base if case.outcome is not Outcome.FAILED else base + Style(bold=True), under)
        padding = Segment(" " * (name_width - cell_len(name)), base)
        return Strip([*head, *named, padding, *tail]).adjust_cell_length(width, base)

    def _highlighted(self, name: str, style: Style, under: tuple[str, ...]) -> Iterable[Segment]:
        if self._pattern is None:
            return [Segment(name, style)]
        found = self._style("case-table--match", *under)
        segments = []
        end = 0
        for match in self._pattern.finditer(name):
            segments += [Segment(name[end : match.start()], style), Segment(match.group(), found)]
            end = match.end()
        return [*segments, Segment(name[end:], style)]

    def _message_line(self, y: int, width: int) -> Strip:
        line = y - max(0, (self.scrollable_content_region.height - len(self.message)) // 2 - 1)
        text = self.message[line] if 0 <= line < len(self.message) else ""
        style = self._style() if line == 0 else self._style("case-table--muted")
        fitted = fit(text, width)
        return Strip([Segment(" " * ((width - cell_len(fitted)) // 2) + fitted, style)]).adjust_cell_length(
            width, style
        )

    def _style(self, *names: str) -> Style:
        return self.get_visual_style(*names).rich_style

    def _show_line(self, y: int) -> None:
        top, height = round(self.scroll_y), self.scrollable_content_region.height
        if y < top:
            self.scroll_to(y=y, animate=False, force=True)
        elif height and y >= top + height:
            self.scroll_to(y=y - height + 1, animate=False, force=True)

    def _highlight(self, index: int) -> None:
        if self.rows:
            self.cursor = self.rows[max(0, min(index, len(self.rows) - 1))].id
            self.post_message(self.Highlighted())

    def action_move(self, step: int) -> None:
        """Select the test `step` lines below the selected one, or the one where that was last seen."""
        if (here := self._index.get(self.cursor)) is not None:
            self._highlight(here + step)
        else:
            self._highlight(0 if self.cursor is None else self._last_index)

    def action_page(self, step: float) -> None:
        """Select the test a page away, or a part of a page."""
        self.action_move(page_of(self.scrollable_content_region.height, step))

    def action_edge(self, index: int) -> None:
        """Select the first (0) or the last (-1) test."""
        self._highlight(0 if index == 0 else len(self.rows) - 1)

    def action_choose(self) -> None:
        """Open the selected test."""
        if self.selected is not None and self.selected in self._index:
            self.post_message(self.Chosen(self.selected))

    def _line_under(self, event: events.MouseEvent) -> int | None:
        offset = event.get_content_offset(self)
        index = None if offset is None else offset.y + round(self.scroll_y)
        return index if index is not None and index < len(self.rows) else None

    def on_click(self, event: events.Click) -> None:
        """Select the clicked test; a double click opens it."""
        index = self._line_under(event)
        if index is None:
            return
        self._highlight(index)
        if event.chain == 2:
            self.post_message(self.Chosen(self.rows[index].id))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Highlight the line under the mouse."""
        self._hover(self._line_under(event))

    def on_leave(self) -> None:
        """Highlight no line when the mouse has left."""
        self._hover(None)

    def _hover(self, index: int | None) -> None:
        if index != self._hovered:
            self._refresh_lines(self._hovered, index)
            self._hovered = index
