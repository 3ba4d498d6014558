"""RunScreens: a stack of screens for each run, the board over them, and the tabs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from textual.app import App
from textual.screen import Screen
from textual.widgets import Input

from tvtui.tui.screens.run import RunScreen
from tvtui.view.runs import tabs_of
from tvtui.watch.clock import Clock
from tvtui.watch.watched_run import WatchedRun

if TYPE_CHECKING:
    from tvtui.tui.screens.board import BoardScreen

_MANY_RUNS = 20
_TOGETHER_SECONDS = 0.1
"""For how long the changes of many runs are collected. Measured: 500 runs otherwise took 5 s for each poll of all."""


class RunScreens:
    """Shows one run at a time; each keeps its screens until it is removed."""

    def __init__(
        self,
        app: App[None],
        new_screen: Callable[[WatchedRun], RunScreen],
        runs: Callable[[], Sequence[WatchedRun]],
        clock: Clock,
    ) -> None:
        """Prepare the screens of an app.

        Args:
            app: The app.
            new_screen: Makes the screen of a run when it is first shown.
            runs: Returns the watched runs, in order.
            clock: The clock of the board.
        """
        self._app = app
        self._new_screen = new_screen
        self._runs = runs
        self._clock = clock
        self._mode_of: dict[WatchedRun, str] = {}
        self._last_board: BoardScreen | None = None
        self._is_update_due = False

    def add(self, watched: WatchedRun) -> None:
        """Prepare the screens of a run; the app begins with those of the first."""
        self._mode_of[watched] = mode = f"run-{watched.run_id}" if self._mode_of else self._app.DEFAULT_MODE
        self._app.add_mode(mode, partial(self._new_screen, watched))

    async def remove(self, *runs: WatchedRun) -> None:
        """Remove the screens of runs."""
        for watched in runs:
            await self._app.remove_mode(self._mode_of.pop(watched))

    @property
    def current(self) -> RunScreen:
        """The screen of the shown run, or under what covers it."""
        screen = self._app.screen_stack[0]
        assert isinstance(screen, RunScreen)
        return screen

    @property
    def shown(self) -> WatchedRun:
        """The run on the screen, or under what covers it; one that is no longer watched while others take over."""
        return self.current.watched

    @property
    def _board(self) -> BoardScreen | None:
        return self._last_board if self._last_board in self._app.screen_stack else None

    def is_board(self, screen: Screen[object]) -> bool:
        """Whether a screen is the board."""
        return screen is self._last_board

    @property
    def is_free(self) -> bool:
        """Whether another run may be shown now: the user is not typing, viewing a picture or answering a question."""
        screen = self._app.screen
        return (isinstance(screen, RunScreen) or self.is_board(screen)) and not isinstance(screen.focused, Input)

    async def show(self, watched: WatchedRun) -> None:
        """Bring a run to the screen; under the board if that is shown."""
        board = self._board
        if board is None:
            await self._app.switch_mode(self._mode_of[watched])
        else:
            # drawn once, so that the run does not flash up in between
            with self._app.batch_update():
                await board.dismiss()
                await self._app.switch_mode(self._mode_of[watched])
                await self._app.push_screen(self._new_board())
        self._update()

    def toggle_board(self) -> None:
        """Show or hide the board."""
        if self.is_board(self._app.screen):
            self.close_board()
            self._update()
        else:
            self._app.push_screen(self._new_board())

    def close_board(self) -> None:
        """Hide the board, if it is shown."""
        if (board := self._board) is not None:
            board.dismiss()

    def _new_board(self) -> BoardScreen:
        # imported when the board is first shown, as it would add 7 ms to every start
        from tvtui.tui.screens.board import BoardScreen

        self._last_board = BoardScreen(self._runs, self._clock)
        return self._last_board

    def update(self) -> None:
        """Show a change in the tabs or on the board; with many runs, soon."""
        # what each change redraws grows with the number of runs, and so does the number of changes
        if len(self._runs()) <= _MANY_RUNS:
            self._update()
        elif not self._is_update_due and self._app.is_running:
            self._is_update_due = True
            self._app.set_timer(_TOGETHER_SECONDS, self._update)

    def _update(self) -> None:
        self._is_update_due = False
        if not self._app.is_running or not self._app.screen_stack:
            return
        if (board := self._board) is not None:
            board.update()
        else:
            self.shown.mark_read()
        self.current.tabs = tabs_of(self._runs(), self.shown)
