"""Screens that are closed once: whatever arrives after the first key must not close the screen below."""

from __future__ import annotations

from textual.await_complete import AwaitComplete
from textual.command import CommandPalette
from textual.screen import Screen, ScreenResultType


class ClosesOnce(Screen[ScreenResultType]):
    """A screen that is only closed while it is on top: Textual would close the topmost one instead.

    It comes last among the bases: Textual takes styles and bindings from the first one.
    """

    def dismiss(self, result: ScreenResultType | None = None) -> AwaitComplete:
        """Close the screen with a result, unless it is closed or covered."""
        return super().dismiss(result) if self.is_active else AwaitComplete()


class Palette(CommandPalette, ClosesOnce[None]):
    """Textual's command palette, closed once."""
