"""Screens that Textual does not style and draw several times before they are first seen."""

from __future__ import annotations

from collections.abc import Callable

from textual import on
from textual.events import ScreenResume
from textual.screen import Screen, ScreenResultType


class StyledOnce(Screen[ScreenResultType]):
    """A screen whose widgets are styled when they are mounted.

    Textual styles all of them again when the screen is first shown, and once more with the classes of its size.
    Measured: together that takes 60 ms of the start.
    """

    _has_been_shown = False
    _has_been_drawn = False

    after_first_frame: Callable[[], object] = staticmethod(lambda: None)
    """Called when the screen has been drawn for the first time: what that did not need can be made now."""

    def on_compose(self) -> None:
        """Set the classes of the size before there is anything that they style."""
        width, height = self.app.size
        for size, points in ((width, self.HORIZONTAL_BREAKPOINTS), (height, self.VERTICAL_BREAKPOINTS)):
            if name := next((name for least, name in sorted(points or (), reverse=True) if size >= least), ""):
                self.add_class(name)

    @on(ScreenResume)
    def _keep_first_styles(self, event: ScreenResume) -> None:
        # what may have changed while the screen was covered is styled again
        event.refresh_styles = event.refresh_styles and self._has_been_shown
        self._has_been_shown = True

    def _compositor_refresh(self) -> None:
        # in a batch, Textual draws the whole screen and throws it away: 20 ms at the start
        if self.app._batch_count:  # noqa: SLF001 - it is not public
            return
        super()._compositor_refresh()
        if not self._has_been_drawn:
            self._has_been_drawn = True
            self.after_first_frame()
