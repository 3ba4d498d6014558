"""Several runs on one board: which is worse than which, and how tiles share a screen; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tvtui.testvibe.models import RunState
from tvtui.watch.watched_run import WatchedRun

NARROWEST = 18
"""How many columns a tile needs at least to tell anything."""

_IDEAL_SHAPE = 3.2
"""Columns to rows of a tile in which a state in large letters and a failure below it have room."""


class Place(NamedTuple):
    """Where a tile stands, in cells."""

    x: int
    y: int
    width: int
    height: int


def badness(watching: WatchedRun) -> int:
    """How bad it stands with a run, 0 for the worst."""
    run = None if watching.snapshot is None else watching.snapshot.run
    if run is not None and run.has_ended:
        return {RunState.FAILED: 0, RunState.PASSED: 6}.get(run.state, 1)
    if watching.problem is not None:
        return 2
    if run is None or run.state is RunState.QUEUED:
        return 5
    return 3 if run.counts.failed else 4


def worst_first(watchings: Sequence[WatchedRun]) -> tuple[WatchedRun, ...]:
    """The runs by how bad they stand; equally bad ones keep their order, so that none moves without reason."""
    return tuple(sorted(watchings, key=badness))


def places(tiles: int, width: int, height: int) -> tuple[Place, ...]:
    """Places for so many tiles, which fill the screen, the first and worst of them in the wider ones.

    Args:
        tiles: How many there are to place.
        width: The screen's columns.
        height: The screen's rows.

    Returns:
        As many places, or as many as there is room for.
    """
    most_columns = max(1, (width + 1) // (NARROWEST + 1))
    tiles = min(tiles, most_columns * height)
    if tiles <= 1:
        return (Place(0, 0, width, height),)[: max(0, tiles)]
    columns = min(
        (count for count in range(1, most_columns + 1) if -(-tiles // count) <= height),
        key=lambda count: _unlikeness(width // count, height / -(-tiles // count)) + (-tiles % count) * 0.1,
    )
    rows = -(-tiles // columns)
    # where every row counts none is given to the ground between tiles
    gap = 1 if height // rows >= 4 else 0
    found = []
    for row in range(rows):
        y, below = _share(height, rows, row, gap)
        in_row = columns if row else tiles - (rows - 1) * columns
        for column in range(in_row):
            x, behind = _share(width, in_row, column, 1)
            found.append(Place(x, y, behind - x, below - y))
    return tuple(found)


def _unlikeness(width: float, height: float) -> float:
    shape = width / max(1.0, height)
    return max(shape, _IDEAL_SHAPE) / min(shape, _IDEAL_SHAPE)


def _share(cells: int, parts: int, number: int, gap: int) -> tuple[int, int]:
    """The first cell of a part and the one behind its last."""
    room = cells + gap
    return room * number // parts, room * (number + 1) // parts - gap
