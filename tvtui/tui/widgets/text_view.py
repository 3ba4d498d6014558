"""A pane of foreign text: colours, wrapping, search, and following the end."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import Reactive, var
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip
from textual.style import Style

from tvtui.tui.widgets.ansi import PALETTE, styled_lines
from tvtui.tui.widgets.code_frames import FrameLine, frame_lines
from tvtui.tui.widgets.styled_line import page_of


class Wrap(IntEnum):
    """Which long lines are wrapped; the others are cut, with a sign."""

    NONE = 0
    TEXT = 1
    ALL = 2

    @property
    def following(self) -> Wrap:
        """The next one in the cycle: text only, code frames too, none."""
        return Wrap((self + 1) % len(Wrap))


class TextView(ScrollView, can_focus=True, inherit_bindings=False):
    """Text of which only visible lines are drawn. Mouse selection and search work on the text as sent, wrapped or not.

    Code frames are truncated unless they are to be wrapped too; their caret stays under what it points at.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *(f"text-view--{name}" for name in PALETTE),
        "text-view--match",
        "text-view--current-match",
        "text-view--marked",
    }
    DEFAULT_CSS = """
    TextView {
        & > .text-view--red { color: $text-error; }
        & > .text-view--green { color: $text-success; }
        & > .text-view--yellow { color: $text-warning; }
        & > .text-view--blue { color: $text-primary; }
        & > .text-view--magenta { color: $text-secondary; }
        & > .text-view--cyan { color: $text-accent; }
        & > .text-view--white, & > .text-view--black { color: $foreground; }
        & > .text-view--grey { color: $foreground-muted; }
        & > .text-view--match { background: $warning-muted; }
        & > .text-view--current-match { background: $warning; color: $background; text-style: bold; }
        & > .text-view--marked { background: $foreground 10%; text-style: bold; }
        &:ansi > .text-view--grey { text-style: dim; }
        &:ansi > .text-view--match { background: ansi_default; text-style: bold underline; }
        &:ansi > .text-view--current-match { background: $block-cursor-background; color: $block-cursor-foreground; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_by(0, -1)", "Scroll up", show=False, id="text.up"),
        Binding("down,j", "scroll_by(0, 1)", "Scroll down", show=False, id="text.down"),
        Binding("left,h", "scroll_by(-4, 0)", "Scroll left", show=False, id="text.left"),
        Binding("right", "scroll_by(4, 0)", "Scroll right", show=False, id="text.right"),
        Binding("pageup", "scroll_page(-1)", "Page up", show=False, id="text.page_up"),
        Binding("pagedown,space", "scroll_page(1)", "Page down", show=False, id="text.page_down"),
        Binding("ctrl+u", "scroll_page(-0.5)", "Half a page up", show=False, id="text.half_page_up"),
        Binding("ctrl+d", "scroll_page(0.5)", "Half a page down", show=False, id="text.half_page_down"),
        Binding("home,g", "scroll_edge(0)", "Top", show=False, id="text.top"),
        Binding("end,G", "scroll_edge(-1)", "End", show=False, id="text.end"),
    ]
    ALLOW_SELECT = True
    # the size of the pane does not depend on its text: only scrollbars that appear or vanish need a new layout, and the
    # lines that differ are drawn
    virtual_size = Reactive(Size(0, 0), layout=False, repaint=False)

    text: var[str] = var("")
    """A cleaned text; its SGR sequences become colours."""
    lines: var[tuple[Content, ...]] = var(())
    """Lines to show in place of the text, if any; their spans hold a `Style` or a name of `PALETTE`."""
    wrap: var[Wrap] = var(Wrap.TEXT)
    """Which long lines are wrapped."""
    query_text: var[str] = var("")
    """The words to search for; case does not matter."""
    marked_line: var[int | None] = var(None)
    """The line that is highlighted, counted as sent."""
    follow: var[bool] = var(False)
    """Whether new text scrolls to its end, unless the user has scrolled away from the end."""

    @dataclass
    class Found(Message):
        """The search has `total` matches; the current one is at `position`, from 1, or 0 if there are none.

        `is_wrapped` says that the last step went past the last match to the first, or back.
        """

        position: int
        total: int
        is_wrapped: bool = False

    class Scrolled(Message):
        """The user scrolled."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[Content] = []
        self._frames: dict[int, FrameLine] = {}
        self._pieces: list[tuple[int, int, int]] = []
        self._sorted_pieces: list[tuple[int, int, int]] = []
        self._piece_width = 0
        self._hits: list[tuple[int, int, int]] = []
        self._hit = 0
        self._is_wrapped = False
        self._is_at_end = True
        self._due_line: int | None = None

    def watch_text(self) -> None:
        """Show another text from its top, or from its end when that is followed."""
        if self.scrollable_content_region.height:
            self._is_at_end = self.scroll_y >= self.max_scroll_y
        top = self.scroll_y
        self._decode()
        if not self._follow_end():
            self.scroll_to(x=0, y=top if self.follow else 0, animate=False, force=True)

    def watch_lines(self) -> None:
        """Show other lines without scrolling: they may be the same ones in colour."""
        self._decode()

    def watch_marked_line(self) -> None:
        """Draw another highlighted line."""
        self.refresh()

    def watch_wrap(self) -> None:
        """Wrap the text, or unwrap it, and keep the line at the top."""
        line, _ = self.top_line
        self._lay_out()
        self.refresh()
        self.go_to_line(line)

    def watch_query_text(self) -> None:
        """Search again; the first match from the current one on, or from the top of the pane on, becomes current."""
        start = self._hits[self._hit][:2] if self._hits else self.top_line
        self._is_wrapped = False
        self._search()
        self._hit = bisect_left(self._hits, (*start, 0)) % max(1, len(self._hits))
        self._show_hit()

    def on_resize(self) -> None:
        """Wrap to the new width, and keep the line at the top."""
        top = self.top_line
        if self.scrollable_content_region.width != self._piece_width:
            self._lay_out()
            self.refresh()
            self.scroll_to(y=self._piece_of(*top), animate=False, force=True)
        if self._due_line is not None:
            self.go_to_line(self._due_line)
        else:
            self._follow_end()

    def step_hit(self, step: int) -> None:
        """Go to the next (1) or previous (-1) match, wrapping around."""
        if self._hits:
            hit = (self._hit + step) % len(self._hits)
            self._is_wrapped = hit != self._hit + step
            self._hit = hit
            self._show_hit()

    def go_to_line(self, line: int) -> None:
        """Scroll so that the start of a line, counted as sent, is at the top of the pane, as soon as it has a size."""
        self._due_line = None if self.scrollable_content_region.height else line
        self._is_at_end = False
        self.scroll_to(x=0, y=self._piece_of(line, 0), animate=False, force=True)

    @property
    def top_line(self) -> tuple[int, int]:
        """The line at the top of the pane, and the offset in that line at which the pane starts."""
        if not self._pieces:
            return 0, 0
        line, start, _end = self._pieces[min(round(self.scroll_y), len(self._pieces) - 1)]
        return line, start

    def _follow_end(self) -> bool:
        is_followed = self.follow and self._is_at_end
        if is_followed and self.scrollable_content_region.height:
            self.scroll_to(y=len(self._pieces), animate=False, force=True)
        return is_followed

    def _decode(self) -> None:
        before = self._visible_lines()
        self._lines = list(self.lines) or (styled_lines(self.text.rstrip("\n")) if self.text else [])
        self._frames = dict(frame_lines(line.plain for line in self._lines))
        self._search()
        self._hit = min(self._hit, max(0, len(self._hits) - 1))
        self._lay_out()
        if self.query_text:
            self.refresh()
            self._report_hits()
            return
        pairs = zip(before, self._visible_lines(), strict=True)
        if changed := [Region(0, y, self.size.width, 1) for y, (old, new) in enumerate(pairs) if old != new]:
            self.refresh(*changed)

    def _visible_lines(self) -> list[object]:
        """What decides how each line of the pane is drawn, apart from matches, selection and the highlighted line."""
        top = round(self.scroll_y)
        shown = []
        for number, start, end in self._pieces[top : top + self.scrollable_content_region.height]:
            line = self._lines[number]
            shown.append((number, start, end, line.plain, line.spans, self._frames.get(number)))
        return [*shown, *[None] * (self.scrollable_content_region.height - len(shown))]

    def _style(self, name: str | Style) -> Style:
        return self.get_visual_style(f"text-view--{name}", partial=True) if isinstance(name, str) else name

    def _lay_out(self) -> None:
        self._piece_width = width = self.scrollable_content_region.width
        self._pieces = [piece for number in range(len(self._lines)) for piece in self._pieces_of(number, width)]
        self._sorted_pieces = sorted((line, start, y) for y, (line, start, _) in enumerate(self._pieces))
        widest = 0 if self.wrap else max((line.cell_length for line in self._lines), default=0)
        self.virtual_size = Size(widest, len(self._pieces))
        height = self.scrollable_content_region.height
        if (len(self._pieces) > height, widest > width) != (
            self.show_vertical_scrollbar,
            self.show_horizontal_scrollbar,
        ):
            self.refresh(layout=True)
            return
        # a layout, which is not needed, would do this as well
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.window_virtual_size = len(self._pieces)
        if self.show_horizontal_scrollbar:
            self.horizontal_scrollbar.window_virtual_size = widest
        self.scroll_to(min(self.scroll_x, self.max_scroll_x), min(self.scroll_y, self.max_scroll_y), animate=False)

    def _pieces_of(self, number: int, width: int) -> Iterator[tuple[int, int, int]]:
        line, frame = self._lines[number], self._frames.get(number)
        if frame is not None and self.wrap is Wrap.ALL and width:
            yield from self._pieces_of_frame(number, frame, width)
            return
        if not self.wrap or not width or line.cell_length <= width or frame is not None:
            yield number, 0, len(line)
            return
        rule = _rule_start(line.plain)
        start = end = 0
        pieces = []
        for wrapped in Content(line.plain[:rule]).wrap(width):
            # searched for instead of counted, because wrapping drops white space of any kind at a break
            start = line.plain.find(wrapped.plain, end)
            end = start + len(wrapped)
            pieces.append((number, start, end))
        if rule < len(line):
            # a rule that fills a line up is cut, as it would fill lines of its own
            room = max(0, width - cell_len(line.plain[start:rule]))
            pieces[-1:] = [(number, start, min(rule + room, len(line)) if room else end)]
        yield from pieces

    def _pieces_of_frame(self, number: int, frame: FrameLine, width: int) -> Iterator[tuple[int, int, int]]:
        """The pieces of a line of a code frame; the caret comes right below the piece that it points at."""
        if frame.is_caret:
            return
        pieces = frame.wrapped(width)
        for start, end in pieces:
            yield number, start, end
            if frame.caret is not None and (start <= frame.caret < end or (end == pieces[-1][1] <= frame.caret)):
                yield number + 1, start, len(self._lines[number + 1])

    def _piece_of(self, line: int, offset: int) -> int:
        index = bisect_right(self._sorted_pieces, (line, offset), key=lambda piece: piece[:2]) - 1
        return self._sorted_pieces[index][2] if index > 0 else 0

    def _search(self) -> None:
        self._hits = []
        if self.query_text:
            pattern = re.compile(re.escape(self.query_text), re.IGNORECASE)
            for number, line in enumerate(self._lines):
                self._hits += [(number, *match.span()) for match in pattern.finditer(line.plain)]

    def _show_hit(self) -> None:
        if self._hits:
            line, start, end = self._hits[self._hit]
            y, top, height = self._piece_of(line, start), self.scroll_y, self.scrollable_content_region.height
            if not top <= y < top + height:
                self.scroll_to(y=y - height // 2, animate=False, force=True)
            width = self.scrollable_content_region.width
            left, right = (cell_len(self._lines[line].plain[:offset]) for offset in (start, end))
            if not self.wrap and not self.scroll_x <= left <= right <= self.scroll_x + width:
                self.scroll_to(x=max(0, right - width), animate=False, force=True)
        self.refresh()
        self._report_hits()

    def _report_hits(self) -> None:
        self.post_message(self.Found(self._hit + 1 if self._hits else 0, len(self._hits), self._is_wrapped))

    def render_line(self, y: int) -> Strip:
        """Draw the line at `y`, counted from the top of the pane."""
        width = self.scrollable_content_region.width
        index = y + round(self.scroll_y)
        if index >= len(self._pieces):
            return Strip.blank(width, self.get_visual_style().rich_style)
        number, start, end = self._pieces[index]
        left = round(self.scroll_x)
        frame = self._frames.get(number) if self.wrap is Wrap.TEXT else None
        strip = self._drawn(number, start, end) if frame is None else self._drawn_frame(number, frame, width)
        is_cut = strip.cell_length > left + width and (frame is not None or not self.wrap)
        strip = strip.crop_extend(left, left + width, self.get_visual_style().rich_style)
        if is_cut:
            strip = Strip.join([strip.crop(0, width - 1), self._sign("›")])
        if frame is not None:
            return strip
        return strip.apply_offsets(start + len(set_cell_size(self._lines[number].plain[start:end], left)), number)

    def _drawn(self, number: int, start: int, end: int | None = None) -> Strip:
        line = self._marked(number)[start:end]
        rendered = line.render(self.visual_style, end="", parse_style=self._style)
        return Strip([Segment(text, style.rich_style) for text, style in rendered], line.cell_length)

    def _drawn_frame(self, number: int, frame: FrameLine, width: int) -> Strip:
        """A line of a code frame, from the first character that is shown; characters keep their offsets."""
        line, *hit = self._hits[self._hit] if self._hits else (-1, 0, 0)
        begin, is_moved = frame.begin(width, (hit[0], hit[1]) if line == number else None)
        gutter = self._drawn(number, 0, frame.gutter).apply_offsets(0, number)
        sign = [self._sign("‹" if frame.text[frame.gutter : begin].strip() else " ")] if is_moved else []
        return Strip.join([gutter, *sign, self._drawn(number, begin).apply_offsets(begin, number)])

    def _sign(self, sign: str) -> Strip:
        return Strip([Segment(sign, self.get_visual_style().rich_style)])

    def _marked(self, number: int) -> Content:
        line = self._lines[number]
        if number == self.marked_line:
            line = line.stylize("marked")
        first, last = bisect_left(self._hits, (number, 0, 0)), bisect_left(self._hits, (number + 1, 0, 0))
        for index in range(first, last):
            _, start, end = self._hits[index]
            line = line.stylize("current-match" if index == self._hit else "match", start, end)
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(number)) is not None:
            start, end = span
            style = Style.from_rich_style(self.screen.get_component_rich_style("screen--selection"))
            line = line.stylize(style, start, len(line) if end == -1 else end)
        return line

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text, without escape sequences and without the line breaks of wrapping."""
        return selection.extract("\n".join(line.plain for line in self._lines)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Draw another selection."""
        self.refresh()

    def on_mouse_scroll_down(self) -> None:
        """Report that the user scrolls."""
        self.post_message(self.Scrolled())

    on_mouse_scroll_up = on_mouse_scroll_down

    def action_scroll_by(self, x: int, y: int) -> None:
        """Scroll by cells and lines."""
        self.post_message(self.Scrolled())
        self.scroll_relative(x=x or None, y=y or None, animate=False, force=True)

    def action_scroll_page(self, step: float) -> None:
        """Scroll by a page less one line, or by a part of it."""
        self.post_message(self.Scrolled())
        self.scroll_relative(y=page_of(self.scrollable_content_region.height, step), animate=False, force=True)

    def action_scroll_edge(self, edge: int) -> None:
        """Scroll to the top (0) or the end (-1)."""
        self.post_message(self.Scrolled())
        self.go_to_edge(edge)

    def go_to_edge(self, edge: int) -> None:
        """Scroll to the top (0), or to the end (-1), which is followed from then on if `follow` says so."""
        self._due_line = None
        self._is_at_end = edge != 0
        self.scroll_to(y=0 if edge == 0 else len(self._pieces), animate=False, force=True)


def _rule_start(text: str) -> int:
    """Where the rule at the end of a line begins; the end of the line if there is none."""
    for sign, least in (("─", 1), ("=", 10), ("-", 10)):
        start = len(text.rstrip(sign))
        if len(text) - start >= least:
            return start
    return len(text)
