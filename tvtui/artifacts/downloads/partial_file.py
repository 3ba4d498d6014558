"""An unfinished download: a hidden file beside its place, kept for going on with it, that becomes whole at once."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from types import ModuleType
from typing import Self

from tvtui.artifacts.downloads.safe_folder import Folder, NotSaved, explained, shown
from tvtui.artifacts.downloads.safe_names import PART, PART_OF
from tvtui.testvibe.response import STRONG_ETAG

try:
    import fcntl
except ImportError:
    _LOCKS: ModuleType | None = None
else:
    _LOCKS = fcntl

_BUSY = {errno.EAGAIN, errno.EACCES}


class PartialFile:
    """A file that is being written as `.NAME.part`; beside it lies the ETag of the version that it is of.

    Attributes:
        received: Bytes that are in it.
        etag: Of the version that they are of; "" if nobody knows, and then there are none.
    """

    def __init__(self, folder: Folder, name: str) -> None:
        self._folder = folder
        self._name = f".{name}{PART}"
        self._path = folder.path / self._name
        self._final = folder.path / name
        self._file = -1
        self.received = 0
        self.etag = ""

    @classmethod
    def open(cls, folder: Folder, name: str, size: int | None) -> Self:
        """Go on with what is there of `name`, or begin.

        Args:
            folder: Where it will be.
            name: What it will be called.
            size: Bytes that there will be; None if nobody knows, then nothing is gone on with.

        Raises:
            NotSaved: It cannot be written, or another process is at it.
        """
        part = cls(folder, name)
        with explained(part._path):
            part._file = folder.open_file(part._name, os.O_RDWR | os.O_CREAT)
            try:
                part._lock()
                there = os.fstat(part._file).st_size
                part.etag = part._read_etag() if size is not None and 0 < there <= size else ""
                part.received = there if part.etag else 0
            except BaseException:
                os.close(part._file)
                raise
        return part

    def begin(self, start: int, etag: str) -> None:
        """Keep the first `start` bytes, and note of which version they and the following are.

        Raises:
            NotSaved: It cannot be written.
        """
        with explained(self._path):
            if etag != self.etag or start == 0:
                # first, so that no bytes can be taken for those of another version
                self._folder.remove(self._name + PART_OF)
            os.ftruncate(self._file, start)
            os.lseek(self._file, start, os.SEEK_SET)
            self.received = start
            if etag != self.etag or start == 0:
                self._write_etag(etag)
        self.etag = etag

    def write(self, piece: bytes | bytearray) -> None:
        """Add bytes.

        Raises:
            NotSaved: The disk is full, or otherwise unwilling.
        """
        with explained(self._path):
            view = memoryview(piece)
            while view:
                written = os.write(self._file, view)
                self.received += written
                view = view[written:]

    def finish(self, name: str) -> None:
        """Make it the whole file `name`, written through to the disk.

        Raises:
            NotSaved: It cannot be, or something has got that name meanwhile.
        """
        with explained(self._path):
            os.fsync(self._file)
            if self._folder.look(name) is not None:
                raise NotSaved(f"{shown(self._folder.path / name)} has come from elsewhere meanwhile: try again.")
            if os.name == "nt":
                # an open file cannot be renamed there
                self._shut()
            self._folder.rename(self._name, name)
            self._folder.remove(self._name + PART_OF)

    def discard(self) -> None:
        """Forget what has come: it is wrong."""
        with suppress(OSError):
            os.ftruncate(self._file, 0)
        self.received = 0

    def close(self) -> None:
        """Leave it as it is; one that is empty goes."""
        if self._file < 0:
            return
        with suppress(OSError, NotSaved):
            if os.fstat(self._file).st_size == 0 and self._is_ours():
                if os.name == "nt":
                    # nor removed
                    self._shut()
                self._folder.remove(self._name + PART_OF)
                self._folder.remove(self._name)
        self._shut()

    def _shut(self) -> None:
        file, self._file = self._file, -1
        with suppress(OSError):
            os.close(file)

    def _lock(self) -> None:
        if _LOCKS is None:
            return
        busy = f"Another tvtui is downloading {shown(self._final)}: wait for it."
        try:
            _LOCKS.flock(self._file, _LOCKS.LOCK_EX | _LOCKS.LOCK_NB)
        except OSError as error:
            # some file systems know no locks
            if error.errno in _BUSY:
                raise NotSaved(busy) from None
        if not self._is_ours():
            raise NotSaved(busy)

    def _is_ours(self) -> bool:
        """Whether the name still means the file that is open: another process may have finished it."""
        named, ours = self._folder.look(self._name), os.fstat(self._file)
        return named is not None and (named.st_dev, named.st_ino) == (ours.st_dev, ours.st_ino)

    def _read_etag(self) -> str:
        try:
            file = self._folder.open_file(self._name + PART_OF, os.O_RDONLY)
        except (OSError, NotSaved):
            return ""
        try:
            told = os.read(file, 1024)
        finally:
            os.close(file)
        etag = told.decode("ascii", "replace")
        return etag if STRONG_ETAG.fullmatch(etag) else ""

    def _write_etag(self, etag: str) -> None:
        if not etag:
            return
        file = self._folder.open_file(self._name + PART_OF, os.O_WRONLY | os.O_CREAT)
        try:
            os.ftruncate(file, 0)
            os.write(file, etag.encode("ascii"))
        finally:
            os.close(file)
