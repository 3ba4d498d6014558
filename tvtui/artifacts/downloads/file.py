"""The download of a single file, complete or not at all, and its rate."""

from __future__ import annotations

import asyncio
import stat
from collections import deque
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from pydantic import SecretStr

from tvtui.artifacts.downloads.partial_file import PartialFile
from tvtui.artifacts.downloads.safe_folder import Folder, NotSaved, open_below
from tvtui.artifacts.downloads.safe_names import Parts, Place, beside, key_of
from tvtui.artifacts.transfer import Stage, Transfer
from tvtui.settings.paths import shown
from tvtui.testvibe.errors import ClientError, Unreachable
from tvtui.testvibe.storage import Delivery, Storage
from tvtui.text.format import size
from tvtui.watch.clock import Clock

_PIECE = 256 << 10
"""Bytes that are written at once: every write takes a thread."""

_PAUSE = 0.25
"""Seconds after which fewer bytes are written, so that a slow download shows progress."""

LARGEST_UNKNOWN = 1 << 30
"""Bytes of a file whose size is unknown: a small compressed response can expand until the disk is full."""

OpenFolder = Callable[[Path, Sequence[str]], Folder]


@dataclass
class FileDownload:
    """One attempt to download one file.

    Attributes:
        link: The link to the file.
        size: Its size in bytes, according to the server's list; None if unknown.
        place: Its place in the download folder.
        reserved: The places of all artifacts; a file is never saved in the place of another artifact.
        storage: The storage to download from.
        folder: The download folder.
        in_use: The files that are being written; includes this one during the download.
        clock: Measures the rate.
        report: Called with the state of the download.
        has_grown: Whether this attempt has received bytes.
        open_folder: Opens a folder below the download folder.
        largest_unknown: The limit in bytes for a file of unknown size.
    """

    link: SecretStr
    size: int | None
    place: Place
    reserved: Collection[Parts]
    storage: Storage
    folder: Path
    in_use: set[Path]
    clock: Clock
    report: Callable[[Transfer], None]
    open_folder: OpenFolder = open_below
    largest_unknown: int = LARGEST_UNKNOWN
    has_grown: bool = field(default=False, init=False)

    async def run(self) -> None:
        """Download the file, unless it is already there.

        Raises:
            ClientError: The download failed or broke off.
            NotSaved: The file has another size than announced, or could not be written.
        """
        if self.size is None:
            # requested only for its size, which shows whether the file is already there
            async with self.storage.deliver(self.link) as delivery:
                self.size = delivery.total
        folder = self.open_folder(self.folder, self.place.parts[:-1])
        try:
            name, is_there = self._choose(folder)
            note = self.place.note
            if name != self.place.name:
                beside_it = f"Saved as {shown(folder.path / name)}, because another {self.place.name} exists."
                note = f"{note} {beside_it}".strip()
            going = Transfer(Stage.DOWNLOADING, total=self.size, path=folder.path / name, note=note)
            saved = self.size or 0 if is_there else await self._fill(folder, name, going)
            self.report(replace(going, stage=Stage.DONE, received=saved, total=saved, was_there=is_there))
        finally:
            folder.close()

    def _choose(self, folder: Folder) -> tuple[str, bool]:
        """The name to save the file as, and whether it is already there with the right size."""
        name, number = self.place.name, 1
        while True:
            info = folder.stat(name)
            if info is None and folder.path / name not in self.in_use:
                return name, False
            if info is not None and stat.S_ISREG(info.st_mode) and info.st_size == self.size:
                return name, True
            while name == self.place.name or key_of((*self.place.parts[:-1], name)) in self.reserved:
                number += 1
                name = beside(self.place.name, number)

    async def _fill(self, folder: Folder, name: str, going: Transfer) -> int:
        """Download the file or the rest of it; returns its size."""
        self.in_use.add(folder.path / name)
        part = None
        try:
            part = PartialFile(folder, name, self.size)
            self.report(replace(going, received=part.received))
            if not part.received or part.received != self.size:
                async with self.storage.deliver(self.link, start=part.received, etag=part.etag) as delivery:
                    if None not in (delivery.total, self.size) and delivery.total != self.size:
                        raise NotSaved(
                            f"The storage has {delivery.total:,} bytes, but the server's list says {self.size:,}."
                        )
                    await _uncancelled(part.begin, delivery.start, delivery.etag)
                    await self._receive(part, delivery, going)
                self._check_received_size(part, delivery)
            await _uncancelled(part.finish)
            return part.received
        finally:
            if part is not None:
                part.close()
            self.in_use.discard(folder.path / name)

    async def _receive(self, part: PartialFile, delivery: Delivery, going: Transfer) -> None:
        """Write the received bytes, even if the download breaks off or is canceled."""
        waiting = bytearray()
        written_at = self.clock.now()
        meter = RateMeter(written_at, part.received)
        try:
            async for piece in delivery.pieces:
                waiting += piece
                self.has_grown = True
                if part.received + len(waiting) > (self.largest_unknown if self.size is None else self.size):
                    part.discard()
                    raise NotSaved(self._too_large())
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

    def _too_large(self) -> str:
        if self.size is None:
            return f"The file is larger than {size(self.largest_unknown)}, and its size was not announced."
        return f"The storage sent more than the {self.size:,} bytes in the server's list."

    def _check_received_size(self, part: PartialFile, delivery: Delivery) -> None:
        if self.size is None or part.received == self.size:
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
