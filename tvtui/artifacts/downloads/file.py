"""The download of a single file, complete or not at all, and its rate."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from tvtui.artifacts.downloads.partial_file import InUse, NameTaken, PartialFile
from tvtui.artifacts.downloads.run_folder import RunFolder, Spot
from tvtui.artifacts.downloads.safe_folder import NotSaved
from tvtui.artifacts.downloads.safe_names import Parts, Place
from tvtui.artifacts.transfer import Stage, Transfer
from tvtui.settings.paths import shown
from tvtui.testvibe.errors import ClientError, Unreachable
from tvtui.testvibe.identity import ArtifactId
from tvtui.testvibe.links import SignedLink
from tvtui.testvibe.storage import Delivery, Storage
from tvtui.text.format import size
from tvtui.watch.clock import Clock

_PIECE = 256 << 10
"""Bytes that are written at once: every write takes a thread."""

_PAUSE = 0.25
"""Seconds after which fewer bytes are written, so that a slow download shows progress."""

_ATTEMPTS = 20
_WAIT = 0.5
"""Seconds between attempts, while another process is downloading the same file."""

LARGEST_UNKNOWN = 1 << 30
"""Bytes of a file whose size is unknown: a small compressed response can expand until the disk is full."""


@dataclass
class FileDownload:
    """One attempt to download one file.

    Attributes:
        which: The artifact.
        link: The link to the file.
        size: Its size in bytes, according to the server's list; None if unknown.
        place: Its place in the download folder.
        reserved: The places of all artifacts; a file is never saved in the place of another artifact.
        storage: The storage to download from.
        folder: The download folder.
        clock: Measures the rate.
        report: Called with the state of the download.
        has_grown: Whether this attempt has received bytes.
        largest_unknown: The limit in bytes for a file of unknown size.
    """

    which: ArtifactId
    link: SignedLink
    size: int | None
    place: Place
    reserved: Collection[Parts]
    storage: Storage
    folder: RunFolder
    clock: Clock
    report: Callable[[Transfer], None]
    largest_unknown: int = LARGEST_UNKNOWN
    has_grown: bool = field(default=False, init=False)
    _spot: Spot | None = field(default=None, init=False, repr=False)

    async def run(self) -> None:
        """Download the file, unless it is already there.

        Raises:
            ClientError: The download failed or broke off.
            NotSaved: The file has another size than announced, or could not be written.
        """
        etag = ""
        if self.size is None:
            # requested only for its size and version, which show whether the file is already there
            async with self.storage.deliver(self.link) as delivery:
                self.size, etag = delivery.total, delivery.etag
        for left in reversed(range(_ATTEMPTS)):
            try:
                await self._attempt(etag)
                return
            except (InUse, NameTaken) as error:
                # most likely by another tvtui, so that the file is there in a moment
                if not left:
                    raise
                if isinstance(error, InUse):
                    await self.clock.sleep(_WAIT)

    async def _attempt(self, etag: str) -> None:
        try:
            await _uncancelled(self._reserve, etag)
            assert self._spot is not None
            await self._save(self._spot)
        finally:
            self._release()

    def _release(self) -> None:
        if self._spot is not None:
            self.folder.release(self._spot)
            self._spot = None

    def _reserve(self, etag: str) -> None:
        # kept here, so that it is released even if the task is canceled meanwhile
        self._spot = self.folder.reserve(self.which, self.place, self.size, etag, self.reserved)

    async def _save(self, spot: Spot) -> None:
        note = self.place.note
        if spot.name != self.place.name:
            beside_it = f"Saved as {shown(spot.path)}, because another {self.place.name} exists."
            note = f"{note} {beside_it}".strip()
        going = Transfer(Stage.DOWNLOADING, total=self.size, path=spot.path, note=note)
        if spot.is_there:
            assert spot.known is not None
            saved = spot.known.length or 0
        else:
            saved = await self._fill(spot, going)
        self.report(replace(going, stage=Stage.DONE, received=saved, total=saved, was_there=spot.is_there))

    async def _fill(self, spot: Spot, going: Transfer) -> int:
        """Download the file or the rest of it; returns its size."""
        part = None
        etag = "" if spot.known is None else spot.known.etag
        try:
            part = PartialFile(spot.folder, spot.name, (self.size or 0) if etag else 0)
            self.report(replace(going, received=part.received))
            if not part.received or part.received != self.size:
                async with self.storage.deliver(self.link, start=part.received, etag=etag) as delivery:
                    etag = delivery.etag
                    if None not in (delivery.total, self.size) and delivery.total != self.size:
                        raise NotSaved(
                            f"The storage has {delivery.total:,} bytes, but the server's list says {self.size:,}."
                        )
                    await _uncancelled(self._begin, spot, part, delivery)
                    await self._receive(part, delivery, going)
                self._check_received_size(part, delivery)
            await _uncancelled(self._finish, spot, part, etag)
            return part.received
        finally:
            if part is not None:
                part.close()

    def _begin(self, spot: Spot, part: PartialFile, delivery: Delivery) -> None:
        part.begin(delivery.start)
        if delivery.start == 0:
            # recorded when there are no bytes, so that none are attributed to another version
            self.folder.record(spot, self.which, self.size, delivery.etag)

    def _finish(self, spot: Spot, part: PartialFile, etag: str) -> None:
        part.finish(partial(self.folder.record, spot, self.which, self.size, etag))

    def _expected(self, delivery: Delivery) -> int | None:
        """The size that the file must have; None if it is unknown, as the list has that of the compressed file."""
        return None if delivery.packed == self.size else self.size

    async def _receive(self, part: PartialFile, delivery: Delivery, going: Transfer) -> None:
        """Write the received bytes, even if the download breaks off or is canceled."""
        expected = self._expected(delivery)
        going = replace(going, total=expected)
        waiting = bytearray()
        written_at = self.clock.now()
        meter = RateMeter(written_at, part.received)
        try:
            async for piece in delivery.pieces:
                waiting += piece
                self.has_grown = True
                if part.received + len(waiting) > (self.largest_unknown if expected is None else expected):
                    part.discard()
                    raise NotSaved(self._too_large(expected))
                now = self.clock.now()
                if len(waiting) < _PIECE and now - written_at < _PAUSE:
                    continue
                written_at = now
                await _write(part, waiting)
                if meter.update(now, part.received):
                    self.report(replace(going, received=part.received, rate=meter.rate))
            await _write(part, waiting)
        except (ClientError, asyncio.CancelledError):
            with suppress(NotSaved):
                part.write(waiting)
            raise

    def _too_large(self, expected: int | None) -> str:
        if expected is None:
            return f"The file is larger than {size(self.largest_unknown)}, and its size was not announced."
        return f"The storage sent more than the {expected:,} bytes in the server's list."

    def _check_received_size(self, part: PartialFile, delivery: Delivery) -> None:
        if self._expected(delivery) in {None, part.received}:
            return
        what = f"The storage sent {part.received:,} bytes instead of the {self.size:,} in the server's list."
        if delivery.total == self.size:
            raise Unreachable(what)
        part.discard()
        raise NotSaved(what)


async def _write(part: PartialFile, waiting: bytearray) -> None:
    piece = bytes(waiting)
    waiting.clear()
    await _uncancelled(part.write, piece)


async def _uncancelled(work: Callable[..., None], *args: object) -> None:
    """Run a function in a thread, and wait for it even if the task is canceled, because a thread cannot be stopped."""
    working = asyncio.ensure_future(asyncio.to_thread(work, *args))
    try:
        await asyncio.shield(working)
    except asyncio.CancelledError:
        while not working.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([working])
        if not working.cancelled():
            # otherwise asyncio reports that it was never retrieved
            working.exception()
        raise


_WINDOW = 5.0
"""Seconds over which a rate is measured."""

_REPORT_INTERVAL = 0.25
"""Seconds between reports."""


class RateMeter:
    """Measures the rate of one download, from the time in seconds and the bytes at its start and at each report."""

    def __init__(self, now: float, received: int) -> None:
        self._reports = deque([(now, received)])

    def update(self, now: float, received: int) -> bool:
        """Whether it is time to report, which is every quarter of a second."""
        if now - self._reports[-1][0] < _REPORT_INTERVAL:
            return False
        self._reports.append((now, received))
        while now - self._reports[0][0] > _WINDOW and len(self._reports) > 2:
            self._reports.popleft()
        return True

    @property
    def rate(self) -> float:
        """Bytes per second over the last five seconds; 0 until the first report."""
        (start, before), (now, received) = self._reports[0], self._reports[-1]
        return (received - before) / (now - start) if now > start else 0.0
