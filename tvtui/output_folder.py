"""The folder for downloads as settings name it: the user may name any, a repository only one of its own."""

from __future__ import annotations

import os
import re
from pathlib import Path, PureWindowsPath


def parse_output(text: str, source: str, project_path: Path | None, cwd: Path | None) -> Path:
    """The folder that a setting names, by where the setting was found.

    Args:
        text: The folder.
        source: A flag, a variable or a file's path.
        project_path: The repository's file, which not everybody who uses it has written.
        cwd: The working folder, None if it is gone.

    Raises:
        ValueError: It cannot be used; the message says what it may be.
    """
    if project_path is not None and source == str(project_path):
        return _in_repository(text, project_path.parent)
    return _own(text, cwd)


def _own(text: str, cwd: Path | None) -> Path:
    """The folder that a user names, `~` and symbolic links followed; a relative one is in the working folder."""
    if not text or not text.isprintable():
        raise ValueError("must be the path of a folder")
    try:
        folder = Path(text).expanduser()
    except RuntimeError:
        raise ValueError("names the folder of a user who has none: write the whole path") from None
    if not folder.is_absolute():
        if cwd is None:
            raise ValueError("is a path below the working folder, which is gone: write the whole path")
        folder = cwd / folder
    # whoever names a link means what it leads to; on the way to a download none is followed any more
    return Path(os.path.realpath(folder))


def _in_repository(text: str, root: Path) -> Path:
    """The folder that a repository's file names: below the file's own, for whoever clones it has not chosen it.

    Links on the way are not followed here, and refused when something is put there.
    """
    parts = re.split(r"[/\\]", text)
    if not text.isprintable() or PureWindowsPath(text).anchor or text.startswith("~") or {"", ".."} & set(parts):
        raise ValueError(
            "must be a path below this file's folder, without ..: a repository names no place outside of it"
        )
    return root.joinpath(*parts)
