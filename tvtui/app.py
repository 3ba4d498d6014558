"""The app: theme, first screen, and nothing else."""

from __future__ import annotations

import random as randomness
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.worker import WorkerFailed

from tvtui.client import Answer
from tvtui.screens.run import RunScreen
from tvtui.themes import DARK
from tvtui.watch import Clock, Controls, Pace, Problem, Snapshot, watch

if TYPE_CHECKING:
    from textual.command import Provider

    from tvtui.diagnosis import Diagnosis, Undiagnosed


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
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True, id="app.quit_always"),
        Binding("ctrl+z", "suspend_process", "Suspend", show=False, id="app.suspend"),
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
        diagnose: Callable[[], Awaitable[Diagnosis]] | None = None,
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
            diagnose: Asks the server for the run's diagnosis; None where there is none.
        """
        super().__init__()
        self.register_theme(DARK)
        self.theme = DARK.name
        self._fetch = fetch
        self._pace = pace
        self._clock = clock
        self._give_up_after = give_up_after
        self._random = random
        self._diagnose = diagnose
        self._controls = Controls()
        self._subject = f"run {run_id} · project {project}"
        self.last_snapshot: Snapshot | None = None
        self.last_problem: Problem | None = None

    def get_default_screen(self) -> RunScreen:
        """The one screen."""
        diagnose = None if self._diagnose is None else self._ask_for_diagnosis
        return RunScreen(self._follow, self._controls, self._clock, self._subject, diagnose=diagnose)

    async def _ask_for_diagnosis(self) -> Diagnosis | Undiagnosed:
        from tvtui.diagnosing import ask

        assert self._diagnose is not None
        return await ask(self._diagnose, self._fetch)

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
