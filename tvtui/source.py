"""Where answers come from: one client, its first request under way at once, its key renewed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from tvtui.client import Answer, Client, Storage
    from tvtui.diagnosis import Diagnosis
    from tvtui.dispatched import Announcements
    from tvtui.links import ArtifactLink
    from tvtui.settings.settings import Settings

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Job:
    """What is watched, and how.

    Attributes:
        settings: Server, key, project, pace.
        run_ids: The runs; at least one.
        again: The words of the command that shows such runs again.
        renew: Reads the settings anew after the key was refused; None where they cannot change.
        begins_with_board: Whether the screen shows the board first.
        announce: Told of every run that is started while watching; None: nobody is.
        announcements: The runs to go on with when these have ended; None: the watch ends with its runs.
    """

    settings: Settings
    run_ids: Sequence[int]
    again: Callable[[Sequence[int]], Sequence[str]]
    renew: Callable[[], Settings] | None = None
    begins_with_board: bool = False
    announce: Callable[[int], None] | None = None
    announcements: Announcements | None = None


class Source:
    """Asks one server; the first request is under way as soon as it is made.

    Every method raises `ClientError` when there is no good answer, after a second try with a renewed key if the one
    so far was refused and there is another.
    """

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
        self._replaced: list[Client] = []
        self._storage = Storage()
        self._first: asyncio.Task[Answer] | None = None
        if asks_at_once:
            self._first = asyncio.ensure_future(self._client.get_run(job.run_ids[0]))

    @property
    def storage(self) -> Storage:
        """What the links lead to; it knows no key."""
        return self._storage

    async def fetch(self, run_id: int) -> Answer:
        """Ask for a run's digest."""

        async def ask(client: Client) -> Answer:
            first = None
            if run_id == self._job.run_ids[0]:
                first, self._first = self._first, None
            return await (first or client.get_run(run_id))

        return await self._asked(ask)

    async def fetch_links(self, run_id: int) -> tuple[ArtifactLink, ...]:
        """Ask for fresh links to a run's artifacts."""
        return await self._asked(lambda client: client.get_artifacts(run_id))

    async def diagnose(self, run_id: int) -> Diagnosis:
        """Ask why a run did not pass."""
        return await self._asked(lambda client: client.diagnose(run_id))

    async def run_feature(self, feature: int | str, *, config: str | None, site_url: str | None) -> int:
        """Start a run; asked once, but for a key that was refused and is another now: then nothing has started."""
        return await self._asked(lambda client: client.run_feature(feature, config=config, site_url=site_url))

    async def _asked(self, ask: Callable[[Client], Awaitable[_T]]) -> _T:
        from tvtui.client import Refused

        client = self._client
        try:
            return await ask(client)
        except Refused:
            # requests overlap: another one may have renewed the key meanwhile
            if self._client is client and not self._has_new_key():
                raise
        return await ask(self._client)

    def _has_new_key(self) -> bool:
        from tvtui.client import Client
        from tvtui.settings.settings import SettingsError

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
        # closed at the end only: other requests may still be under way on it
        self._replaced.append(self._client)
        self._client = Client(self._settings)
        return True

    async def aclose(self) -> None:
        """Give up what is under way and close the connections."""
        if self._first is not None:
            self._first.cancel()
            # gathered, so that an error nobody asked for is not complained about
            await asyncio.gather(self._first, return_exceptions=True)
        for client in (*self._replaced, self._client):
            await client.aclose()
        await self._storage.aclose()
