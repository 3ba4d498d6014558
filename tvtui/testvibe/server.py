"""A TestVibe server as the rest of tvtui sees it, and the connection to a real one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, TypeVar

from tvtui.testvibe.errors import ClientError, NotFound, Refused

if TYPE_CHECKING:
    from tvtui.settings.settings import Settings
    from tvtui.testvibe.client import Answer, Client
    from tvtui.testvibe.diagnosis import Diagnosis, Undiagnosed
    from tvtui.testvibe.links import ArtifactLink
    from tvtui.testvibe.storage import Storage

_T = TypeVar("_T")


class Server(Protocol):
    """What an app asks of a server; each of these raises `ClientError` where there is no good answer."""

    @property
    def storage(self) -> Storage:
        """What the links to artifacts lead to; it knows no key."""

    async def fetch(self, run_id: int) -> Answer:
        """Ask for a run's digest."""

    async def fetch_links(self, run_id: int) -> tuple[ArtifactLink, ...]:
        """Ask for fresh links to a run's artifacts."""

    async def diagnose(self, run_id: int) -> Diagnosis:
        """Ask why a run did not pass."""

    async def run_feature(self, feature: int | str, *, config: str | None, site_url: str | None) -> int:
        """Start a run, asking once; the new run's number comes back."""


class ServerConnection:
    """Asks one server; the first request is under way as soon as it is made.

    Every method raises `ClientError` when there is no good answer, after a second try with a renewed key if the one
    so far was refused and there is another.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        renew: Callable[[], Settings] | None = None,
        prefetch: int | None = None,
        new_client: Callable[[Settings], Client] | None = None,
    ) -> None:
        """Open the connection.

        Args:
            settings: Server, key, project.
            renew: Reads the settings anew after the key was refused; None where they cannot change.
            prefetch: The run whose digest is requested at once; its first `fetch` gets that answer.
            new_client: Makes the client for each key; None: a real one.
        """
        from tvtui.testvibe.client import Client
        from tvtui.testvibe.storage import Storage

        self._settings = settings
        self._renew = renew
        self._new_client = new_client or Client
        self._client = self._new_client(settings)
        self._replaced: list[Client] = []
        self._storage = Storage()
        self._prefetched = prefetch
        self._first: asyncio.Task[Answer] | None = None
        if prefetch is not None:
            self._first = asyncio.ensure_future(self._client.get_run(prefetch))

    @property
    def storage(self) -> Storage:
        """What the links lead to; it knows no key."""
        return self._storage

    async def fetch(self, run_id: int) -> Answer:
        """Ask for a run's digest."""

        async def ask(client: Client) -> Answer:
            first = None
            if run_id == self._prefetched:
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
        client = self._client
        try:
            return await ask(client)
        except Refused:
            # requests overlap: another one may have renewed the key meanwhile
            if self._client is client and not self._has_new_key():
                raise
        return await ask(self._client)

    def _has_new_key(self) -> bool:
        from tvtui.settings.settings import SettingsError

        if self._renew is None:
            return False
        try:
            found = self._renew()
        except SettingsError:
            return False
        # only a key is taken over: with another server or project it would be another watch, and another's key
        used = self._settings
        if found.api_key == used.api_key or (found.server, found.project) != (used.server, used.project):
            return False
        self._settings = replace(used, api_key=found.api_key, key_source=found.key_source)
        # closed at the end only: other requests may still be under way on it
        self._replaced.append(self._client)
        self._client = self._new_client(self._settings)
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


async def request_diagnosis(
    diagnose: Callable[[], Awaitable[Diagnosis]], fetch: Callable[[], Awaitable[Answer]]
) -> Diagnosis | Undiagnosed:
    """Ask once.

    Args:
        diagnose: Asks for the diagnosis of a run.
        fetch: Asks for the digest of the same run: a server that answers this one and says of the other that it is not
            found knows no diagnoses, although it says so in the words it has for a missing run.
    """
    from tvtui.testvibe.diagnosis import Undiagnosed

    try:
        return await diagnose()
    except NotFound:
        pass
    except ClientError as error:
        return Undiagnosed(error.what, error.advice)
    try:
        await fetch()
    except ClientError as error:
        return Undiagnosed(error.what, error.advice)
    return Undiagnosed(is_offered=False)
