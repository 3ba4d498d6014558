"""Saving a file that is attached to a downloaded trace: beside the trace, under a safe name."""

from __future__ import annotations

import os
from pathlib import Path

from tvtui.artifacts.downloads.safe_folder import Folder, NotSaved, explained
from tvtui.artifacts.downloads.safe_names import beside, place_all
from tvtui.settings.paths import shown
from tvtui.testvibe.models import Artifact

_MOST_NAMES = 1000
"""How many names are tried."""


def save_attachment(archive: Path, name: str, content: bytes) -> Path:
    """Save a file from an archive in a private folder beside it; existing files are not overwritten.

    Args:
        archive: The archive, such as `run-214/trace.zip`: the folder is `run-214/trace-files`.
        name: The name that the archive gives it; only its last part is used.
        content: What to save, unless a file of that name has it already.

    Returns:
        The path of the file.

    Raises:
        NotSaved: It could not be written.
    """
    (place,) = place_all([Artifact("file", name.replace("\\", "/").rpartition("/")[2])]).values()
    run = Folder.open(archive.parent)
    try:
        folder = run.enter(f"{archive.stem}-files")
    finally:
        run.close()
    try:
        for number in range(1, _MOST_NAMES + 1):
            free = place.name if number == 1 else beside(place.name, number)
            if _write(folder, free, content):
                return folder.path / free
        raise NotSaved(f"{shown(folder.path)} has too many files like {place.name}. Move some of them.")
    finally:
        folder.close()


def _write(folder: Folder, name: str, content: bytes) -> bool:
    """Write a file, or find that it is there; returns False if another one has its name."""
    with explained(folder.path / name):
        try:
            handle = folder.open_file(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        except FileExistsError:
            info = folder.stat(name)
            return info is not None and info.st_size == len(content) and _content_of(folder, name) == content
        with os.fdopen(handle, "wb") as file:
            file.write(content)
    return True


def _content_of(folder: Folder, name: str) -> bytes:
    with os.fdopen(folder.open_file(name, os.O_RDONLY), "rb") as file:
        return file.read()
