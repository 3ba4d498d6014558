"""What all apps of tvtui have in common: themes, and a terminal that is given back, without a traceback."""

from __future__ import annotations

from typing import TypeVar

from textual.app import App
from textual.worker import WorkerFailed

from tvtui.tui.frame_colors import theme_for
from tvtui.tui.themes import THEMES

T = TypeVar("T")


class ThemedApp(App[T]):
    """An app with our themes, which leaves it to its caller to report a crash."""

    def use_theme(self, theme: str | None, *, is_light: bool | None) -> None:
        """Use a theme; None: one for a terminal whose background is light, dark or unknown."""
        for each in THEMES:
            self.register_theme(each)
        self.theme = theme or theme_for(is_light=is_light)
        # else the line under the tabs is drawn 18 times on its way from one to the next
        self.animation_level = "none"

    def action_help_quit(self) -> None:
        """Do nothing; Textual would ask a question that takes no answer."""

    @property
    def crash(self) -> BaseException | None:
        """The bug that ended the app, if one did."""
        error = self._exception
        return error.error if isinstance(error, WorkerFailed) else error

    def abandon_terminal(self) -> None:
        """Give the terminal back in whatever state the app is, without waiting; can be called in any thread."""
        abandon = getattr(self._driver, "abandon", None)
        if abandon is not None:
            abandon()

    def panic(self, *renderables: object) -> None:
        """Exit without printing anything: the caller reports `crash`."""
        self._close_messages_no_wait()

    def _fatal_error(self) -> None:
        # Textual would print a traceback with all local variables, including the key and signed links
        self._close_messages_no_wait()
