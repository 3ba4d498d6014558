"""Screens that Textual does not style and draw several times before they are first seen."""

from __future__ import annotations

from collections.abc import Callable

from textual import on
from textual.events import ScreenResume
from textual.reactive import Reactive
from textual.screen import Screen, ScreenResultType
from textual.widget import Widget


class StyledOnce(Screen[ScreenResultType]):
    """A screen whose widgets are styled when they are mounted.

    Textual styles all of them again when the screen is first shown, and once more with the classes of its size.
    Measured: together that takes 60 ms of the start.
    """

    # Textual draws the whole screen; the widgets that look different with the focus are drawn anyway
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)

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

    def _update_focus_styles(self, focused: Widget | None = None, blurred: Widget | None = None) -> None:
        # Textual styles everything in a pane that has `:focus-within`: half of the 40 ms that `tab` takes. No style of
        # ours, and none of Textual's, depends on the focus within a widget above.
        around = {node for widget in (focused, blurred) if widget is not None for node in widget.ancestors_with_self}
        if panes := {node for node in around if node._has_focus_within}:  # noqa: SLF001 - it is not public
            self.app.stylesheet.update_nodes(panes, animate=True)

    def _compositor_refresh(self) -> None:
        # in a batch, Textual draws the whole screen and throws it away: 20 ms at the start
        if self.app._batch_count:  # noqa: SLF001 - it is not public
            return
        super()._compositor_refresh()
        if not self._has_been_drawn:
            self._has_been_drawn = True
            self.after_first_frame()
