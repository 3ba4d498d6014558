"""The board: every run as a tile, the worst first, to be read from across the room; no key is needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.screen import Screen

from tvtui.tui.widgets.board_content import TileContent
from tvtui.tui.widgets.board_tile import BoardTile
from tvtui.view.runs import TURN_SECONDS, Rotation, places, worst_first
from tvtui.watch.clock import Clock
from tvtui.watch.watched_run import WatchedRun


class BoardScreen(Screen[None]):
    """Shows what the watches know, and lets the times go on; it asks nothing of anybody."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    BoardScreen { background: $background; overflow: hidden; }
    """
    # what means the same elsewhere has the same id, and so the same key when that is another
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "B",
            "app.toggle_board",
            "back",
            id="app.board",
            tooltip="The board, to be read from across the room, or back",
        ),
        Binding("escape", "app.toggle_board", "back", show=False, id="board.back", tooltip="Show the run again"),
        Binding("question_mark", "app.help", "help", key_display="?", id="app.help", tooltip="Show all keys"),
        Binding("q", "app.quit", "quit", id="app.quit", tooltip="Leave; a summary stays in the terminal"),
    ]

    def __init__(self, runs: Callable[[], Sequence[WatchedRun]], clock: Clock) -> None:
        """Show runs.

        Args:
            runs: The runs that are being watched now.
            clock: The clock of their watches.
        """
        super().__init__()
        self._runs = runs
        self._clock = clock
        self._rotations: dict[int, Rotation] = {}
        self._sleeps_until = 0.0

    def on_mount(self) -> None:
        """Start the clock."""
        self.tick()

    def on_resize(self) -> None:
        """Put the tiles where they have room now."""
        self.show()

    def hear(self) -> None:
        """There is news of a run."""
        if not self.is_mounted:
            return
        self.show()
        now = self._clock.now()
        if now + self._until_next_tick(now) < self._sleeps_until:
            self.tick()

    def show(self) -> None:
        """Show what is known now, each run in the place that it has deserved."""
        ranked = worst_first(self._runs())
        spots = places(len(ranked), *self.size)
        tiles = list(self.query_children(BoardTile))
        for tile in tiles[len(spots) :]:
            tile.remove()
        del tiles[len(spots) :]
        fresh = [BoardTile() for _ in spots[len(tiles) :]]
        now = self._clock.now()
        for number, (tile, spot) in enumerate(zip([*tiles, *fresh], spots, strict=True)):
            is_rest = number == len(spots) - 1 < len(ranked) - 1
            tile.put(spot)
            tile.now = now
            tile.face = None if is_rest else self._face(ranked[number], now)
            tile.more = len(ranked) - number if is_rest else 0
        if fresh:
            self.mount(*fresh)

    def _face(self, watched: WatchedRun, now: float) -> TileContent:
        face = TileContent(watched.run_id, watched.snapshot, watched.problem, watched.controls.paused)
        rotation = self._rotation(watched)
        if not rotation.failures:
            return face
        place = rotation.place(now)
        return face._replace(failure=rotation.failures[place].case, number=place + 1, failures=len(rotation.failures))

    def _rotation(self, watched: WatchedRun) -> Rotation:
        rotation = self._rotations.setdefault(watched.run_id, Rotation())
        if watched.snapshot is not None:
            rotation.take(watched.snapshot.run.tests)
        return rotation

    @work(exclusive=True, group="clock")
    async def tick(self) -> None:
        """Let the times go on: every second, and when nothing is awaited any more every minute and every turn."""
        while True:
            self.show()
            now = self._clock.now()
            wait = self._until_next_tick(now)
            self._sleeps_until = now + wait
            await self._clock.sleep(wait)

    def _until_next_tick(self, now: float) -> float:
        waits = [60.0]
        for watched in self._runs():
            snapshot = watched.snapshot
            if snapshot is None or not snapshot.run.has_ended:
                return 1.0 - now % 1.0
            if len(self._rotation(watched).failures) > 1:
                waits.append(TURN_SECONDS - now % TURN_SECONDS)
            if snapshot.run.finished_utc is not None:
                waits.append(60.0 - (snapshot.server_now(now) - snapshot.run.finished_utc).total_seconds() % 60.0)
        return min(waits)
