"""Clipboard: copies one text after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from tvtui.terminal.clipboard import Copier


class Clipboard:
    """Copies texts in the order in which the user asked for them; none is lost, and the last one arrives last."""

    def __init__(self, copier: Copier, *, write: Callable[[str], None]) -> None:
        """Prepare; nothing is copied yet.

        Args:
            copier: Copies to the clipboard.
            write: Writes to the terminal.
        """
        self._copier = copier
        self._write = write
        self._lock = asyncio.Lock()

    async def copy(self, text: str) -> str:
        """Copy a text, and return what is known of it, as the beginning of a message."""
        async with self._lock:
            return await self._copier.copy(text, self._write)
