"""Downloads: some at a time, each from a fresh link to a whole file, and told of as they go on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from tvtui.artifacts.downloads.file import FileDownload
from tvtui.artifacts.downloads.links import FetchLinks, LinkCache, LinkList
from tvtui.artifacts.downloads.safe_folder import NotSaved
from tvtui.artifacts.downloads.safe_names import shown_path
from tvtui.artifacts.transfer import Stage, Transfer
from tvtui.testvibe.errors import ClientError, Expired, Unreachable, Unreadable
from tvtui.testvibe.identity import ArtifactId
from tvtui.testvibe.storage import Storage
from tvtui.watch.clock import Clock

Tell = Callable[[ArtifactId, Transfer], None]

_AT_ONCE = 3
_MOST_RESUMES = 3


@dataclass
class _Call:
    """One call of `get`: whom it tells, how its downloads stand, and what keeps all of them from starting."""

    tell: Tell
    states: dict[ArtifactId, Transfer] = field(default_factory=dict)
    no_links: ClientError | None = None

    def note(self, which: ArtifactId, transfer: Transfer) -> None:
        self.states[which] = transfer
        self.tell(which, transfer)

    def fail(self, which: ArtifactId, sentence: str) -> None:
        known = self.states.get(which, Transfer(Stage.WAITING))
        self.note(which, replace(known, stage=Stage.FAILED, rate=0.0, note=sentence))


class Downloads:
    """Puts artifacts of one run into a folder; calls of `get` may overlap.

    Every file appears whole or not at all, and none that is there is written over: one of the right size counts as
    downloaded, beside one of another size the download is saved as "NAME (2)". What has come of a download that
    failed or was cancelled is kept, and the next one goes on there if the storage still has the same version.
    """

    def __init__(
        self,
        fetch_links: FetchLinks,
        storage: Storage,
        folder: Path,
        clock: Clock,
        *,
        slots: asyncio.Semaphore | None = None,
    ) -> None:
        """Prepare; nothing is asked for and nothing is made yet.

        Args:
            fetch_links: Asks for the run's list of artifacts with their links.
            storage: Where the links lead to; whoever made it closes it.
            folder: Where they are put; made when the first one is.
            clock: Measures rates, and how old a list is.
            slots: How many at a time, over all calls and over all that share it; three of its own if None.
        """
        self._offers = LinkCache(fetch_links, clock)
        self._storage = storage
        self._folder = folder
        self._clock = clock
        self._slots = asyncio.Semaphore(_AT_ONCE) if slots is None else slots
        self._turns: dict[ArtifactId, asyncio.Lock] = {}
        self._in_use: set[Path] = set()

    async def get(self, wanted: Sequence[ArtifactId], tell: Tell) -> None:
        """Download artifacts; returns when each is done or has failed. Cancel the task to cancel those under way.

        One that another call is at is waited for, and not told of before that has ended.

        Args:
            wanted: Which.
            tell: Called in this task's loop on every change of a stage, and up to four times a second on progress.
        """
        call = _Call(tell)
        for which in dict.fromkeys(wanted):
            if not self._turn(which).locked():
                call.note(which, Transfer(Stage.WAITING))
        tasks = [asyncio.ensure_future(self._take_turn(which, call)) for which in dict.fromkeys(wanted)]
        try:
            await asyncio.gather(*tasks)
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for which, known in call.states.items():
                if known.is_under_way:
                    tell(which, replace(known, stage=Stage.CANCELLED, rate=0.0))
            raise

    def _turn(self, which: ArtifactId) -> asyncio.Lock:
        return self._turns.setdefault(which, asyncio.Lock())

    async def _take_turn(self, which: ArtifactId, call: _Call) -> None:
        async with self._turn(which), self._slots:
            try:
                await self._get(which, call)
            except (ClientError, NotSaved) as error:
                call.fail(which, str(error))

    async def _get(self, which: ArtifactId, call: _Call) -> None:
        offer = await self._offer(call)
        is_renewed = False
        resumes = 0
        while True:
            copy = self._copy(which, offer, call)
            try:
                await copy.make()
            except Expired:
                if is_renewed:
                    raise
                is_renewed = True
            except (Unreachable, Unreadable):
                # what broke off in the middle goes on there; what brought nothing has failed
                if not copy.has_grown or resumes == _MOST_RESUMES:
                    raise
                resumes += 1
                continue
            else:
                return
            offer = await self._offers.latest(but=offer)

    async def _offer(self, call: _Call) -> LinkList:
        """The list to start with; where there is none, all that have not started in this call fail alike."""
        if call.no_links is not None:
            raise call.no_links
        try:
            return await self._offers.latest()
        except ClientError as error:
            call.no_links = error
            raise

    def _copy(self, which: ArtifactId, offer: LinkList, call: _Call) -> FileDownload:
        link = offer.links.get(which)
        if link is None:
            raise NotSaved(f"{shown_path(which[0])} is not in the server's list any more.")
        if link.url is None:
            raise NotSaved(f"The server gives no link to {shown_path(which[0])} that can be used.")
        return FileDownload(
            link=link.url,
            size=link.size,
            place=offer.places[which],
            kept=offer.keys,
            storage=self._storage,
            folder=self._folder,
            in_use=self._in_use,
            clock=self._clock,
            tell=partial(call.note, which),
        )
