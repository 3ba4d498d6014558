"""The tree of steps of a trace: rows are data, only visible lines are drawn, and the cursor is a step's identity."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tvtui.tui.widgets.styled_line import Part, cells_of, fit, fit_path, page_of

_INDENT = 2
_MOST_LEVELS = 40
"""Levels that are indented; deeper ones stand below each other."""

_LEAST_TITLE = 12
"""Cells that the title keeps when the marks beside it need room."""

_TIME_CELLS = 8


class StepRow(NamedTuple):
    """One step as the tree shows it.

    Attributes:
        id: The step, or the error that belongs to none.
        depth: Its level, from 0.
        is_open: Whether its children are shown; None if it has none to show.
        state: How it ended, as a symbol.
        tone: The component class of the symbol and of a failing title: "passed", "failed" or "open".
        title: What it did, in one line.
        subtitle: What it acted on; "" if unknown.
        marks: What happened meanwhile, as parts.
        time: How long it took.
        is_long: Whether it took a large part of the whole time.
    """

    id: str
    depth: int
    is_open: bool | None
    state: str
    tone: str
    title: str
    subtitle: str = ""
    marks: tuple[Part, ...] = ()
    time: str = ""
    is_long: bool = False


class StepTree(ScrollView, can_focus=True, inherit_bindings=False):
    """Steps, one per line, or with what they acted on in a line below.

    What is selected and unfolded is set from outside; the user's changes are requested by messages.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "step-tree--passed",
        "step-tree--failed",
        "step-tree--open",
        "step-tree--muted",
        "step-tree--warning",
        "step-tree--long",
        "step-tree--hover",
        "step-tree--cursor",
    }
    DEFAULT_CSS = """
    StepTree {
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        & > .step-tree--passed { color: $text-success; }
        & > .step-tree--failed { color: $text-error; text-style: bold; }
        & > .step-tree--open { color: $text-warning; }
        & > .step-tree--warning { color: $text-warning; }
        & > .step-tree--muted { color: $foreground-muted; }
        & > .step-tree--long { text-style: bold; }
        & > .step-tree--hover { background: $foreground 5%; }
        & > .step-tree--cursor { background: $foreground 10%; }
        &:focus > .step-tree--cursor { background: $primary-muted; }
        &:ansi > .step-tree--muted { text-style: dim; }
        &:ansi > .step-tree--cursor { text-style: not dim bold; }
        &:ansi:focus > .step-tree--cursor { background: $block-cursor-background; color: $block-cursor-foreground; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Previous step", show=False, id="trace.up", tooltip="Select the step above"),
        Binding("down,j", "move(1)", "Next step", show=False, id="trace.down", tooltip="Select the step below"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="trace.page_up", tooltip="Go up one page"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="trace.page_down", tooltip="Go down one page"),
        Binding("ctrl+u", "page(-0.5)", "Up", show=False, id="trace.half_page_up", tooltip="Go up half a page"),
        Binding("ctrl+d", "page(0.5)", "Down", show=False, id="trace.half_page_down", tooltip="Go down half a page"),
        Binding("home,g", "edge(0)", "First step", show=False, id="trace.first", tooltip="Select the first step"),
        Binding("end,G", "edge(-1)", "Last step", show=False, id="trace.last", tooltip="Select the last step"),
        Binding("right", "unfold", "Unfold", show=False, id="trace.unfold", tooltip="Unfold, or go to the first child"),
        Binding("left,h", "fold", "Fold", show=False, id="trace.fold", tooltip="Fold, or go to the parent"),
        Binding(
            *("space", "toggle_all", "Fold all below"),
            show=False,
            id="trace.fold_all",
            tooltip="Fold or unfold a step with all below it",
        ),
        Binding("enter", "choose", "Open", show=False, id="trace.detail", tooltip="Read the step's error and log"),
    ]

    rows: var[tuple[StepRow, ...]] = var(())
    """The steps that are shown, in order."""
    selected: var[str | None] = var(None)
    """The step under the cursor."""
    has_second_lines: var[bool] = var(False)
    """Whether what a step acted on stands in a line of its own."""
    note: var[str] = var("")
    """A line below the last step."""

    class Highlighted(Message):
        """The user moved the `cursor`."""

    @dataclass
    class Folded(Message):
        """The user wants to show the children of a step, or to hide them; `all_below` means every level."""

        step_id: str
        is_open: bool
        all_below: bool = False

    class Chosen(Message):
        """The user wants to read about the selected step."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.cursor: str | None = None
        """The step that the keys have reached; it becomes `selected` when the screen follows."""
        self._index: dict[str | None, int] = {}
        self._tops: list[int] = []
        """The first line of each row."""
        self._height = 0
        self._hovered: int | None = None
        self._last_index = 0

    def watch_rows(self, old: tuple[StepRow, ...], new: tuple[StepRow, ...]) -> None:
        """Draw the rows that have changed, or all if there are others, with the selected one at its place."""
        if len(old) == len(new) and all(a.id == b.id for a, b in zip(old, new, strict=True)):
            self._refresh_rows(*(index for index in self._rows_in_view if old[index] != new[index]))
            return
        self._arrange()

    def watch_has_second_lines(self) -> None:
        """Arrange the lines anew."""
        self._arrange()

    def watch_note(self) -> None:
        """Show another note."""
        self._arrange()

    def _arrange(self) -> None:
        offset = self._top_of(self.selected) - round(self.scroll_y)
        is_in_view = self.selected in self._index and 0 <= offset < self.scrollable_content_region.height
        self._index = {row.id: index for index, row in enumerate(self.rows)}
        self._tops, line = [], 0
        for row in self.rows:
            self._tops.append(line)
            line += self._lines_of(row)
        self._height = line
        self.virtual_size = Size(0, line + 2 * bool(self.note))
        self._hovered = None
        self.refresh()
        if (here := self._index.get(self.selected)) is not None:
            self._last_index = here
            if is_in_view:
                self.scroll_to(y=self._tops[here] - offset, animate=False, force=True)
            else:
                self._show_row(here)

    def _lines_of(self, row: StepRow) -> int:
        return 2 if self.has_second_lines and row.subtitle else 1

    def _top_of(self, step_id: str | None) -> int:
        index = self._index.get(step_id)
        return 0 if index is None or index >= len(self._tops) else self._tops[index]

    def watch_selected(self, old: str | None, new: str | None) -> None:
        """Draw the old and the new selected row, and scroll to the new one."""
        self.cursor = new
        self._refresh_rows(self._index.get(old), self._index.get(new))
        if (index := self._index.get(new)) is not None:
            self._last_index = index
            self._show_row(index)

    def _refresh_rows(self, *indices: int | None) -> None:
        for index in indices:
            if index is not None:
                top = self._tops[index] - round(self.scroll_y)
                self.refresh(Region(0, top, self.size.width, self._lines_of(self.rows[index])))

    @property
    def _rows_in_view(self) -> range:
        if not self._height:
            return range(0)
        top = round(self.scroll_y)
        last = max(0, min(self._height, top + self.scrollable_content_region.height) - 1)
        return range(self._row_at(min(top, last)), self._row_at(last) + 1)

    def on_resize(self) -> None:
        """Keep the selected row visible."""
        if (index := self._index.get(self.selected)) is not None:
            self._show_row(index)

    def _show_row(self, index: int) -> None:
        top, height = round(self.scroll_y), self.scrollable_content_region.height
        first = self._tops[index]
        end = first + self._lines_of(self.rows[index])
        if first < top:
            self.scroll_to(y=first, animate=False, force=True)
        elif height and end > top + height:
            self.scroll_to(y=min(first, end - height), animate=False, force=True)

    def render_line(self, y: int) -> Strip:
        """Draw the line at `y`, counted from the top of the pane."""
        width = self.scrollable_content_region.width
        line = y + round(self.scroll_y)
        if line >= self._height:
            text = self.note if line == self._height + 1 and self.rows else ""
            return Strip([Segment(f"  {fit(text, max(0, width - 3))}", self._style("muted"))]).adjust_cell_length(
                width, self.get_visual_style().rich_style
            )
        index = self._row_at(line)
        row = self.rows[index]
        under = ("hover",) if index == self._hovered else ()
        mark = " "
        if row.id == self.selected:
            under, mark = ("cursor",), "▌"
        parts = self._parts(row, width - 1) if line == self._tops[index] else self._second_line(row, width - 1)
        segments = [Segment(text, self._style(name, *under)) for text, name in ((mark, "muted"), *parts)]
        return Strip(segments).adjust_cell_length(width, self._style("", *under))

    def _row_at(self, line: int) -> int:
        index = bisect_left(self._tops, line)
        return index if index < len(self._tops) and self._tops[index] == line else index - 1

    def _parts(self, row: StepRow, width: int) -> Iterator[Part]:
        """The first line of a row: fold, state, title, what it acted on if there is room, marks, time."""
        indent = _INDENT * min(row.depth, _MOST_LEVELS, max(0, width // 4))
        fold = "  " if row.is_open is None else "▾ " if row.is_open else "▸ "
        yield " " * indent + fold, "muted"
        yield f"{row.state} ", row.tone
        left = width - indent - 4
        tail: list[Part] = [*row.marks, (f" {row.time:>{_TIME_CELLS - 1}} ", "long" if row.is_long else "muted")]
        while tail and left - cells_of(tail) < min(cell_len(row.title), _LEAST_TITLE):
            tail.pop(0)
        left -= cells_of(tail)
        title = fit(row.title, max(0, left))
        yield title, "failed" if row.tone == "failed" else ""
        left -= cell_len(title)
        if row.subtitle and not self.has_second_lines and left > 4:
            beside = fit_path(f"  {row.subtitle}", left - 1)
            yield beside, "muted"
            left -= cell_len(beside)
        yield " " * max(0, left), ""
        yield from tail

    def _second_line(self, row: StepRow, width: int) -> Iterator[Part]:
        indent = _INDENT * min(row.depth, _MOST_LEVELS, max(0, width // 4)) + 6
        yield " " * indent + fit_path(row.subtitle, max(1, width - indent - 1)), "muted"

    def _style(self, name: str, *under: str) -> Style:
        names = [f"step-tree--{each}" for each in (name, *under) if each]
        return self.get_visual_style(*names).rich_style

    def _highlight(self, index: int) -> None:
        if self.rows:
            self.cursor = self.rows[max(0, min(index, len(self.rows) - 1))].id
            self.post_message(self.Highlighted())

    @property
    def _row(self) -> tuple[int, StepRow] | None:
        index = self._index.get(self.cursor)
        return None if index is None else (index, self.rows[index])

    def action_move(self, step: int) -> None:
        """Select the step some rows below the selected one, or the one where that was last seen."""
        here = self._index.get(self.cursor)
        self._highlight(self._last_index if here is None else here + step)

    def action_page(self, step: float) -> None:
        """Select the step a page away, or a part of a page."""
        here = self._index.get(self.cursor, self._last_index)
        if not self.rows:
            return
        line = self._tops[here] + page_of(self.scrollable_content_region.height, step)
        self._highlight(self._row_at(max(0, min(line, self._height - 1))))

    def action_edge(self, index: int) -> None:
        """Select the first (0) or the last (-1) step."""
        self._highlight(0 if index == 0 else len(self.rows) - 1)

    def action_unfold(self) -> None:
        """Show the children of the selected step; if they are shown, go to the first."""
        if self._row is not None:
            index, row = self._row
            if row.is_open:
                self._highlight(index + 1)
            elif row.is_open is not None:
                self.post_message(self.Folded(row.id, is_open=True))

    def action_fold(self) -> None:
        """Hide the children of the selected step; if there are none to hide, go to its parent."""
        if self._row is not None:
            index, row = self._row
            if row.is_open:
                self.post_message(self.Folded(row.id, is_open=False))
                return
            parent = next((above for above in range(index - 1, -1, -1) if self.rows[above].depth < row.depth), None)
            if parent is not None:
                self._highlight(parent)

    def action_toggle_all(self) -> None:
        """Show or hide everything below the selected step."""
        if self._row is not None and (row := self._row[1]).is_open is not None:
            self.post_message(self.Folded(row.id, is_open=not row.is_open, all_below=True))

    def action_choose(self) -> None:
        """Read about the selected step."""
        if self.selected in self._index:
            self.post_message(self.Chosen())

    def on_click(self, event: events.Click) -> None:
        """Select the clicked step; a click on its fold mark folds it, a double click opens it."""
        index = self._row_under(event)
        if index is None:
            return
        row = self.rows[index]
        self._highlight(index)
        offset = event.get_content_offset(self)
        if offset is not None and row.is_open is not None and offset.x <= 2 + _INDENT * row.depth:
            self.post_message(self.Folded(row.id, is_open=not row.is_open))
        elif event.chain == 2:
            self.post_message(self.Chosen())

    def _row_under(self, event: events.MouseEvent) -> int | None:
        offset = event.get_content_offset(self)
        line = self._height if offset is None else offset.y + round(self.scroll_y)
        return self._row_at(line) if line < self._height else None

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Highlight the row under the mouse."""
        self._hover(self._row_under(event))

    def on_leave(self) -> None:
        """Highlight no row when the mouse has left."""
        self._hover(None)

    def _hover(self, index: int | None) -> None:
        if index != self._hovered:
            self._refresh_rows(self._hovered, index)
            self._hovered = index
