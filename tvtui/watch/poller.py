"""Polling one run until it is over: what was seen and what went wrong, as events."""

from __future__ import annotations

import asyncio
import math
import random as chance
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tvtui.testvibe.client import Answer
from tvtui.testvibe.error_messages import no_answer
from tvtui.testvibe.errors import Busy, ClientError, NotFound
from tvtui.testvibe.models import Artifact, Run
from tvtui.testvibe.server import Server
from tvtui.watch.clock import Clock, ServerClock
from tvtui.watch.controls import Controls
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.schedule import Pace, PollSchedule
from tvtui.watch.stale_answers import StaleAnswerFilter

NEW_RUN_SECONDS = 10.0
"""How long a run that was just started may be unknown to the server."""

_NAP = 5.0
_LATE_SECONDS = 5.0
_NEW_RUN_WAIT = 2.0
_LONGEST_SETTLING = 30.0
_LONG_OVER = timedelta(seconds=60)

Fetch = Callable[[], Awaitable[Answer]]
"""Requests the digest of one run, once."""

SecondsLeft = Callable[[float], tuple[float, float] | None]
"""In how many seconds a run is expected to end, at the earliest and at the latest, at a moment of the watch's clock."""


def _unknown(now: float) -> None:
    del now


def prepare_watch(
    server: Server,
    run_id: int,
    *,
    schedule: PollSchedule,
    clock: Clock,
    random: Callable[[], float] = chance.random,
    give_up_after: float | None = None,
    seconds_left: SecondsLeft = _unknown,
) -> Callable[[Controls], AsyncGenerator[Snapshot | Problem, None]]:
    """Return a function that starts a watch of a run each time it is called, with the user's controls.

    What a watch caches about its run goes with it. The other arguments are those of `watch`.
    """
    return lambda controls: watch(
        server.fetcher(run_id),
        schedule=schedule,
        clock=clock,
        controls=controls,
        random=random,
        give_up_after=give_up_after,
        seconds_left=seconds_left,
    )


async def watch(
    fetch: Fetch,
    *,
    schedule: PollSchedule,
    clock: Clock,
    controls: Controls,
    random: Callable[[], float] = chance.random,
    give_up_after: float | None = None,
    seconds_left: SecondsLeft = _unknown,
) -> AsyncGenerator[Snapshot | Problem, None]:
    """Follow a run to its end: one event for each answer and each failure, until one of them is final.

    Sends one request at a time; `schedule` decides when the next one follows. If the answer is still missing five
    seconds after it was due, the last snapshot follows once more, as a late one. After the run has ended, polling
    continues until the artifacts are the same twice in a row, for about 10 s if there are none, and for at most 30 s.
    A run that had been over for a minute when the watch began is final at once. After the machine has slept, the next
    request is sent immediately, unless the server asked for a longer wait.

    Args:
        fetch: Sends one request; any exception other than `ClientError` ends the watch.
        schedule: How often to poll.
        clock: Measures time and waits.
        controls: Pause, resume and refresh by the user.
        random: Returns a number from 0 to 1, for the jitter.
        give_up_after: Seconds without a valid response, counted from the first unanswered request, after which the
            final `Problem` follows; None for never. Time in which nothing is requested does not count.
        seconds_left: Returns what is known of the end of the run, for polling more often then; None if nothing is.

    Yields:
        A `Snapshot` for each answer, changed or not, and a `Problem` for each failure.
    """
    poller = _Poller(schedule, clock, random, give_up_after, seconds_left)
    if schedule.delay:
        await clock.sleep(schedule.delay)
    try:
        while True:
            event = await poller.ask(fetch)
            if poller.is_asking:
                yield event
                continue
            # a refresh that was requested meanwhile is served by the answer that has just come
            controls.consume_refresh()
            yield event
            if event.is_final:
                return
            if not await poller.wait(controls):
                yield poller.final_event()
                return
    finally:
        await poller.cancel()


class _Poller:
    """The state of one watch: what has been seen, and when to poll next."""

    def __init__(
        self,
        schedule: PollSchedule,
        clock: Clock,
        random: Callable[[], float],
        give_up_after: float | None,
        seconds_left: SecondsLeft,
    ) -> None:
        self._schedule = schedule
        self._pace = Pace(schedule)
        self._seconds_left = seconds_left
        self._clock = clock
        self._random = random
        self._patience = math.inf if give_up_after is None else give_up_after
        self._filter = StaleAnswerFilter()
        self._run: Run | None = None
        self._server = ServerClock()
        self._begun = clock.now()
        self._seen = self._next_at = self._asked_at = self._begun
        self._request: asyncio.Future[Answer] | None = None
        self._late_at = math.inf
        self._is_late = False
        self._is_total_known = False
        self._unanswered_since: float | None = None
        self._problem: Problem | None = None
        self._tries = 0
        self._ended_at: float | None = None
        self._artifacts: tuple[Artifact, ...] = ()

    @property
    def is_asking(self) -> bool:
        """Whether a request is under way."""
        return self._request is not None

    async def cancel(self) -> None:
        """Cancel the request that is under way, if there is one."""
        request, self._request = self._request, None
        if request is not None:
            await cancelled(request)

    async def ask(self, fetch: Fetch) -> Snapshot | Problem:
        """Send requests until there is an answer or a failure, or until it is time to give up.

        If the answer is late, returns the last snapshot, and continues with the request at the next call.
        """
        while True:
            if self._unanswered_since is None:
                self._unanswered_since = self._clock.now()
            if self._request is None:
                self._asked_at = self._clock.now()
                self._request = asyncio.ensure_future(fetch())
            request = self._request
            give_up_at = self._unanswered_since + self._patience
            # what is late is reported once, and a problem says it already
            late_at = math.inf if self._is_late or self._problem is not None else self._late_at
            has_slept = await self._wait_for(request, min(give_up_at, late_at))
            if request.done():
                break
            if not has_slept and late_at < give_up_at and self._run is not None:
                self._is_late = True
                return self._snapshot(self._run, is_final=False)
            await self.cancel()
            if not has_slept:
                return self.final_event()
            # a connection does not survive the machine's sleep, and the time asleep does not count: start over
            self._unanswered_since = None
        self._request = None
        try:
            return self._apply(request.result())
        except ClientError as error:
            # its traceback would keep the request and the body alive
            return self._fail(error.with_traceback(None))

    async def wait(self, controls: Controls) -> bool:
        """Wait until the next request is due; False if there will be none."""
        until = min(self._next_at, self._last_moment)
        while not controls.consume_refresh():
            if controls.paused:
                self._unanswered_since = None
                await controls.change()
            elif self._clock.now() >= until:
                return until < self._last_moment
            elif await self._wait_for(controls.change(), until) and not self._must_wait:
                self._unanswered_since = None
                self._tries = 0
                return True
        # a request by the user must not make the next wait longer: the back-off starts over
        self._tries = 0
        return True

    def final_event(self) -> Snapshot | Problem:
        """The event that ends the watch when no more answers come."""
        if self._run is not None and self._run.has_ended:
            return self._snapshot(self._run, is_final=True)
        now = self._clock.now()
        problem = self._problem or Problem(no_answer(), since=self._unanswered_since or now, failures=0, next_at=now)
        return replace(problem, next_at=now, is_final=True)

    def _apply(self, answer: Answer) -> Snapshot:
        now = self._clock.now()
        is_first = self._run is None
        self._unanswered_since = self._problem = None
        self._tries = 0
        self._server.read(answer.server_time, now, self._clock.utc())
        self._run = self._filter.accept(answer)
        is_settled = False
        if self._run is answer.run:
            self._seen = now
            is_settled = self._settle(answer.run, is_first=is_first)
        wait = self._wait_after_answer(now, is_first=is_first)
        self._next_at = min(now + wait, self._last_moment)
        if self._run is answer.run:
            self._late_at = self._next_at + _LATE_SECONDS
        # one from a cache confirms nothing
        self._is_late = now > self._late_at
        return self._snapshot(self._run, is_final=is_settled)

    def _wait_after_answer(self, now: float, *, is_first: bool) -> float:
        if self._ended_at is not None:
            return self._schedule.after_end(now - self._ended_at)
        begun = self._begun
        wait = self._pace.after_answer(self._asked_at - begun, now - begun, self._seconds_left(now))
        return wait + (self._schedule.phase if is_first else 0.0)

    def _settle(self, run: Run, *, is_first: bool) -> bool:
        """Whether the run is over and no more artifacts are expected."""
        artifacts, self._artifacts = self._artifacts, run.artifacts
        if not run.has_ended:
            self._ended_at = None
            return False
        if self._ended_at is None:
            self._ended_at = self._seen
            finished = run.finished_utc
            return is_first and finished is not None and self._server.at(self._seen) - finished > _LONG_OVER
        settling = self._seen - self._ended_at
        enough = self._schedule.settled_after(has_artifacts=bool(artifacts))
        return settling >= _LONGEST_SETTLING or (settling >= enough and artifacts == run.artifacts)

    def _fail(self, error: ClientError) -> Snapshot | Problem:
        now = self._clock.now()
        self._tries += 1
        self._is_late = False
        wait = self._schedule.after_failure(self._tries, error, self._random())
        if isinstance(error, NotFound) and self._run is not None:
            error = error.after_it_was_there()
        elif isinstance(error, NotFound) and now - self._begun < NEW_RUN_SECONDS:
            error = error.before_it_appears()
            wait = _NEW_RUN_WAIT
        self._next_at = min(now + wait, self._last_moment)
        if self._next_at <= now:
            return self.final_event()
        since, failures = (now, 0) if self._problem is None else (self._problem.since, self._problem.failures)
        self._problem = Problem(error, since, failures + 1, self._next_at)
        return self._problem

    @property
    def _last_moment(self) -> float:
        """When to stop: no good answer for too long, or long enough after the run's end."""
        give_up_at = math.inf if self._unanswered_since is None else self._unanswered_since + self._patience
        return give_up_at if self._ended_at is None else min(give_up_at, self._ended_at + _LONGEST_SETTLING)

    @property
    def _must_wait(self) -> bool:
        """Whether the server has asked for a wait that not even a wake-up shortens."""
        error = None if self._problem is None else self._problem.error
        return isinstance(error, Busy) and error.retry_after is not None

    def _snapshot(self, run: Run, *, is_final: bool) -> Snapshot:
        next_at = None if is_final else self._next_at
        is_late = self._is_late and not is_final
        server_time = self._server.at(self._seen)
        snapshot = Snapshot(run, self._seen, server_time, next_at, is_final, is_late, self._is_total_known)
        self._is_total_known = snapshot.total is not None and not run.has_ended
        return snapshot

    async def _wait_for(self, event: asyncio.Future[Any], until: float) -> bool:
        """Wait for an event or a moment; True if the machine slept meanwhile, which makes both meaningless."""
        while not event.done():
            begun = self._clock.now()
            nap = min(until - begun, _NAP)
            if nap <= 0:
                return False
            sleep = asyncio.ensure_future(self._clock.sleep(nap))
            try:
                await asyncio.wait({event, sleep}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                await cancelled(sleep)
            if not sleep.cancelled():
                sleep.result()
            if not event.done() and self._clock.now() - begun > nap + _NAP:
                return True
        return False


async def cancelled(task: asyncio.Future[Any]) -> None:
    """Cancel a task and wait until it has stopped; its result, if it has one, remains readable."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
