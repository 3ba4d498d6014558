"""The part of the app that watches runs and goes from one to the other, or to the board with all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from textual import on, work
from textual.app import App
from textual.widgets import Input

from tvtui.journal.started_runs import Announcements, after_each_other
from tvtui.settings.settings import Settings
from tvtui.settings.values import parse_run_id
from tvtui.testvibe.server import Server
from tvtui.tui.screens.board import BoardScreen
from tvtui.tui.screens.dialogs import RunPrompt
from tvtui.tui.screens.run import RunScreen
from tvtui.tui.services import services_for
from tvtui.tui.widgets.board_tile import BoardTile
from tvtui.tui.widgets.run_tabs import RunTabs
from tvtui.view.runs import tabs_of
from tvtui.watch.clock import Clock
from tvtui.watch.poller import prepare_watch
from tvtui.watch.schedule import PollSchedule
from tvtui.watch.watched_run import WatchedRun

_DOWNLOADS_AT_ONCE = 3


class RunsApp(App[None]):
    """Keeps a watch and a stack of screens for each run.

    Attributes:
        runs: The runs that are being watched, in the order of their keys.
        closed: Those that are not any more.
    """

    DEFAULT_MODE = "first"

    def __init__(
        self,
        server: Server,
        *,
        project: str,
        schedule: PollSchedule,
        clock: Clock,
        give_up_after: float | None,
        random: Callable[[], float],
        settings: Settings | None,
        announcements: Announcements | None,
    ) -> None:
        """Prepare to watch; see `TvtuiApp`."""
        super().__init__()
        self._server = server
        self._project = project
        self._schedule = schedule
        self._clock = clock
        self._give_up_after = give_up_after
        self._random = random
        self._settings = settings
        self._announcements = announcements
        self._slots = asyncio.Semaphore(_DOWNLOADS_AT_ONCE)
        self._known_runs: set[int] = set()
        self._mode_of: dict[WatchedRun, str] = {}
        self.runs: list[WatchedRun] = []
        self.closed: list[WatchedRun] = []

    def tell_outside(self, watched: WatchedRun) -> None:
        """There is news of a run, for whoever looks elsewhere."""

    def forget(self, *runs: WatchedRun) -> None:
        """Runs are not watched any more."""

    def add(self, run_id: int, schedule: PollSchedule, *, repeats: int | None = None) -> WatchedRun:
        """Have a run among those that are watched; it is followed from when `follow` is called."""
        start = prepare_watch(
            self._server,
            run_id,
            schedule=schedule,
            clock=self._clock,
            random=self._random,
            give_up_after=self._give_up_after,
        )
        watched = WatchedRun(run_id, start, project=self._project, repeats=repeats)
        watched.subscribe(self.tell_tabs)
        watched.subscribe(partial(self.tell_outside, watched))
        # each run has a stack of screens of its own, the first one that which an app begins with
        self._mode_of[watched] = mode = f"run-{run_id}" if self.runs else self.DEFAULT_MODE
        self.add_mode(mode, partial(self._screen_of, watched))
        self.runs.append(watched)
        self._known_runs.add(run_id)
        return watched

    def _screen_of(self, watched: WatchedRun) -> RunScreen:
        """Make the screen of a run, when it is first shown; from then on it is kept."""
        means = services_for(self._server, watched.run_id, self._settings, self._clock, self._slots)
        return RunScreen(watched, partial(self.follow, watched), self._clock, means)

    def follow(self, watched: WatchedRun) -> None:
        """Watch a run in the background, from now to its end; leave when nothing more can come of any watch."""
        self.run_worker(self._follow(watched), group=f"watch-{watched.run_id}", exclusive=True)

    async def _follow(self, watched: WatchedRun) -> None:
        await watched.follow()
        # with announcements a monitor stays on: more may come of other runs
        is_over = not any(each.is_polling for each in self.runs) and self._announcements is None
        # a run that was seen to the end of its watch stays to be read
        if is_over and all(each.has_given_up for each in self.runs):
            self.exit()

    @property
    def shown(self) -> WatchedRun:
        """The run that one looks at."""
        return self._shown_screen.watched

    @property
    def _shown_screen(self) -> RunScreen:
        screen = self.screen_stack[0]
        assert isinstance(screen, RunScreen)
        return screen

    def tell_tabs(self) -> None:
        """Let the shown screen, and the board over it, know how all runs stand."""
        if not self.is_running:
            return
        if (board := self.board) is not None:
            board.update()
        else:
            self.shown.mark_read()
        self._shown_screen.tabs = tabs_of(self.runs, self.shown)

    async def show_run(self, watched: WatchedRun) -> None:
        """Bring a run to the screen."""
        await self.go_to_mode(self._mode_of[watched])
        self.tell_tabs()

    @on(BoardTile.Picked)
    async def show_from_board(self, event: BoardTile.Picked) -> None:
        """Leave the board for the run that was clicked on it."""
        self.action_toggle_board()
        await self.watch_also(event.run_id)

    async def watch_also(self, run_id: int, *, repeats: int | None = None) -> None:
        """Watch another run and show it; one that is watched already is only shown."""
        await self.show_run(self.watch_behind(run_id, repeats=repeats))

    def watch_behind(self, run_id: int, *, repeats: int | None = None) -> WatchedRun:
        """Watch another run without showing it."""
        watched = next((each for each in self.runs if each.run_id == run_id), None)
        if watched is None:
            watched = self.add(run_id, self._schedule, repeats=repeats)
            self.follow(watched)
        return watched

    @property
    def is_free_to_go(self) -> bool:
        """Whether another screen may come by itself: nobody types, reads a picture or is asked something."""
        return isinstance(self.screen, RunScreen | BoardScreen) and not isinstance(self.screen.focused, Input)

    @property
    def board(self) -> BoardScreen | None:
        """The board, if it is shown."""
        return next((screen for screen in self.screen_stack if isinstance(screen, BoardScreen)), None)

    def action_toggle_board(self) -> None:
        """Show all runs on the board, or the run again."""
        if isinstance(self.screen, BoardScreen):
            self.screen.dismiss()
            self.tell_tabs()
        else:
            self.push_screen(self._new_board())

    async def go_to_mode(self, mode: str) -> None:
        """Bring another stack of screens to the screen; under the board, where that is shown."""
        board = self.board
        if board is None:
            await self.switch_mode(mode)
            return
        # drawn once, so that nothing is to be seen of the way there
        with self.batch_update():
            await board.dismiss()
            await self.switch_mode(mode)
            await self.push_screen(self._new_board())

    def _new_board(self) -> BoardScreen:
        return BoardScreen(lambda: self.runs, self._clock)

    @work(exclusive=True, group="follow")
    async def go_on(self, announcements: Announcements) -> None:
        """Whenever everything that is watched has ended, go on with what has been started elsewhere meanwhile."""
        async for run_ids in after_each_other(announcements, self._clock, self._known_runs, self._is_free):
            ended = list(self.runs)
            self.closed.clear()
            schedule = self._schedule
            # first, so that title and progress never tell of the old runs and the new ones together
            self.forget(*ended)
            self.runs = [self.add(run_id, schedule.staggered(n, len(run_ids))) for n, run_id in enumerate(run_ids)]
            for watched in self.runs:
                self.follow(watched)
            await self.show_run(self.runs[0])
            for watched in ended:
                await self._remove_screens(watched)

    def _is_free(self) -> bool:
        """Whether everything has ended, and nothing that somebody does, and no run's download, would be taken away."""
        is_polling = any(watched.is_polling for watched in self.runs)
        screens = [screen for stack in self._screen_stacks.values() for screen in stack]
        is_loading = any(isinstance(screen, RunScreen) and screen.progress is not None for screen in screens)
        return self.is_free_to_go and not is_polling and not is_loading

    async def _remove_screens(self, watched: WatchedRun) -> None:
        await self.remove_mode(self._mode_of.pop(watched))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Runs can be gone to, added and closed from their own screens only, and from the palette over these."""
        is_palette = self.screen.has_class("--textual-command-palette")
        screen = self.screen_stack[-2] if is_palette else self.screen
        match action:
            case "show_run":
                number = parameters[0]
                return isinstance(screen, RunScreen) and isinstance(number, int) and number <= len(self.runs)
            case "add_run":
                return isinstance(screen, RunScreen)
            case "toggle_board":
                return isinstance(screen, RunScreen | BoardScreen)
            case "close_run":
                return isinstance(screen, RunScreen) and len(self.runs) > 1
        return super().check_action(action, parameters)

    async def action_show_run(self, number: int) -> None:
        """Show the run of this number, from 1."""
        await self.show_run(self.runs[number - 1])

    @on(RunTabs.Picked)
    async def show_picked(self, event: RunTabs.Picked) -> None:
        """Show the run whose tab was clicked."""
        await self.watch_also(event.run_id)

    @on(RunScreen.WentPast)
    async def go_past(self, event: RunScreen.WentPast) -> None:
        """Go on from the last failure of a run to the first one of the next run that has any, or back likewise."""
        if self.shown not in self.runs:
            # others are about to take its place
            return
        here = self.runs.index(self.shown)
        others = [*self.runs[here + 1 :], *self.runs[:here]]
        for watched in others[:: event.step]:
            if watched.snapshot is not None and watched.snapshot.run.counts.failed:
                await self.show_run(watched)
                self._shown_screen.go_to_edge(event.step)
                return

    @work(exclusive=True, group="question")
    async def action_add_run(self) -> None:
        """Ask for a run, and watch it as well."""
        run_id = await self.push_screen_wait(RunPrompt(parse_run_id))
        if run_id is None:
            return
        if run_id == self.shown.run_id:
            self.notify(f"Run {run_id} is the one you look at.", timeout=3, markup=False)
        await self.watch_also(run_id)

    async def action_close_run(self) -> None:
        """Watch the shown run no more."""
        closed = self.shown
        if closed not in self.runs:
            # others are about to take its place
            return
        here = self.runs.index(closed)
        self.runs.remove(closed)
        self.closed.append(closed)
        self.workers.cancel_group(self, f"watch-{closed.run_id}")
        await self.show_run(self.runs[max(0, here - 1)])
        self.forget(closed)
        await self._remove_screens(closed)
        self.notify(_farewell(closed), timeout=5, markup=False)


def _farewell(closed: WatchedRun) -> str:
    """What is said of a run that is closed."""
    if closed.snapshot is None:
        return f"Run {closed.run_id} is watched no more."
    run = closed.snapshot.run
    how = f"{run.counts.failed:,} failed" if run.counts.failed else run.status
    words = f"Run {run.run_id} ({how}) is watched no more."
    return f"{words} Its result still counts." if run.has_ended else words
