"""Giving up on answers and links where there is no user who could act."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from tvtui.testvibe.errors import ClientError, NotFound, Refused, Unreachable
from tvtui.watch.clock import Clock
from tvtui.watch.events import Problem, Snapshot

if TYPE_CHECKING:
    from tvtui.testvibe.links import ArtifactLink
    from tvtui.watch.clock import Clock


FIRST_ANSWER_SECONDS = 60.0
"""How long a watch without a terminal tries to get its first answer when no `--timeout` says otherwise."""

NOT_FOUND_SECONDS = 10.0
"""How long a run that was just dispatched may be unknown to the server."""

_Event = Snapshot | Problem


async def with_deadline(
    events: AsyncIterator[_Event], clock: Clock, *, first_answer: float | None
) -> AsyncIterator[_Event]:
    """Pass the events of a watch on, and end it where nobody sits who could still do something about it.

    Before the first good answer it ends with a final `Problem` when the key is refused, when the run is
    still unknown after 10 s, or when `first_answer` seconds have passed. After that it goes on for ever.
    """
    begun = clock.now()
    deadline = None if first_answer is None else asyncio.ensure_future(_nothing_after(first_answer, clock))
    problem: Problem | None = None
    try:
        while (event := await _next_before(events, deadline)) is not None:
            if isinstance(event, Problem):
                problem = event
                if _is_hopeless(event.error, clock.now() - begun):
                    break
            yield event
            if isinstance(event, Snapshot):
                async for later in events:
                    yield later
                return
    finally:
        if deadline is not None:
            deadline.cancel()
    if problem is None or not problem.is_final:
        yield _final(problem, begun)


def _final(problem: Problem | None, begun: float) -> Problem:
    if problem is not None:
        return replace(problem, is_final=True)
    silence = Unreachable("The server has not answered.", "Check its address, and your network or VPN.")
    return Problem(silence, since=begun, failures=0, next_at=begun, is_final=True)


async def _nothing_after(seconds: float, clock: Clock) -> None:
    await clock.sleep(seconds)


async def _next_before(events: AsyncIterator[_Event], deadline: asyncio.Future[None] | None) -> _Event | None:
    """The next event; None when there is none, or none before `deadline`."""
    coming: asyncio.Future[_Event | None] = asyncio.ensure_future(anext(events, None))
    waits: list[asyncio.Future[_Event | None] | asyncio.Future[None]] = [coming]
    if deadline is not None:
        waits.append(deadline)
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        return coming.result() if coming.done() else None
    finally:
        if not coming.done():
            coming.cancel()
            with suppress(asyncio.CancelledError):
                await coming


def _is_hopeless(error: ClientError, watched: float) -> bool:
    return isinstance(error, Refused) or (isinstance(error, NotFound) and watched >= NOT_FOUND_SECONDS)


class PatientLinks:
    """Asks for the list again while the server fails; the first list serves those downloads that start at once."""

    def __init__(
        self,
        fetch: Callable[[], Awaitable[tuple[ArtifactLink, ...]]],
        clock: Clock,
        patience: float,
        say: Callable[[str], None],
    ) -> None:
        """Ask nothing yet.

        Args:
            fetch: Asks once.
            clock: Waits between two requests.
            patience: Seconds in which there must be a good answer, each time.
            say: Is told in a sentence when the first of several requests has failed.
        """
        self._fetch = fetch
        self._clock = clock
        self._patience = patience
        self._say = say
        self._first: tuple[ArtifactLink, ...] | None = None

    async def first(self) -> tuple[ArtifactLink, ...]:
        """The list, to choose from.

        Raises:
            ClientError: The key is refused, there is no such run, or patience has run out.
        """
        self._first = await self._insist()
        return self._first

    async def fetch(self) -> tuple[ArtifactLink, ...]:
        """The list for downloads: the one from `first` once, then new ones.

        Raises:
            ClientError: As `first`.
        """
        first, self._first = self._first, None
        return await self._insist() if first is None else first

    async def _insist(self) -> tuple[ArtifactLink, ...]:
        from tvtui.testvibe.errors import ClientError, NotFound, Refused, Unreachable
        from tvtui.watch.schedule import PollSchedule

        deadline = self._clock.now() + self._patience
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
                self._say(f"{problem} Trying again for up to {self._patience:g} s.")
            left = max(0.0, deadline - self._clock.now())
            await self._clock.sleep(min(PollSchedule().after_failure(failures, problem, 0.5), left))
        raise problem or Unreachable("The server has not answered.", "Check its address and your network.")
