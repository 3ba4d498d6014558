"""The download folder: where it is, and how to write in it without following symbolic links."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from tvtui.settings.paths import shown
from tvtui.settings.settings import Settings
from tvtui.text.clean import clean_line

HAS_DIR_FD = {os.open, os.mkdir, os.stat, os.unlink, os.rename} <= os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")
"""Whether the platform can open a file within an open folder."""

_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_AS_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _NO_FOLLOW
# opening a pipe must not block, and Windows must not translate line endings
_AS_FILE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_FULL = {errno.ENOSPC: "The disk is full", getattr(errno, "EDQUOT", errno.ENOSPC): "Your disk quota is exceeded"}


class NotSaved(Exception):
    """A file could not be saved; `str()` is a sentence that says why and what to do."""


class Folder:
    """An open folder: by its handle where the platform supports it, so that it cannot be replaced in the meantime."""

    def __init__(self, path: Path, handle: int | None = None) -> None:
        self.path = path
        self._handle = handle

    @classmethod
    def open(cls, path: Path, *, by_handle: bool = HAS_DIR_FD) -> Self:
        """Open the download folder; creates it, accessible only by its owner, if necessary.

        Raises:
            NotSaved: It cannot be opened, or it or a folder above it is a symbolic link: a repository could contain
                such a link to a folder elsewhere.
        """
        with explained(path):
            for above in (path, *path.parents):
                if above.is_symlink():
                    raise NotSaved(
                        f"{shown(above)} is a symbolic link, and downloads do not follow links. "
                        "Use --output with the folder that it points to."
                    )
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            return cls(path, os.open(path, _AS_FOLDER) if by_handle else None)

    def enter(self, name: str) -> Folder:
        """Open a folder in this one; creates it if necessary.

        Raises:
            NotSaved: It cannot be opened, or something else has that name.
        """
        path = self.path / name
        with explained(path):
            with suppress(FileExistsError):
                os.mkdir(self._at(name), 0o700, dir_fd=self._handle)
            info = self.stat(name)
            if info is not None and stat.S_ISLNK(info.st_mode):
                raise NotSaved(f"{shown(path)} is a symbolic link, and downloads do not follow links. Remove it.")
            if info is None or not stat.S_ISDIR(info.st_mode):
                raise NotSaved(f"{shown(path)} is not a folder, but a folder of that name is needed. Move it.")
            return Folder(path, None if self._handle is None else os.open(name, _AS_FOLDER, dir_fd=self._handle))

    def stat(self, name: str) -> os.stat_result | None:
        """The status of a file, a link itself included; None if there is none."""
        with explained(self.path / name):
            try:
                return os.stat(self._at(name), dir_fd=self._handle, follow_symlinks=False)
            except FileNotFoundError:
                return None

    def open_file(self, name: str, flags: int) -> int:
        """Open a file in this folder, accessible only by its owner; never through a link.

        Raises:
            OSError: It cannot be opened.
            NotSaved: Something else has that name.
        """
        foreign = NotSaved(f"{shown(self.path / name)} exists and was not created by tvtui. Remove it.")
        if self._handle is None:
            info = self.stat(name)
            if info is not None and not stat.S_ISREG(info.st_mode):
                raise foreign
        else:
            flags |= _NO_FOLLOW
        try:
            handle = os.open(self._at(name), flags | _AS_FILE, 0o600, dir_fd=self._handle)
        except OSError as error:
            if error.errno in {errno.ELOOP, errno.EMLINK, errno.EISDIR, errno.ENXIO}:
                raise foreign from None
            raise
        info = os.fstat(handle)
        # a file with a second name could be any file of the user's
        if not stat.S_ISREG(info.st_mode) or info.st_nlink > 1:
            os.close(handle)
            raise foreign
        return handle

    def rename(self, old: str, new: str) -> None:
        """Rename a file in this folder, durably."""
        if os.name == "nt":
            # Windows itself refuses to overwrite
            (self.path / old).rename(self.path / new)
        else:
            os.replace(self._at(old), self._at(new), src_dir_fd=self._handle, dst_dir_fd=self._handle)
        if self._handle is not None:
            # some file systems do not support it; the file itself has been synced before
            with suppress(OSError):
                os.fsync(self._handle)

    def remove(self, name: str) -> None:
        """Remove a file if it exists."""
        with suppress(FileNotFoundError):
            os.unlink(self._at(name), dir_fd=self._handle)

    def close(self) -> None:
        """Close it; may be called twice."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def _at(self, name: str) -> str:
        return name if self._handle is not None else str(self.path / name)


def open_below(root: Path, folders: Sequence[str], *, by_handle: bool = HAS_DIR_FD) -> Folder:
    """Open a folder below the download folder; creates both if necessary.

    Raises:
        NotSaved: One of the folders cannot be opened or created, or is a link.
    """
    folder = Folder.open(root, by_handle=by_handle)
    for name in folders:
        above = folder
        try:
            folder = above.enter(name)
        finally:
            above.close()
    return folder


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn system errors about `path` into sentences."""
    try:
        yield
    except OSError as error:
        sentence = _sentence(error, path)
    except UnicodeError:
        sentence = f"The name {shown(path)} cannot be represented in this locale. Use a UTF-8 locale."
    else:
        return
    raise NotSaved(sentence)


def _sentence(error: OSError, path: Path) -> str:
    number = error.errno
    if number in _FULL:
        return f"{_FULL[number]}. Free some space and download it again; the received part is kept."
    match number:
        case errno.EACCES | errno.EPERM:
            return f"No permission to write {shown(path)}. Choose another folder with --output."
        case errno.EROFS:
            return f"{shown(path)} is on a read-only file system. Choose another folder with --output."
        case errno.ENAMETOOLONG:
            return f"The path {shown(path)} is too long for this file system. Choose a shorter path with --output."
        case errno.EFBIG:
            return f"{shown(path)} is too large for this file system. Choose another folder with --output."
        case errno.ENOTDIR | errno.EEXIST:
            return f"{shown(path)} cannot be created, because a file is in the way. Move it."
    reason = clean_line(error.strerror or type(error).__name__).rstrip(".")
    return f"{shown(path)} cannot be written: {reason}."


def download_folder(settings: Settings, run_id: int, cwd: Path | None) -> Path:
    """The folder for the artifacts of a run; by default `tvtui-artifacts/run-214` in the working folder.

    Args:
        settings: May name another folder for all runs or, through a flag, for this run.
        run_id: The run.
        cwd: The working folder; None if it no longer exists.
    """
    if settings.output is None:
        return (cwd or Path()) / "tvtui-artifacts" / f"run-{run_id}"
    return settings.output if settings.output_is_for_one_run else settings.output / f"run-{run_id}"
