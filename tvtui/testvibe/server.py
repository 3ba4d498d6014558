"""The server as the rest of tvtui sees it, and the connection to a real one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, TypeVar

from tvtui.testvibe.errors import ClientError, NotFound, Recorded, Refused
from tvtui.testvibe.models import Reader

if TYPE_CHECKING:
    from tvtui.settings.settings import Settings
    from tvtui.testvibe.client import Answer, Client
    from tvtui.testvibe.diagnosis import Diagnosis, Undiagnosed
    from tvtui.testvibe.links import ArtifactLink
    from tvtui.testvibe.storage import Storage

_T = TypeVar("_T")


class Server(Protocol):
    """What a front end requests from a server; each request raises `ClientError` if it fails."""

    @property
    def storage(self) -> Storage:
        """The storage that the links to artifacts point to; it is sent no key."""

    async def fetch(self, run_id: int) -> Answer:
        """Request a run's digest once."""

    def fetcher(self, run_id: int) -> Callable[[], Awaitable[Answer]]:
        """Return a function that requests a run's digest each time it is called.

        It holds the last answer, so that the next one can share what has not changed: drop it with the watch.
        """

    async def fetch_links(self, run_id: int) -> tuple[ArtifactLink, ...]:
        """Request fresh links to a run's artifacts."""

    async def diagnose(self, run_id: int) -> Diagnosis:
        """Request the diagnosis of a run that did not pass."""

    async def run_feature(self, feature: int | str, *, config: str | None, site_url: str | None) -> int:
        """Start a run, without retrying, and return its ID."""


class Connection(Server, Protocol):
    """A server that its opener closes."""

    async def aclose(self) -> None:
        """Close it; requests under way are cancelled."""


class ServerConnection:
    """A connection to one server, whose key can be renewed.

    Every request raises `ClientError` if it fails. If the API key is rejected, the settings are read again, and the
    request is repeated once if the key has changed.
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
            renew: Reads the settings again after the key was rejected; None if they cannot change.
            prefetch: A run whose digest is requested immediately, for the first call of its `fetcher`.
            new_client: Makes the client for each key; None: a real one.
        """
        from tvtui.testvibe.client import Client

        self._settings = settings
        self._renew = renew
        self._new_client = new_client or Client
        self._client = self._new_client(settings)
        self._replaced: list[Client] = []
        self._storage: Storage | None = None
        self._prefetched: dict[int, tuple[Reader, asyncio.Task[Answer]]] = {}
        self._prefetch: asyncio.Task[Answer] | None = None
        if prefetch is not None:
            reader = Reader()
            self._prefetch = asyncio.create_task(self._client.get_run(prefetch, reader))
            self._prefetched[prefetch] = (reader, self._prefetch)

    @property
    def storage(self) -> Storage:
        """The storage that the links to artifacts point to; it is sent no key."""
        if self._storage is None:
            # imported here, as it is needed for the first download only
            from tvtui.testvibe.storage import Storage

            self._storage = Storage(api_zone=lambda: self._client.zone)
        return self._storage

    async def fetch(self, run_id: int) -> Answer:
        """Request a run's digest once."""
        return await self._with_renewal(lambda client: client.get_run(run_id))

    def fetcher(self, run_id: int) -> Callable[[], Awaitable[Answer]]:
        """Return a function that requests a run's digest each time it is called; see `Server.fetcher`."""
        reader, prefetch = self._prefetched.pop(run_id, (Reader(), None))

        async def request(client: Client) -> Answer:
            nonlocal prefetch
            if prefetch is None:
                return await client.get_run(run_id, reader)
            answer, prefetch = prefetch, None
            self._prefetch = None
            return await answer

        return lambda: self._with_renewal(request)

    async def fetch_links(self, run_id: int) -> tuple[ArtifactLink, ...]:
        """Request fresh links to a run's artifacts."""
        return await self._with_renewal(lambda client: client.get_artifacts(run_id))

    async def diagnose(self, run_id: int) -> Diagnosis:
        """Request the diagnosis of a run that did not pass."""
        return await self._with_renewal(lambda client: client.diagnose(run_id))

    async def run_feature(self, feature: int | str, *, config: str | None, site_url: str | None) -> int:
        """Start a run and return its ID; repeated only after a rejected key, when nothing has started yet."""
        return await self._with_renewal(lambda client: client.run_feature(feature, config=config, site_url=site_url))

    async def _with_renewal(self, request: Callable[[Client], Awaitable[_T]]) -> _T:
        client = self._client
        try:
            return await request(client)
        except Refused:
            # requests overlap: another one may already have renewed the key
            if self._client is client and not self._has_new_key():
                raise
        return await request(self._client)

    def _has_new_key(self) -> bool:
        from tvtui.settings.settings import SettingsError

        if self._renew is None:
            return False
        try:
            found = self._renew()
        except SettingsError:
            return False
        # only the key may change: with another server or project it would be another watch, and the key another's
        used = self._settings
        if found.api_key == used.api_key or (found.server, found.project) != (used.server, used.project):
            return False
        self._settings = replace(used, api_key=found.api_key, key_source=found.key_source)
        # closed only at the end, as it may still carry other requests
        self._replaced.append(self._client)
        self._client = self._new_client(self._settings)
        return True

    async def aclose(self) -> None:
        """Cancel the prefetch and close the connections."""
        if self._prefetch is not None:
            self._prefetch.cancel()
            # gathered, so that asyncio does not log an exception that was never retrieved
            await asyncio.gather(self._prefetch, return_exceptions=True)
        for client in (*self._replaced, self._client):
            await client.aclose()
        if self._storage is not None:
            await self._storage.aclose()


async def request_diagnosis(
    diagnose: Callable[[], Awaitable[Diagnosis]], fetch: Callable[[], Awaitable[Answer]]
) -> Diagnosis | Undiagnosed:
    """Request a diagnosis, and find out whether the server supports diagnoses at all.

    Args:
        diagnose: Requests the diagnosis of a run.
        fetch: Requests the digest of the same run. A server that finds the run but not its diagnosis does not support
            diagnoses, although its error is the one for a missing run.
    """
    from tvtui.testvibe.diagnosis import Undiagnosed

    try:
        return await diagnose()
    except NotFound:
        pass
    except ClientError as error:
        return Undiagnosed(error.what, error.advice, may_be_retried=not isinstance(error, Recorded))
    try:
        await fetch()
    except ClientError as error:
        return Undiagnosed(error.what, error.advice)
    return Undiagnosed(is_offered=False)
