"""Folders: the working folder, the user's configuration and logs, and the repository around a folder."""

from __future__ import annotations

import os
from pathlib import Path


def working_folder() -> Path | None:
    """The folder that the process works in; None if it is gone."""
    try:
        return Path.cwd()
    except OSError:
        return None


def config_folder() -> Path:
    """The folder of the user's file on this platform."""
    from platformdirs import user_config_path

    return user_config_path("tvtui", appauthor=False)


def folders_of_repository(cwd: Path) -> list[Path]:
    """The folders from `cwd` up to its repository's root; outside of a repository `cwd` alone."""
    folders = [cwd, *cwd.parents]
    root = next((index for index, folder in enumerate(folders) if os.path.lexists(folder / ".git")), 0)
    return folders[: root + 1]


def log_folder() -> Path:
    """The folder for crash reports on this platform."""
    from platformdirs import user_log_path

    return user_log_path("tvtui", appauthor=False)
