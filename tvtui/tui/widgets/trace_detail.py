"""What a trace says about the selected step, in parts that share one pane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from textual import getters, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import var
from textual.widget import Widget

from tvtui.tui.widgets.item_list import ItemList, Items
from tvtui.tui.widgets.section_bar import SectionBar
from tvtui.tui.widgets.styled_line import set_border_title
from tvtui.tui.widgets.text_pane import TextPane
from tvtui.tui.widgets.text_view import TextView, Wrap

_SIGNS = {"source": (">",), "page": ("▶", "≈")}
"""How the line that is meant begins, by part."""
_LINES_BEFORE = 5
"""Lines that are shown before the one that is meant."""


class DetailPart(NamedTuple):
    """One part of the detail.

    Attributes:
        name: What it is, as "error" or "log".
        title: Its title, with the number of what is in it.
    """

    name: str
    title: str


class TraceDetail(Vertical):
    """The parts in a line, and the current one below it."""

    DEFAULT_CSS = """
    TraceDetail {
        & > SectionBar { padding: 0 1; }
        & > TextPane { height: 1fr; padding: 0 1; }
        & > ItemList { height: 1fr; display: none; }
        &.-list > TextPane { display: none; }
        &.-list > ItemList { display: block; }
        & TextView { height: 1fr; scrollbar-size: 1 1; scrollbar-gutter: stable; }
    }
    """

    parts: var[tuple[DetailPart, ...]] = var(())
    """The parts of the selected step, in order."""
    current: var[str] = var("")
    """The name of the part that is shown."""
    step: var[str | None] = var(None)
    """The selected step: another one is shown from its top."""
    heading: var[str] = var("")
    """The title of the pane."""
    wrap: var[Wrap] = var(Wrap.TEXT)
    """Which long lines are wrapped."""
    text: var[str] = var("")
    """The text of the current part."""
    items: var[Items | None] = var(None)
    """The list that is shown in place of the text."""
    titles: var[tuple[str, ...]] = var(())
    """The titles of the parts."""
    index: var[int] = var(0)
    """The place of the current part."""

    text_pane = getters.query_one(TextPane)
    view = getters.query_one(TextView)
    item_list = getters.query_one(ItemList)

    @dataclass
    class Picked(Message):
        """The user wants to see a part."""

        name: str

    def compose(self) -> ComposeResult:
        """The titles and the text with its search."""
        yield SectionBar().data_bind(TraceDetail.titles, current=TraceDetail.index)
        yield TextPane("detail").data_bind(TraceDetail.text, TraceDetail.wrap)
        yield ItemList()

    def watch_parts(self) -> None:
        """Show the titles of other parts."""
        self._show_titles()

    def watch_current(self) -> None:
        """Mark another part, which begins at its top."""
        self._show_titles()
        self._go_to_top()

    def watch_step(self) -> None:
        """Begin at the top."""
        self._go_to_top()

    def _go_to_top(self) -> None:
        if self.is_mounted:
            self.view.scroll_home(animate=False, force=True)

    def watch_text(self, text: str) -> None:
        """Show another text; of a source and a page, the line that is meant with some lines before it."""
        signs = _SIGNS.get(self.current)
        line = None
        if signs is not None:
            line = next((number for number, each in enumerate(text.split("\n")) if each.startswith(signs)), None)
        # once the text has reached the view
        self.call_next(self._mark, line)

    def _mark(self, line: int | None) -> None:
        self.view.marked_line = line
        if line is not None:
            self.view.go_to_line(max(0, line - _LINES_BEFORE))

    def watch_items(self, items: Items | None) -> None:
        """Show a list, or the text; the focus stays on what is shown."""
        had_focus = self.has_focus_within
        self.set_class(items is not None, "-list")
        if items is not None:
            self.item_list.items = items
        if had_focus:
            self.shown_view.focus()

    def watch_heading(self, heading: str) -> None:
        """Show another title."""
        set_border_title(self, Content(heading))

    def _show_titles(self) -> None:
        names = [part.name for part in self.parts]
        self.index = names.index(self.current) if self.current in names else 0
        self.titles = tuple(part.title for part in self.parts)

    @on(SectionBar.Picked)
    def pick(self, event: SectionBar.Picked) -> None:
        """Show the part that was clicked on."""
        event.stop()
        self.post_message(self.Picked(self.parts[event.index].name))

    @property
    def shown_view(self) -> Widget:
        """The widget of the current part that can be focused."""
        return self.view if self.items is None else self.item_list
