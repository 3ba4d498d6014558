"""The app: theme, screens, and the watches behind them."""

from __future__ import annotations

import random as randomness
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import App, SystemCommand
from textual.screen import Screen
from textual.worker import WorkerFailed

from tvtui.app_keys import BINDINGS
from tvtui.attention import Attention
from tvtui.client import ClientError
from tvtui.desk import means_for
from tvtui.models import Run
from tvtui.on_finish import OnFinish
from tvtui.screens.question import Question, RunPrompt
from tvtui.screens.run import RunScreen
from tvtui.settings import Settings, parse_run_id
from tvtui.surrounded_driver import surrounded
from tvtui.tabs import tabs_of
from tvtui.theme_names import DEFAULT
from tvtui.themes import THEMES
from tvtui.view import again_in_words
from tvtui.watch import Clock, Controls, Pace, Problem, Snapshot, watch
from tvtui.watching import Server, Watching
from tvtui.widgets.run_tabs import RunTabs

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
    DEFAULT_MODE = "first"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = App.COMMANDS | {_tests_by_name}
    BINDINGS = BINDINGS

    def __init__(
        self,
        server: Server,
        *,
        run_ids: Sequence[int],
        project: str,
        pace: Pace,
        clock: Clock,
        give_up_after: float | None = None,
        random: Callable[[], float] = randomness.random,
        settings: Settings | None = None,
        theme: str = DEFAULT,
        keymap: Mapping[str, str] | None = None,
        attention: Attention | None = None,
        on_finish: OnFinish | None = None,
    ) -> None:
        """Prepare to watch runs; nothing is asked before the app runs.

        Args:
            server: What is asked.
            run_ids: The runs; at least one.
            project: The public id of their project.
            pace: How often to ask.
            clock: What to measure and wait by.
            give_up_after: Seconds without a good answer after which the watch ends; None: never.
            random: From 0 to 1, for the jitter of the waits.
            settings: Where artifacts are put and what they are opened with; the usual if None.
            theme: The name of one of `tvtui.theme_names.THEMES`.
            keymap: The keys that are to be others, by the ids of their bindings, as `tvtui.keymap` has checked them.
            attention: What is shown outside of the screen; None: nothing.
            on_finish: What is run when a run has ended.
        """
        super().__init__()
        for own in THEMES:
            self.register_theme(own)
        self.theme = theme
        self.set_keymap(keymap or {})
        self._server = server
        self._project = project
        self._pace = pace
        self._clock = clock
        self._give_up_after = give_up_after
        self._random = random
        self._settings = settings
        self._attention = attention
        self._on_finish = on_finish
        if attention is not None:
            self.driver_class = surrounded(self.driver_class, attention)
        if on_finish is not None:
            on_finish.tell = self._tell_failure
        self._mode_of: dict[Watching, str] = {}
        self.watchings: list[Watching] = []
        for place, run_id in enumerate(run_ids):
            self._add(run_id, pace.in_turn(place, len(run_ids)))

    def on_mount(self) -> None:
        """Start the watches, and draw everything again when the process comes back to the foreground.

        Textual draws what has changed, and a terminal may have lost the rest.
        """
        self.app_resume_signal.subscribe(self, self._draw_again)
        for watching in self.watchings:
            self.follow(watching)

    def _draw_again(self, _app: App[object]) -> None:
        self.refresh(layout=True)

    def _events(self, pace: Pace, run_id: int, controls: Controls) -> AsyncIterator[Snapshot | Problem]:
        return watch(
            partial(self._server.fetch, run_id),
            pace=pace,
            clock=self._clock,
            controls=controls,
            random=self._random,
            give_up_after=self._give_up_after,
        )

    def _add(self, run_id: int, pace: Pace, *, repeats: int | None = None) -> Watching:
        watching = Watching(run_id, self._project, partial(self._events, pace), repeats=repeats)
        watching.listen(self.tell_tabs)
        watching.listen(partial(self._tell_outside, watching))
        # each run has a stack of screens of its own, the first one that which an app begins with
        self._mode_of[watching] = mode = f"run-{run_id}" if self.watchings else self.DEFAULT_MODE
        self.add_mode(mode, partial(self._screen_of, watching))
        self.watchings.append(watching)
        return watching

    def _screen_of(self, watching: Watching) -> RunScreen:
        """Make the screen of a run, when it is first shown; from then on it is kept."""
        means = means_for(self._server, watching.run_id, self._settings, self._clock)
        return RunScreen(watching, partial(self.follow, watching), self._clock, means)

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
        return self._shown_screen.watching

    @property
    def _shown_screen(self) -> RunScreen:
        screen = self.screen_stack[0]
        assert isinstance(screen, RunScreen)
        return screen

    def tell_tabs(self) -> None:
        """Let the shown screen know how all runs stand."""
        if not self.is_running:
            return
        self.shown.look()
        self._shown_screen.tabs = tabs_of(self.watchings, self.shown)

    async def show_run(self, watching: Watching) -> None:
        """Bring a run to the screen."""
        await self.switch_mode(self._mode_of[watching])
        self.tell_tabs()

    async def watch_also(self, run_id: int, *, repeats: int | None = None) -> None:
        """Watch another run and show it; one that is watched already is only shown."""
        watching = next((each for each in self.watchings if each.run_id == run_id), None)
        if watching is None:
            watching = self._add(run_id, self._pace, repeats=repeats)
            self.follow(watching)
        await self.show_run(watching)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Runs can be gone to, added and closed from their own screens only."""
        match action:
            case "show_run":
                number = parameters[0]
                return isinstance(self.screen, RunScreen) and isinstance(number, int) and number <= len(self.watchings)
            case "add_run":
                return isinstance(self.screen, RunScreen)
            case "close_run":
                return isinstance(self.screen, RunScreen) and len(self.watchings) > 1
        return super().check_action(action, parameters)

    async def action_show_run(self, number: int) -> None:
        """Show the run of this number, from 1."""
        await self.show_run(self.watchings[number - 1])

    @on(RunTabs.Picked)
    async def show_picked(self, event: RunTabs.Picked) -> None:
        """Show the run whose tab was clicked."""
        await self.watch_also(event.run_id)

    @on(RunScreen.WentPast)
    async def go_past(self, event: RunScreen.WentPast) -> None:
        """Go on from the last failure of a run to the first one of the next run that has any, or back likewise."""
        here = self.watchings.index(self.shown)
        others = [*self.watchings[here + 1 :], *self.watchings[:here]]
        for watching in others[:: event.step]:
            if watching.snapshot is not None and watching.snapshot.run.counts.failed:
                await self.show_run(watching)
                self._shown_screen.go_to_edge(event.step)
                return

    @work(exclusive=True, group="question")
    async def action_add_run(self) -> None:
        """Ask for a run, and watch it as well."""
        run_id = await self.push_screen_wait(RunPrompt(parse_run_id))
        if run_id is not None:
            await self.watch_also(run_id)

    async def action_close_run(self) -> None:
        """Watch the shown run no more."""
        closed = self.shown
        here = self.watchings.index(closed)
        self.watchings.remove(closed)
        self.workers.cancel_group(self, f"watch-{closed.run_id}")
        if self._attention is not None:
            self._attention.forget(closed.run_id)
        await self.show_run(self.watchings[max(0, here - 1)])
        await self.remove_mode(self._mode_of.pop(closed))

    @on(RunScreen.RunAgain)
    def ask_to_run_again(self, event: RunScreen.RunAgain) -> None:
        """Start the run's feature once more, when the user says so twice."""
        self.run_again(event.run)

    @work(exclusive=True, group="question")
    async def run_again(self, run: Run) -> None:
        """Ask once, dispatch once, and watch what has been started; what goes wrong is said."""
        feature = run.feature_id if run.feature_id is not None else run.feature_name
        if feature is None or not await self.push_screen_wait(Question(again_in_words(run))):
            return
        try:
            run_id = await self._server.run_feature(feature, config=run.config, site_url=run.site_url)
        except ClientError as error:
            self.notify(str(error), title="Not started", severity="error", timeout=20, markup=False)
            return
        await self.watch_also(run_id, repeats=run.run_id)

    def _tell_outside(self, watching: Watching) -> None:
        """Tell whoever looks elsewhere what the watch of a run saw last."""
        if self._attention is not None:
            self._attention.see(watching.run_id, watching.snapshot, watching.problem)
        if self._on_finish is not None and watching.snapshot is not None:
            self._on_finish.see(watching.snapshot.run)

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
