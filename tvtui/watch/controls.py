"""Pause, resume and refresh: how a user steers a running watch."""

from __future__ import annotations

import asyncio


class Controls:
    """What a user can do to a watch; use it in the watch's event loop only."""

    def __init__(self) -> None:
        self._is_paused = False
        self._is_refresh_due = False
        self._change: asyncio.Future[None] | None = None

    @property
    def paused(self) -> bool:
        """Whether automatic polling is paused."""
        return self._is_paused

    def refresh(self) -> None:
        """Poll now, even while paused; a request that is already under way serves as the refresh."""
        self._is_refresh_due = True
        self._signal()

    def pause(self) -> None:
        """Stop polling; a request that is already under way is still answered."""
        self._is_paused = True
        self._signal()

    def resume(self) -> None:
        """Resume polling, starting immediately; does nothing unless paused."""
        if self._is_paused:
            self._is_paused = False
            self.refresh()

    def consume_refresh(self) -> bool:
        """For the watch: whether a refresh is due; it counts as done afterwards."""
        is_due, self._is_refresh_due = self._is_refresh_due, False
        return is_due

    def change(self) -> asyncio.Future[None]:
        """For the watch: a future that is done at the next call of `refresh`, `pause` or `resume`."""
        self._change = asyncio.get_running_loop().create_future()
        return self._change

    def _signal(self) -> None:
        if self._change is not None and not self._change.done():
            self._change.set_result(None)
