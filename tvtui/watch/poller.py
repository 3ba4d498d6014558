"""Watches one run: asks again and again, and tells what was seen and what went wrong, until the run is over."""

from __future__ import annotations

import asyncio
import math
import random as chance
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tvtui.testvibe.client import Answer
from tvtui.testvibe.errors import Busy, ClientError, NotFound, Unreachable
from tvtui.testvibe.models import Artifact, Run
from tvtui.watch.clock import Clock, ServerClock
from tvtui.watch.controls import Controls
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.schedule import PollSchedule
from tvtui.watch.stale_answers import StaleAnswerFilter

_NAP = 5.0
_NEW_RUN_SECONDS = 10.0
_NEW_RUN_WAIT = 2.0
_SETTLING_AT_MOST = 30.0
_LONG_OVER = timedelta(seconds=60)


async def watch(
    fetch: Callable[[], Awaitable[Answer]],
    *,
    pace: PollSchedule,
    clock: Clock,
    controls: Controls,
    random: Callable[[], float] = chance.random,
    give_up_after: float | None = None,
) -> AsyncGenerator[Snapshot | Problem, None]:
    """Follow a run to its end: one event for each answer and each failure, until one of them is final.

    One request at a time; after each the next one is `pace`'s matter. When the run has ended it is asked for about
    10 s more, until its artifacts are the same twice in a row and 30 s at most; a run that had been over for a minute
    when the watch began is final at once. When the machine has slept the next request comes at once, unless the
    server has asked for a longer wait.

    Args:
        fetch: Asks once; whatever it raises but `ClientError` ends the watch.
        pace: How often to ask.
        clock: What to measure and wait by.
        controls: What the user wants in the meantime.
        random: From 0 to 1, for the jitter.
        give_up_after: Seconds from the first request that gets no good answer (for the first one: from the beginning)
            to the final `Problem`; None: never. Time in which nothing is asked does not count.

    Yields:
        A `Snapshot` for each answer, changed or not, and a `Problem` for each failure.
    """
    course = _Course(pace, clock, random, give_up_after)
    while True:
        event = await course.ask(fetch)
        # what was wished for meanwhile is what has just come
        controls.take_wish()
        yield event
        if event.is_final:
            return
        if not await course.rest(controls):
            yield course.last_word()
            return


class _Course:
    """One watch on its way: what it has seen, what it waits for."""

    def __init__(
        self, pace: PollSchedule, clock: Clock, random: Callable[[], float], give_up_after: float | None
    ) -> None:
        self._pace = pace
        self._clock = clock
        self._random = random
        self._patience = math.inf if give_up_after is None else give_up_after
        self._newest = StaleAnswerFilter()
        self._run: Run | None = None
        self._server = ServerClock()
        self._begun = clock.now()
        self._seen = self._next_at = self._begun
        self._unanswered_since: float | None = None
        self._problem: Problem | None = None
        self._tries = 0
        self._ended_at: float | None = None
        self._artifacts: tuple[Artifact, ...] = ()

    async def ask(self, fetch: Callable[[], Awaitable[Answer]]) -> Snapshot | Problem:
        """Ask until there is an answer or a failure, or until patience is at its end."""
        is_answered = False
        while not is_answered:
            if self._unanswered_since is None:
                self._unanswered_since = self._clock.now()
            request = asyncio.ensure_future(fetch())
            try:
                has_slept = await self._wait(request, self._unanswered_since + self._patience)
                is_answered = request.done()
            finally:
                await _end(request)
            if not is_answered and not has_slept:
                return self.last_word()
            # a connection does not outlive the machine's sleep, and no time was lost in it: begin anew
            if not is_answered:
                self._unanswered_since = None
        try:
            return self._take(request.result())
        except ClientError as error:
            # its traceback would keep the request and the body alive
            return self._fail(error.with_traceback(None))

    async def rest(self, controls: Controls) -> bool:
        """Wait until it is time to ask again; False if it never will be."""
        until = min(self._next_at, self._last_moment)
        while not controls.take_wish():
            if controls.paused:
                self._unanswered_since = None
                await controls.change()
            elif self._clock.now() >= until:
                return until < self._last_moment
            elif await self._wait(controls.change(), until) and not self._is_asked_to_wait:
                self._unanswered_since = None
                self._tries = 0
                return True
        # a try that the user asked for must not put the next one further off: the back-off begins anew
        self._tries = 0
        return True

    def last_word(self) -> Snapshot | Problem:
        """How the watch ends when no answer comes any more."""
        if self._run is not None and self._run.has_ended:
            return self._snapshot(self._run, is_final=True)
        now = self._clock.now()
        silence = Unreachable("The server has not answered.", "Check its address, and your network or VPN.")
        problem = self._problem or Problem(silence, since=self._unanswered_since or now, failures=0, next_at=now)
        return replace(problem, next_at=now, is_final=True)

    def _take(self, answer: Answer) -> Snapshot:
        now = self._clock.now()
        is_first = self._run is None
        self._unanswered_since = self._problem = None
        self._tries = 0
        self._server.read(answer.server_time, now, self._clock.utc())
        self._run = self._newest.take(answer)
        is_settled = False
        if self._run is answer.run:
            self._seen = now
            is_settled = self._settle(answer.run, is_first=is_first)
        wait = self._pace.after_answer(now - self._begun) + (self._pace.phase if is_first else 0.0)
        if self._ended_at is not None:
            wait = self._pace.after_end(now - self._ended_at)
        self._next_at = min(now + wait, self._last_moment)
        return self._snapshot(self._run, is_final=is_settled)

    def _settle(self, run: Run, *, is_first: bool) -> bool:
        """Whether the run is over and nothing more is to come."""
        artifacts, self._artifacts = self._artifacts, run.artifacts
        if not run.has_ended:
            self._ended_at = None
            return False
        if self._ended_at is None:
            self._ended_at = self._seen
            finished = run.finished_utc
            return is_first and finished is not None and self._server.at(self._seen) - finished > _LONG_OVER
        settling = self._seen - self._ended_at
        return settling >= _SETTLING_AT_MOST or (settling >= self._pace.settled_after and artifacts == run.artifacts)

    def _fail(self, error: ClientError) -> Snapshot | Problem:
        now = self._clock.now()
        self._tries += 1
        wait = self._pace.after_failure(self._tries, error, self._random())
        if isinstance(error, NotFound) and self._run is None and now - self._begun < _NEW_RUN_SECONDS:
            wait = _NEW_RUN_WAIT
        self._next_at = min(now + wait, self._last_moment)
        if self._next_at <= now:
            return self.last_word()
        since, failures = (now, 0) if self._problem is None else (self._problem.since, self._problem.failures)
        self._problem = Problem(error, since, failures + 1, self._next_at)
        return self._problem

    @property
    def _last_moment(self) -> float:
        """When it is enough: of asking in vain, or of waiting for artifacts."""
        in_vain = math.inf if self._unanswered_since is None else self._unanswered_since + self._patience
        return in_vain if self._ended_at is None else min(in_vain, self._ended_at + _SETTLING_AT_MOST)

    @property
    def _is_asked_to_wait(self) -> bool:
        error = None if self._problem is None else self._problem.error
        return isinstance(error, Busy) and error.retry_after is not None

    def _snapshot(self, run: Run, *, is_final: bool) -> Snapshot:
        next_at = None if is_final else self._next_at
        return Snapshot(run, self._seen, self._server.at(self._seen), next_at, is_final)

    async def _wait(self, event: asyncio.Future[Any], until: float) -> bool:
        """Wait for an event or a moment; True if the machine has slept meanwhile, so that neither can be waited for."""
        while not event.done():
            begun = self._clock.now()
            nap = min(until - begun, _NAP)
            if nap <= 0:
                return False
            sleep = asyncio.ensure_future(self._clock.sleep(nap))
            try:
                await asyncio.wait({event, sleep}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                await _end(sleep)
            if not sleep.cancelled():
                sleep.result()
            if not event.done() and self._clock.now() - begun > nap + _NAP:
                return True
        return False


async def _end(task: asyncio.Future[Any]) -> None:
    """Leave nothing behind that runs; what has come of it can still be asked for."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
