"""One line to type words into, with what they found beside it: the table's filter, the log's search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import getters, on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.reactive import var
from textual.widgets import Input, Label


class FilterBar(Horizontal):
    """Shown while it is open or holds words; `enter` keeps them, `escape` clears them."""

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
        Binding("enter", "leave", "keep", id="filter.keep", tooltip="Keep the words and go back to the pane"),
        Binding("escape", "clear", "clear", id="filter.clear", tooltip="Clear the words and close"),
    ]

    found: var[str] = var("", init=False)
    """What the words found, as "3 of 41"."""

    field = getters.query_one(Input)

    @dataclass
    class Changed(Message):
        """The words are now `text`."""

        bar: FilterBar
        text: str

        @property
        def control(self) -> FilterBar:
            """The bar that was typed into."""
            return self.bar

    @dataclass
    class Left(Message):
        """The user is done typing; the pane it belongs to takes the keys again."""

        bar: FilterBar

        @property
        def control(self) -> FilterBar:
            """The bar that was left."""
            return self.bar

    def __init__(self, placeholder: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._placeholder = placeholder

    @property
    def is_open(self) -> bool:
        """Whether it is on the screen."""
        return self.has_class("-open")

    @property
    def words(self) -> str:
        """What stands in the field."""
        return self.field.value if self.children else ""

    async def open(self) -> None:
        """Show it and take the keys. Its parts are made when they are first wanted: most watches never filter."""
        if not self.children:
            await self.mount(
                Label("/", classes="prompt", markup=False),
                Input(placeholder=self._placeholder, select_on_focus=False),
                Label(Content(self.found), classes="count"),
            )
        self.add_class("-open")
        self.field.focus()

    def clear(self) -> None:
        """Forget the words and go from the screen."""
        if self.children:
            self.field.value = ""
        self.remove_class("-open")

    def watch_found(self, found: str) -> None:
        """Tell what the words found."""
        for count in self.query(".count").results(Label):
            count.update(Content(found))

    @on(Input.Changed)
    def tell_words(self, event: Input.Changed) -> None:
        """Pass the words up as they are typed."""
        event.stop()
        self.post_message(self.Changed(self, event.value))

    @on(Input.Submitted)
    def submit(self, event: Input.Submitted) -> None:
        """The same as its own key."""
        event.stop()
        self.action_leave()

    def action_leave(self) -> None:
        """Keep the words, or close when there are none, and give the keys back."""
        if not self.words:
            self.remove_class("-open")
        self.post_message(self.Left(self))

    def action_clear(self) -> None:
        """Clear the words, close, and give the keys back."""
        self.clear()
        self.post_message(self.Left(self))
