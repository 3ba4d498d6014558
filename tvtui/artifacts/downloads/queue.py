"""Downloads of several artifacts: a few at a time, each from a fresh link, with progress reports."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from tvtui.artifacts.downloads.file import LARGEST_UNKNOWN, FileDownload
from tvtui.artifacts.downloads.links import FetchLinks, LinkCache, LinkList
from tvtui.artifacts.downloads.run_folder import RunFolder, run_folder
from tvtui.artifacts.downloads.safe_folder import NotSaved
from tvtui.artifacts.transfer import Stage, Transfer
from tvtui.settings.paths import working_folder
from tvtui.settings.settings import Settings
from tvtui.testvibe.errors import ClientError, Expired, Unreachable, Unreadable
from tvtui.testvibe.identity import ArtifactId
from tvtui.testvibe.server import Server
from tvtui.testvibe.storage import Storage
from tvtui.text.redact import quoted
from tvtui.watch.clock import Clock

Report = Callable[[ArtifactId, Transfer], None]
"""Called with the state of a download."""

_CONCURRENT = 3
_MOST_RESUMES = 3


@dataclass
class _Call:
    """One call of `get`: the states of its downloads, and the error that keeps all others from starting.

    `has_renewed` says whether a rejected link has been replaced by one from a fresh list. If the storage rejects fresh
    links too, others would not help.
    """

    report: Report
    states: dict[ArtifactId, Transfer] = field(default_factory=dict)
    no_links: ClientError | None = None
    has_renewed: bool = False

    def note(self, which: ArtifactId, transfer: Transfer) -> None:
        self.states[which] = transfer
        self.report(which, transfer)


class Downloads:
    """Downloads artifacts of one run into a folder; calls of `get` may overlap.

    Files appear only when they are complete, and existing files are never overwritten: one that the folder's manifest
    knows counts as downloaded, otherwise the download is saved as "NAME (2)". The received part of a failed or canceled
    download is kept, and the next attempt resumes it if the storage still has the same version.
    """

    def __init__(
        self,
        fetch_links: FetchLinks,
        storage: Storage,
        folder: RunFolder,
        clock: Clock,
        *,
        slots: asyncio.Semaphore | None = None,
        largest_unknown: int = LARGEST_UNKNOWN,
    ) -> None:
        """Prepare; nothing is requested or created yet.

        Args:
            fetch_links: Requests the run's list of artifacts with their links.
            storage: The storage that the links point to; its creator closes it.
            folder: The download folder; created with the first download.
            clock: Measures rates and the age of the list.
            slots: Limits the concurrent downloads of all calls, and of all objects that share it; None: three.
            largest_unknown: The limit in bytes for files of unknown size.
        """
        self._links = LinkCache(fetch_links, clock)
        self._storage = storage
        self._folder = folder
        self._clock = clock
        self._largest_unknown = largest_unknown
        self._slots = asyncio.Semaphore(_CONCURRENT) if slots is None else slots
        self._locks: defaultdict[ArtifactId, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def get(self, wanted: Sequence[ArtifactId], report: Report) -> None:
        """Download artifacts; returns when each is done or has failed. Cancel the task to cancel those under way.

        An artifact that another call is downloading is not reported until that call has finished with it.

        Args:
            wanted: The artifacts.
            report: Called in this task's loop whenever a stage changes, and up to four times a second on progress.
        """
        call = _Call(report)
        for which in dict.fromkeys(wanted):
            if not self._locks[which].locked():
                call.note(which, Transfer(Stage.WAITING))
        tasks = [asyncio.ensure_future(self._download(which, call)) for which in dict.fromkeys(wanted)]
        try:
            await asyncio.gather(*tasks)
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for which, known in call.states.items():
                if known.is_under_way:
                    report(which, replace(known, stage=Stage.CANCELLED, rate=0.0))
            raise

    async def _download(self, which: ArtifactId, call: _Call) -> None:
        async with self._locks[which], self._slots:
            try:
                await self._attempt(which, call)
            except (ClientError, NotSaved) as error:
                known = call.states.get(which, Transfer(Stage.WAITING))
                call.note(which, replace(known, stage=Stage.FAILED, rate=0.0, note=str(error)))

    async def _attempt(self, which: ArtifactId, call: _Call) -> None:
        # if this request fails, all downloads of this call that have not started fail too
        if call.no_links is not None:
            raise call.no_links
        try:
            links = await self._links.latest()
        except ClientError as error:
            call.no_links = error
            raise
        is_renewed = False
        resumes = 0
        while True:
            download = self._file_download(which, links, call)
            try:
                await download.run()
            except Expired:
                if is_renewed or (call.has_renewed and self._links.is_newest(links)):
                    raise
                is_renewed = True
            except (Unreachable, Unreadable):
                # a download that broke off is resumed; one that received nothing has failed
                if not download.has_grown or resumes == _MOST_RESUMES:
                    raise
                resumes += 1
                continue
            else:
                return
            links = await self._links.latest(but=links)
            # only now: others whose links were rejected meanwhile get the same fresh list
            call.has_renewed = True

    def _file_download(self, which: ArtifactId, links: LinkList, call: _Call) -> FileDownload:
        link = links.links.get(which)
        if link is None:
            raise NotSaved(f"{quoted(which[0], 120)} is no longer in the server's list.")
        if link.url is None:
            raise NotSaved(f"The server has no usable link to {quoted(which[0], 120)}.")
        return FileDownload(
            # as the manifest stores it, which must not contain what the server sent
            which=(str(which[0]), which[1]),
            link=link.url,
            size=link.artifact.size,
            place=links.places[which],
            reserved=links.keys,
            storage=self._storage,
            folder=self._folder,
            clock=self._clock,
            report=partial(call.note, which),
            largest_unknown=self._largest_unknown,
        )


def downloads_of(
    server: Server, run_id: int, settings: Settings, clock: Clock, *, slots: asyncio.Semaphore | None = None
) -> Downloads:
    """The downloads of one run into the folder of the settings."""
    folder = run_folder(settings, run_id, working_folder())
    return Downloads(partial(server.fetch_links, run_id), server.storage, folder, clock, slots=slots)
