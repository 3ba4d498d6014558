"""What changes while a run is watched, collected for its recording."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from tvtui.journal.recording import CaseChange, Change
from tvtui.testvibe.identity import CaseId, Row
from tvtui.testvibe.models import Run
from tvtui.watch.events import Problem, Snapshot

MOST_CHANGES = 20_000
MOST_CASES = 100_000
"""Changes of tests that are kept, 15 MB; what changes after that appears with the end of the run."""


class _CaseState(NamedTuple):
    id: CaseId
    status: str
    duration_ms: float | None


class _Step(NamedTuple):
    """A change whose tests are not yet those of the last digest."""

    change: Change
    cases: Sequence[_CaseState]


class Changes:
    """Collects what each event changes; 10,000 tests take 1 ms, and 4 ms when they are first seen."""

    def __init__(self) -> None:
        self._steps: list[_Step] = []
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
        change, cases = self._difference(run, rows, now)
        if has_recovered or cases or change != Change(change.at):
            self._add(change, cases)
        self._run, self._rows = run, rows

    def _difference(self, run: Run, rows: Sequence[Row], now: datetime) -> tuple[Change, Sequence[_CaseState]]:
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

    def _add(self, change: Change, cases: Sequence[_CaseState]) -> None:
        if len(self._steps) < MOST_CHANGES:
            self._steps.append(_Step(change, cases))
            self._kept += len(cases)

    def until(self, snapshot: Snapshot, rows: Sequence[Row]) -> Sequence[Change]:
        """The changes that led to an answer, by the places of its tests; can be called in a thread.

        There are none if the run had ended when it was first seen: nothing is known of how it went.
        """
        steps = list(self._steps)
        if self._run is not snapshot.run:
            change, cases = self._difference(snapshot.run, rows, snapshot.server_time)
            steps.append(_Step(change, cases))
        if len(steps) <= 1:
            return ()
        places = {row.id: row.position for row in rows}
        return tuple(
            replace(
                change,
                tests=tuple(
                    CaseChange(places[each.id], each.status, each.duration_ms) for each in cases if each.id in places
                ),
            )
            for change, cases in steps
        )


def _counts(run: Run) -> tuple[int | None, int | None, int | None, int | None]:
    summary = run.summary
    assert summary is not None
    return summary.total, summary.passed, summary.failed, summary.other


def _changed(before: Sequence[Row], rows: Sequence[Row]) -> Sequence[_CaseState]:
    """The tests that are new, or have another status or duration."""
    if before is rows:
        return ()
    same = 0
    found: list[_CaseState] = []
    for old, new in zip(before, rows, strict=False):
        if old.id != new.id:
            break
        same += 1
        if old.case is not new.case and (old.case.status, old.case.duration_ms) != (
            new.case.status,
            new.case.duration_ms,
        ):
            found.append(_CaseState(new.id, new.case.status, new.case.duration_ms))
    if same == len(rows):
        return found
    known = {row.id: (row.case.status, row.case.duration_ms) for row in before[same:]}
    for row in rows[same:]:
        case = row.case
        state = (case.status, case.duration_ms)
        if known.get(row.id) != state:
            found.append(_CaseState(row.id, *state))
    return found
