"""Asking for a run's artifacts as long as there is hope, where nobody sits who could ask again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tvtui.clocks import Clock
    from tvtui.testvibe.links import ArtifactLink


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
        from tvtui.pace import Pace
        from tvtui.testvibe.errors import ClientError, NotFound, Refused, Unreachable

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
            await self._clock.sleep(min(Pace().after_failure(failures, problem, 0.5), left))
        raise problem or Unreachable("The server has not answered.", "Check its address and your network.")
