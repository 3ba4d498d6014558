"""Closing a screen once: keys that arrive after the first one must not close the screen below."""

from __future__ import annotations

from textual.screen import Screen, ScreenResultType


def close(screen: Screen[ScreenResultType], result: ScreenResultType | None = None) -> None:
    """Close a screen with a result, unless it is closed or covered: Textual would close the topmost one instead."""
    if screen.is_active:
        screen.dismiss(result)
