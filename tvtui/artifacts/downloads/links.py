"""The server's list of artifacts with their links, requested when needed and shared between downloads."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tvtui.artifacts.downloads.safe_names import Parts, Place, key_of, place_all
from tvtui.testvibe.errors import ClientError
from tvtui.testvibe.identity import ArtifactId, identify_artifacts
from tvtui.testvibe.links import ArtifactLink
from tvtui.watch.clock import Clock

FetchLinks = Callable[[], Awaitable[tuple[ArtifactLink, ...]]]

_FRESH_SECONDS = 10.0
"""How long a list is used for new downloads; links expire soon, after an undocumented time."""


@dataclass(frozen=True, slots=True)
class LinkList:
    """One list of artifacts.

    Attributes:
        links: The artifacts with their links.
        places: Their places in the download folder.
        keys: The keys of these places, see `key_of`.
        received_at: When it was received, by the clock.
    """

    links: dict[ArtifactId, ArtifactLink]
    places: dict[ArtifactId, Place]
    keys: frozenset[Parts]
    received_at: float


class LinkCache:
    """The latest list; requests a newer one if needed, one request at a time."""

    def __init__(self, fetch: FetchLinks, clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._lock = asyncio.Lock()
        self._outcome: LinkList | ClientError | None = None

    async def latest(self, *, but: LinkList | None = None) -> LinkList:
        """The latest list if it is a few seconds old and is not `but`; otherwise a new one.

        Raises:
            ClientError: The request failed.
        """
        known = self._outcome
        if isinstance(known, LinkList) and known is not but and self._clock.now() - known.received_at <= _FRESH_SECONDS:
            return known
        async with self._lock:
            # a call that waited for another call's request shares its outcome
            if self._outcome is known:
                self._outcome = await self._request()
            outcome = self._outcome
        assert outcome is not None
        if isinstance(outcome, ClientError):
            raise outcome
        return outcome

    def is_newest(self, links: LinkList) -> bool:
        """Whether a list is the latest one, and still used for new downloads: no request could give a better one."""
        return links is self._outcome and self._clock.now() - links.received_at <= _FRESH_SECONDS

    async def _request(self) -> LinkList | ClientError:
        try:
            links = await self._fetch()
        except ClientError as error:
            return error
        artifacts = [link.artifact for link in links]
        places = place_all(artifacts)
        keys = frozenset(key_of(place.parts) for place in places.values())
        return LinkList(dict(zip(identify_artifacts(artifacts), links, strict=True)), places, keys, self._clock.now())
