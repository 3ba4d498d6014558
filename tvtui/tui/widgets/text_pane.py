"""Foreign text that can be searched."""

from __future__ import annotations

from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.reactive import var

from tvtui.tui.widgets.filter_bar import FilterBar
from tvtui.tui.widgets.text_view import TextView, Wrap


class TextPane(Vertical):
    """A text, with a line for the search below it while it is open."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "search", key_display="/", id="log.search", tooltip="Search this text"),
        Binding("n", "step_hit(1)", "next match", id="log.next_hit", tooltip="Next match"),
        Binding("N", "step_hit(-1)", "previous match", show=False, id="log.previous_hit", tooltip="Previous match"),
        Binding("escape", "end_search", "end search", show=False, id="log.end_search", tooltip="Clear the search"),
    ]

    text: var[str] = var("")
    """The text, cleaned."""
    wrap: var[Wrap] = var(Wrap.TEXT)
    """Which long lines are wrapped."""
    follow: var[bool] = var(False)
    """Whether new text scrolls to its end."""
    query_text: var[str] = var("")
    """The words of the search."""
    hits: var[str] = var("")
    """The current match and their number, as "2 of 7"; "no match" if there is none."""

    view = getters.query_one(TextView)
    search_bar = getters.query_one(FilterBar)

    def __init__(self, what: str) -> None:
        """Make a pane for a text; `what` names it, and is the ID of the view that shows it."""
        super().__init__()
        self._what = what

    def compose(self) -> ComposeResult:
        """The text and its search."""
        yield TextView(id=self._what).data_bind(TextPane.text, TextPane.wrap, TextPane.query_text, TextPane.follow)
        yield FilterBar(f"search the {self._what}").data_bind(found=TextPane.hits)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The keys for matches apply during a search only; otherwise they are the screen's."""
        return self.search_bar.is_open if action in {"step_hit", "end_search"} else True

    async def action_search(self) -> None:
        """Open the search."""
        await self.search_bar.open(back_to=self.view)

    def action_step_hit(self, step: int) -> None:
        """Go to the next or previous match."""
        self.view.step_hit(step)

    def action_end_search(self) -> None:
        """Clear the search."""
        self.search_bar.clear()

    @on(FilterBar.Changed)
    def search(self, event: FilterBar.Changed) -> None:
        """Search while the user types."""
        event.stop()
        self.query_text = event.text

    @on(TextView.Found)
    def show_hits(self, event: TextView.Found) -> None:
        """Show the number of matches."""
        event.stop()
        found = f"{event.position} of {event.total}{' · wrapped' if event.is_wrapped else ''}"
        self.hits = "" if not self.query_text else found if event.total else "no match"
