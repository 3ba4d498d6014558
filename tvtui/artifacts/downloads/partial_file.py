"""An unfinished download: a hidden file next to its final place, which can be resumed and becomes visible at once."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress

from tvtui.artifacts.downloads.safe_folder import Folder, NotSaved, explained
from tvtui.artifacts.downloads.safe_names import ETAG, PART
from tvtui.settings.paths import shown
from tvtui.testvibe.response import STRONG_ETAG


class PartialFile:
    """A file that is written as `.NAME.part`, with the ETag of its version in a second file.

    Attributes:
        received: Bytes in the file.
        etag: The ETag of their version; "" if unknown, in which case no bytes are kept.
    """

    def __init__(self, folder: Folder, name: str, size: int | None) -> None:
        """Resume the download of `name` if there is one, or start it.

        Args:
            folder: The folder of the complete file.
            name: The name of the complete file.
            size: Its size in bytes; None if unknown, in which case nothing is resumed.

        Raises:
            NotSaved: It cannot be written, or another process is downloading it.
        """
        self._folder = folder
        self._name = f".{name}{PART}"
        self._path = folder.path / self._name
        self._final = folder.path / name
        with explained(self._path):
            self._file = folder.open_file(self._name, os.O_RDWR | os.O_CREAT)
            try:
                self._lock()
                there = os.fstat(self._file).st_size
                self.etag = self._read_etag() if size is not None and 0 < there <= size else ""
                self.received = there if self.etag else 0
            except BaseException:
                os.close(self._file)
                raise

    def begin(self, start: int, etag: str) -> None:
        """Keep the first `start` bytes, and save the ETag of the version that they and the following bytes are from.

        Raises:
            NotSaved: It cannot be written.
        """
        with explained(self._path):
            if etag != self.etag or start == 0:
                # removed first, so that bytes are never attributed to another version
                self._folder.remove(self._name + ETAG)
            os.ftruncate(self._file, start)
            os.lseek(self._file, start, os.SEEK_SET)
            self.received = start
            if etag != self.etag or start == 0:
                self._write_etag(etag)
        self.etag = etag

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

    def finish(self) -> None:
        """Sync it to the disk and give it its final name.

        Raises:
            NotSaved: It cannot be renamed, or another file has got that name in the meantime.
        """
        with explained(self._path):
            os.fsync(self._file)
            if self._folder.stat(self._final.name) is not None:
                raise NotSaved(f"Another program created {shown(self._final)} in the meantime. Try again.")
            if os.name == "nt":
                # Windows cannot rename an open file
                self._close_file()
            self._folder.rename(self._name, self._final.name)
            self._folder.remove(self._name + ETAG)

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
                self._folder.remove(self._name + ETAG)
                self._folder.remove(self._name)
        self._close_file()

    def _close_file(self) -> None:
        file, self._file = self._file, -1
        with suppress(OSError):
            os.close(file)

    def _lock(self) -> None:
        if sys.platform == "win32":
            return
        import fcntl

        busy = f"Another tvtui is downloading {shown(self._final)}. Wait for it to finish."
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            # some file systems do not support locks
            if error.errno in {errno.EAGAIN, errno.EACCES}:
                raise NotSaved(busy) from None
        if not self._is_ours():
            raise NotSaved(busy)

    def _is_ours(self) -> bool:
        """Whether the open file still has its name: another process may have finished and renamed it."""
        named, ours = self._folder.stat(self._name), os.fstat(self._file)
        return named is not None and (named.st_dev, named.st_ino) == (ours.st_dev, ours.st_ino)

    def _read_etag(self) -> str:
        try:
            with os.fdopen(self._folder.open_file(self._name + ETAG, os.O_RDONLY), "rb") as file:
                etag = file.read(1024).decode("ascii", "replace")
        except (OSError, NotSaved):
            return ""
        return etag if STRONG_ETAG.fullmatch(etag) else ""

    def _write_etag(self, etag: str) -> None:
        if etag:
            with os.fdopen(self._folder.open_file(self._name + ETAG, os.O_WRONLY | os.O_CREAT), "wb") as file:
                file.truncate(0)
                file.write(etag.encode("ascii"))
