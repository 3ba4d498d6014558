"""Giving up without a terminal, where no user can fix the problem."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tvtui.testvibe.error_messages import no_answer
from tvtui.testvibe.errors import ClientError, NotFound, Refused
from tvtui.watch.clock import Clock
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.poller import cancelled
from tvtui.watch.schedule import PollSchedule

if TYPE_CHECKING:
    from tvtui.testvibe.links import ArtifactLink


FIRST_ANSWER_SECONDS = 60.0
"""How long a watch without a terminal tries to get its first answer when no `--timeout` says otherwise."""

_NOT_FOUND_SECONDS = 10.0
_Event = Snapshot | Problem


async def with_deadline(
    events: AsyncIterator[_Event], clock: Clock, *, first_answer: float | None
) -> AsyncIterator[_Event]:
    """Pass on the events of a watch, and end it once continuing is pointless.

    Before the first good answer, the watch ends with a final `Problem` when the key is rejected, when the run is still
    unknown after 10 s, or when `first_answer` seconds have passed. After the first good answer it has no deadline.
    """
    begun = clock.now()
    deadline: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    if first_answer is not None:
        deadline = asyncio.ensure_future(clock.sleep(first_answer))
    problem: Problem | None = None
    try:
        while (event := await _next_before(events, deadline)) is not None:
            if isinstance(event, Problem):
                problem = event
                is_unknown = isinstance(event.error, NotFound) and clock.now() - begun >= _NOT_FOUND_SECONDS
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


async def _next_before(events: AsyncIterator[_Event], deadline: asyncio.Future[None]) -> _Event | None:
    """The next event; None if there is none, or none before `deadline`."""
    coming: asyncio.Future[_Event | None] = asyncio.ensure_future(anext(events, None))
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
        deadline = self._clock.now() + self._give_up_after
        problem: ClientError | None = None
        failures = 0
        while (left := deadline - self._clock.now()) > 0:
            try:
                with suppress(TimeoutError):
                    async with asyncio.timeout(left):
                        return await self._fetch()
                break
            except (NotFound, Refused):
                raise
            except ClientError as error:
                problem = error
            failures += 1
            if failures == 1:
                self._report(f"{problem} Retrying for up to {self._give_up_after:g} s.")
            left = max(0.0, deadline - self._clock.now())
            await self._clock.sleep(min(PollSchedule().after_failure(failures, problem, 0.5), left))
        raise problem or no_answer()
