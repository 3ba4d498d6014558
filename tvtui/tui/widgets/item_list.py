"""A list of any length of which only visible lines are drawn: the console of a trace, recorded runs, a comparison."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tvtui.tui.widgets.styled_line import Part, page_of


@dataclass(frozen=True)
class Items:
    """What a list shows.

    Attributes:
        kind: What the items are; another kind is shown from its first bright line.
        count: How many there are.
        draw: The parts of a line: of the item with an index, in so many cells.
        times: When each happened; empty if that does not matter.
        span: The span of time that matters now; what happened at other times is dimmed, if anything happened then.
        passed_over: The indices of lines that are no items, such as headings: the cursor is never on them.
    """

    kind: str = ""
    count: int = 0
    draw: Callable[[int, int], Sequence[Part]] = field(default=lambda _index, _width: (), compare=False)
    times: Sequence[float] = field(default=(), compare=False)
    span: tuple[float, float] = (0.0, 0.0)
    passed_over: frozenset[int] = frozenset()

    def nearest(self, index: int, step: int = 1) -> int:
        """The first item from a line on in the direction of `step`, else in the other one; 0 without items."""
        index = max(0, min(index, self.count - 1))
        ways = (range(index, self.count), range(index, -1, -1))
        return next((at for way in ways[:: 1 if step > 0 else -1] for at in way if at not in self.passed_over), 0)

    @property
    def first_bright(self) -> int | None:
        """The index of the first item that matters now; None without one."""
        return next((index for index, time in enumerate(self.times) if self.span[0] <= time <= self.span[1]), None)


class ItemList(ScrollView, can_focus=True, inherit_bindings=False):
    """Lines with a cursor. The names of the parts are component classes."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "item-list--failed",
        "item-list--warning",
        "item-list--passed",
        "item-list--running",
        "item-list--heading",
        "item-list--muted",
        "item-list--dim",
        "item-list--match",
        "item-list--cursor",
    }
    DEFAULT_CSS = """
    ItemList {
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        & > .item-list--failed { color: $text-error; }
        & > .item-list--warning { color: $text-warning; }
        & > .item-list--passed { color: $text-success; }
        & > .item-list--running { color: $text-primary; }
        & > .item-list--heading { color: $text-primary; text-style: bold; }
        & > .item-list--muted { color: $foreground-muted; }
        & > .item-list--dim { color: $foreground-muted; }
        & > .item-list--match { color: $text-accent; text-style: bold underline; }
        & > .item-list--cursor { background: $foreground 10%; }
        &:focus > .item-list--cursor { background: $primary-muted; }
        &:ansi > .item-list--muted, &:ansi > .item-list--dim { text-style: dim; }
        &:ansi > .item-list--cursor { text-style: not dim bold; }
        &:ansi:focus > .item-list--cursor { background: $block-cursor-background; color: $block-cursor-foreground; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="items.up"),
        Binding("down,j", "move(1)", "Down", show=False, id="items.down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="items.page_up"),
        Binding("pagedown,space", "page(1)", "Page down", show=False, id="items.page_down"),
        Binding("ctrl+u", "page(-0.5)", "Half a page up", show=False, id="items.half_page_up"),
        Binding("ctrl+d", "page(0.5)", "Half a page down", show=False, id="items.half_page_down"),
        Binding("home,g", "edge(0)", "First", show=False, id="items.first"),
        Binding("end,G", "edge(-1)", "Last", show=False, id="items.last"),
        Binding("enter", "choose", "Open", show=False, id="items.open", tooltip="Open the line"),
    ]

    items: var[Items] = var(Items())
    """What is shown."""
    cursor: var[int] = var(0)
    """The index of the current item."""

    _bright: tuple[float, float] | None = None
    """The span of time of the items that are not dimmed; None if all are alike."""

    @dataclass
    class Chosen(Message):
        """The user wants to see this item."""

        index: int

    def watch_items(self, old: Items, new: Items) -> None:
        """Draw other items; begin where they matter."""
        self.virtual_size = Size(0, new.count)
        first = new.first_bright
        self._bright = None if first is None else new.span
        if (old.kind, old.span, old.count) != (new.kind, new.span, new.count):
            here = min(self.cursor, max(0, new.count - 1)) if old.kind == new.kind else 0
            self.cursor = new.nearest(here) if first is None else first
            self._show_cursor()
        self.refresh()

    def watch_cursor(self, old: int, new: int) -> None:
        """Draw the old and the new current line, and scroll to the new one."""
        self.refresh_line(old)
        self.refresh_line(new)
        self._show_cursor()

    def on_resize(self) -> None:
        """Keep the current line visible."""
        self._show_cursor()

    def _show_cursor(self) -> None:
        top, height = round(self.scroll_y), self.scrollable_content_region.height
        # what belongs to an item is shown with it: the heading above, the lines below
        first = last = self.cursor
        while first - 1 in self.items.passed_over and self.cursor - first < height // 2:
            first -= 1
        while last + 1 in self.items.passed_over and last - self.cursor < height // 2:
            last += 1
        if first < top:
            self.scroll_to(y=first, animate=False, force=True)
        elif height and last >= top + height:
            self.scroll_to(y=last - height + 1, animate=False, force=True)

    def render_line(self, y: int) -> Strip:
        """Draw the line at `y`, counted from the top of the pane."""
        width = self.scrollable_content_region.width
        index = y + round(self.scroll_y)
        if index >= self.items.count:
            return Strip.blank(width, self.get_visual_style().rich_style)
        under = ("cursor",) if index == self.cursor else ()
        is_dim = self._bright is not None and not self._bright[0] <= self.items.times[index] <= self._bright[1]
        parts = self.items.draw(index, width - 1)
        mark = "▌" if under else " "
        segments = [Segment(mark, self._style("muted", *under))]
        for text, name in parts:
            # what failed stands out at any time
            is_muted = is_dim and name not in {"failed", "warning"}
            segments.append(Segment(text, self._style("dim" if is_muted else name, *under)))
        return Strip(segments).adjust_cell_length(width, self._style(*under))

    def _style(self, *names: str) -> Style:
        return self.get_visual_style(*(f"item-list--{name}" for name in names if name)).rich_style

    def action_move(self, step: int) -> None:
        """Go some lines down, or up."""
        self.cursor = self.items.nearest(self.cursor + step, step)

    def action_page(self, step: float) -> None:
        """Go to the line a page away, or a part of a page."""
        self.action_move(page_of(self.scrollable_content_region.height, step))

    def action_edge(self, index: int) -> None:
        """Go to the first (0) or the last (-1) line."""
        self.cursor = self.items.nearest(0) if index == 0 else self.items.nearest(self.items.count - 1, -1)

    def action_choose(self) -> None:
        """Open the current line."""
        if self.items.count and self.cursor not in self.items.passed_over:
            self.post_message(self.Chosen(self.cursor))

    def on_click(self, event: events.Click) -> None:
        """Go to the clicked line; a double click opens it."""
        offset = event.get_content_offset(self)
        index = self.items.count if offset is None else offset.y + round(self.scroll_y)
        if index < self.items.count and index not in self.items.passed_over:
            self.cursor = index
            if event.chain == 2:
                self.post_message(self.Chosen(index))
