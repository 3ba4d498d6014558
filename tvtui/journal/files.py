"""The files of the journal: which there are, a lock on a folder, and what is damaged or left over."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EPERM
from pathlib import Path

from tvtui.settings.paths import PART_SUFFIX, is_private

SUFFIX = ".tvrun"
BROKEN_SUFFIX = ".broken"

_LOCK = "lock"
_LOCK_SECONDS = 3.0
"""How long to wait for another process. Without the lock an index may miss a run, which the next reader notices."""

_NAME = re.compile(rf"(\d{{1,19}}){re.escape(SUFFIX)}")


def run_files(folder: Path) -> dict[int, os.DirEntry[str]]:
    """The recordings in the folder of a suite, by run.

    Raises:
        OSError: The folder cannot be read, or others can write to it.
    """
    if not is_private(folder.lstat()):
        raise PermissionError(EPERM, "not a folder of this user alone", str(folder))
    with os.scandir(folder) as entries:
        return {int(found[1]): entry for entry in entries if (found := _NAME.fullmatch(entry.name))}


def run_file(folder: Path, run_id: int) -> Path:
    """Where a run is recorded in the folder of its suite."""
    return folder / f"{run_id}{SUFFIX}"


def set_aside(path: Path) -> Path:
    """Rename a damaged file so that it is read no more; returns its new path.

    Raises:
        OSError: It cannot be renamed.
    """
    return path.replace(path.with_name(f"{path.name}{BROKEN_SUFFIX}"))


def tidy(folder: Path, older_than: float) -> None:
    """Remove what processes that were killed while they were writing have left, if it was written before a moment."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with suppress(OSError):
                if entry.name.endswith(PART_SUFFIX) and entry.stat(follow_symlinks=False).st_mtime < older_than:
                    Path(entry.path).unlink()


@contextmanager
def locked(folder: Path, seconds: float = _LOCK_SECONDS) -> Iterator[bool]:
    """Keep other processes from writing to the folder of a suite; yields whether that is so.

    Where locking fails, as on some network file systems, or takes more than some seconds, work goes on without.
    """
    number = -1
    try:
        with suppress(OSError):
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
            number = os.open(folder / _LOCK, flags, 0o600)
        yield number >= 0 and _lock(number, seconds)
    finally:
        if number >= 0:
            # which gives up the lock
            os.close(number)


def _lock(number: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while True:
        try:
            _try_to_lock(number)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.005)
        except OSError:
            return False
        else:
            return True


if sys.platform == "win32":
    import msvcrt

    def _try_to_lock(number: int) -> None:
        try:
            msvcrt.locking(number, msvcrt.LK_NBLCK, 1)
        except PermissionError as error:
            raise BlockingIOError from error

else:
    import fcntl

    def _try_to_lock(number: int) -> None:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
