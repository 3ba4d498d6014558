"""Folders: the working folder, which may no longer exist, the user's folders, and the repository around a folder."""

from __future__ import annotations

import os
from pathlib import Path

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


def config_folder() -> Path:
    """The folder of the user's settings file on this platform."""
    from platformdirs import user_config_path

    return user_config_path("tvtui", appauthor=False)


def log_folder() -> Path:
    """The folder for crash reports on this platform."""
    from platformdirs import user_log_path

    return user_log_path("tvtui", appauthor=False)


def folders_of_repository(cwd: Path) -> list[Path]:
    """The folders from `cwd` up to the root of its repository; outside of a repository only `cwd`."""
    folders = [cwd, *cwd.parents]
    root = next((index for index, folder in enumerate(folders) if os.path.lexists(folder / ".git")), 0)
    return folders[: root + 1]
