"""An unfinished download: a hidden file next to its final place, which can be resumed and becomes visible at once."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable
from contextlib import suppress

from tvtui.artifacts.downloads.safe_folder import Folder, NotSaved, explained
from tvtui.artifacts.downloads.safe_names import part_of
from tvtui.settings.paths import shown


class InUse(NotSaved):
    """Another process is downloading the file."""


class NameTaken(NotSaved):
    """Another program has created the file in the meantime."""


class PartialFile:
    """A file that is written as `.NAME.part`.

    Attributes:
        received: Bytes in the file.
    """

    def __init__(self, folder: Folder, name: str, most: int) -> None:
        """Open the unfinished download of `name`, or start it.

        Args:
            folder: The folder of the complete file.
            name: The name of the complete file.
            most: How many of the bytes that are there count: none if there are more.

        Raises:
            NameTaken: Another process has just completed it.
            InUse: Another process is downloading it.
            NotSaved: It cannot be written.
        """
        self._folder = folder
        self._name = part_of(name)
        self._path = folder.path / self._name
        self._final = folder.path / name
        with explained(self._path):
            self._file = folder.open_file(self._name, os.O_RDWR | os.O_CREAT)
            try:
                self._lock()
                there = os.fstat(self._file).st_size
                self.received = there if there <= most else 0
                self._check_name()
            except NameTaken:
                self.close()
                raise
            except BaseException:
                # not removed, because it is another process's
                self._close_file()
                raise

    def begin(self, start: int) -> None:
        """Keep the first `start` bytes; the following ones are to be written.

        Raises:
            NotSaved: It cannot be written.
        """
        with explained(self._path):
            os.ftruncate(self._file, start)
            os.lseek(self._file, start, os.SEEK_SET)
        self.received = start

    def write(self, piece: bytes | bytearray) -> None:
        """Append bytes.

        Raises:
            NotSaved: They cannot be written, for example because the disk is full.
        """
        with explained(self._path):
            view = memoryview(piece)
            while view:
                written = os.write(self._file, view)
                self.received += written
                view = view[written:]

    def finish(self, record: Callable[[os.stat_result], None]) -> None:
        """Sync it to the disk and give it its final name.

        Args:
            record: Called right before the file gets its name, with its status.

        Raises:
            NameTaken: Another file has got that name in the meantime; what was received is dropped.
            NotSaved: It cannot be renamed.
        """
        with explained(self._path):
            os.fsync(self._file)
            self._check_name()
            record(os.fstat(self._file))
            if os.name == "nt":
                # Windows cannot rename an open file
                self._close_file()
            self._folder.rename(self._name, self._final.name)

    def discard(self) -> None:
        """Drop the received bytes, because they are wrong."""
        with suppress(OSError):
            os.ftruncate(self._file, 0)
        self.received = 0

    def close(self) -> None:
        """Close it; an empty one is removed."""
        with suppress(OSError, NotSaved):
            if os.fstat(self._file).st_size == 0 and self._is_ours():
                if os.name == "nt":
                    # nor remove it
                    self._close_file()
                self._folder.remove(self._name)
        self._close_file()

    def _check_name(self) -> None:
        if self._folder.stat(self._final.name) is not None:
            self.discard()
            raise NameTaken(f"Another program created {shown(self._final)} in the meantime. Try again.")

    def _close_file(self) -> None:
        file, self._file = self._file, -1
        with suppress(OSError):
            os.close(file)

    def _lock(self) -> None:
        busy = f"Another tvtui is downloading {shown(self._final)}. Wait for it to finish."
        try:
            _lock(self._file)
        except OSError as error:
            # some file systems do not support locks
            if error.errno in {errno.EAGAIN, errno.EACCES}:
                raise InUse(busy) from None
        # Windows does not rename open files
        if os.name != "nt" and not self._is_ours():
            raise InUse(busy)

    def _is_ours(self) -> bool:
        """Whether the open file still has its name: another process may have finished and renamed it."""
        named, ours = self._folder.stat(self._name), os.fstat(self._file)
        return named is not None and (named.st_dev, named.st_ino) == (ours.st_dev, ours.st_ino)


def _lock(file: int) -> None:
    """Lock a file until it is closed, or raise `OSError`."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
