"""A watch as newline-delimited JSON: one object per line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from tvtui.reporters.reporter import Reporter
from tvtui.testvibe.models import Case, Run, by_api_name
from tvtui.text.clean import plain
from tvtui.text.output import as_json
from tvtui.view.changes import CaseEnded, StateChanged
from tvtui.view.messages import contradiction
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.history import CaseHistory, RunHistory

SCHEMA_VERSION = 2
"""Version of the objects; increased when a field is removed or changes its meaning, not when one is added."""


@dataclass(frozen=True, slots=True)
class NdjsonReporter(Reporter):
    """For programs: one JSON object per line, in ASCII, so that no locale or terminal can garble it.

    Attributes:
        run_id: The run being watched; part of every object.
    """

    run_id: int

    def on_changes(
        self, changes: Sequence[StateChanged | CaseEnded], time: datetime, *, is_first: bool
    ) -> Iterator[str]:
        """One object for the state and for each test, including those of the first response."""
        del is_first
        for change in changes:
            if isinstance(change, StateChanged):
                run = change.run
                yield self._object("state", time, state=run.state.value, status=run.status)
            else:
                case, history = change.case, change.history
                known = {} if history is None else {"history": history_fields(history)}
                yield self._object("test", time, outcome=case.outcome.value, **case_fields(case), **known)

    def on_problem(self, problem: Problem, time: datetime, wait: float) -> Iterator[str]:
        """One object; `final` if the problem ends the watch."""
        next_try = None if problem.is_final else round(wait, 3)
        yield self._object("problem", time, **problem_fields(problem), nextTrySeconds=next_try, final=problem.is_final)

    def on_recovery(self, failures: int, seconds: float, time: datetime) -> Iterator[str]:
        """One object."""
        yield self._object("recovery", time, failures=failures, seconds=round(seconds, 3))

    def on_end(self, snapshot: Snapshot, history: RunHistory | None) -> Iterator[str]:
        """The last digest; `final` unless the run or its artifacts may still change."""
        del history
        yield self._object("digest", snapshot.server_time, final=snapshot.is_final, **run_fields(snapshot.run))

    def _object(self, kind: str, time: datetime, /, **fields: object) -> str:
        now = time.astimezone(UTC).replace(microsecond=0)
        common = {"type": kind, "version": SCHEMA_VERSION, "time": now, "runId": self.run_id}
        return as_json(common | fields, default=timestamp)


def timestamp(moment: datetime) -> str:
    """A time in UTC as it is written: 2026-06-10T16:02:11Z."""
    return moment.isoformat().replace("+00:00", "Z")


def problem_fields(problem: Problem) -> dict[str, object]:
    """What is wrong, and what to do."""
    kind = type(problem.error).__name__
    return {
        "kind": kind[0].lower() + kind[1:],
        "what": problem.error.what,
        "advice": problem.advice,
        "failures": problem.failures,
    }


def run_fields(run: Run) -> dict[str, Any]:
    """The digest with the API's own field names, without colours, and what is doubtful about it."""
    fields: dict[str, Any] = by_api_name(replace(run, tests=()))
    del fields["vanished"]
    log = None if run.log is None else plain(run.log)
    tests = [case_fields(case) for case in run.tests]
    doubtful = {"unreadable": len(run.unreadable), "contradiction": contradiction(run)}
    return fields | {"tests": tests, "log": log} | doubtful


def history_fields(history: CaseHistory) -> dict[str, object]:
    """What the runs that were watched on this machine say about a test; empty if nothing."""
    if not history.standing and not history.outcomes:
        return {}
    return {
        "standing": history.standing.value or None,
        "since": history.since,
        "sinceOldestKnown": history.is_since_oldest,
        "outcomes": history.outcomes,
        "unstable": history.is_unstable,
        "usualMs": history.usual_ms,
        "slow": history.is_slow,
    }


def case_fields(case: Case) -> dict[str, object]:
    """A test with the API's own field names, without colours."""
    took = case.duration_ms
    return {
        "name": case.name,
        "status": case.status,
        "durationMs": int(took) if took is not None and took.is_integer() else took,
        "error": None if case.error is None else plain(case.error),
    }
