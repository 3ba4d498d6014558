"""The list of artifacts: kind, path, size and state of the download."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import var
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tvtui.artifacts.catalog import ArtifactRow
from tvtui.artifacts.transfer import Stage, Transfer
from tvtui.testvibe.identity import ArtifactId
from tvtui.text.format import elapsed, size
from tvtui.tui.widgets.styled_line import fit, fit_path, page_of, share_bar
from tvtui.view.labels import GUESS

_KIND_CELLS = 11
_SIZE_CELLS = 9
_BAR_CELLS = 8


class ArtifactList(OptionList):
    """One line per artifact. The selection is set from outside, and changes are requested by `Highlighted`."""

    DEFAULT_CSS = """
    ArtifactList {
        border: none;
        padding: 0;
        background: transparent;
        scrollbar-size: 0 1;
        scrollbar-gutter: stable;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        & > .option-list--option { padding: 0 1; }
        & > .option-list--option-highlighted { background: transparent; color: $foreground; text-style: none; }
        &:focus > .option-list--option-highlighted { background: $primary-muted; color: $foreground; text-style: none; }
        &:ansi:focus > .option-list--option-highlighted {
            background: ansi_default;
            text-style: bold underline;
        }
        &:focus { background-tint: transparent; border: none; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("k", "cursor_up", "Up", show=False, id="artifacts.up"),
        Binding("j", "cursor_down", "Down", show=False, id="artifacts.down"),
        Binding("ctrl+u", "page(-0.5)", "Half a page up", show=False, id="artifacts.half_page_up"),
        Binding("ctrl+d", "page(0.5)", "Half a page down", show=False, id="artifacts.half_page_down"),
        Binding("home,g", "first", "First", show=False, id="artifacts.first"),
        Binding("end,G", "last", "Last", show=False, id="artifacts.last"),
    ]

    rows: var[tuple[ArtifactRow, ...]] = var(())
    """The lines, in order."""
    selected: var[ArtifactId | None] = var(None)
    """The artifact under the cursor."""
    explanation: var[tuple[str, ...]] = var(())
    """The lines below the artifacts, or in place of them."""

    @dataclass
    class Highlighted(Message):
        """The user moved the cursor to this artifact."""

        artifact_id: ArtifactId

    @dataclass
    class Chosen(Message):
        """The user wants to open this artifact."""

        artifact_id: ArtifactId

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.height_in: Callable[[Size], int] | None = None
        """Gives the automatic height in a container of a size; None for as many lines as there are."""
        self._listed: tuple[ArtifactId, ...] = ()
        self._contents: list[Content] = []

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The automatic height."""
        lines = super().get_content_height(container, viewport, width)
        return lines if self.height_in is None else self.height_in(container)

    def watch_rows(self) -> None:
        """Draw the lines that have changed; the cursor stays on its artifact."""
        self._list()

    def watch_selected(self) -> None:
        """Move the cursor."""
        self._move_cursor()

    def watch_explanation(self) -> None:
        """Show another explanation."""
        self._list()

    def on_resize(self) -> None:
        """Fit the paths to the new width."""
        self._list()

    def action_page(self, step: float) -> None:
        """Go to the artifact a page away, or a part of a page."""
        if self._listed:
            here = (self.highlighted or 0) + page_of(self.scrollable_content_region.height, step)
            self.highlighted = max(0, min(here, len(self._listed) - 1))

    @property
    def under_cursor(self) -> ArtifactId | None:
        """The artifact under the cursor; `selected` is a moment behind when the user moves it."""
        here = self.highlighted
        return None if here is None or here >= len(self._listed) else self._listed[here]

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width - 2

    def _list(self) -> None:
        if self._width <= 0:
            # not shown yet, or nowhere at this size of the screen
            return
        has_own, width = _has_own(self.rows), self._width
        lines = [_line(row, width, has_own=has_own) for row in self.rows]
        lines += [Content(line).stylize("$foreground-muted") for line in self.explanation]
        before, self._contents = self._contents, lines
        ids_before, self._listed = self._listed, tuple(row.id for row in self.rows)
        if (len(before), len(ids_before)) == (len(lines), len(self.rows)):
            # as many as before need no layout
            for index, (old, new) in enumerate(zip(before, lines, strict=True)):
                if not old.is_same(new):
                    self.replace_option_prompt_at_index(index, new)
        else:
            with self.prevent(OptionList.OptionHighlighted):
                self.clear_options()
            options = [Option(line, disabled=index >= len(self.rows)) for index, line in enumerate(lines)]
            self.add_options(options)
        self._move_cursor()
        if self._listed != ids_before:
            self.scroll_to_highlight()

    def _move_cursor(self) -> None:
        here = next((index for index, row in enumerate(self.rows) if row.id == self.selected), None)
        # only moves by the user are reported
        with self.prevent(OptionList.OptionHighlighted):
            self.highlighted = here

    @on(OptionList.OptionHighlighted)
    def pass_highlight_up(self, event: OptionList.OptionHighlighted) -> None:
        """Report the artifact that the user went to."""
        event.stop()
        if event.option_index < len(self._listed):
            self.post_message(self.Highlighted(self._listed[event.option_index]))

    @on(OptionList.OptionSelected)
    def choose(self, event: OptionList.OptionSelected) -> None:
        """Report the artifact that the user chose."""
        event.stop()
        if event.option_index < len(self._listed):
            self.post_message(self.Chosen(self._listed[event.option_index]))


def _has_own(rows: tuple[ArtifactRow, ...]) -> bool:
    return any(row.is_own for row in rows)


def _line(row: ArtifactRow, width: int, *, has_own: bool) -> Content:
    mark = (f"{GUESS} " if row.is_own else "  ") if has_own else ""
    artifact = row.artifact
    kind = Content("" if width < 40 else fit(artifact.kind, _KIND_CELLS - 1))
    kind = kind.pad_right(_KIND_CELLS - kind.cell_length if width >= 40 else 0).stylize("$foreground-muted")
    state = _state(row, width)
    path = Content(fit_path(artifact.path, max(8, width - len(mark) - kind.cell_length - state.cell_length - 1)))
    gap = max(1, width - len(mark) - kind.cell_length - path.cell_length - state.cell_length)
    return Content.assemble((mark, "$text-accent"), kind, path, " " * gap, state)


def _state(row: ArtifactRow, width: int) -> Content:
    """The right end of a line: the size, and the state of the download."""
    known = "" if row.artifact.size is None else size(row.artifact.size)
    measured = Content(f"{known:>{_SIZE_CELLS}}").stylize("$foreground-muted")
    transfer = row.transfer
    if transfer is None:
        return measured
    match transfer.stage:
        case Stage.WAITING:
            return Content("waiting").stylize("$foreground-muted")
        case Stage.DOWNLOADING:
            return Content(_going(transfer, width)).stylize("$text-primary")
        case Stage.DONE:
            return Content.assemble(("✓ saved", "$text-success"), measured)
        case Stage.FAILED:
            return Content.assemble(("✗ failed", "$text-error"), measured)
        case Stage.CANCELLED:
            return Content.assemble(("canceled", "$text-warning"), measured)


def _going(transfer: Transfer, width: int) -> str:
    share = f" {transfer.received * 100 // transfer.total:>3} %" if transfer.total else f" {size(transfer.received)}"
    drawn = share_bar(transfer.received, transfer.total, _BAR_CELLS) if width >= 44 else ""
    if width < 56 or not transfer.rate:
        return f"{drawn}{share}"
    left = "" if transfer.remaining is None else f" · {elapsed(transfer.remaining)}"
    return f"{drawn}{share} · {size(int(transfer.rate))}/s{left}"
