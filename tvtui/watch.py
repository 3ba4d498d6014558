"""Watching a run: one request at a time, politely, until it has ended; failures are values and time is a parameter."""

from __future__ import annotations

import asyncio
import random as randomness
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

from tvtui.client import Answer, ClientError, NotFound, Refused
from tvtui.models import Outcome, Run, RunState

_CLOCK: int | None = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", None))
"""The platform's clock that goes on while the machine sleeps: Linux has one of its own, macOS counts it anyway."""
_SLICE = 5.0
"""Seconds. Nothing sleeps longer in one go, so that the end of a laptop's sleep is noticed soon."""
_FRESH_RUN = 10.0
"""Seconds in which a run that was just dispatched may not be visible yet."""
_SLOW = 30.0
"""Seconds between tries where only the user can help, and the longest back-off."""
_LONG_OVER = timedelta(seconds=60)
"""A run that ended longer ago than that, when it is first seen, gets no more artifacts."""
_SETTLING = (1, 2, 2)
"""Pauses after the end, in intervals, in which late artifacts are waited for."""
_PATIENCE = 30.0
"""Seconds after the end in which artifacts must have settled."""


class Clock(Protocol):
    """What time is read from and waited by."""

    def now(self) -> float:
        """Seconds since some moment; never set back, and going on while the machine sleeps."""
        ...

    def utc(self) -> datetime:
        """This machine's idea of the time, which may be wrong or set back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The real clock."""

    def now(self) -> float:
        """Seconds, the time in which the machine slept included, where the platform can tell."""
        return time.monotonic() if _CLOCK is None else time.clock_gettime(_CLOCK)

    def utc(self) -> datetime:
        """The wall clock."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Wait, less precisely than a machine that went to sleep meanwhile would notice."""
        await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A good answer.

    Attributes:
        run: The run as the server told it.
        seen: When it was told, on the watch's clock; it stays while newer answers are older than this one.
        server_time: The server's time at `seen`.
        next_at: When the next request comes, on the watch's clock; None if none does.
        is_final: Whether this is the last word: the run has ended and its artifacts have settled.
    """

    run: Run
    seen: float
    server_time: datetime
    next_at: float | None
    is_final: bool

    def server_now(self, now: float) -> datetime:
        """The server's time at `now` of the watch's clock."""
        return self.server_time + timedelta(seconds=now - self.seen)


@dataclass(frozen=True, slots=True)
class Problem:
    """A failed request, or several in a row; it changes nothing of what was known.

    Attributes:
        error: What went wrong last.
        since: When the first request of the row failed, on the watch's clock.
        failures: How many requests in a row have failed.
        next_at: When the next try comes, on the watch's clock.
        is_final: Whether no try comes any more: the watch has given up.
    """

    error: ClientError
    since: float
    failures: int
    next_at: float
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class Pace:
    """How long to wait between requests.

    Attributes:
        interval: Seconds after a reply during the first minute; then it widens gently, to 10 s at most.
    """

    interval: float = 2.0

    def after_answer(self, watched: float) -> float:
        """Seconds to the next request, when the watch has gone on for `watched` seconds."""
        widened = self.interval * (1 + max(0.0, watched - 60) / 120)
        return max(self.interval, min(widened, 10.0))

    def after_end(self, answers: int) -> float:
        """Seconds to the next look for late artifacts, `answers` after the one that told the end."""
        return min(self.interval, 2.0) * _SETTLING[min(answers, len(_SETTLING) - 1)]

    def after_failure(self, problem: Problem, *, watched: float, is_new: bool, jitter: float) -> float:
        """Seconds to the next try.

        Args:
            problem: What went wrong.
            watched: Seconds since the watch began.
            is_new: Whether there was no good answer yet.
            jitter: A random number from 0 to 1: many watches must not all come back in the same moment.
        """
        error = problem.error
        if error.retry_after is not None:
            return error.retry_after
        if isinstance(error, NotFound) and is_new and watched < _FRESH_RUN:
            return self.interval
        if isinstance(error, NotFound | Refused):
            return _SLOW
        return min(_SLOW, self.interval * 2.0 ** min(problem.failures - 1, 10)) * (0.8 + 0.4 * jitter)


class Controls:
    """Steers a watch from the event loop that it runs on."""

    def __init__(self) -> None:
        self.paused = False
        self._nudge = asyncio.Event()

    def refresh(self) -> None:
        """Ask now, instead of at the time that was planned; once, if paused."""
        self._nudge.set()

    def pause(self) -> None:
        """Ask no more until `resume()`."""
        self.paused = True

    def resume(self) -> None:
        """Go on, and ask now."""
        self.paused = False
        self._nudge.set()

    async def wait(self, until: float, clock: Clock) -> None:
        """Wait for a time on `clock`, or for a wish of the user."""
        while not self._nudge.is_set() and (self.paused or clock.now() < until):
            waits: list[asyncio.Future[object]] = [asyncio.ensure_future(self._nudge.wait())]
            if not self.paused:
                waits.append(asyncio.ensure_future(clock.sleep(min(until - clock.now(), _SLICE))))
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()
        self._nudge.clear()


async def watch(
    fetch: Callable[[], Awaitable[Answer]],
    *,
    pace: Pace,
    clock: Clock,
    controls: Controls,
    random: Callable[[], float] = randomness.random,
    give_up_after: float | None = None,
) -> AsyncGenerator[Snapshot | Problem, None]:
    """Follow a run until it has ended and its artifacts have settled.

    Every request gives an event, also when nothing has changed. An answer that goes back to an older state is held
    back until it is confirmed: caches answer with older states in turns, and nothing must jump back and forth.

    Args:
        fetch: Asks once; raises `ClientError` when there is no good answer.
        pace: How long to wait between requests.
        clock: What to wait by.
        controls: The user's wishes.
        random: Gives the jitter of the back-off, from 0 to 1.
        give_up_after: Seconds without a good answer after which the watch ends with a problem; None: never.
    """
    began = answered = clock.now()
    ended: float | None = None
    shown: Snapshot | None = None
    problem: Problem | None = None
    settling = 0
    memory = _Memory()
    while True:
        try:
            answer = await fetch()
        except ClientError as error:
            now = clock.now()
            if shown is not None and ended is not None and now - ended >= _PATIENCE:
                yield replace(shown, next_at=None, is_final=True)
                return
            since, failures = (now, 0) if problem is None else (problem.since, problem.failures)
            problem = Problem(error, since, failures + 1, now)
            deadline = None if give_up_after is None else answered + give_up_after
            if deadline is not None and now >= deadline:
                yield replace(problem, is_final=True)
                return
            pause = pace.after_failure(problem, watched=now - began, is_new=shown is None, jitter=random())
            problem = replace(problem, next_at=now + pause if deadline is None else min(now + pause, deadline))
            yield problem
            await controls.wait(problem.next_at, clock)
            continue
        problem = None
        answered = now = clock.now()
        server_time = answer.server_time or clock.utc()
        before = shown
        if shown is None or memory.believes(answer, shown):
            shown = Snapshot(answer.run, now, server_time, None, is_final=False)
        run = shown.run
        if not run.has_ended:
            ended, settling = None, 0
            shown = replace(shown, next_at=now + pace.after_answer(now - began))
        elif before is None and run.finished_utc is not None and server_time - run.finished_utc > _LONG_OVER:
            shown = replace(shown, next_at=None, is_final=True)
        else:
            ended = now if ended is None else ended
            has_settled = settling >= len(_SETTLING) and before is not None and before.run.artifacts == run.artifacts
            if has_settled or now - ended >= _PATIENCE:
                shown = replace(shown, next_at=None, is_final=True)
            else:
                shown = replace(shown, next_at=now + pace.after_end(settling))
                settling += 1
        yield shown
        if shown.next_at is None:
            return
        await controls.wait(shown.next_at, clock)


class _Memory:
    """Decides whether an answer is news, or an older state that a cache has kept."""

    def __init__(self) -> None:
        self._doubted = 0

    def believes(self, answer: Answer, shown: Snapshot) -> bool:
        """Whether to show `answer` after `shown`.

        What goes back is believed when two answers in a row say so; when the server's own clock says that they are
        older than what is shown, only when five do, because that clock may have been set back for good.
        """
        if not _goes_back(shown.run, answer.run):
            self._doubted = 0
            return True
        self._doubted += 1
        is_older = answer.server_time is not None and answer.server_time < shown.server_time
        if self._doubted < (5 if is_older else 2):
            return False
        self._doubted = 0
        return True


def _goes_back(before: Run, after: Run) -> bool:
    if _progress(after) < _progress(before):
        return True
    if after.has_ended and not before.has_ended:
        return False
    return (
        len(after.tests) < len(before.tests)
        or _finished(after) < _finished(before)
        or len(after.artifacts) < len(before.artifacts)
    )


def _progress(run: Run) -> int:
    if run.has_ended:
        return 2
    return 0 if run.state is RunState.QUEUED else 1


def _finished(run: Run) -> int:
    return sum(case.outcome is not Outcome.OTHER for case in run.tests)
