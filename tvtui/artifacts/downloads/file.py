"""One file from the storage to its place, whole or not at all, and how fast it comes."""

from __future__ import annotations

import asyncio
import stat
from collections import deque
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ParamSpec, TypeVar

from tvtui.artifacts.downloads.partial_file import PartialFile
from tvtui.artifacts.downloads.safe_folder import Folder, NotSaved, open_below, shown
from tvtui.artifacts.downloads.safe_names import Parts, Place, beside, key_of
from tvtui.artifacts.transfer import Stage, Transfer
from tvtui.testvibe.errors import ClientError, Unreachable
from tvtui.testvibe.links import SignedLink
from tvtui.testvibe.storage import Delivery, Storage
from tvtui.text.format import size
from tvtui.watch.clock import Clock

_PIECE = 256 << 10
"""Bytes that are written at once: each costs a visit to a thread."""

_PAUSE = 0.25
"""Seconds after which fewer are written, so that a slow download is seen to go on."""

_LARGEST_UNKNOWN = 1 << 30
"""Bytes of a file whose size neither the list nor the storage tells: a small packed one can unpack to a full disk."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


@dataclass
class FileDownload:
    """One try to get one file.

    Attributes:
        link: Where it comes from.
        size: Bytes, as the server's list says; None if it does not.
        place: Where it goes to in the download folder.
        kept: The places of all artifacts, of which none is given to another one.
        storage: Who brings it.
        folder: The download folder.
        in_use: Files that are being written now; this one's is among them meanwhile.
        clock: For the rate.
        tell: Told how it stands.
        has_grown: Whether this try has brought bytes.
    """

    link: SignedLink
    size: int | None
    place: Place
    kept: Collection[Parts]
    storage: Storage
    folder: Path
    in_use: set[Path]
    clock: Clock
    tell: Callable[[Transfer], None]
    has_grown: bool = field(default=False, init=False)

    async def make(self) -> None:
        """Do it.

        Raises:
            ClientError: It did not come, or not to its end.
            NotSaved: It is not what was announced, or could not be written.
        """
        if self.size is None:
            # asked for and not taken, only to know whether it is there already
            async with self.storage.deliver(self.link) as delivery:
                self.size = delivery.total
        folder = open_below(self.folder, self.place.parts[:-1])
        try:
            name, is_there = self._choose(folder)
            note = self.place.note if name == self.place.name else self._note_beside(folder, name)
            going = Transfer(Stage.GOING, total=self.size, path=folder.path / name, note=note)
            if not is_there:
                await self._fill(folder, name, going)
            saved = self.size or 0 if is_there else _size_of(folder, name)
            self.tell(Transfer(Stage.DONE, received=saved, total=saved, path=going.path, note=note, was_there=is_there))
        finally:
            folder.close()

    def _choose(self, folder: Folder) -> tuple[str, bool]:
        """The name to save it as, and whether a file of the right size has it already."""
        name, number = self.place.name, 1
        while True:
            info = folder.look(name)
            if info is None and folder.path / name not in self.in_use:
                return name, False
            if info is not None and stat.S_ISREG(info.st_mode) and info.st_size == self.size:
                return name, True
            while name == self.place.name or key_of((*self.place.parts[:-1], name)) in self.kept:
                number += 1
                name = beside(self.place.name, number)

    def _note_beside(self, folder: Folder, name: str) -> str:
        what = f"Saved as {shown(folder.path / name)}, as another file is there as {self.place.name}."
        return f"{self.place.note} {what}".strip()

    async def _fill(self, folder: Folder, name: str, going: Transfer) -> None:
        self.in_use.add(folder.path / name)
        part = None
        try:
            part = PartialFile.open(folder, name, self.size)
            self.tell(replace(going, received=part.received))
            if not part.received or part.received != self.size:
                async with self.storage.deliver(self.link, start=part.received, etag=part.etag) as delivery:
                    self._refuse_another_size(delivery)
                    await _to_its_end(part.begin, delivery.start, delivery.etag)
                    await self._take(part, delivery, going)
                self._refuse_a_torso(part, delivery)
            await _to_its_end(part.finish, name)
        finally:
            if part is not None:
                part.close()
            self.in_use.discard(folder.path / name)

    async def _take(self, part: PartialFile, delivery: Delivery, going: Transfer) -> None:
        """Write down what comes; what had come is written whatever happens."""
        waiting = bytearray()
        written_at = self.clock.now()
        meter = RateMeter(written_at, part.received)
        try:
            async for piece in delivery:
                waiting += piece
                self.has_grown = True
                if part.received + len(waiting) > (_LARGEST_UNKNOWN if self.size is None else self.size):
                    part.discard()
                    raise NotSaved(self._too_much())
                now = self.clock.now()
                if len(waiting) < _PIECE and now - written_at < _PAUSE:
                    continue
                written_at = now
                await _write(part, waiting)
                if meter.read(now, part.received):
                    self.tell(replace(going, received=part.received, rate=meter.rate))
            await _write(part, waiting)
        except (ClientError, asyncio.CancelledError):
            with suppress(NotSaved):
                part.write(waiting)
            raise

    def _too_much(self) -> str:
        if self.size is None:
            return f"More than {size(_LARGEST_UNKNOWN)} came of a file whose size nobody tells: not saved."
        return f"The storage sent more than the {self.size:,} bytes of the server's list: not saved."

    def _refuse_another_size(self, delivery: Delivery) -> None:
        if None not in (delivery.total, self.size) and delivery.total != self.size:
            raise NotSaved(
                f"The storage has {delivery.total:,} bytes of it where the server's list says {self.size:,}: not saved."
            )

    def _refuse_a_torso(self, part: PartialFile, delivery: Delivery) -> None:
        if self.size is None or part.received == self.size:
            return
        what = f"The storage sent {part.received:,} bytes instead of the {self.size:,} of the server's list"
        if delivery.total == self.size:
            raise Unreachable(f"{what}, and then no more.")
        part.discard()
        raise NotSaved(f"{what}: not saved.")


def _size_of(folder: Folder, name: str) -> int:
    info = folder.look(name)
    return 0 if info is None else info.st_size


async def _write(part: PartialFile, waiting: bytearray) -> None:
    piece = bytes(waiting)
    waiting.clear()
    await _to_its_end(part.write, piece)


async def _to_its_end(work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Do something in a thread; whoever is cancelled meanwhile still waits for it, as nobody can stop it."""
    working = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        while not working.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([working])
        if not working.cancelled():
            # looked at, so that nobody complains that it was not
            working.exception()
        raise


_WINDOW = 5.0
_REPORT_INTERVAL = 0.25


class RateMeter:
    """Measures one download by a clock that it is told."""

    def __init__(self, now: float, received: int) -> None:
        """Begin.

        Args:
            now: Seconds, as all that follow.
            received: Bytes that were there before.
        """
        self._seen = deque([(now, received)])
        self._told_at = now

    def read(self, now: float, received: int) -> bool:
        """Take in how much there is; whether it should be told: a quarter of a second after the last time."""
        self._seen.append((now, received))
        while now - self._seen[0][0] > _WINDOW and len(self._seen) > 2:
            self._seen.popleft()
        if now - self._told_at < _REPORT_INTERVAL:
            # one look back per telling is enough for a rate, whatever the size of the pieces
            if len(self._seen) > 2:
                del self._seen[-2]
            return False
        self._told_at = now
        return True

    @property
    def rate(self) -> float:
        """Bytes a second over the last five seconds; 0 as long as nobody knows."""
        (begun, before), (now, received) = self._seen[0], self._seen[-1]
        return (received - before) / (now - begun) if now > begun else 0.0
