"""The table of tests: rows are data, only visible lines are drawn, and the cursor is the identity of a test."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tvtui.testvibe.identity import CaseId, Row
from tvtui.testvibe.models import Outcome
from tvtui.text.format import duration
from tvtui.tui.widgets.group_line import group_line, indented
from tvtui.tui.widgets.styled_line import fit, fit_name, fit_path, page_of, share_bar
from tvtui.view.grouping import Group, Line, rows_of
from tvtui.view.history import marks
from tvtui.view.labels import SYMBOLS, word_beside_symbol
from tvtui.view.names import first_difference, shared_prefix
from tvtui.watch.history import RunHistory, Standing

_BAR_CELLS = 6
_DURATION_CELLS = 8
_LEAST_NAME_CELLS = 20
_CUT_NAME_CELLS = 36
"""What a name that has to be cut gets before what stands beside it is said in more words."""


class CaseTable(ScrollView, can_focus=True, inherit_bindings=False):
    """Tests, one per line: symbol, name, what earlier runs say, duration and a bar relative to the slowest.

    A prefix that all names share is in the title instead, if there is one. What stands beside a name gives way to it.

    A `ScrollView` on the line API, because a DataTable of 10,000 tests starts in 1.2 s instead of 0.3 and
    writes 40 times the bytes when one row changes. The selection is set from outside (`selected`) and the user's
    changes are requested by `Highlighted`, so that it survives every update, sort and filter.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "case-table--passed",
        "case-table--failed",
        "case-table--flaky",
        "case-table--other",
        "case-table--skipped",
        "case-table--group",
        "case-table--new",
        "case-table--fixed",
        "case-table--muted",
        "case-table--bar",
        "case-table--prefix",
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
        & > .case-table--flaky { color: $text-warning; }
        & > .case-table--other { color: $text-secondary; }
        & > .case-table--skipped { color: $foreground-muted; }
        & > .case-table--group { text-style: bold; }
        & > .case-table--new { color: $text-error; text-style: bold; }
        & > .case-table--fixed { color: $text-success; }
        & > .case-table--muted { color: $foreground-muted; }
        & > .case-table--bar { color: $foreground 55%; }
        & > .case-table--prefix { color: $foreground-muted; text-style: not bold; }
        & > .case-table--match { color: $text-accent; text-style: bold underline; }
        & > .case-table--hover { background: $foreground 5%; }
        & > .case-table--cursor { background: $foreground 10%; }
        &:focus > .case-table--cursor { background: $primary-muted; }
        &:ansi > .case-table--muted, &:ansi > .case-table--bar { text-style: dim; }
        &:ansi > .case-table--prefix { text-style: dim not bold; }
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
        Binding(
            "right", "unfold", "Unfold", show=False, id="tests.right", tooltip="Unfold a group, or go to its tests"
        ),
        Binding("left,h", "fold", "Fold", show=False, id="tests.left", tooltip="Fold a group, or go to it"),
        Binding(
            *("enter,space", "choose", "Open"),
            show=False,
            id="tests.open",
            tooltip="Open the test, or fold or unfold the group",
        ),
    ]

    rows: var[tuple[Line, ...]] = var(())
    """The tests, filtered and sorted, and the groups above theirs."""
    history: var[RunHistory | None] = var(None)
    """What the earlier runs say about the tests; None if none is known."""
    heading: var[str] = var("")
    """The title, without the prefix that the names share."""
    selected: var[CaseId | None] = var(None)
    """The test or group under the cursor, which a filter may hide."""
    words: var[tuple[str, ...]] = var(())
    """Words to highlight in the names."""
    message: var[tuple[str, ...]] = var(())
    """The lines that are shown when there are no rows."""

    class Highlighted(Message):
        """The user moved the `cursor`."""

        def can_replace(self, message: Message) -> bool:
            """Whether one of two moves in a row is enough, as both are to where the cursor is now."""
            return isinstance(message, CaseTable.Highlighted)

    @dataclass
    class Chosen(Message):
        """The user wants to see the evidence of this test."""

        case_id: CaseId

    @dataclass
    class Folded(Message):
        """The user wants to hide the tests of a group, or to show them."""

        group_id: CaseId
        is_folded: bool

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.cursor: CaseId | None = None
        """The line that the keys have reached; it becomes `selected` when the screen follows. Keys that come in one
        burst each start where the one before ended, and are drawn once."""
        self._index: dict[CaseId | None, int] = {}
        self._group_of: dict[CaseId, CaseId] = {}
        self._hovered: int | None = None
        self._last_index = 0
        self._slowest_ms = 0.0
        self._pattern: re.Pattern[str] | None = None
        self._prefix = ""
        self._names: list[str] | None = None
        self._title = Content()

    def on_mount(self) -> None:
        """Draw the title in the colors of another theme when there is one."""
        self.app.theme_changed_signal.subscribe(self, self._update_title)

    def watch_rows(self, old: tuple[Line, ...], new: tuple[Line, ...]) -> None:
        """Redraw what has changed, and keep the selected line at its place on the screen."""
        self._group_of = {row.id: line.id for line in new if isinstance(line, Group) for row in line.rows}
        tests = list(rows_of(new))
        slowest_ms = max((row.case.duration_ms or 0.0 for row in tests), default=0.0)
        same_bars = slowest_ms == self._slowest_ms
        self._slowest_ms = slowest_ms
        if same_bars and len(old) == len(new) and all(a.id == b.id for a, b in zip(old, new, strict=True)):
            for y, (before, after) in enumerate(zip(old, new, strict=True)):
                if before is not after and _looks(before) != _looks(after):
                    self._refresh_lines(y)
            return
        offset = self._index.get(self.selected, -1) - round(self.scroll_y)
        was_hidden = self.selected not in self._index
        self._index = {row.id: y for y, row in enumerate(new)}
        self._names = None
        self._prefix = shared_prefix([str(row.case.name) for row in tests])
        self._update_title()
        self.virtual_size = Size(0, len(new))
        self._hovered = None
        self.refresh()
        here = self._index.get(self.selected)
        if here is not None:
            self._last_index = here
            if 0 <= offset < self.scrollable_content_region.height:
                self.scroll_to(y=min(here - offset, self._top_of(here)), animate=False, force=True)
            elif was_hidden:
                self._show_line(here)

    def watch_history(self, old: RunHistory | None, new: RunHistory | None) -> None:
        """Mark the tests; that of new results is drawn with these."""
        if (old is None) is not (new is None):
            self.refresh()

    def watch_selected(self, old: CaseId | None, new: CaseId | None) -> None:
        """Redraw the old and the new selected line, and scroll to the new one."""
        self.cursor = new
        self._refresh_lines(self._index.get(old), self._index.get(new))
        if (y := self._index.get(new)) is not None:
            self._last_index = y
            self._show_line(y)

    def _refresh_lines(self, *lines: int | None) -> None:
        # without the scrollbar, which Textual's own method draws as well
        top, width = round(self.scroll_y), self.scrollable_content_region.width
        if parts := [Region(0, y - top, width, 1) for y in lines if y is not None]:
            self.refresh(*parts)

    def watch_words(self, words: tuple[str, ...]) -> None:
        """Redraw with other words highlighted."""
        self._pattern = re.compile("|".join(map(re.escape, words)), re.IGNORECASE) if words else None
        self._update_title()
        self.refresh()

    def watch_heading(self) -> None:
        """Show another title."""
        self._update_title()

    def _update_title(self, _theme: object = None) -> None:
        title = Content(self.heading)
        if self._prefix:
            # beside a title, a corner, a line and a blank on each side
            room = self.outer_size.width - 6 - cell_len(f"{self.heading} · ")
            prefix = Content(fit_path(f"{self._prefix}…", room))
            prefix = prefix.stylize(self.get_visual_style("case-table--prefix", partial=True))
            if self._pattern is not None:
                found = self.get_visual_style("case-table--match", partial=True)
                prefix = prefix.highlight_regex(self._pattern, style=found)
            title = Content.assemble(self.heading, " · ", prefix)
        # a title that is set is drawn with its whole pane, whether it has changed or not
        if not self._title.is_same(title):
            self.border_title = self._title = title

    def watch_message(self) -> None:
        """Redraw the message if it is visible."""
        if not self.rows:
            self.refresh()

    def on_resize(self) -> None:
        """Keep the selected line visible, and fit the title."""
        self._update_title()
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
        line = self.rows[index]
        under: tuple[str, ...] = ("case-table--hover",) if index == self._hovered else ()
        mark = " "
        if line.id == self.selected:
            mark, under = "▌", ("case-table--cursor",)
        if isinstance(line, Group):
            new = sum(row.id in self.history.new for row in line.rows) if self.history is not None else 0
            return group_line(line, width, mark, new, lambda name: self._style(*_component(name), *under))
        draw = partial(self._case_line, line, mark=mark, under=under)
        return indented(draw, width, self._style(*under)) if line.id in self._group_of else draw(width)

    def _case_line(self, row: Row, width: int, mark: str, under: tuple[str, ...]) -> Strip:
        case = row.case
        base = self._style(*under)
        muted = self._style("case-table--muted", *under)
        tone = self._style(f"case-table--{case.outcome}", *under)
        number = f" ({row.number + 1})" if row.number else ""
        start = len(self._prefix) if self._has_title else 0
        wanted = cell_len(case.name[start:] + number)
        least, cut = min(wanted, _LEAST_NAME_CELLS), min(wanted, _CUT_NAME_CELLS)
        word = word_beside_symbol(case)
        status = Segment(f" {fit(word, 12)}" if word else "", tone)
        bar, time = Segment(" " * (_BAR_CELLS + _DURATION_CELLS + 2), base), Segment("", base)
        if case.duration_ms is not None:
            share = share_bar(case.duration_ms, self._slowest_ms, _BAR_CELLS)
            bar = Segment(f" {share}", self._style("case-table--bar", *under))
            time = Segment(f" {duration(case.duration_ms / 1000):>{_DURATION_CELLS - 1}} ", muted)
        marks = self._marks(row, under)
        tails: list[tuple[tuple[Segment, ...], int]]
        tails = [(each, wanted) for each in ((status, mark, bar, time) for mark in marks)]
        tails += [((status, mark, time), cells) for cells in (wanted, cut, least) for mark in marks]
        tails += [((marks[-1], time), least), ((marks[-1],), least), ((), 0)]
        tail = next(
            each for each, cells in tails if width - 3 - sum(part.cell_length for part in each) >= cells or not each
        )
        name_cells = max(0, width - 3 - sum(each.cell_length for each in tail))
        name = self._fitted(case.name, start, name_cells - len(number))
        head = [Segment(mark, muted), Segment(f"{SYMBOLS[case.outcome]} ", tone)]
        # the line of a group stands out from those of its tests
        is_bold = case.outcome is Outcome.FAILED and row.id not in self._group_of
        named = self._highlighted(name, base + Style(bold=True) if is_bold else base, under)
        padding = Segment(" " * (name_cells - cell_len(name + number)), base)
        return Strip([*head, *named, Segment(number, muted), padding, *tail]).adjust_cell_length(width, base)

    def _marks(self, row: Row, under: tuple[str, ...]) -> list[Segment]:
        """What earlier runs say, in ever fewer words; an empty one if nothing is to say."""
        if self.history is None:
            return [Segment("", self._style(*under))]
        history = self.history.of(row)
        is_fixed, is_new = history.standing is Standing.FIXED, history.is_new
        # an unstable test says less about what is tested
        name = "fixed" if is_fixed else "muted" if not is_new else "flaky" if history.is_unstable else "new"
        style = self._style(f"case-table--{name}", *under)
        return [Segment(f" {mark}", style) for mark in marks(history, row.outcome)] or [Segment("", style)]

    def _fitted(self, name: str, start: int, width: int) -> str:
        if cell_len(name[start:]) <= width:
            return name[start:]
        if self._names is None:
            self._names = sorted(row.case.name for row in rows_of(self.rows))
        # without a title, the shared prefix is the first to go
        rest = "…" * (start < len(self._prefix)) + name[len(self._prefix) :]
        return fit_name(rest, width, first_difference(name, self._names) - len(name) + len(rest))

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

    @property
    def _has_title(self) -> bool:
        return bool(self.styles.border_top[0])

    def _top_of(self, y: int) -> int:
        """The line to show above the one at `y`: a group above its first test, or the same line."""
        return y - 1 if y > 0 and isinstance(self.rows[y - 1], Group) and self.rows[y].id in self._group_of else y

    def _show_line(self, y: int) -> None:
        top, height = round(self.scroll_y), self.scrollable_content_region.height
        if (first := self._top_of(y)) < top:
            self.scroll_to(y=first, animate=False, force=True)
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
        """Open the selected test; fold or unfold the selected group."""
        if self._group is not None:
            self._toggle_fold()
        elif self.selected is not None and self.selected in self._index:
            self.post_message(self.Chosen(self.selected))

    @property
    def _group(self) -> Group | None:
        index = self._index.get(self.cursor)
        line = None if index is None else self.rows[index]
        return line if isinstance(line, Group) else None

    def _toggle_fold(self) -> None:
        if (group := self._group) is not None:
            self.post_message(self.Folded(group.id, not group.is_folded))

    def action_unfold(self) -> None:
        """Unfold the selected group; if it is unfolded, go to its first test."""
        if (group := self._group) is not None:
            if group.is_folded:
                self._toggle_fold()
            else:
                self.action_move(1)

    def action_fold(self) -> None:
        """Fold the selected group; from a test, go to its group."""
        if (group := self._group) is not None:
            if not group.is_folded:
                self._toggle_fold()
        elif self.cursor in self._group_of:
            self._highlight(self._index[self._group_of[self.cursor]])

    def _line_under(self, event: events.MouseEvent) -> int | None:
        offset = event.get_content_offset(self)
        index = None if offset is None else offset.y + round(self.scroll_y)
        return index if index is not None and index < len(self.rows) else None

    def on_click(self, event: events.Click) -> None:
        """Select the clicked test, which a double click opens; fold or unfold the clicked group."""
        index = self._line_under(event)
        if index is None:
            return
        self._highlight(index)
        if self._group is not None:
            if event.chain == 1:
                self._toggle_fold()
        elif event.chain == 2:
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


def _looks(line: Line) -> object:
    """What a line of the table shows."""
    return (line.title, line.rows, line.is_folded) if isinstance(line, Group) else line.case


def _component(name: str) -> tuple[str, ...]:
    return (f"case-table--{name}",) if name else ()
