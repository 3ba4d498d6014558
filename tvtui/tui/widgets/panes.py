"""The panes of the run screen: which of them has the screen and the focus, at every size."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from textual import getters
from textual.containers import Horizontal
from textual.events import Resize
from textual.reactive import Reactive, var
from textual.widget import Widget

from tvtui.tui.widgets.artifact_list import ArtifactList
from tvtui.tui.widgets.case_table import CaseTable
from tvtui.tui.widgets.detail_pane import DetailPane

if TYPE_CHECKING:
    from tvtui.testvibe.identity import CaseId
    from tvtui.watch.events import Snapshot
    from tvtui.watch.playback import Player

_NAMES = ("tests", "detail", "artifacts")
_WIDE = 110
"""Columns from which the artifacts have a pane of their own; below, they are a tab of the detail."""


class Panes(Horizontal):
    """Holds the tests, the detail and the artifacts. One of them can be zoomed; the focus stays on what is visible."""

    zoomed: var[str] = var("", init=False)
    """The pane that has the screen to itself: "tests", "detail", "artifacts", or ""."""

    _keeps_artifacts = False

    table = getters.query_one(CaseTable)
    detail = getters.query_one(DetailPane)
    artifact_list = getters.query_one("#artifacts", ArtifactList)

    @property
    def is_small(self) -> bool:
        """Whether the detail has no room beside the table, and opens over it."""
        return any(self.screen.has_class(size) for size in ("-narrow", "-flat", "-tiny"))

    def watch_zoomed(self, zoomed: str) -> None:
        """Give the screen to one pane, or to all."""
        self.update_classes({f"-zoom-{name}": name == zoomed for name in _NAMES}, update=False)
        # nothing in them depends on it: styling all of that takes half of the time of the key
        self.app.stylesheet.update_nodes(self.query("#left, #tests, #artifacts, #detail"))
        self.call_after_refresh(self._focus_what_is_shown)

    def on_resize(self, event: Resize) -> None:
        """On medium screens the artifacts are a tab of the detail pane."""
        self.detail.offer("artifacts", event.size.width < _WIDE)
        self.call_after_refresh(self._focus_what_is_shown)

    def keep_artifacts(self) -> None:
        """Keep the focus on the artifacts when another size of the screen moves them between list and tab."""
        if isinstance(self.screen.focused, ArtifactList):
            self._keeps_artifacts = True

    def _focus_what_is_shown(self) -> None:
        if self._keeps_artifacts:
            self._keeps_artifacts = False
            self._focus_artifacts()
            return
        focused = self.screen.focused
        # a field outside the panes keeps the focus: one that was opened just now has no place on the screen yet
        if focused is None or (self in focused.ancestors and not focused.is_on_screen):
            zoomed: dict[str, Widget] = {"detail": self.detail.shown_view, "artifacts": self.artifact_list}
            zoomed.get(self.zoomed, self.table).focus()
        # what a key does depends on what is shown
        self.screen.refresh_bindings()

    def show_detail(self) -> None:
        """Make the detail visible."""
        if self.zoomed or self.is_small:
            self.zoomed = "detail"

    def toggle_artifacts(self) -> None:
        """Focus the list of artifacts, wherever it is, or the tests again."""
        if isinstance(self.screen.focused, ArtifactList):
            self.zoomed = ""
            self.table.focus()
        else:
            self._focus_artifacts()

    def _focus_artifacts(self) -> None:
        if self.screen.has_class("-wide") and not self.is_small:
            self.zoomed = "" if self.zoomed != "artifacts" else self.zoomed
            self.artifact_list.focus()
        else:
            self.show_detail()
            self.detail.show_tab("artifacts")
            self.detail.focus_shown()

    def toggle_zoom(self) -> None:
        """Give the screen to the focused pane, or back to all."""
        focused = self.screen.focused
        around = focused.ancestors_with_self if focused is not None else []
        zoomed = next((name for name in _NAMES if self.query_one(f"#{name}") in around), "tests")
        self.zoomed = "" if self.zoomed else zoomed
        if not self.zoomed and self.is_small:
            self.table.focus()


def around_panes(
    player: Player | None, snapshot: Reactive[Snapshot | None], select: Callable[[CaseId], None]
) -> AbstractContextManager[object]:
    """What the panes are composed in: the keys of a replay if there is a player, else nothing.

    Args:
        player: Plays a recording.
        snapshot: The run at the moment that is shown, of the screen that composes the panes.
        select: Selects a test.
    """
    if player is None:
        return nullcontext()
    # imported here, as a watch of a server does without it
    from tvtui.tui.widgets.replay_keys import ReplayKeys

    return ReplayKeys(player, select).data_bind(snapshot=snapshot)
