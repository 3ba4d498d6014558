"""Folders: the working folder, which may no longer exist, the user's folders, and the repository around a folder."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from tvtui.text.clean import clean_line


def working_folder() -> Path | None:
    """The working folder of this process; None if it no longer exists."""
    try:
        return Path.cwd()
    except OSError:
        return None


def shown(path: Path) -> str:
    """A path as a sentence names it."""
    return clean_line(str(path))


def config_folder() -> Path | None:
    """The folder of the user's settings file on this platform; None for a user without a home folder."""
    from platformdirs import user_config_path

    return _ours(user_config_path)


STATE_VARIABLE = "TVTUI_STATE"
"""The environment variable that names another state folder."""


def state_folder() -> Path | None:
    """The folder for what tvtui remembers: `TVTUI_STATE`, or the platform's; None for a user without a home folder."""
    if named := os.environ.get(STATE_VARIABLE, "").strip():
        try:
            return Path(named).expanduser().absolute()
        except (RuntimeError, OSError):
            # neither HOME nor a working folder to start from
            return None
    from platformdirs import user_state_path

    return _ours(user_state_path)


def log_folder() -> Path:
    """The folder for crash reports on this platform; for a user without a home folder the one for temporary files."""
    import tempfile

    from platformdirs import user_log_path

    return _ours(user_log_path) or Path(tempfile.gettempdir())


def downloads_folder() -> Path | None:
    """The user's folder for downloads; None if there is none."""
    from platformdirs import user_downloads_path

    try:
        path = user_downloads_path()
        return path if path.is_dir() else None
    except (RuntimeError, ValueError, OSError):
        return None


def _ours(folder: Callable[..., Path]) -> Path | None:
    try:
        path = folder("tvtui", appauthor=False)
    except (RuntimeError, ValueError, OSError):
        # in a container there may be neither HOME nor an entry for the user
        return None
    # the XDG specification says to ignore relative paths, which would depend on the working folder
    return path if path.is_absolute() else None


PART_SUFFIX = ".part"
"""Of a private file that is being written."""

# Not known to all systems. Windows would translate line ends without O_BINARY.
_AS_IT_IS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


def write_private(path: Path, content: str | bytes) -> None:
    """Write a file that only this user can access, in a folder that is created likewise if there is none.

    It is written under another name and then renamed, so that readers never see half of it.

    Raises:
        OSError: It cannot be written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.urandom(6).hex()}{PART_SUFFIX}")
    number = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _AS_IT_IS, 0o600)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


def make_private_folder(path: Path) -> None:
    """Make a folder that only this user can access; one that is there is closed to others.

    Raises:
        OSError: It cannot be made, or what is there is no folder of this user alone.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    info = path.lstat()
    if not stat.S_ISDIR(info.st_mode) or not is_own(info):
        raise PermissionError(errno.EPERM, "not a folder of this user", str(path))
    if os.name == "posix" and info.st_mode & 0o077:
        path.chmod(0o700)


def open_private(path: Path) -> BinaryIO:
    """Open a file that can only be this user's work; never one behind a link, and without waiting for a pipe.

    Raises:
        OSError: It cannot be read, or is no such file.
    """
    number = os.open(path, os.O_RDONLY | _AS_IT_IS | getattr(os, "O_NONBLOCK", 0))
    try:
        info = os.fstat(number)
        if not stat.S_ISREG(info.st_mode) or not is_private(info):
            raise PermissionError(errno.EPERM, "not a file of this user alone", str(path))
        return os.fdopen(number, "rb")
    except BaseException:
        os.close(number)
        raise


def read_private(path: Path, largest: int) -> bytes:
    """Read a file as `open_private` opens it.

    Raises:
        OSError: It cannot be read, is no such file, or has more than `largest` bytes.
    """
    with open_private(path) as file:
        if os.fstat(file.fileno()).st_size > largest:
            raise OSError(errno.EFBIG, "larger than expected", str(path))
        return file.read(largest)


def is_private(info: os.stat_result) -> bool:
    """Whether a file or folder, which must not be a link, can only be this user's work; always true on Windows."""
    return is_own(info) and not stat.S_ISLNK(info.st_mode) and not ownership_problem_of(info)


def ownership_problem(path: Path) -> str:
    """Why a file or folder may be somebody else's work, as in "it belongs to another user"; "" if it cannot be.

    Only what belongs to the user or to root, and that no other user can write to, may decide which server gets the key.
    """
    try:
        info = path.lstat()
        found = ownership_problem_of(info)
        return found or (ownership_problem_of(path.stat()) if stat.S_ISLNK(info.st_mode) else "")
    except OSError:
        # reported where the file is read
        return ""


def is_own(info: os.stat_result) -> bool:
    """Whether a file or folder belongs to this user, not even to root; always true on Windows."""
    return os.name != "posix" or info.st_uid == os.geteuid()


def ownership_problem_of(info: os.stat_result, user: int | None = None) -> str:
    """As `ownership_problem`, judged by an owner and permissions; `user` is the user's ID, None: this process's.

    Always "" on Windows, where files have no owner of this kind.
    """
    if os.name != "posix":
        return ""
    user = os.geteuid() if user is None else user
    if info.st_uid not in {0, user}:
        return f"it belongs to another user (user ID {info.st_uid})"
    # every link has all permissions
    writable = 0 if stat.S_ISLNK(info.st_mode) else info.st_mode
    if writable & stat.S_IWOTH or (writable & stat.S_IWGRP and not _is_private_group(info.st_gid, user)):
        return "other users can write to it (chmod go-w)"
    return ""


def _is_private_group(group_id: int, user: int) -> bool:
    """Whether only root or this user is in a group: many systems give each user one, and let it write by default."""
    import grp
    import pwd

    try:
        group, name = grp.getgrgid(group_id), pwd.getpwuid(user).pw_name
    except KeyError:
        return group_id == 0
    return group_id == 0 or (group.gr_name == name and set(group.gr_mem) <= {name})


def folders_of_repository(cwd: Path) -> list[Path]:
    """The folders from `cwd` up to the root of its repository; outside of a repository only `cwd`.

    A `.git` that others control is no root: anyone can make one in a shared folder further up, such as /tmp.
    """
    folders = [cwd, *cwd.parents]
    roots = (
        index for index, folder in enumerate(folders) if has_git(folder) and not ownership_problem(folder / ".git")
    )
    return folders[: next(roots, 0) + 1]


def has_git(folder: Path) -> bool:
    """Whether a folder contains `.git`: a folder, or the file of a worktree."""
    return os.path.lexists(folder / ".git")
