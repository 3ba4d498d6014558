"""Giving up without a terminal, where no user can fix the problem."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from tvtui.testvibe.error_messages import no_answer
from tvtui.testvibe.errors import ClientError, NotFound, Refused
from tvtui.watch.clock import Clock
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.poller import NEW_RUN_SECONDS, cancelled
from tvtui.watch.schedule import PollSchedule

if TYPE_CHECKING:
    from tvtui.settings.settings import Settings
    from tvtui.testvibe.links import ArtifactLink


FIRST_ANSWER_SECONDS = 60.0
"""How long a watch without a terminal tries to get its first answer when no `--timeout` says otherwise."""

_Event = Snapshot | Problem
_T = TypeVar("_T")


def unattended_timeout(settings: Settings) -> float:
    """The seconds within which a first valid response must arrive if no user is there to act."""
    return settings.timeout or FIRST_ANSWER_SECONDS


async def with_deadline(events: AsyncIterator[_Event], clock: Clock, *, first_answer: float) -> AsyncIterator[_Event]:
    """Pass on the events of a watch, and end it once continuing is pointless.

    Before the first good answer, the watch ends with a final `Problem` when the key is rejected, when the run is still
    unknown after 10 s, or when `first_answer` seconds have passed. After the first good answer it has no deadline.
    """
    begun = clock.now()
    deadline = asyncio.ensure_future(clock.sleep(first_answer))
    problem: Problem | None = None
    try:
        while (event := await _before(deadline, anext(events, None))) is not None:
            if isinstance(event, Problem):
                problem = event
                is_unknown = isinstance(event.error, NotFound) and clock.now() - begun >= NEW_RUN_SECONDS
                if is_unknown or isinstance(event.error, Refused):
                    break
            yield event
            if isinstance(event, Snapshot):
                async for later in events:
                    yield later
                return
    finally:
        deadline.cancel()
    if problem is None:
        yield Problem(no_answer(), since=begun, failures=0, next_at=begun, is_final=True)
    elif not problem.is_final:
        yield replace(problem, is_final=True)


async def _before(deadline: asyncio.Future[None], work: Awaitable[_T]) -> _T | None:
    """The result of some work; None if it was canceled because the deadline came first."""
    coming = asyncio.ensure_future(work)
    try:
        waits: set[asyncio.Future[Any]] = {coming, deadline}
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        return coming.result() if coming.done() else None
    finally:
        await cancelled(coming)


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
        deadline = asyncio.ensure_future(self._clock.sleep(self._give_up_after))
        problem: ClientError | None = None
        failures = 0
        try:
            while not deadline.done():
                try:
                    links = await _before(deadline, self._fetch())
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
                await _before(deadline, self._clock.sleep(wait))
        finally:
            deadline.cancel()
        raise problem or no_answer()
