"""What a user wants of a watch, told to it while it waits."""

from __future__ import annotations

import asyncio


class Controls:
    """What a user can do to a watch; to be used in its event loop only."""

    def __init__(self) -> None:
        self._is_paused = False
        self._is_asked = False
        self._change: asyncio.Future[None] | None = None

    @property
    def paused(self) -> bool:
        """Whether the watch asks nothing by itself."""
        return self._is_paused

    def refresh(self) -> None:
        """Ask now, even while paused; a request that is under way is as good."""
        self._is_asked = True
        self._tell()

    def pause(self) -> None:
        """Ask nothing more; a request that is under way is still answered."""
        self._is_paused = True
        self._tell()

    def resume(self) -> None:
        """Go on, and ask at once."""
        if self._is_paused:
            self._is_paused = False
            self.refresh()

    def take_wish(self) -> bool:
        """For the watch: whether there is a request to be made now; the wish is gone then."""
        is_asked, self._is_asked = self._is_asked, False
        return is_asked

    def change(self) -> asyncio.Future[None]:
        """For the watch: done when the user does something next."""
        self._change = asyncio.get_running_loop().create_future()
        return self._change

    def _tell(self) -> None:
        if self._change is not None and not self._change.done():
            self._change.set_result(None)
