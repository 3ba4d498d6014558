"""Where the answers of one watch come from: one client, its first request under way at once, its key renewed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tvtui.client import Answer
    from tvtui.diagnosis import Diagnosis
    from tvtui.settings import Settings


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

    def __init__(self, job: Job) -> None:
        from tvtui.client import Client

        self._job = job
        self._settings = job.settings
        self._client = Client(job.settings)
        self._first: asyncio.Task[Answer] | None = asyncio.ensure_future(self._client.get_run(job.run_id))

    async def fetch(self) -> Answer:
        """Ask once; with a renewed key if the one so far was refused and there is another.

        Raises:
            ClientError: There is no good answer.
        """
        from tvtui.client import Refused

        first, self._first = self._first, None
        try:
            return await (first or self._client.get_run(self._job.run_id))
        except Refused:
            if not await self._has_new_key():
                raise
        return await self._client.get_run(self._job.run_id)

    async def diagnose(self) -> Diagnosis:
        """Ask why the run did not pass, with a renewed key like `fetch`.

        Raises:
            ClientError: There is no good answer.
        """
        from tvtui.client import Refused

        try:
            return await self._client.diagnose(self._job.run_id)
        except Refused:
            if not await self._has_new_key():
                raise
        return await self._client.diagnose(self._job.run_id)

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
        await self._client.aclose()
        self._client = Client(self._settings)
        return True

    async def aclose(self) -> None:
        """Give up what is under way and close the connection."""
        if self._first is not None:
            self._first.cancel()
            # gathered, so that an error nobody asked for is not complained about
            await asyncio.gather(self._first, return_exceptions=True)
        await self._client.aclose()
