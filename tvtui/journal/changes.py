"""What changes while a run is watched, collected for its recording."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from tvtui.journal.pieces import in_pieces
from tvtui.journal.recording import CaseChange, Change
from tvtui.testvibe.identity import CaseId, Row
from tvtui.testvibe.models import Run
from tvtui.watch.events import Problem, Snapshot

MOST_CHANGES = 20_000
MOST_CASES = 40_000
"""Changes of tests that are kept, with their errors; what changes after that appears with the end of the run."""

_PIECE = 500


class Step(NamedTuple):
    """A change, and the tests that it changed, whose places in the last digest are not yet known."""

    change: Change
    rows: Sequence[Row]


class Changes:
    """Collects what each event changes; 10,000 tests take 1 ms."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._kept = 0
        self._run: Run | None = None
        self._rows: Sequence[Row] = ()
        self._snapshot: Snapshot | None = None
        self._problem: Problem | None = None
        self._last_at = 0.0

    def see(self, snapshot: Snapshot | None, problem: Problem | None, rows: Sequence[Row]) -> None:
        """Collect what has changed since the last call; of problems only those that follow an answer have a time."""
        if snapshot is None:
            return
        if snapshot is not self._snapshot:
            self._snapshot = snapshot
            self._see_run(snapshot.run, rows, snapshot.server_time)
        elif problem is not None and (self._problem is None or self._problem.error.what != problem.error.what):
            self._problem = problem
            words = (problem.error.what, problem.advice)
            self._add(Change(self._seconds(snapshot.run, snapshot.server_now(problem.since)), problem=words), ())

    def _see_run(self, run: Run, rows: Sequence[Row], now: datetime) -> None:
        has_recovered, self._problem = self._problem is not None, None
        if run is self._run and not has_recovered:
            return
        if len(self._steps) >= MOST_CHANGES or self._kept >= MOST_CASES:
            return
        change, changed = self._difference(run, rows, now)
        if has_recovered or changed or change != Change(change.at):
            self._add(change, changed)
        self._run, self._rows = run, rows

    def _difference(self, run: Run, rows: Sequence[Row], now: datetime) -> tuple[Change, Sequence[Row]]:
        before = self._run
        counts = None if run.summary is None else (*_counts(run),)
        has_log = run.log is not None and (before is None or before.log is None)
        is_new = before is None
        return Change(
            self._seconds(run, now),
            status=run.status if before is None or before.status != run.status else None,
            started=run.started_utc if before is None or before.started_utc != run.started_utc else None,
            counts=counts if before is None or before.summary != run.summary else None,
            artifacts=len(run.artifacts)
            if (is_new and run.artifacts) or (before is not None and len(before.artifacts) != len(run.artifacts))
            else None,
            has_log=has_log,
        ), _changed(self._rows, rows)

    def _seconds(self, run: Run, now: datetime) -> float:
        """When something happened, never before what came earlier."""
        created = run.created_utc or run.started_utc
        if created is not None:
            self._last_at = max(self._last_at, round((now - created).total_seconds(), 3))
        return self._last_at

    def _add(self, change: Change, rows: Sequence[Row]) -> None:
        if len(self._steps) < MOST_CHANGES:
            self._steps.append(Step(change, rows))
            self._kept += len(rows)

    def until(self, snapshot: Snapshot, rows: Sequence[Row]) -> Sequence[Change]:
        """The changes that led to an answer, by the places of its tests.

        There are none if the run had ended when it was first seen: nothing is known of how it went.
        """
        return placed(self.steps(snapshot, rows), rows)

    def steps(self, snapshot: Snapshot, rows: Sequence[Row]) -> Sequence[Step]:
        """As `until`, for `placed`, which may take long, to finish in a thread while more is collected."""
        steps = list(self._steps)
        if self._run is not snapshot.run:
            change, changed = self._difference(snapshot.run, rows, snapshot.server_time)
            steps.append(Step(change, changed))
        return steps


def placed(steps: Sequence[Step], rows: Sequence[Row]) -> Sequence[Change]:
    """The changes by the places of the tests of the last digest."""
    if len(steps) <= 1:
        return ()
    places: dict[CaseId, int] = {}
    for piece in in_pieces(rows, _PIECE):
        places.update((row.id, row.position) for row in piece)
    return tuple(replace(change, tests=tuple(_placed(changed, places))) for change, changed in steps)


def _placed(rows: Sequence[Row], places: Mapping[CaseId, int]) -> Iterator[CaseChange]:
    for piece in in_pieces(rows, _PIECE):
        for row in piece:
            if row.id in places:
                yield CaseChange(places[row.id], row.case.status, row.case.duration_ms)


def _counts(run: Run) -> tuple[int | None, int | None, int | None, int | None]:
    summary = run.summary
    assert summary is not None
    return summary.total, summary.passed, summary.failed, summary.other


def _changed(before: Sequence[Row], rows: Sequence[Row]) -> Sequence[Row]:
    """The tests that are new, or have another status or duration."""
    if before is rows or not before:
        return () if before is rows else rows
    # rows of unchanged tests are the same objects
    pairs = [(old, new) for old, new in zip(before, rows, strict=False) if old is not new]
    if all(old.id == new.id for old, new in pairs):
        more = rows[len(before) :]
        return [*(new for old, new in pairs if _state(old) != _state(new)), *more]
    known = {row.id: _state(row) for row in before}
    return [row for row in rows if known.get(row.id) != _state(row)]


def _state(row: Row) -> tuple[str, float | None]:
    return row.case.status, row.case.duration_ms
