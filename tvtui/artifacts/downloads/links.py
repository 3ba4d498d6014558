"""The server's list of artifacts with their links, asked for when it is needed and shared by those who need it."""

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
"""For how long a list serves those that start; links expire soon, and how soon nobody says."""


@dataclass(frozen=True, slots=True)
class LinkList:
    """One list of artifacts.

    Attributes:
        links: The artifacts with their links.
        places: Where each is put.
        keys: What these places are for file systems, see `key_of`.
        came_at: When it came, by the clock.
    """

    links: dict[ArtifactId, ArtifactLink]
    places: dict[ArtifactId, Place]
    keys: frozenset[Parts]
    came_at: float


class LinkCache:
    """The newest list, and the way to a newer one; one request at a time."""

    def __init__(self, fetch: FetchLinks, clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._asking = asyncio.Lock()
        self._turn = 0
        self._outcome: LinkList | ClientError | None = None

    async def latest(self, *, but: LinkList | None = None) -> LinkList:
        """A list that has just come: the last one if it is a few seconds old, but not `but`, else a new one.

        Raises:
            ClientError: There is none to be had.
        """
        turn = self._turn
        known = self._outcome
        if isinstance(known, LinkList) and known is not but and self._is_fresh(known):
            return known
        async with self._asking:
            # whoever has waited for another's request shares what it brought
            if self._turn == turn:
                self._outcome = await self._ask()
                self._turn += 1
            outcome = self._outcome
        assert outcome is not None
        if isinstance(outcome, ClientError):
            raise outcome
        return outcome

    def _is_fresh(self, offer: LinkList) -> bool:
        return self._clock.now() - offer.came_at <= _FRESH_SECONDS

    async def _ask(self) -> LinkList | ClientError:
        try:
            links = await self._fetch()
        except ClientError as error:
            return error
        places = place_all(links)
        keys = frozenset(key_of(place.parts) for place in places.values())
        return LinkList(dict(zip(identify_artifacts(links), links, strict=True)), places, keys, self._clock.now())
