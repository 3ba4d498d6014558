"""Where the answers of one watch come from: one client, its first request under way at once, its key renewed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from tvtui.client import Answer, Client, Storage
    from tvtui.links import ArtifactLink
    from tvtui.settings import Settings

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Job:
    """What is watched, and how.

    Attributes:
        settings: Server, key, project, pace.
        run_id: The run.
        again: The words of the command that shows the run again.
        renew: Reads the settings anew after the key was refused; None where they cannot change.
    """

    settings: Settings
    run_id: int
    again: Sequence[str]
    renew: Callable[[], Settings] | None = None


class Source:
    """Asks one server about one run; the first request is under way as soon as it is made."""

    def __init__(self, job: Job, *, asks_at_once: bool = True) -> None:
        """Open it.

        Args:
            job: Whom to ask about what.
            asks_at_once: Whether the digest is asked for before anybody wants it.
        """
        from tvtui.client import Client, Storage

        self._job = job
        self._settings = job.settings
        self._client = Client(job.settings)
        self._storage = Storage()
        self._first: asyncio.Task[Answer] | None = None
        if asks_at_once:
            self._first = asyncio.ensure_future(self._client.get_run(job.run_id))

    @property
    def storage(self) -> Storage:
        """What the links lead to; it knows no key."""
        return self._storage

    async def fetch(self) -> Answer:
        """Ask once for the digest; with a renewed key if the one so far was refused and there is another.

        Raises:
            ClientError: There is no good answer.
        """

        async def ask(client: Client) -> Answer:
            first, self._first = self._first, None
            return await (first or client.get_run(self._job.run_id))

        return await self._ask(ask)

    async def fetch_links(self, run_id: int | None = None) -> tuple[ArtifactLink, ...]:
        """Ask once for the artifacts with their links, in the same way.

        Args:
            run_id: Of another run than the job's.

        Raises:
            ClientError: There is no good answer.
        """
        wanted = self._job.run_id if run_id is None else run_id
        return await self._ask(lambda client: client.get_artifacts(wanted))

    async def _ask(self, ask: Callable[[Client], Awaitable[_T]]) -> _T:
        from tvtui.client import ClientError, Refused

        client = self._client
        try:
            return await ask(client)
        except ClientError as error:
            # requests overlap: another one's may have renewed the key, and closed the connection of this one
            is_renewed = self._client is not client or (isinstance(error, Refused) and await self._has_new_key())
            if not is_renewed:
                raise
        return await ask(self._client)

    async def _has_new_key(self) -> bool:
        from tvtui.client import Client
        from tvtui.settings import SettingsError

        if self._job.renew is None:
            return False
        try:
            found = self._job.renew()
        except SettingsError:
            return False
        # only a key is taken over: with another server or project it would be another watch, and another's key
        used = self._settings
        if found.api_key == used.api_key or (found.server, found.project) != (used.server, used.project):
            return False
        self._settings = replace(used, api_key=found.api_key, key_source=found.key_source)
        refused, self._client = self._client, Client(self._settings)
        await refused.aclose()
        return True

    async def aclose(self) -> None:
        """Give up what is under way and close the connections."""
        if self._first is not None:
            self._first.cancel()
            # gathered, so that an error nobody asked for is not complained about
            await asyncio.gather(self._first, return_exceptions=True)
        await self._client.aclose()
        await self._storage.aclose()
