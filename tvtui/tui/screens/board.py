"""The board: every run as a tile, worst first, readable from across the room without a key press."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tvtui.testvibe.identity import CaseId
from tvtui.testvibe.models import Outcome
from tvtui.tui.bindings import HELP, QUIT, key_of
from tvtui.tui.screens.closing import ClosesOnce
from tvtui.tui.widgets.board_content import TileContent, look_of
from tvtui.tui.widgets.board_layout import Lines, draw_alike
from tvtui.tui.widgets.board_tile import BoardTile
from tvtui.tui.widgets.key_bar import KeyBar
from tvtui.view.history import changed_counts
from tvtui.view.runs import TURN_SECONDS, Place, Rotation, places, worst_first
from tvtui.watch.clock import Clock
from tvtui.watch.events import until_tick
from tvtui.watch.watched_run import WatchedRun

_LEAST_ROWS_WITH_KEYS = 10

_NUMBERED = 9
"""The runs with a key, as in the tabs."""


def _drawn(contents: Sequence[TileContent], spots: Sequence[Place], now: float) -> Iterator[Lines]:
    """The lines of each tile; those of rows with equally many tiles are drawn alike, for the smallest of them."""
    in_row = Counter(spot.y for spot in spots)
    for _, group in groupby(zip(contents, spots, strict=False), lambda each: in_row[each[1].y]):
        alike, places_of = zip(*group, strict=True)
        yield from draw_alike(alike, now, min(each.width for each in places_of), min(each.height for each in places_of))


class BoardScreen(ClosesOnce[None]):
    """Shows the state of all watched runs; it polls nothing itself."""

    AUTO_FOCUS = ""
    DEFAULT_CSS = """
    BoardScreen { background: $background; overflow: hidden; & > KeyBar { dock: bottom; } }
    """
    # IDs that other screens have too are remapped together with theirs
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("B", "app.toggle_board", "back", id="app.board", tooltip="Show or hide the board"),
        Binding("escape", "app.toggle_board", "back", show=False, id="board.back", tooltip="Back to the run"),
        *(
            Binding(
                *(str(n), f"app.show_run({n})", "open run"),
                show=n == 1,
                key_display="1…9" if n == 1 else None,
                id=f"runs.show_{n}",
                tooltip=f"Show run {n}",
            )
            for n in range(1, _NUMBERED + 1)
        ),
        HELP,
        QUIT,
    ]

    def __init__(self, runs: Callable[[], Sequence[WatchedRun]], clock: Clock) -> None:
        """Show the runs that `runs` returns; `clock` is that of their watches."""
        super().__init__()
        self._runs = runs
        self._clock = clock
        self._rotations: dict[int, Rotation] = {}
        self._next_tick = 0.0
        self._shown: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """The keys, of which one leads back."""
        yield KeyBar()

    def on_mount(self) -> None:
        """Start the clock."""
        self.tick()

    def on_resize(self) -> None:
        """Arrange the tiles for the new size."""
        self.show()

    def update(self) -> None:
        """Show a change of a run."""
        if not self.is_mounted:
            return
        self.show()
        now = self._clock.now()
        if now + self._until_next_tick(now) < self._next_tick:
            self.tick()

    def show(self) -> None:
        """Arrange and fill the tiles, worst run first; the last one counts the runs that have no room."""
        if not self.children:
            # a screen that is removed loses its parts before its clock
            return
        ranked = worst_first(self._runs())
        width, height = self.size
        has_keys = height >= _LEAST_ROWS_WITH_KEYS
        self.query_one(KeyBar).display = has_keys
        spots = places(len(ranked), width, height - has_keys)
        now = self._clock.now()
        shown = ranked if len(ranked) == len(spots) else ranked[: len(spots) - 1]
        contents = [self._content(watched, now) for watched in shown]
        # drawing is half of what a second of the board costs, and most answers are like the one before
        looks = (len(ranked), spots, *(look_of(content, now) for content in contents))
        if looks == self._shown:
            return
        self._shown = looks
        tiles = list(self.query_children(BoardTile))
        for tile in tiles[len(spots) :]:
            tile.remove()
        del tiles[len(spots) :]
        fresh = [BoardTile() for _ in spots[len(tiles) :]]
        if fresh:
            self.mount(*fresh)
        drawn = _drawn(contents, spots, now)
        for tile, spot, content, lines in zip([*tiles, *fresh], spots, contents, drawn, strict=False):
            tile.put(spot)
            tile.show(content, lines)
        if len(shown) < len(spots):
            rest = fresh[-1] if fresh else tiles[-1]
            rest.put(spots[-1])
            rest.show(None, [[(f"… {len(ranked) - len(shown)} more", "muted")]])

    def _content(self, watched: WatchedRun, now: float) -> TileContent:
        content = TileContent(watched.run_id, watched.snapshot, watched.problem, watched.controls.paused)
        if len(runs := self._runs()) > 1 and (number := list(runs).index(watched) + 1) <= _NUMBERED:
            content = content._replace(key=key_of(self, f"runs.show_{number}"))
        failures, history = watched.failures, watched.history
        if not failures:
            return content
        new = frozenset[CaseId]() if history is None else history.new
        # new failures come first
        failures = tuple(sorted(failures, key=lambda row: row.id not in new)) if new else failures
        place = self._rotations.setdefault(watched.run_id, Rotation()).place(failures, now)
        return content._replace(
            failure=failures[place].case,
            number=place + 1,
            failures=len(failures),
            is_new=failures[place].id in new,
            new=changed_counts(history, Outcome.FAILED),
        )

    @work(exclusive=True, group="clock")
    async def tick(self) -> None:
        """Update the times: every second while a run is going, then every minute and when the shown failure changes."""
        while True:
            self.show()
            now = self._clock.now()
            wait = self._until_next_tick(now)
            self._next_tick = now + wait
            await self._clock.sleep(wait)

    def _until_next_tick(self, now: float) -> float:
        waits = [60.0]
        for watched in self._runs():
            waits.append(until_tick(watched.snapshot if watched.has_ended else None, now))
            if len(watched.failures) > 1:
                waits.append(TURN_SECONDS - now % TURN_SECONDS)
        return min(waits)
