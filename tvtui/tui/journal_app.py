"""The app around the list of recorded runs and the comparison of two: a screen, its keys, and the clipboard."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.screen import Screen

from tvtui.terminal.clipboard import TERMINAL_ONLY, Copier
from tvtui.terminal.notifier import Notifier
from tvtui.terminal.query import NO_ANSWERS, Answers
from tvtui.tui.clipboard import Clipboard
from tvtui.tui.driver import own_driver
from tvtui.tui.replies import without_replies
from tvtui.tui.screens.picker import Choice
from tvtui.tui.themed_app import ThemedApp

NewScreen = Callable[["JournalApp"], Screen[Any]]
"""Makes the screen that an app shows."""


class JournalApp(ThemedApp[Choice | None]):
    """Shows one screen, and those that it opens, until it is closed; returns its result."""

    TITLE = "tvtui"
    CSS_PATH = Path(__file__).with_name("tvtui.tcss")
    ENABLE_COMMAND_PALETTE = False
    # IDs that the app of a watch has too are remapped together with its keys
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True, id="app.quit_always", tooltip="Quit"),
        Binding("ctrl+z", "suspend_process", "Suspend", show=False, id="app.suspend", tooltip="Suspend"),
    ]

    def __init__(
        self,
        new_screen: NewScreen,
        *,
        theme: str | None = None,
        keymap: Mapping[str, str] | None = None,
        answers: Answers = NO_ANSWERS,
        before_keys: Callable[[], object] = lambda: None,
        copier: Copier = TERMINAL_ONLY,
        notifier: Notifier | None = None,
        interrupt: Callable[[], object] = lambda: None,
        hang_up: Callable[[], object] = lambda: None,
    ) -> None:
        """Prepare.

        Args:
            new_screen: Makes the screen.
            theme: The theme; None: one that suits the terminal.
            keymap: Keys by binding ID, as checked by `tvtui.tui.keymap`.
            answers: Those of the terminal; what was typed in the meantime comes first.
            before_keys: Called right before the app reads keys.
            copier: Copies to the clipboard.
            notifier: What is shown outside of the screen; None where there is no terminal.
            interrupt: Called in another thread when the user insists on ending the process.
            hang_up: Called in another thread when the terminal is gone.
        """
        super().__init__()
        self.use_theme(theme, is_light=answers.is_light)
        self._own_keys = keymap or {}
        self.set_keymap(self._own_keys)
        # no key of Textual's own: it would only hint at another one
        self._bindings.bind("ctrl+c", "interrupt", show=False, priority=True)
        if notifier is not None:
            self.driver_class = own_driver(self.driver_class, notifier, interrupt, gone=hang_up)
            self.driver_class = without_replies(self.driver_class, answers.typed, before_keys)
        self._new_screen = new_screen
        self._copies = Clipboard(copier, write=self._write)
        self.is_interrupted = False

    def on_mount(self) -> None:
        """Show the screen; its result is that of the app."""
        self.push_screen(self._new_screen(self), self.exit)

    def action_interrupt(self) -> None:
        """End, as an interrupt does."""
        self.is_interrupted = True
        self.exit(None)

    def action_help(self) -> None:
        """Show the keys of the screen."""
        # imported here because it imports every screen
        from tvtui.tui.key_help import PLACES, by_place, rows
        from tvtui.tui.screens.help import Group, HelpScreen

        here = self.screen.focused.ancestors_with_self if self.screen.focused else [self.screen]
        kinds = {kind for node in here for kind in type(node).__mro__}
        places = by_place({kind: place for kind, place in PLACES.items() if kind in kinds})
        found = [Group(place, tuple(rows(bindings, self._own_keys))) for place, bindings in reversed(places.items())]
        self.push_screen(HelpScreen(found))

    def copy_with_message(self, text: str, name: str) -> None:
        """Copy a text, and say what is known of it."""
        self._clipboard = text
        self.run_worker(self._copy(text, name), group="copy")

    def copy_to_clipboard(self, text: str) -> None:
        """Copy a text without a message, such as what the user has selected with the mouse."""
        self._clipboard = text
        self.run_worker(self._copies.copy(text), group="copy")

    async def _copy(self, text: str, name: str) -> None:
        self.notify(f"{await self._copies.copy(text)}: {name}", timeout=3, markup=False)

    def _write(self, sequence: str) -> None:
        if self._driver is not None:
            self._driver.write(sequence)
