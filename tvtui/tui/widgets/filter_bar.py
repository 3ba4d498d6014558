"""A line for a filter or a search, with the number of matches beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import getters, on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.reactive import var
from textual.widget import Widget
from textual.widgets import Input, Label


class FilterBar(Horizontal):
    """A field that is shown while it is open or holds words; one key keeps them, another clears them."""

    DEFAULT_CSS = """
    FilterBar {
        height: 1;
        display: none;
        background: $boost;
        &.-open { display: block; }
        & > Input { width: 1fr; height: 1; border: none; padding: 0; background: transparent; }
        & > Input:focus { border: none; }
        & > Label { width: auto; padding: 0 1; color: $foreground-muted; }
        & > .prompt { color: $text-accent; text-style: bold; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        # before the field's own, of which the key bar would say nothing
        Binding(
            "enter",
            "keep",
            "keep",
            key_display="enter",
            id="filter.keep",
            priority=True,
            tooltip="Keep the words and go back to the pane",
        ),
        Binding("escape", "clear", "clear", id="filter.clear", tooltip="Clear the words and close"),
    ]

    found: var[str] = var("", init=False)
    """How many matches there are, as "3 of 41"."""

    field = getters.query_one(Input)

    @dataclass
    class Changed(Message):
        """The words are now `text`."""

        bar: FilterBar
        text: str

    def __init__(self, placeholder: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._placeholder = placeholder
        self._back_to: Widget | None = None

    @property
    def is_open(self) -> bool:
        """Whether the field is shown."""
        return self.has_class("-open")

    @property
    def words(self) -> str:
        """The words in the field."""
        return self.field.value if self.children else ""

    async def open(self, *, back_to: Widget) -> None:
        """Show the field and focus it, its words selected, so that typing replaces them.

        `back_to` gets the focus when the user has finished typing.
        """
        self._back_to = back_to
        # the parts are made here because most watches never filter
        if not self.children:
            await self.mount(
                Label("/", classes="prompt", markup=False),
                Input(placeholder=self._placeholder, select_on_focus=False),
                Label(Content(self.found), classes="count"),
            )
        self.add_class("-open")
        self.field.select_all()
        self.field.focus()

    def clear(self) -> None:
        """Clear the words, and hide the field."""
        if self.children:
            self.field.value = ""
        self.remove_class("-open")

    def watch_found(self, found: str) -> None:
        """Show another number of matches."""
        for count in self.query(".count").results(Label):
            count.update(Content(found))

    @on(Input.Changed)
    def pass_words_up(self, event: Input.Changed) -> None:
        """Report the words as they are typed."""
        event.stop()
        self.post_message(self.Changed(self, event.value))

    @on(Input.Submitted)
    def submit(self, event: Input.Submitted) -> None:
        """Do the same as the key that keeps the words, which may have been remapped."""
        event.stop()
        self.action_keep()

    def action_keep(self) -> None:
        """Keep the words, or hide the field if there are none, and give the focus back."""
        if not self.words:
            self.remove_class("-open")
        self._give_focus_back()

    def action_clear(self) -> None:
        """Clear the words, hide the field, and give the focus back."""
        self.clear()
        self._give_focus_back()

    def _give_focus_back(self) -> None:
        self.screen.set_focus(self._back_to)
