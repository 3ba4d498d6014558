"""Giving up: where no user can fix the problem, and when the time for a watch is up."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from tvtui.testvibe.error_messages import no_answer
from tvtui.testvibe.errors import ClientError, NotFound, Refused, TimeUp
from tvtui.watch.clock import Clock
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.poller import NEW_RUN_SECONDS, cancelled
from tvtui.watch.schedule import PollSchedule

if TYPE_CHECKING:
    from tvtui.settings.settings import Settings
    from tvtui.testvibe.links import ArtifactLink


UNATTENDED_SECONDS = 60.0
"""How long a watch without a terminal puts up with a problem when no `--timeout` says otherwise."""

_Event = Snapshot | Problem
_T = TypeVar("_T")


def unattended_timeout(settings: Settings) -> float:
    """The seconds after which a problem is final if no user is there to act."""
    return settings.timeout or UNATTENDED_SECONDS


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """The moment at which every watch ends.

    Attributes:
        seconds: How long the watch may take.
        ends_at: When it ends, by its clock.
    """

    seconds: float
    ends_at: float

    def problem(self) -> Problem:
        """The problem that ends the watch of a run that has not ended."""
        error = TimeUp(f"Stopped after {self.seconds:g} s (--max-time), before the run ended.")
        return Problem(error, since=self.ends_at, failures=0, next_at=self.ends_at, is_final=True)


async def with_deadline(
    events: AsyncIterator[_Event],
    clock: Clock,
    *,
    patience: float,
    limit: TimeLimit | None = None,
    awaits_artifacts: bool = True,
) -> AsyncIterator[_Event]:
    """Pass on the events of a watch, and end it once continuing is pointless.

    Before the first good answer, the watch ends with a final `Problem` when the key is rejected, when the run is still
    unknown after 10 s, or when `patience` seconds have passed. After the first good answer, it ends when for so long
    there have only been answers that the key is rejected or the run unknown, which only a user could change.

    Args:
        events: The watch.
        clock: Its clock.
        patience: Seconds for which problems are tolerated.
        limit: When the watch ends in any case; None for never.
        awaits_artifacts: Whether the watch continues after the end of the run until its artifacts have settled.
    """
    begun = clock.now()
    give_up_at = begun + patience
    ends_at = math.inf if limit is None else limit.ends_at
    run, problem = None, None
    while (event := await before(min(give_up_at, ends_at), clock, anext(events, None))) is not None:
        if isinstance(event, Snapshot):
            run, problem = event.run, None
            give_up_at = math.inf
        else:
            was_hopeless = problem is not None and isinstance(problem.error, NotFound | Refused)
            problem, now = event, clock.now()
            is_hopeless = isinstance(event.error, NotFound | Refused)
            if run is None and is_hopeless and (isinstance(event.error, Refused) or now - begun >= NEW_RUN_SECONDS):
                ends_at = math.inf
                break
            if run is not None and is_hopeless is not was_hopeless:
                give_up_at = now + patience if is_hopeless else math.inf
        yield event
        if event.is_final or (run is not None and run.has_ended and not awaits_artifacts):
            return
    if run is not None and run.has_ended:
        return
    if limit is not None and ends_at <= give_up_at:
        yield limit.problem()
    elif problem is None:
        yield Problem(no_answer(), since=begun, failures=0, next_at=begun, is_final=True)
    else:
        yield replace(problem, is_final=True)


async def until(moment: float, clock: Clock, values: AsyncIterator[_T]) -> AsyncIterator[_T]:
    """Pass on values that come before a moment."""
    while (value := await before(moment, clock, anext(values, None))) is not None:
        yield value


async def before(moment: float, clock: Clock, work: Awaitable[_T]) -> _T | None:
    """The result of some work; None if it was canceled because a moment of the clock came first."""
    deadline: asyncio.Future[Any] | None = None
    coming = asyncio.ensure_future(work)
    try:
        left = moment - clock.now()
        if left < math.inf:
            deadline = asyncio.ensure_future(clock.sleep(max(left, 1e-3)))
        waits: set[asyncio.Future[Any]] = {coming} if deadline is None else {coming, deadline}
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        return coming.result() if coming.done() else None
    finally:
        await cancelled(coming)
        if deadline is not None:
            await cancelled(deadline)


class RetryingLinks:
    """Requests a run's list of links, retrying while the server fails."""

    def __init__(
        self,
        fetch: Callable[[], Awaitable[tuple[ArtifactLink, ...]]],
        clock: Clock,
        give_up_after: float,
        report: Callable[[str], None],
    ) -> None:
        """Prepare; nothing is requested yet.

        Args:
            fetch: Sends one request.
            clock: Waits between two requests.
            give_up_after: Seconds without a valid response after which a call fails.
            report: Called with a sentence when the first of several requests has failed.
        """
        self._fetch = fetch
        self._clock = clock
        self._give_up_after = give_up_after
        self._report = report
        self._first: tuple[ArtifactLink, ...] | None = None

    async def first(self) -> tuple[ArtifactLink, ...]:
        """The list, to choose from; the next `fetch` returns the same one.

        Raises:
            ClientError: The key is rejected, the run does not exist, or no good answer came in time.
        """
        self._first = await self._request()
        return self._first

    async def fetch(self) -> tuple[ArtifactLink, ...]:
        """The list, for downloads: once the one from `first`, then new ones.

        Raises:
            ClientError: See `first`.
        """
        first, self._first = self._first, None
        return await self._request() if first is None else first

    async def _request(self) -> tuple[ArtifactLink, ...]:
        give_up_at = self._clock.now() + self._give_up_after
        problem: ClientError | None = None
        failures = 0
        while self._clock.now() < give_up_at:
            try:
                links = await before(give_up_at, self._clock, self._fetch())
            except (NotFound, Refused):
                raise
            except ClientError as error:
                problem = error
            else:
                if links is None:
                    break
                return links
            failures += 1
            if failures == 1:
                self._report(f"{problem} Retrying for up to {self._give_up_after:g} s.")
            wait = PollSchedule().after_failure(failures, problem, 0.5)
            await before(give_up_at, self._clock, self._clock.sleep(wait))
        raise problem or no_answer()
