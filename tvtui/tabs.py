"""What is told of each run where several are watched: a tab, and the total of all; pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tvtui.testvibe.models import Counts, RunState
from tvtui.watch.watched_run import WatchedRun


class RunTab(NamedTuple):
    """One run among several.

    Attributes:
        run_id: The run.
        state: Where it stands; None before the first answer.
        name: Its feature, "" before it is known.
        counts: Its tests.
        unread: How many failures came since somebody looked at it.
        is_shown: Whether it is the one on the screen.
        is_stale: Whether its connection is bad.
    """

    run_id: int
    state: RunState | None
    name: str
    counts: Counts
    unread: int
    is_shown: bool
    is_stale: bool


def tabs_of(watchings: Sequence[WatchedRun], shown: WatchedRun) -> tuple[RunTab, ...]:
    """A tab for each run, in their order; none where there is only one run."""
    if len(watchings) < 2:
        return ()
    return tuple(_tab(watching, is_shown=watching is shown) for watching in watchings)


def _tab(watching: WatchedRun, *, is_shown: bool) -> RunTab:
    run = None if watching.snapshot is None else watching.snapshot.run
    return RunTab(
        watching.run_id,
        None if run is None else run.state,
        "" if run is None else run.feature_name or "",
        Counts(0, 0, 0, 0) if run is None else run.counts,
        0 if is_shown else watching.unread,
        is_shown,
        watching.problem is not None,
    )


def total(tabs: Sequence[RunTab]) -> Counts:
    """All tests of all runs."""
    return Counts(*(sum(column) for column in zip(*(tab.counts for tab in tabs), strict=True)))
