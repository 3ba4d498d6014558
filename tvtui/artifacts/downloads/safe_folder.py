"""The download folder: which one it is, and writing in it without following symbolic links."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self

from tvtui.settings.settings import Settings
from tvtui.text.clean import clean_line

_HAS_DIR_FD = {os.open, os.mkdir, os.stat, os.unlink, os.rename} <= os.supports_dir_fd and hasattr(os, "O_NOFOLLOW")
_NOT_FOLLOWED = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_AS_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _NOT_FOLLOWED
# a pipe of that name must not hold us up, and Windows must not take bytes for lines
_AS_FILE = _NOT_FOLLOWED | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_FULL = {errno.ENOSPC: "The disk is full", getattr(errno, "EDQUOT", errno.ENOSPC): "Your share of the disk is used up"}


class NotSaved(Exception):
    """A file could not be put where it belongs; `str()` is a sentence that says why and what to do."""


class Folder:
    """An open folder, by its handle where the platform has such: nobody can put another one in its place."""

    def __init__(self, path: Path, handle: int | None = None) -> None:
        self.path = path
        self._handle = handle

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the download folder itself, and make it if need be, for its owner alone.

        Raises:
            NotSaved: It cannot be opened, or it or a folder above it is a symbolic link: a repository that came
                with such a link would lead us out of it.
        """
        with explained(path):
            for above in (path, *path.parents):
                if above.is_symlink():
                    raise NotSaved(
                        f"{shown(above)} is a symbolic link, and through those nothing is saved: "
                        "name the folder that is meant with --output."
                    )
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            return cls(path, os.open(path, _AS_FOLDER) if _HAS_DIR_FD else None)

    def enter(self, name: str) -> Folder:
        """Open a folder in this one, and make it if there is none.

        Raises:
            NotSaved: It cannot be opened, or something else has that name.
        """
        path = self.path / name
        with explained(path):
            with suppress(FileExistsError):
                os.mkdir(self._at(name), 0o700, dir_fd=self._handle)
            info = self.look(name)
            if info is not None and stat.S_ISLNK(info.st_mode):
                raise NotSaved(f"{shown(path)} is a symbolic link, and through those nothing is saved: remove it.")
            if info is None or not stat.S_ISDIR(info.st_mode):
                raise NotSaved(f"{shown(path)} is in the way, where a folder belongs: move it.")
            return Folder(path, os.open(name, _AS_FOLDER, dir_fd=self._handle) if _HAS_DIR_FD else None)

    def look(self, name: str) -> os.stat_result | None:
        """What has that name, a link for itself; None if nothing has."""
        with explained(self.path / name):
            try:
                return os.stat(self._at(name), dir_fd=self._handle, follow_symlinks=False)
            except FileNotFoundError:
                return None

    def open_file(self, name: str, flags: int) -> int:
        """Open a file in here for its owner alone; never one that a link leads to.

        Raises:
            OSError: It cannot be opened.
            NotSaved: Something else has that name.
        """
        path = self.path / name
        if not _HAS_DIR_FD:
            self._refuse_link(name)
        try:
            handle = os.open(self._at(name), flags | _AS_FILE, 0o600, dir_fd=self._handle)
        except OSError as error:
            if error.errno in {errno.ELOOP, errno.EMLINK, errno.EISDIR, errno.ENXIO}:
                raise NotSaved(f"{shown(path)} is in the way, and is no file of ours: remove it.") from None
            raise
        info = os.fstat(handle)
        # with a second name it could be any file of the user's
        if not stat.S_ISREG(info.st_mode) or info.st_nlink > 1:
            os.close(handle)
            raise NotSaved(f"{shown(path)} is in the way, and is no file of ours: remove it.")
        return handle

    def rename(self, old: str, new: str) -> None:
        """Give a file another name in here, and see to it that this outlasts a power cut."""
        if os.name == "nt":
            # where it can, the platform itself refuses to overwrite
            (self.path / old).rename(self.path / new)
        else:
            os.replace(self._at(old), self._at(new), src_dir_fd=self._handle, dst_dir_fd=self._handle)
        if self._handle is not None:
            # some file systems cannot; the file itself has been written through before
            with suppress(OSError):
                os.fsync(self._handle)

    def remove(self, name: str) -> None:
        """Remove a file; none is as good."""
        with suppress(FileNotFoundError):
            os.unlink(self._at(name), dir_fd=self._handle)

    def close(self) -> None:
        """Close it; doing it twice does no harm."""
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def _at(self, name: str) -> str:
        return name if self._handle is not None else str(self.path / name)

    def _refuse_link(self, name: str) -> None:
        info = self.look(name)
        if info is not None and not stat.S_ISREG(info.st_mode):
            raise NotSaved(f"{shown(self.path / name)} is in the way, and is no file of ours: remove it.")


def open_below(root: Path, folders: tuple[str, ...]) -> Folder:
    """Open a folder below the download folder; both are made if need be.

    Raises:
        NotSaved: One on the way cannot be opened or made, or is a link.
    """
    folder = Folder.open(root)
    for name in folders:
        above = folder
        try:
            folder = above.enter(name)
        finally:
            above.close()
    return folder


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Make a sentence of what the system says about `path`."""
    try:
        yield
    except OSError as error:
        sentence = _sentence(error, path)
    except UnicodeError:
        sentence = f"The name {shown(path)} cannot be written in this system's locale: use one of UTF-8."
    else:
        return
    raise NotSaved(sentence)


def _sentence(error: OSError, path: Path) -> str:
    number = error.errno
    if number in _FULL:
        return f"{_FULL[number]}: make room and download it again; what has come is kept."
    match number:
        case errno.EACCES | errno.EPERM:
            return f"There is no permission to write {shown(path)}: name another folder with --output."
        case errno.EROFS:
            return f"{shown(path)} lies where nothing can be written: name another folder with --output."
        case errno.ENAMETOOLONG:
            return f"The name {shown(path)} is too long for this file system: name a folder higher up with --output."
        case errno.EFBIG:
            return f"{shown(path)} becomes larger than a file may be here: name another folder with --output."
        case errno.ENOTDIR | errno.EEXIST:
            return f"{shown(path)} cannot be made, as something that is no folder is in the way: move it."
    reason = clean_line(error.strerror or type(error).__name__).rstrip(".")
    return f"{shown(path)} cannot be written: {reason}."


def shown(path: Path) -> str:
    """A path of ours as a sentence names it."""
    return clean_line(str(path))


DEFAULT_FOLDER = "tvtui-artifacts"
"""The folder for all runs, in the working folder."""


def download_folder(settings: Settings | None, run_id: int, cwd: Path) -> Path:
    """Where the artifacts of a run belong: `tvtui-artifacts/run-214` in the working folder, if no setting says other.

    Args:
        settings: `output` names another folder for all runs, or the very folder where a flag did; None: the usual one.
        run_id: The run.
        cwd: The working folder.
    """
    if settings is None or settings.output is None:
        return cwd / DEFAULT_FOLDER / f"run-{run_id}"
    return settings.output if settings.output_is_for_one_run else settings.output / f"run-{run_id}"
