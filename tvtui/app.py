"""The app: theme, screens, and the watches behind them."""

from __future__ import annotations

import random as randomness
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.worker import WorkerFailed

from tvtui.screens.run import RunScreen
from tvtui.themes import DARK
from tvtui.watch import Clock, Controls, Pace, Problem, Snapshot, watch
from tvtui.watching import Server, Watching

if TYPE_CHECKING:
    from textual.command import Provider


def _tests_by_name() -> type[Provider]:
    # the palette's machinery takes 35 ms to import, and is imported when the palette is opened
    from tvtui.commands import TestsByName

    return TestsByName


class TvtuiApp(App[None]):
    """Watches, and shows what it watches, until the user leaves."""

    TITLE = "tvtui"
    CSS_PATH = "tvtui.tcss"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = App.COMMANDS | {_tests_by_name}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True, id="app.quit_always"),
        Binding("ctrl+z", "suspend_process", "Suspend", show=False, id="app.suspend"),
    ]

    def __init__(
        self,
        server: Server,
        *,
        run_id: int,
        project: str,
        pace: Pace,
        clock: Clock,
        give_up_after: float | None = None,
        random: Callable[[], float] = randomness.random,
    ) -> None:
        """Prepare to watch a run; nothing is asked before the app runs.

        Args:
            server: What is asked.
            run_id: The run.
            project: The public id of its project.
            pace: How often to ask.
            clock: What to measure and wait by.
            give_up_after: Seconds without a good answer after which the watch ends; None: never.
            random: From 0 to 1, for the jitter of the waits.
        """
        super().__init__()
        self.register_theme(DARK)
        self.theme = DARK.name
        self._server = server
        self._project = project
        self._pace = pace
        self._clock = clock
        self._give_up_after = give_up_after
        self._random = random
        self.watchings: list[Watching] = [self._watch(run_id)]

    def get_default_screen(self) -> RunScreen:
        """The screen of the first run."""
        return self._screen_of(self.watchings[0])

    def on_mount(self) -> None:
        """Start the watch, and draw everything again when the process comes back to the foreground.

        Textual draws what has changed, and a terminal may have lost the rest.
        """
        self.app_resume_signal.subscribe(self, self._draw_again)
        for watching in self.watchings:
            self.follow(watching)

    def _draw_again(self, _app: App[object]) -> None:
        self.refresh(layout=True)

    def _watch(self, run_id: int, *, repeats: int | None = None) -> Watching:
        return Watching(run_id, self._project, self._events, repeats=repeats)

    def _events(self, run_id: int, controls: Controls) -> AsyncIterator[Snapshot | Problem]:
        return watch(
            partial(self._server.fetch, run_id),
            pace=self._pace,
            clock=self._clock,
            controls=controls,
            random=self._random,
            give_up_after=self._give_up_after,
        )

    def _screen_of(self, watching: Watching) -> RunScreen:
        return RunScreen(watching, partial(self.follow, watching), self._clock)

    def follow(self, watching: Watching) -> None:
        """Watch a run in the background, from now to its end; leave when nothing more can come of any watch."""
        self.run_worker(self._follow(watching), group=f"watch-{watching.run_id}", exclusive=True)

    async def _follow(self, watching: Watching) -> None:
        await watching.follow()
        if watching.has_given_up and not any(each.is_asking for each in self.watchings):
            self.exit()

    @property
    def shown(self) -> Watching:
        """The run that one looks at."""
        return next(screen.watching for screen in reversed(self.screen_stack) if isinstance(screen, RunScreen))

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
