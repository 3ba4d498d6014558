"""Small dialogs over a screen: a yes-or-no question, and a prompt for a run."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from tvtui.tui.bindings import key_of
from tvtui.tui.screens.closing import ClosesOnce
from tvtui.tui.widgets.styled_line import fit_path

_BOX = """
    align: center middle;
    background: $background 60%;
    & > Vertical {
        width: auto; max-width: 90%; height: auto; max-height: 100%; padding: 1 2;
        background: $surface; border: round $primary;
        & > Label { width: auto; max-width: 100%; }
        & > .hint { color: $foreground-muted; margin-top: 1; }
    }
    &.-small {
        background: $surface;
        & > Vertical { max-width: 100%; padding: 0; border: none; }
        & > Vertical > .hint { margin-top: 0; }
    }
"""
_FRAME = Size(6, 4)
"""Cells that frame and padding take, where there is room for them."""

_LINES = 6
"""The most lines of a question; longer ones are not read before they are answered."""


def _is_small(size: Size) -> bool:
    """Whether the dialog takes the whole screen, without a frame."""
    return size.width < 50 or size.height < 14


def _fitted(text: str, width: int, lines: int) -> str:
    """The text, cut in the middle if there is no room: the end of a question matters most."""
    cells = width * lines
    fitted = fit_path(text, cells)
    while cells > width and len(Content(fitted).wrap(width)) > lines:
        # wrapping at words leaves room at the ends of lines
        cells -= 1
        fitted = fit_path(text, cells)
    return fitted


class Question(ModalScreen[bool], ClosesOnce[bool]):
    """Asks a yes-or-no question; the answer is no unless the key for yes is pressed."""

    DEFAULT_CSS = f"Question {{ {_BOX} }}"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "yes", id="question.yes", tooltip="Yes"),
        Binding("n,enter,escape,q", "answer(False)", "no", id="question.no", tooltip="No"),
    ]

    def __init__(self, text: str) -> None:
        """Ask `text`, which may contain foreign text of any length."""
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """The question, and the keys for the answers."""
        with Vertical():
            yield Label(id="question")
            yield Label(classes="hint")

    def action_answer(self, is_yes: bool) -> None:
        """Close the question with an answer."""
        self.dismiss(is_yes)

    def on_resize(self) -> None:
        """Fit the question to the new size."""
        is_small = _is_small(self.size)
        self.set_class(is_small, "-small")
        most = 1 if is_small else 2
        hint = " · ".join(f"{key_of(self, f'question.{word}', most)} {word}" for word in ("yes", "no"))
        self.query_one(".hint", Label).update(Content(hint))
        width, height = self.size if is_small else Size(self.size.width * 9 // 10, self.size.height - 1) - _FRAME
        lines = max(1, min(_LINES, height - len(Content(hint).wrap(width))))
        self.query_one("#question", Label).update(Content(_fitted(self._text, width, lines)))


class RunPrompt(ModalScreen[int | None], ClosesOnce[int | None]):
    """Asks for a run to watch, by number or link."""

    DEFAULT_CSS = f"""
    RunPrompt {{
        {_BOX}
        & > Vertical {{ width: 60; overflow-y: auto; scrollbar-size-vertical: 1; }}
        Input {{ width: 100%; margin-top: 1; }}
        &.-small Input {{ height: 1; margin: 0; padding: 0; border: none; }}
        &.-small.-wrong #question {{ display: none; }}
    }}
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "cancel", id="prompt.leave", tooltip="Cancel")]

    def __init__(self, parse: Callable[[str], int]) -> None:
        """Ask for a run; `parse` returns the run ID of what was typed, or raises a ValueError with a sentence."""
        super().__init__()
        self._parse = parse

    def compose(self) -> ComposeResult:
        """The question, a field, and a line for the keys or the error."""
        with Vertical():
            yield Label(Content("Add a run to watch"), id="question")
            yield Input(placeholder="run ID or link")
            yield Label(classes="hint")

    def on_mount(self) -> None:
        """Show the keys."""
        # the field's own enter key has no ID and cannot be remapped
        hint = f"enter watch · {key_of(self, 'prompt.leave', 2)} cancel"
        self.query_one(".hint", Label).update(Content(hint))

    def on_resize(self) -> None:
        """Fit the prompt to the new size."""
        self.set_class(_is_small(self.size), "-small")

    @on(Input.Submitted)
    def submit(self, event: Input.Submitted) -> None:
        """Return the run, or show what is wrong; on small screens in place of the question."""
        event.stop()
        try:
            run_id = self._parse(event.value)
        except ValueError as error:
            self.add_class("-wrong")
            self.query_one(".hint", Label).update(Content(str(error)))
            return
        self.dismiss(run_id)

    def action_cancel(self) -> None:
        """Close the prompt without a run."""
        self.dismiss()
