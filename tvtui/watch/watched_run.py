"""The state of one watched run, held in one place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from tvtui.testvibe.identity import CaseId, Row, failures, identify_cases
from tvtui.testvibe.models import Run, RunState
from tvtui.watch.controls import Controls
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.history import RunHistory
from tvtui.watch.past import Past
from tvtui.watch.subject import subject

if TYPE_CHECKING:
    from tvtui.watch.outlook import Range
    from tvtui.watch.time_left import Forecast

_MANY = 10_000
"""Tests that take so long to identify, a millisecond per thousand, that the loop should do something else meanwhile."""

RECALL_SECONDS = 0.25
"""How long the first rows wait for the past, so that they are in its order at once: reading it takes 1 to 10 ms, but
up to 150 ms on a busy machine while the app starts."""

LATE_RECALL_SECONDS = 2.0
"""How long the end of a watch waits for a past that is slow to read; without a screen, its beginning does, too."""

Recall = Callable[[Run], Awaitable[Past | None]]
"""Returns what is known of earlier runs of the same suite; None if nothing is. It never raises."""


class WatchedRun:
    """The state of one watched run; front ends read it and subscribe to its changes.

    Attributes:
        run_id: The run.
        host: The server's host, for a title; "" if unknown.
        controls: Pause, resume and refresh.
        repeats: The run that this one repeats; None if it repeats none.
        snapshot: The last good answer; a failed request does not remove it.
        problem: What is wrong with the connection now; the next good answer clears it.
        rows: The identified tests of the last good answer, in the run's order.
        failures: The failed ones among them.
        is_polling: Whether the run is being polled.
        past: What is known of earlier runs of the same suite; None if nothing is, or nothing yet.
        is_past_late: Whether the past came after the first tests had been shown: it marks them, but must not move them.
    """

    def __init__(
        self,
        run_id: int,
        start: Callable[[Controls], AsyncIterator[Snapshot | Problem]],
        *,
        project: str = "",
        host: str = "",
        repeats: int | None = None,
        recall: Recall | None = None,
        recall_seconds: float = RECALL_SECONDS,
    ) -> None:
        """Prepare to watch a run; nothing is requested before `start` is called (see `prepare_watch`).

        `recall` is called with the first answer that says what it is a run of, and once more when it has ended. The
        tests of these answers wait for what it returns, for `recall_seconds` at most.
        """
        self.run_id = run_id
        self.host = host
        self._project = project
        self.controls = Controls()
        self.repeats = repeats
        self.snapshot: Snapshot | None = None
        self.problem: Problem | None = None
        self.rows: tuple[Row, ...] = ()
        self.failures: tuple[Row, ...] = ()
        self.is_polling = False
        self.past: Past | None = None
        self.is_past_late = False
        self._history: RunHistory | None = None
        self._forecast: Forecast | None = None
        self._recall = recall
        self._recall_seconds = recall_seconds
        self._recalling: asyncio.Task[None] | None = None
        self._start = start
        self._failed: frozenset[CaseId] = frozenset()
        self._read: frozenset[CaseId] = frozenset()
        self._read_count = 0
        self._subscribers: list[Callable[[], None]] = []

    @property
    def subject(self) -> str:
        """The run and its project, for a title."""
        return subject(self.run_id, self._project)

    @property
    def run(self) -> Run | None:
        """The run as last seen; None before the first answer."""
        return None if self.snapshot is None else self.snapshot.run

    @property
    def has_ended(self) -> bool:
        """Whether the run is known to be over."""
        return self.run is not None and self.run.has_ended

    @property
    def is_stale(self) -> bool:
        """Whether the server does not confirm what is known: it fails, or is late."""
        return self.problem is not None or (self.snapshot is not None and self.snapshot.is_late)

    @property
    def is_recorded(self) -> bool:
        """Whether what is known is from a recording: a problem is one of then."""
        return self.snapshot is not None and self.snapshot.playback is not None

    @property
    def has_given_up(self) -> bool:
        """Whether the watch ended because there was no good answer for too long."""
        return self.problem is not None and self.problem.is_final

    @property
    def history(self) -> RunHistory | None:
        """What the past says about the tests of the last good answer; None if nothing is known of it."""
        if self.past is None:
            return None
        if self._history is None or not self._history.is_of(self.past, self.rows):
            self._history = RunHistory(self.past, self.rows, self._history)
        return self._history

    def seconds_left(self, now: float) -> Range | None:
        """In how many seconds the run is expected to end, at `now` of the watch's clock.

        None if it is not running, if nothing is known, or if it takes longer than usual.
        """
        outlook = None if self.snapshot is None else self.snapshot.outlook
        if self.snapshot is None or outlook is None or outlook.state is not RunState.RUNNING:
            return None
        from tvtui.watch.time_left import age_of

        age = age_of(self.snapshot, now)
        return None if age is None else outlook.left(age)

    @property
    def failed_count(self) -> int:
        """How many tests failed, as the summary counts them."""
        return 0 if self.run is None else self.run.counts.failed

    @property
    def unread(self) -> int:
        """The number of failures since `mark_read`."""
        # rows say which tests failed; the summary's count may be ahead of them
        return max(len(self._failed - self._read), self.failed_count - self._read_count)

    def mark_read(self) -> None:
        """Count the failures so far as seen by the user."""
        self._read, self._read_count = self._failed, self.failed_count

    def subscribe(self, subscriber: Callable[[], None]) -> None:
        """Call `subscriber` after every change from now on."""
        self._subscribers.append(subscriber)

    def apply(self, event: Snapshot | Problem, rows: tuple[Row, ...] | None = None) -> None:
        """Update the state from an event: an answer clears the problem, a problem keeps the last answer.

        `rows` are the tests of a changed answer, if they are identified already.
        """
        if isinstance(event, Problem):
            self.problem = event
        else:
            # an unchanged answer keeps the rows: what follows from 10,000 of them takes a screen 15 ms
            if self._is_changed(event.run):
                self.rows = identify_cases(event.run.tests, self.rows) if rows is None else rows
                self.failures = failures(self.rows)
                self._failed = frozenset(row.id for row in self.failures)
            self.snapshot, self.problem = event, None
            self._foresee()
        self._notify()

    def _foresee(self) -> None:
        """Add to the last answer what the past says about the end of the run."""
        if self.past is None or self.snapshot is None:
            return
        if self._forecast is None:
            # no past, no import: it would cost the start of a watch a millisecond
            from tvtui.watch.time_left import Forecast

            self._forecast = Forecast()
        self._forecast.update(self.snapshot, self.past)
        if self._forecast.outlook is not None:
            self.snapshot = replace(self.snapshot, outlook=self._forecast.outlook)

    def expire(self, problem: Problem) -> None:
        """Apply the problem that ends all watches, unless the run has ended."""
        if not self.has_ended:
            self.apply(problem)

    async def poll(self) -> AsyncGenerator[Snapshot | Problem, None]:
        """Watch the run to its end, and apply each event before yielding it; can be called again afterwards."""
        self.is_polling = True
        self._notify()
        try:
            async for event in self._start(self.controls):
                rows = recalling = None
                if isinstance(event, Snapshot) and self._recall is not None and self._must_recall(event.run):
                    recalling = self._begin_to_recall(self._recall, event.run)
                if isinstance(event, Snapshot) and len(event.run.tests) >= _MANY and self._is_changed(event.run):
                    rows = await asyncio.to_thread(identify_cases, event.run.tests, self.rows)
                if recalling is not None:
                    await _done(recalling, self._recall_seconds)
                self.apply(event, rows)
                yield event
            if self._recalling is not None:
                # whether its failures are new decides the exit code
                await _done(self._recalling, LATE_RECALL_SECONDS)
        finally:
            self.is_polling = False
        self._notify()

    def _must_recall(self, run: Run) -> bool:
        """Whether to ask for the past: once it is known what it is a run of, and when it has ended.

        Another run of the suite can have ended meanwhile.
        """
        if self._recalling is None:
            return run.feature_id is not None or run.feature_name is not None
        return run.has_ended and not self.has_ended

    def _begin_to_recall(self, recall: Recall, run: Run) -> asyncio.Task[None]:
        """Ask for the past; if it comes late, it is applied then."""

        async def wait() -> None:
            self.past = await recall(run) or self.past
            self.is_past_late = bool(self.rows)
            self._foresee()
            if self.snapshot is not None:
                self._notify()

        self._recalling = asyncio.create_task(wait())
        return self._recalling

    async def follow(self) -> None:
        """Watch the run to its end; can be called again afterwards."""
        async for _ in self.poll():
            pass

    def _is_changed(self, run: Run) -> bool:
        return self.run is None or run.tests is not self.run.tests

    def _notify(self) -> None:
        for subscriber in self._subscribers:
            subscriber()


async def _done(task: asyncio.Task[None], seconds: float) -> None:
    """Wait for a task, for some seconds at most; what it raises is raised here."""
    await asyncio.wait({task}, timeout=seconds)
    if task.done():
        task.result()
