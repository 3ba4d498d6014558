"""The app: theme, first screen, and nothing else."""

from __future__ import annotations

import random as randomness
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.worker import WorkerFailed

from tvtui.client import Answer
from tvtui.screens.run import RunScreen
from tvtui.theme_names import DEFAULT
from tvtui.themes import THEMES
from tvtui.watch import Clock, Controls, Pace, Problem, Snapshot, watch

if TYPE_CHECKING:
    from textual.command import Provider


def _tests_by_name() -> type[Provider]:
    # the palette's machinery takes 35 ms to import, and is imported when the palette is opened
    from tvtui.commands import TestsByName

    return TestsByName


class TvtuiApp(App[None]):
    """Shows one watch until the user leaves."""

    TITLE = "tvtui"
    CSS_PATH = "tvtui.tcss"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = App.COMMANDS | {_tests_by_name}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "ctrl+p",
            "command_palette",
            "palette",
            show=False,
            priority=True,
            id="app.palette",
            tooltip="Palette: every command, every test by name, themes",
        ),
        Binding(
            "ctrl+q",
            "quit",
            "Quit",
            show=False,
            priority=True,
            id="app.quit_always",
            tooltip="Leave, also while a field takes the keys",
        ),
        Binding(
            "ctrl+z",
            "suspend_process",
            "Suspend",
            show=False,
            id="app.suspend",
            tooltip="Go to the background, until `fg`",
        ),
    ]

    def __init__(
        self,
        fetch: Callable[[], Awaitable[Answer]],
        *,
        run_id: int,
        project: str,
        pace: Pace,
        clock: Clock,
        give_up_after: float | None = None,
        random: Callable[[], float] = randomness.random,
        theme: str = DEFAULT,
        keymap: Mapping[str, str] | None = None,
    ) -> None:
        """Make the app; nothing is asked before it runs.

        Args:
            fetch: Asks the server once.
            run_id: The run that is watched.
            project: The project it belongs to, for the screen.
            pace: How often to ask.
            clock: What the watch and all times on the screen are measured by.
            give_up_after: Seconds without a good answer after which the watch gives up.
            random: Gives the jitter of the back-off, from 0 to 1.
            theme: The name of one of `tvtui.theme_names.THEMES`.
            keymap: The keys that are to be others, by the ids of their bindings, as `tvtui.keymap` has checked them.
        """
        super().__init__()
        for own in THEMES:
            self.register_theme(own)
        self.theme = theme
        self.set_keymap(keymap or {})
        self._fetch = fetch
        self._pace = pace
        self._clock = clock
        self._give_up_after = give_up_after
        self._random = random
        self._controls = Controls()
        self._subject = f"run {run_id} · project {project}"
        self.last_snapshot: Snapshot | None = None
        self.last_problem: Problem | None = None

    def get_default_screen(self) -> RunScreen:
        """The one screen."""
        return RunScreen(self._follow, self._controls, self._clock, self._subject)

    def on_mount(self) -> None:
        """Draw everything again when the process comes back to the foreground; Textual draws what has changed."""
        self.app_resume_signal.subscribe(self, self._draw_again)

    def _draw_again(self, _app: App[object]) -> None:
        self.refresh(layout=True)

    async def _follow(self) -> AsyncIterator[Snapshot | Problem]:
        events = watch(
            self._fetch,
            pace=self._pace,
            clock=self._clock,
            controls=self._controls,
            random=self._random,
            give_up_after=self._give_up_after,
        )
        async for event in events:
            if isinstance(event, Problem):
                self.last_problem = event
            else:
                self.last_snapshot, self.last_problem = event, None
            yield event

    @property
    def crash(self) -> BaseException | None:
        """The bug that ended the app, if one did."""
        error = self._exception
        return error.error if isinstance(error, WorkerFailed) else error

    def panic(self, *renderables: object) -> None:
        """Leave without a word: who runs the app tells of `crash`."""
        self._close_messages_no_wait()

    def _fatal_error(self) -> None:
        # Textual would print a traceback with every local variable, the key and signed links among them
        self._close_messages_no_wait()

    def get_system_commands(self, screen: Screen[object]) -> list[SystemCommand]:
        """The palette's general commands, less the one that our own zoom replaces."""
        return [command for command in super().get_system_commands(screen) if command.title != "Maximize"]
