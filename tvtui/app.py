"""The app: theme, first screen, and nothing else."""

from __future__ import annotations

import random as randomness
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.worker import WorkerFailed

from tvtui.attention import Attention
from tvtui.client import Answer
from tvtui.on_finish import OnFinish
from tvtui.screens.run import RunScreen
from tvtui.surrounded_driver import surrounded
from tvtui.themes import DARK
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
        attention: Attention | None = None,
        on_finish: OnFinish | None = None,
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
            attention: What is shown outside of the screen; None: nothing.
            on_finish: What is run when the run has ended.
        """
        super().__init__()
        self.register_theme(DARK)
        self.theme = DARK.name
        self._fetch = fetch
        self._pace = pace
        self._clock = clock
        self._give_up_after = give_up_after
        self._random = random
        self._controls = Controls()
        self._subject = f"run {run_id} · project {project}"
        self._run_id = run_id
        self._attention = attention
        self._on_finish = on_finish
        if attention is not None:
            self.driver_class = surrounded(self.driver_class, attention)
        if on_finish is not None:
            on_finish.tell = self._tell_failure
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
            self._tell_outside()
            yield event

    def _tell_outside(self) -> None:
        """Tell whoever looks elsewhere what the watch saw last."""
        if self._attention is not None:
            self._attention.see(self._run_id, self.last_snapshot, self.last_problem)
        if self._on_finish is not None and self.last_snapshot is not None:
            self._on_finish.see(self.last_snapshot.run)

    def _tell_failure(self, sentence: str) -> None:
        self.notify(sentence, severity="error", timeout=10, markup=False)

    def on_app_focus(self) -> None:
        """The terminal tells that it has the focus; some do so at once when they are asked to tell."""
        self.watch_app_focus(has_focus=True)

    def on_app_blur(self) -> None:
        """The terminal tells that it has lost the focus."""
        self.watch_app_focus(has_focus=False)

    def watch_app_focus(self, has_focus: bool) -> None:
        """Remember it; a key that is pressed tells the same as a report."""
        if self._attention is not None:
            self._attention.has_focus = has_focus

    def action_cycle_notices(self) -> None:
        """Give notices by the bell, on the desktop, or not at all."""
        if self._attention is not None:
            self.notify(f"Notices: {self._attention.cycle()}", timeout=3, markup=False)

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
