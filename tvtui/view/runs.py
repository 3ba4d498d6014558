"""Several runs side by side: tabs, severity, the tiles of the board and the failures they show; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tvtui.testvibe.identity import CaseId, Row
from tvtui.testvibe.models import Counts, RunState
from tvtui.watch.watched_run import WatchedRun


class RunTab(NamedTuple):
    """The tab of one run among several.

    Attributes:
        run_id: The run.
        state: Its state; None before the first answer.
        name: The name of its feature, "" if not known yet.
        counts: Its test counts.
        finished: The number of tests that have ended.
        total: The number of tests that it will have; None while unknown.
        unread: The number of failures since it was last shown.
        is_shown: Whether it is the one on the screen.
        is_stale: Whether its data are stale.
    """

    run_id: int
    state: RunState | None
    name: str
    counts: Counts
    finished: int
    total: int | None
    unread: int
    is_shown: bool
    is_stale: bool

    @property
    def title(self) -> str:
        """Its number and feature, to find it by."""
        return f"Run {self.run_id} · {self.name}" if self.name else f"Run {self.run_id}"


def tabs_of(runs: Sequence[WatchedRun], shown: WatchedRun) -> tuple[RunTab, ...]:
    """A tab for each run, in the same order; none if there is only one run."""
    if len(runs) < 2:
        return ()
    return tuple(_tab(watched, is_shown=watched is shown) for watched in runs)


def _tab(watched: WatchedRun, *, is_shown: bool) -> RunTab:
    run = watched.run
    return RunTab(
        watched.run_id,
        None if run is None else run.state,
        "" if run is None else run.feature_name or "",
        Counts(0, 0, 0, 0) if run is None else run.counts,
        0 if watched.snapshot is None else watched.snapshot.finished,
        None if watched.snapshot is None else watched.snapshot.total,
        0 if is_shown else watched.unread,
        is_shown,
        watched.is_stale,
    )


def total(tabs: Sequence[RunTab]) -> Counts:
    """The test counts of all runs together."""
    return Counts(*(sum(column) for column in zip(*(tab.counts for tab in tabs), strict=True)))


NARROWEST = 18
"""The smallest useful width of a tile, in columns."""

_IDEAL_SHAPE = 3.2
"""Columns per row of a tile with room for a state in large letters and a failure below it."""


class Place(NamedTuple):
    """Position and size of a tile, in cells."""

    x: int
    y: int
    width: int
    height: int


def severity(watched: WatchedRun) -> int:
    """Severity of a run, for ordering; 0 is the worst."""
    run = watched.run
    if run is not None and run.has_ended:
        return {RunState.FAILED: 0, RunState.PASSED: 6}.get(run.state, 1)
    if watched.problem is not None:
        return 2
    if run is None or run.state is RunState.QUEUED:
        return 5
    return 3 if run.counts.failed else 4


def worst_first(runs: Sequence[WatchedRun]) -> tuple[WatchedRun, ...]:
    """The runs by severity; equal ones keep their order, so that none moves without reason."""
    return tuple(sorted(runs, key=severity))


def places(tiles: int, width: int, height: int) -> tuple[Place, ...]:
    """Places that fill the screen, the wider ones first.

    Returns:
        One place for each tile, as far as there is room in `width` columns and `height` rows.
    """
    most_columns = max(1, (width + 1) // (NARROWEST + 1))
    tiles = min(tiles, most_columns * height)
    if tiles <= 1:
        return (Place(0, 0, width, height),)[: max(0, tiles)]
    columns = min(
        (count for count in range(1, most_columns + 1) if -(-tiles // count) <= height),
        key=lambda count: _distortion(width // count, height / -(-tiles // count)) + (-tiles % count) * 0.1,
    )
    rows = -(-tiles // columns)
    # low tiles need every row, so there is no gap between them
    gap = 1 if height // rows >= 4 else 0
    found = []
    for row in range(rows):
        y, below = _share(height, rows, row, gap)
        in_row = columns if row else tiles - (rows - 1) * columns
        for column in range(in_row):
            x, behind = _share(width, in_row, column, 1)
            found.append(Place(x, y, behind - x, below - y))
    return tuple(found)


def _distortion(width: float, height: float) -> float:
    shape = width / max(1.0, height)
    return max(shape, _IDEAL_SHAPE) / min(shape, _IDEAL_SHAPE)


def _share(cells: int, parts: int, number: int, gap: int) -> tuple[int, int]:
    """The first cell of a part, and the one after its last."""
    room = cells + gap
    return room * number // parts, room * (number + 1) // parts - gap


TURN_SECONDS = 8.0
"""How long each failure is shown. Turns follow the clock, so that several runs change at the same moment."""

_SHORTEST = 4.0
"""Seconds for which a failure that has just appeared is shown at least."""


class Rotation:
    """Remembers which failing test of one run is shown; they take turns."""

    def __init__(self) -> None:
        self._shown: CaseId | None = None
        self._place = 0
        self._since = 0.0
        self._turn = 0.0

    def place(self, failures: Sequence[Row], now: float) -> int:
        """The index of the failing test to show, of at least one.

        The test stays the same while others come and go; with the next turn of the clock the next one is shown.
        """
        turn = now // TURN_SECONDS
        ids = [row.id for row in failures]
        if self._shown not in ids:
            self._place, self._since = min(self._place, len(ids) - 1), now
        else:
            self._place = ids.index(self._shown)
            if turn != self._turn and len(ids) > 1 and now - self._since >= _SHORTEST:
                self._place, self._since = (self._place + 1) % len(ids), now
        self._shown, self._turn = ids[self._place], turn
        return self._place
