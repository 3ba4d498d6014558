"""A tab of foreign text that can be searched."""

from __future__ import annotations

from typing import ClassVar

from textual import getters, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.reactive import var
from textual.widgets import TabPane

from tvtui.tui.widgets.filter_bar import FilterBar
from tvtui.tui.widgets.text_view import TextView


class TextPane(TabPane):
    """The text above, and the line for the search below it while it is wanted."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "search", key_display="/", id="log.search", tooltip="Search this text"),
        Binding("n", "step_hit(1)", "next hit", id="log.next_hit", tooltip="Go to the next hit of the search"),
        Binding(
            "N",
            "step_hit(-1)",
            "previous hit",
            show=False,
            id="log.previous_hit",
            tooltip="Go to the previous hit",
        ),
        Binding("escape", "end_search", "end search", show=False, id="log.end_search", tooltip="Forget the search"),
    ]

    text: var[str] = var("")
    """What is shown: a cleaned block."""
    wrap: var[bool] = var(True)
    """Whether long lines are wrapped."""
    follow: var[bool] = var(False)
    """Whether the text is to be followed to its end."""
    query_text: var[str] = var("")
    """What is searched for."""
    hits: var[str] = var("")
    """What the search found, as "2 of 7"."""

    view = getters.query_one(TextView)
    search_bar = getters.query_one(FilterBar)

    def __init__(self, title: str, *, id: str, view_id: str) -> None:
        """Make it.

        Args:
            title: The tab's.
            id: The tab's.
            view_id: Of the view inside.
        """
        super().__init__(Content(title), id=id)
        self._title_text = title
        self._view_id = view_id

    def compose(self) -> ComposeResult:
        """The text and its search."""
        yield self.make_view(self._view_id).data_bind(
            TextPane.text, TextPane.wrap, TextPane.query_text, TextPane.follow
        )
        yield FilterBar(f"search the {self._title_text.lower()}").data_bind(found=TextPane.hits)

    def make_view(self, id: str) -> TextView:
        """What shows the text."""
        return TextView(id=id)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The search's other keys count while there is one; else they mean what the screen says."""
        return self.search_bar.is_open if action in {"step_hit", "end_search"} else True

    async def action_search(self) -> None:
        """Search the text."""
        await self.search_bar.open()

    def action_step_hit(self, step: int) -> None:
        """Go to the next or previous hit."""
        self.view.step_hit(step)

    def action_end_search(self) -> None:
        """Forget the search."""
        self.search_bar.clear()

    @on(FilterBar.Changed)
    def search(self, event: FilterBar.Changed) -> None:
        """Search while the user types."""
        event.stop()
        self.query_text = event.text

    @on(FilterBar.Left)
    def leave_search(self, event: FilterBar.Left) -> None:
        """Back to the text."""
        event.stop()
        self.view.focus()

    @on(TextView.Found)
    def tell_hits(self, event: TextView.Found) -> None:
        """Tell how many hits the search has."""
        event.stop()
        self.hits = f"{event.position} of {event.total}" if self.query_text else ""
