"""Small questions over a screen: yes or no, and one line of text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widgets import Input, Label

from tvtui.tui.bindings import key_name
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
"""Cells that frame and padding take where there is room for them."""

_LINES = 6
"""Lines that a question may have: nobody reads more before an answer."""


def _is_small(size: Size) -> bool:
    """Whether the question has the whole screen, and no frame."""
    return size.width < 50 or size.height < 14


def _keys(active: Mapping[str, ActiveBinding], binding_id: str) -> list[str]:
    """The keys of a binding as they are now."""
    return [key_name(key) for key, found in active.items() if found.binding.id == binding_id]


def _fitted(text: str, width: int, lines: int) -> str:
    """As much of a text as there is room for; its end tells what is asked, so the cut is in the middle."""
    cells = width * lines
    fitted = fit_path(text, cells)
    while cells > width and len(Content(fitted).wrap(width)) > lines:
        # words leave room at the ends of lines
        cells -= 1
        fitted = fit_path(text, cells)
    return fitted


class Question(ModalScreen[bool]):
    """Asks once; `y` or enter is yes, everything that leaves is no."""

    DEFAULT_CSS = f"Question {{ {_BOX} }}"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y,enter", "dismiss(True)", "yes", id="question.yes", tooltip="Yes"),
        Binding("n,escape,q", "dismiss(False)", "no", id="question.no", tooltip="No"),
    ]

    def __init__(self, text: str) -> None:
        """Ask `text`, which may hold foreign words, and far too many of them."""
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """The question, and the keys that answer it."""
        with Vertical():
            yield Label(id="question")
            yield Label(classes="hint")

    def on_resize(self) -> None:
        """Ask in the room that there is now."""
        is_small = _is_small(self.size)
        self.set_class(is_small, "-small")
        each = 1 if is_small else 2
        answers = ((_keys(self.active_bindings, f"question.{word}")[:each], word) for word in ("yes", "no"))
        hint = " · ".join(f"{' or '.join(keys)} {word}" for keys, word in answers)
        self.query_one(".hint", Label).update(Content(hint))
        width, height = self.size if is_small else Size(self.size.width * 9 // 10, self.size.height - 1) - _FRAME
        lines = max(1, min(_LINES, height - len(Content(hint).wrap(width))))
        self.query_one("#question", Label).update(Content(_fitted(self._text, width, lines)))


class RunPrompt(ModalScreen[int | None]):
    """Asks for a run: a number or a link."""

    DEFAULT_CSS = f"""
    RunPrompt {{
        {_BOX}
        & > Vertical {{ overflow-y: auto; scrollbar-size-vertical: 1; }}
        Input {{ width: 40; max-width: 100%; margin-top: 1; }}
        &.-small Input {{ width: 100%; height: 1; margin: 0; padding: 0; border: none; }}
        &.-small.-wrong #question {{ display: none; }}
    }}
    """
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
            yield Label(Content("Which run shall be watched as well?"), id="question")
            yield Input(placeholder="214 or a link")
            yield Label(classes="hint")

    def on_mount(self) -> None:
        """Tell the keys."""
        leave = " or ".join(_keys(self.active_bindings, "prompt.leave"))
        self.query_one(".hint", Label).update(Content(f"enter watch it · {leave} leave"))

    def on_resize(self) -> None:
        """Ask in the room that there is now."""
        self.set_class(_is_small(self.size), "-small")

    @on(Input.Submitted)
    def take(self, event: Input.Submitted) -> None:
        """Watch it, or say why not; on small screens in the place of the question."""
        event.stop()
        try:
            run_id = self._parse(event.value)
        except ValueError as error:
            self.add_class("-wrong")
            self.query_one(".hint", Label).update(Content(str(error)))
            return
        self.dismiss(run_id)
