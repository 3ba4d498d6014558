"""The app: theme, screens, and the watches behind them."""

from __future__ import annotations

import random as randomness
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import App, SystemCommand
from textual.screen import Screen
from textual.widgets import Input
from textual.worker import WorkerFailed

from tvtui.journal.started_runs import Announcements
from tvtui.settings.settings import Settings
from tvtui.settings.values import DEFAULT_THEME
from tvtui.terminal.notifier import Notifier
from tvtui.testvibe.errors import ClientError, Uncertain
from tvtui.testvibe.models import Run
from tvtui.testvibe.server import Server
from tvtui.tui.bindings import APP_BINDINGS, key_name
from tvtui.tui.driver import with_notifier
from tvtui.tui.runs import RunsApp
from tvtui.tui.screens.dialogs import Question
from tvtui.tui.screens.run import RunScreen
from tvtui.tui.services import OnFinish
from tvtui.tui.themes import THEMES
from tvtui.view.messages import run_again_question
from tvtui.watch.clock import Clock
from tvtui.watch.schedule import PollSchedule
from tvtui.watch.watched_run import WatchedRun

if TYPE_CHECKING:
    from textual.command import Provider


def _tests_by_name() -> type[Provider]:
    # the palette's machinery takes 35 ms to import, and is imported when the palette is opened
    from tvtui.tui.palette import TestsByName

    return TestsByName


def _actions_by_name() -> type[Provider]:
    from tvtui.tui.palette import ActionsByName

    return ActionsByName


_SHOWN_SECONDS = 3.0
"""How long the answer to ctrl+c is shown; meanwhile it is not given again."""


class TvtuiApp(RunsApp):
    """Watches, and shows what it watches, until the user leaves."""

    TITLE = "tvtui"
    CSS_PATH = "tvtui.tcss"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = App.COMMANDS | {
        _tests_by_name,
        _actions_by_name,
    }
    BINDINGS = APP_BINDINGS

    def __init__(
        self,
        server: Server,
        *,
        run_ids: Sequence[int],
        project: str,
        schedule: PollSchedule,
        clock: Clock,
        give_up_after: float | None = None,
        random: Callable[[], float] = randomness.random,
        settings: Settings | None = None,
        theme: str = DEFAULT_THEME,
        keymap: Mapping[str, str] | None = None,
        attention: Notifier | None = None,
        on_finish: OnFinish | None = None,
        board: bool = False,
        announce: Callable[[int], None] | None = None,
        announcements: Announcements | None = None,
    ) -> None:
        """Prepare to watch runs; nothing is asked before the app runs.

        Args:
            server: What is asked.
            run_ids: The runs; at least one.
            project: The public id of their project.
            schedule: How often to ask.
            clock: What to measure and wait by.
            give_up_after: Seconds without a good answer after which the watch ends; None: never.
            random: From 0 to 1, for the jitter of the waits.
            settings: Where artifacts are put and what they are opened with; the usual if None.
            theme: The name of one of `tvtui.settings.values.THEME_NAMES`.
            keymap: Keys by binding ID, as checked by `tvtui.tui.keymap`.
            attention: What is shown outside of the screen; None: nothing.
            on_finish: What is run when a run has ended.
            board: Whether the board is shown first.
            announce: Told of every run that is started from here.
            announcements: The runs that are gone on with when those that are watched have ended; None: none.
        """
        super().__init__(
            server,
            project=project,
            schedule=schedule,
            clock=clock,
            give_up_after=give_up_after,
            random=random,
            settings=settings,
            announcements=announcements,
        )
        for own in THEMES:
            self.register_theme(own)
        self.theme = theme
        self._own_keys = keymap or {}
        self.set_keymap(self._own_keys)
        self._attention = attention
        self._on_finish = on_finish
        if attention is not None:
            self.driver_class = with_notifier(self.driver_class, attention)
        if on_finish is not None:
            on_finish.tell = self._tell_failure
        self._begins_with_board = board
        self._told_to_leave = -_SHOWN_SECONDS
        self._announce = announce
        self.starting = ""
        """What the server has been asked to start and has not answered; still so when the user has left meanwhile."""
        for place, run_id in enumerate(run_ids):
            self.add(run_id, schedule.staggered(place, len(run_ids)))

    def on_mount(self) -> None:
        """Start the watches, and draw everything again when the process comes back to the foreground.

        Textual draws what has changed, and a terminal may have lost the rest.
        """
        self.app_resume_signal.subscribe(self, self._draw_again)
        for watched in self.runs:
            self.follow(watched)
        if self._begins_with_board:
            self.action_toggle_board()
        if self._announcements is not None:
            self.go_on(self._announcements)

    def _draw_again(self, _app: App[object]) -> None:
        self.refresh(layout=True)

    @on(RunScreen.RunAgain)
    def ask_to_run_again(self, event: RunScreen.RunAgain) -> None:
        """Start the run's feature once more, when the user says so twice."""
        if self.starting:
            self.notify(f"{self.starting} is being started: wait for the answer.", timeout=5, markup=False)
        else:
            self.run_again(event.run)

    @work(exclusive=True, group="question")
    async def run_again(self, run: Run) -> None:
        """Ask the user once."""
        if await self.push_screen_wait(Question(run_again_question(run))):
            self.start_again(run)

    # no other worker may end this one: what it has asked for cannot be taken back
    @work(group="start")
    async def start_again(self, run: Run) -> None:
        """Ask the server once, and watch what has been started; what goes wrong is said."""
        feature = run.feature_id if run.feature_id is not None else run.feature_name or ""
        self.starting = f"A run of {run.feature_name or f'feature {feature}'}"
        try:
            run_id = await self._server.run_feature(feature, config=run.config, site_url=run.site_url)
        except ClientError as error:
            self.starting = ""
            is_unknown = isinstance(error, Uncertain)
            title = "Nobody knows whether it has started" if is_unknown else "Not started"
            self.notify(str(error), title=title, severity="error", timeout=600 if is_unknown else 20, markup=False)
            return
        self.starting = ""
        if self._announce is not None:
            self._announce(run_id)
        if self.is_free_to_go:
            await self.watch_also(run_id, repeats=run.run_id)
        else:
            self.watch_behind(run_id, repeats=run.run_id)
            self.notify(f"Run {run_id} has started, and has a tab.", timeout=10, markup=False)

    def tell_outside(self, watched: WatchedRun) -> None:
        """Tell whoever looks elsewhere what the watch of a run saw last."""
        if self._attention is not None:
            self._attention.see(watched.run_id, watched.snapshot, watched.problem)
        if self._on_finish is not None and watched.snapshot is not None:
            self._on_finish.see(watched.snapshot.run)

    def forget(self, *runs: WatchedRun) -> None:
        """Tell no more of runs that are not watched any more."""
        if self._attention is not None:
            self._attention.forget(*(watched.run_id for watched in runs))

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

    def action_help(self) -> None:
        """Show all keys, those of the place where the user is first."""
        # imported here because it brings every screen along
        from tvtui.tui.key_help import ANYWHERE, PLACES, groups
        from tvtui.tui.screens.help import HelpScreen

        here = self.screen.focused.ancestors_with_self if self.screen.focused else [self.screen]
        self.push_screen(HelpScreen(groups({**PLACES, type(self): ANYWHERE}, self._own_keys, here)))

    def action_help_quit(self) -> None:
        """Answer ctrl+c when there is nothing to copy; Textual would ask a question that takes no answer."""
        keys = {found.binding.id: key for key, found in reversed(self.active_bindings.items())}
        is_typing = isinstance(self.focused, Input)
        key = keys.get("app.quit_always" if is_typing or "app.quit" not in keys else "app.quit", "ctrl+q")
        if self._clock.now() >= self._told_to_leave + _SHOWN_SECONDS:
            self._told_to_leave = self._clock.now()
            self.notify(f"Press {key_name(key)} to leave.", timeout=_SHOWN_SECONDS, markup=False)

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
        """The palette's general commands, less those that it offers as ours."""
        ours = {"Maximize", "Keys", "Quit"}
        return [command for command in super().get_system_commands(screen) if command.title not in ours]
