"""The run of a recording at any moment; pure but for what it keeps of the last moment that was asked for."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import NamedTuple

from tvtui.journal.recording import Change, Recording
from tvtui.testvibe import fields as read
from tvtui.testvibe.models import Case, Outcome, Run, RunState, Summary

_TRUNCATED = 1.0
"""Seconds by which the time of an answer can be early: servers truncate it to the second."""

_LONGEST = 1e7
"""Seconds that a recording can be long: four months."""


class Outage(NamedTuple):
    """Failing requests.

    Attributes:
        since: When they began, in seconds since the run was created.
        what: What went wrong.
        advice: What to do about it.
    """

    since: float
    what: str
    advice: str


class Failure(NamedTuple):
    """A test that failed.

    Attributes:
        at: When it failed, in seconds since the run was created.
        place: Its index among the tests of the last digest.
    """

    at: float
    place: int


class _State:
    """What is known of a run after some of its changes."""

    def __init__(self, run: Run) -> None:
        self.applied = 0
        self.version = 0
        self.changed_at = 0.0
        self.status = "running"
        self.started: datetime | None = None
        self.summary: Summary | None = None
        self.artifacts = 0
        self.has_log = False
        self.is_total_known = False
        self.problem: Outage | None = None
        self._run = run
        self._cases: list[Case | None] = [None] * len(run.tests)
        self._listed = 0
        self._tests: tuple[Case, ...] | None = ()

    @property
    def tests(self) -> tuple[Case, ...]:
        """The tests so far: the same object until one of them changes, so that nothing derived from it is made anew."""
        if self._tests is None:
            self._tests = tuple(case for case in self._cases if case is not None)
        return self._tests

    def apply(self, change: Change, at: float) -> list[int]:
        """Take in the next change, which was at a moment; return the places of the tests that fail by it."""
        self.applied += 1
        if replace(change, problem=None) != Change(change.at):
            # failing requests, and the first answer after them, change nothing
            self.version, self.changed_at = self.version + 1, at
        if change.problem is None:
            self.problem = None
        else:
            since = at if self.problem is None else self.problem.since
            what, advice = (read.line(text) for text in change.problem)
            self.problem = Outage(since, what or "A request failed.", advice)
        if change.status is not None:
            self.status = read.status(change.status)
        self.started = change.started or self.started
        if change.counts is not None:
            self.summary = Summary(*map(read.whole, change.counts))
        if change.artifacts is not None:
            self.artifacts = max(0, change.artifacts)
        self.has_log = self.has_log or change.has_log
        failed = [place for place, status, took in change.tests if self._change(place, status, took)]
        if self.summary is not None and self.summary.total is not None:
            ended = max(self._listed, (self.summary.passed or 0) + (self.summary.failed or 0))
            self.is_total_known = self.is_total_known or self.summary.total > ended
        return failed

    def _change(self, place: int, status: str, took: float | None) -> bool:
        """Take in the change of a test; whether it fails by it."""
        if not 0 <= place < len(self._cases):
            return False
        last, before = self._run.tests[place], self._cases[place]
        status = read.status(status)
        # its error is known from the last digest only, and belongs to the last status
        case = Case(last.name, status, read.number(took), last.error if status == last.status else None)
        self._cases[place] = last if case == last else case
        self._listed += before is None
        self._tests = None
        return case.outcome is Outcome.FAILED and (before is None or before.outcome is not Outcome.FAILED)


class Timeline:
    """The moments of a recording, in seconds since the run was created, and the run at each of them.

    Attributes:
        last: The run as it was last seen.
        moments: When something changed, each moment once.
        failures: When each test failed.
    """

    def __init__(self, recording: Recording) -> None:
        """Read through a recording once: 10,000 tests take 20 ms."""
        self.last = recording.run
        kept = [change for change in recording.changes if 0 <= change.at <= _LONGEST]
        self._changes = kept
        # the server's clock may have been set back; what came later is later here
        self._times = list(accumulate((change.at for change in kept), max))
        self.moments = tuple(dict.fromkeys(self._times))
        self.failures: list[Failure] = []
        state = _State(self.last)
        for change, at in zip(kept, self._times, strict=True):
            self.failures += [Failure(at, place) for place in state.apply(change, at)]
        self._failed_at = [failure.at for failure in self.failures]
        self._state = _State(self.last)
        self._known: tuple[int, Run] | None = None
        self._created = _created(recording, self.ends)

    @property
    def begins(self) -> float:
        """The first moment."""
        return self.moments[0] if self.moments else 0.0

    @property
    def ends(self) -> float:
        """The last moment."""
        return self.moments[-1] if self.moments else 0.0

    def server_time(self, seconds: float) -> datetime:
        """A moment by the server's clock."""
        return self._created + timedelta(seconds=seconds)

    def run_at(self, seconds: float) -> Run:
        """The run at a moment: the same object until something changes, and at the end the last digest itself."""
        applied = max(1, self.applied(seconds))
        if applied >= len(self._changes):
            return self.last
        state = self._state_at(seconds)
        if self._known is None or self._known[0] != state.version:
            self._known = state.version, self._run_of(state)
        return self._known[1]

    def outage_at(self, seconds: float) -> Outage | None:
        """The failing requests at a moment."""
        return self._state_at(seconds).problem

    def is_total_known_at(self, seconds: float) -> bool:
        """Whether an answer until a moment announced more tests than had ended by then."""
        return self._state_at(seconds).is_total_known

    def applied(self, seconds: float) -> int:
        """How many changes there have been until a moment."""
        return bisect_right(self._times, seconds)

    def moment_after(self, seconds: float) -> float | None:
        """The next moment; None at the end."""
        place = bisect_right(self.moments, seconds)
        return self.moments[place] if place < len(self.moments) else None

    def moment_before(self, seconds: float) -> float | None:
        """The moment before; None at the beginning."""
        place = bisect_left(self.moments, seconds)
        return self.moments[place - 1] if place else None

    def failure_after(self, seconds: float) -> Failure | None:
        """The first failure after a moment; None if there is none."""
        place = bisect_right(self._failed_at, seconds)
        return self.failures[place] if place < len(self.failures) else None

    def failure_before(self, seconds: float) -> Failure | None:
        """The first of the failures of the last moment before this one at which there were any."""
        place = bisect_left(self._failed_at, seconds)
        return self.failures[bisect_left(self._failed_at, self._failed_at[place - 1])] if place else None

    def _state_at(self, seconds: float) -> _State:
        """The state at a moment. Going back starts anew, which takes 20 ms for 10,000 tests."""
        applied = max(1, self.applied(seconds)) if self._changes else 0
        if self._state.applied > applied:
            self._state = _State(self.last)
        for place in range(self._state.applied, applied):
            self._state.apply(self._changes[place], self._times[place])
        return self._state

    def _run_of(self, state: _State) -> Run:
        last = self.last
        run = replace(
            last,
            status=state.status,
            started_utc=state.started,
            finished_utc=None,
            summary=state.summary,
            tests=state.tests,
            artifacts=last.artifacts[: state.artifacts],
            log=last.log if state.has_log else None,
            unreadable=(),
            vanished=0,
        )
        if last.finished_utc is None or state.status != last.status or not self._has_ended(run, state.changed_at):
            return run
        return replace(run, finished_utc=last.finished_utc)

    def _has_ended(self, run: Run, at: float) -> bool:
        """Whether a run with the last status has ended: that can follow from its time alone."""
        if run.has_ended or run.state in {RunState.QUEUED, RunState.RUNNING}:
            return run.has_ended
        assert self.last.finished_utc is not None
        return self.server_time(at + _TRUNCATED) >= self.last.finished_utc


def _created(recording: Recording, ends: float) -> datetime:
    """When the run was created, or else started; else such that the recording ends when it was last seen."""
    head, run = recording.head, recording.run
    if (created := run.created_utc or run.started_utc) is not None:
        return created
    seen = read.moment(head.seen) or run.finished_utc or datetime(2000, 1, 1, tzinfo=UTC)
    return seen - timedelta(seconds=ends)
