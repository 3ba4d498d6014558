"""Screens that are closed once: whatever arrives after the first key must not close the screen below."""

from __future__ import annotations

from textual.await_complete import AwaitComplete
from textual.command import CommandPalette
from textual.events import Event, Key
from textual.screen import ScreenResultType

from tvtui.tui.screens.styled_once import StyledOnce

_ON_HITS = {"enter", "up", "down", "pageup", "pagedown", "ctrl+home", "ctrl+end"}
"""Keys that act on the hits of the palette."""


class ClosesOnce(StyledOnce[ScreenResultType]):
    """A screen that is only closed while it is on top: Textual would close the topmost one instead.

    It comes last among the bases: Textual takes styles and bindings from the first one.
    """

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Close the screen with a result, unless it is closed or covered."""
        return super().dismiss(result) if self.is_active else AwaitComplete()


class Palette(CommandPalette, ClosesOnce[None]):
    """Textual's command palette, closed once."""

    def holds(self, event: Event) -> bool:
        """Whether a key has to wait: it acts on the hits, and those that are listed are of an older search."""
        # searches are all that a palette has workers for; a canceled one has been replaced
        return (
            isinstance(event, Key)
            and event.key in _ON_HITS
            and any(worker.node is self and not worker.is_cancelled for worker in self.workers)
        )
