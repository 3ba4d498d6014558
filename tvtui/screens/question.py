"""Small questions over a screen: yes or no, and one line of text."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Label

_BOX = """
    align: center middle;
    background: $background 60%;
    & > Vertical {
        width: auto; max-width: 90%; height: auto; padding: 1 2;
        background: $surface; border: round $primary;
        & > Label { width: auto; max-width: 100%; }
        & > .hint { color: $foreground-muted; margin-top: 1; }
    }
"""


class Question(ModalScreen[bool]):
    """Asks once; `y` or enter is yes, everything that leaves is no."""

    DEFAULT_CSS = f"Question {{ {_BOX} }}"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "dismiss(True)", "yes", id="question.yes", tooltip="Yes"),
        Binding("n,escape,q", "dismiss(False)", "no", id="question.no", tooltip="No"),
    ]

    def __init__(self, text: str) -> None:
        """Ask `text`, which may hold foreign words."""
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """The question, and the keys that answer it."""
        with Vertical():
            yield Label(Content(self._text))
            yield Label(Content("enter or y yes · escape or n no"), classes="hint")


class RunPrompt(ModalScreen[int | None]):
    """Asks for a run: a number or a link."""

    DEFAULT_CSS = f"RunPrompt {{ {_BOX} Input {{ width: 40; max-width: 100%; margin-top: 1; }} }}"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "leave", id="prompt.leave", tooltip="Watch no other run")
    ]

    def __init__(self, parse: Callable[[str], int]) -> None:
        """Ask for a run.

        Args:
            parse: Reads what was typed; a ValueError says what is wrong with it.
        """
        super().__init__()
        self._parse = parse

    def compose(self) -> ComposeResult:
        """The question, a field, and what is wrong with what stands in it."""
        with Vertical():
            yield Label(Content("Which run shall be watched as well?"))
            yield Input(placeholder="214, or a link that ends in /runs/214")
            yield Label(Content("enter watch it · escape leave"), classes="hint")

    @on(Input.Submitted)
    def take(self, event: Input.Submitted) -> None:
        """Watch it, or say why not."""
        event.stop()
        try:
            run_id = self._parse(event.value)
        except ValueError as error:
            self.query_one(".hint", Label).update(Content(str(error)))
            return
        self.dismiss(run_id)
