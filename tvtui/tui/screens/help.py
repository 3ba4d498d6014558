"""The help screen: all keys as they are now, with scrolling and search."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import ModalScreen
from textual.style import Style
from textual.widgets import Static

from tvtui.tui.screens.closing import ClosesOnce
from tvtui.tui.widgets.filter_bar import FilterBar
from tvtui.tui.widgets.key_bar import KeyBar
from tvtui.tui.widgets.text_view import TextView
from tvtui.view.labels import WARNING

_TWO_COLUMNS = 96
"""Cells from which there are two columns: a terminal of 100 columns, less margins and scrollbar."""

_GAP = 3
"""Cells between the columns."""


class KeyRow(NamedTuple):
    """Keys that do the same thing, and what they do."""

    keys: tuple[str, ...]
    description: str
    is_wide: bool = False
    """Whether the row spans both columns."""


class Group(NamedTuple):
    """The keys of one place or one topic."""

    title: str
    rows: tuple[KeyRow, ...]


class HelpScreen(ModalScreen[None], ClosesOnce[None]):
    """Shows groups of keys in one or two columns."""

    AUTO_FOCUS = "TextView"
    VERTICAL_BREAKPOINTS = [(0, "-flat"), (10, "-tall")]  # noqa: RUF012 - as Textual declares it
    DEFAULT_CSS = """
    HelpScreen {
        layout: vertical;
        background: $background;
        #title { height: 1; padding: 0 1; color: $text-primary; text-style: bold; }
        #note { height: auto; max-height: 3; padding: 0 1; color: $text-warning; }
        TextView { height: 1fr; padding: 0 1; scrollbar-gutter: stable; scrollbar-size-vertical: 1; }
        &.-flat #title { display: none; }
    }
    """
    # IDs that other screens have too are remapped together with theirs
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "search", key_display="/", id="log.search", tooltip="Search the keys"),
        Binding("n", "step_hit(1)", "next match", id="log.next_hit", tooltip="Next match"),
        Binding("N", "step_hit(-1)", "previous match", show=False, id="log.previous_hit", tooltip="Previous match"),
        Binding("question_mark", "close", "back", show=False, key_display="?", id="app.help", tooltip="Close the keys"),
        Binding("escape", "back", "back", key_display="esc", id="help.back", tooltip="Clear the search, or go back"),
        Binding("q", "close", "back", show=False, id="help.leave", tooltip="Go back"),
    ]

    view = getters.query_one(TextView)
    search_bar = getters.query_one(FilterBar)

    def __init__(self, groups: Sequence[Group], note: str = "") -> None:
        """Show these keys, below a note about what does not work."""
        super().__init__()
        self.groups = groups
        self._note = note
        self._width = 0

    def compose(self) -> ComposeResult:
        """A title, a note, the keys, the search bar and the key bar."""
        yield Static(Content("All keys"), id="title")
        if self._note:
            yield Static(Content(f"{WARNING} {self._note}"), id="note")
        yield TextView()
        yield FilterBar("search the keys")
        yield KeyBar()

    def on_resize(self) -> None:
        """Fit the columns to the new width."""
        self.call_after_refresh(self.lay_out)

    def lay_out(self) -> None:
        """Lay out the keys for the width of the view."""
        width = self.view.scrollable_content_region.width
        if width and width != self._width:
            self._width = width
            self.view.lines = tuple(key_lines(self.groups, width))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Matches exist only during a search."""
        return self.search_bar.is_open if action == "step_hit" else True

    async def action_search(self) -> None:
        """Open the search."""
        await self.search_bar.open(back_to=self.view)

    def action_step_hit(self, step: int) -> None:
        """Go to the next or previous match."""
        self.view.step_hit(step)

    def action_back(self) -> None:
        """Clear the search, or close the screen."""
        if self.search_bar.is_open:
            self.search_bar.clear()
            self.refresh_bindings()
        else:
            self.action_close()

    def action_close(self) -> None:
        """Close the screen."""
        self.dismiss()

    @on(FilterBar.Changed)
    def search(self, event: FilterBar.Changed) -> None:
        """Search while the user types."""
        self.view.query_text = event.text

    @on(TextView.Found)
    def show_matches(self, event: TextView.Found) -> None:
        """Show the number of matches."""
        self.search_bar.found = f"{event.position} of {event.total}" if self.view.query_text else ""


def key_lines(groups: Iterable[Group], width: int) -> Iterator[Content]:
    """The lines of the list of keys, each at most `width` cells wide."""
    is_double = width >= _TWO_COLUMNS
    column = (width - _GAP) // 2 if is_double else width
    for number, group in enumerate(groups):
        if number:
            yield Content("")
        yield from Content.assemble((group.title[0].upper() + group.title[1:], Style(bold=True, underline=True))).wrap(
            width
        )
        rows = [row for row in group.rows if not row.is_wide]
        half = (len(rows) + 1) // 2 if is_double else len(rows)
        left, right = ([line for row in part for line in _lines(row, column)] for part in (rows[:half], rows[half:]))
        for one, other in zip_longest(left, right, fillvalue=Content("")):
            if other:
                yield Content.assemble(one, " " * (column - one.cell_length + _GAP), other)
            else:
                yield one
        for row in group.rows:
            if row.is_wide:
                yield from _lines(row, width)


def _lines(row: KeyRow, width: int) -> Iterator[Content]:
    """The keys in a column of their own with the description beside them; long keys precede it instead."""
    keys = " ".join(row.keys)
    # ten cells hold all but the longest of the usual keys
    room = min(10, width // 4)
    if cell_len(keys) > room:
        yield from Content.assemble((keys, "blue"), f"  {row.description}").wrap(width)
        return
    for number, line in enumerate(Content(row.description).wrap(width - room - 2)):
        shown = "" if number else keys
        yield Content.assemble((shown, "blue"), " " * (room + 2 - cell_len(shown)), line)
