"""Clipboard: copies one text after the other, and says what is known of each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tvtui.terminal.clipboard import Copier


class Clipboard:
    """Copies texts in the order in which the user asked for them; none is lost, and the last one arrives last."""

    def __init__(self, copier: Copier, *, write: Callable[[str], None], say: Callable[[str], None]) -> None:
        """Prepare; nothing is copied yet.

        Args:
            copier: Copies to the clipboard.
            write: Writes to the terminal.
            say: Shows a message.
        """
        self._copier = copier
        self._write = write
        self._say = say
        self._lock = asyncio.Lock()

    async def copy(self, text: str, name: str = "") -> None:
        """Copy a text; a message says what is known of it if it has a name."""
        async with self._lock:
            outcome = await self._copier.copy(text, self._write)
        if name:
            self._say(f"{outcome}: {name}")
