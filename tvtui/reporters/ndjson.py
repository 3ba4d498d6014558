"""A watch as JSON objects, one a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from tvtui.reporters.reporter import Recovered
from tvtui.testvibe.models import Case, Run
from tvtui.text.clean import plain
from tvtui.view.changes import CaseEnded, StateChanged
from tvtui.watch.events import Problem, Snapshot

SCHEMA_VERSION = 1
"""Of the JSON objects: goes up when a field goes or changes its meaning, not when one is added."""


@dataclass(frozen=True, slots=True)
class NdjsonReporter:
    """For programs: one JSON object a line, in ASCII, so that no locale and no terminal can spoil it.

    Attributes:
        run_id: The run that is watched; stands in every object.
    """

    run_id: int

    def tests_and_state(
        self, told: Iterable[StateChanged | CaseEnded], time: datetime, *, is_first: bool
    ) -> Iterator[str]:
        """One object for the state and for each test, from the first answer on."""
        del is_first
        for change in told:
            if isinstance(change, StateChanged):
                run = change.run
                yield self._object("state", time, state=run.state.value, status=run.status)
            else:
                case = change.case
                yield self._object("test", time, outcome=case.outcome.value, **_of_case(case))

    def problem(self, problem: Problem, time: datetime, wait: float) -> Iterator[str]:
        """One object; `final` when it ends the watch."""
        kind = type(problem.error).__name__
        yield self._object(
            "problem",
            time,
            kind=kind[0].lower() + kind[1:],
            what=problem.error.what,
            advice=problem.error.advice,
            failures=problem.failures,
            nextTrySeconds=None if problem.is_final else round(wait, 3),
            final=problem.is_final,
        )

    def recovered(self, recovered: Recovered, time: datetime) -> Iterator[str]:
        """One object."""
        yield self._object("recovery", time, failures=recovered.failures, seconds=round(recovered.seconds, 3))

    def end(self, snapshot: Snapshot) -> Iterator[str]:
        """The digest as it was seen last; `final` unless the run or its artifacts may still change."""
        yield self._object("digest", snapshot.server_time, final=snapshot.is_final, **_of_run(snapshot.run))

    def _object(self, kind: str, time: datetime, /, **fields: object) -> str:
        now = time.astimezone(UTC).replace(microsecond=0)
        known = {"type": kind, "version": SCHEMA_VERSION, "time": now, "runId": self.run_id}
        return json.dumps(known | fields, default=_moment)


def _moment(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _of_run(run: Run) -> dict[str, object]:
    """The digest in the API's own names, without colours."""
    fields = run.model_dump(by_alias=True, exclude={"tests"})
    log = None if run.log is None else plain(run.log)
    return fields | {"tests": [_of_case(case) for case in run.tests], "log": log}


def _of_case(case: Case) -> dict[str, object]:
    took = case.duration_ms
    return {
        "name": case.name,
        "status": case.status,
        "durationMs": int(took) if took is not None and took.is_integer() else took,
        "error": None if case.error is None else plain(case.error),
    }
