"""The list of artifacts: kind, path, size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import var
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from tvtui.models import Artifact
from tvtui.text import size
from tvtui.widgets.cells import fit, fit_path

_KIND_CELLS = 11
_SIZE_CELLS = 9


class ArtifactList(OptionList):
    """One line an artifact; the highlighted one stays highlighted (by its path) when others arrive."""

    DEFAULT_CSS = """
    ArtifactList {
        border: none;
        padding: 0;
        background: transparent;
        scrollbar-size-vertical: 1;
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
    ]

    artifacts: var[tuple[Artifact, ...]] = var(())
    """In the server's order."""
    explanation: var[str] = var("")
    """What is said when there are none."""

    @dataclass
    class Chosen(Message):
        """The user wants this artifact."""

        artifact: Artifact

    @property
    def selected(self) -> Artifact | None:
        """The artifact under the cursor."""
        return None if self.highlighted is None or not self.artifacts else self.artifacts[self.highlighted]

    def watch_artifacts(self, old: tuple[Artifact, ...], new: tuple[Artifact, ...]) -> None:
        """Show another list, the cursor on the same path."""
        if old == new:
            return
        here = old[self.highlighted].path if old and self.highlighted is not None else None
        self._list()
        if new:
            paths = [artifact.path for artifact in new]
            self.highlighted = paths.index(here) if here in paths else 0

    def watch_explanation(self) -> None:
        """Say something else in the place of artifacts."""
        if not self.artifacts:
            self._list()

    def on_resize(self) -> None:
        """Cut the paths to the new width."""
        here = self.highlighted
        self._list()
        self.highlighted = here

    def _list(self) -> None:
        width = self.scrollable_content_region.width - 2
        self.clear_options()
        if self.artifacts:
            self.add_options([_line(artifact, width) for artifact in self.artifacts])
        elif self.explanation:
            self.add_option(Option(Content(self.explanation), disabled=True))

    @on(OptionList.OptionSelected)
    def choose(self, event: OptionList.OptionSelected) -> None:
        """Pass the wish up."""
        event.stop()
        if self.artifacts:
            self.post_message(self.Chosen(self.artifacts[event.option_index]))


def total_size(artifacts: tuple[Artifact, ...]) -> str:
    """The sum as "4 · 1.2 MiB"; sizes the server did not tell count nothing and are marked by `≥`."""
    known = [artifact.size for artifact in artifacts if artifact.size is not None]
    at_least = "≥ " if len(known) < len(artifacts) else ""
    return f"{len(artifacts)} · {at_least}{size(sum(known))}" if artifacts else ""


def _line(artifact: Artifact, width: int) -> Content:
    told = "" if artifact.size is None else size(artifact.size)
    kind = Content("" if width < 40 else fit(artifact.kind, _KIND_CELLS - 1))
    kind = kind.pad_right(_KIND_CELLS - kind.cell_length if width >= 40 else 0).stylize("$foreground-muted")
    path = Content(fit_path(artifact.path, max(8, width - kind.cell_length - _SIZE_CELLS - 1)))
    gap = max(1, width - kind.cell_length - path.cell_length - _SIZE_CELLS)
    return Content.assemble(kind, path, " " * gap, (f"{told:>{_SIZE_CELLS}}", "$foreground-muted"))
