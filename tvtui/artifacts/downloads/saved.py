"""Artifacts of a run that were downloaded before: found in the download folders, without a server."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from tvtui.artifacts.downloads.manifest import Entry, Manifest, Origin
from tvtui.artifacts.downloads.safe_folder import Folder, NotSaved, download_folder
from tvtui.artifacts.downloads.safe_names import beside
from tvtui.artifacts.transfer import Stage, Transfer
from tvtui.settings.paths import working_folder
from tvtui.settings.settings import Settings
from tvtui.testvibe.identity import ArtifactId
from tvtui.text.format import shell_command


class SavedArtifacts:
    """The artifacts of one run that are in its download folder, or in one beside it; nothing is created or changed."""

    def __init__(self, folder: Path, origin: Origin, missing: str) -> None:
        """Prepare; nothing is read yet.

        Args:
            folder: The download folder of the run, as it is named unless it belongs to another run.
            origin: The run.
            missing: The sentence about an artifact that is not there.
        """
        self._folder = folder
        self._origin = origin
        self._missing = missing

    async def get(self, wanted: Sequence[ArtifactId], report: Callable[[ArtifactId, Transfer], None]) -> None:
        """Report for each artifact that it is there, or that this has failed."""
        found = await asyncio.to_thread(self._find, frozenset(wanted))
        for which in dict.fromkeys(wanted):
            if (path := found.get(which)) is None:
                report(which, Transfer(Stage.FAILED, note=self._missing))
            else:
                size = path.lstat().st_size
                report(which, Transfer(Stage.DONE, size, size, path=path, was_there=True))

    def _find(self, wanted: frozenset[ArtifactId]) -> dict[ArtifactId, Path]:
        found: dict[ArtifactId, Path] = {}
        # the manifest has paths as they are shown, without what the server sent
        ids = {(str(path), number): (path, number) for path, number in wanted}
        for path in self._folders():
            manifest = Manifest()
            with suppress(OSError, NotSaved):
                folder = Folder.open(path)
                try:
                    manifest.read(folder)
                finally:
                    folder.close()
            if not self._is_own(manifest.owner):
                continue
            for file, entry in manifest.entries.items():
                if entry.artifact in ids and _is_complete(path, file, entry):
                    found[ids[entry.artifact]] = path.joinpath(*file.split("/"))
        return found

    def _folders(self) -> Iterator[Path]:
        """The folders that there are."""
        number = 1
        path = self._folder
        while path.is_dir():
            yield path
            number += 1
            path = self._folder.with_name(beside(self._folder.name, number))

    def _is_own(self, owner: Origin | None) -> bool:
        if owner is None:
            return False
        # a recording has the project in lower case
        mine, theirs = (each._replace(project=each.project.casefold()) for each in (self._origin, owner))
        return mine == theirs


def saved_artifacts(settings: Settings, run_id: int, origin: tuple[str, str]) -> SavedArtifacts:
    """The artifacts of a recorded run, from a server and a project, that are in the folder of the settings."""
    folder = download_folder(settings, run_id, working_folder())
    command = shell_command("tvtui", "artifacts", str(run_id))
    missing = f"This is a recording, and the file was not downloaded before. To download it, use: {command}"
    return SavedArtifacts(folder, Origin(*origin, run_id), missing)


def _is_complete(root: Path, file: str, entry: Entry) -> bool:
    """Whether the file of an entry is in a folder, reached without a link, and complete."""
    parts = file.split("/")
    if any(part in {"", ".", ".."} or Path(part).name != part for part in parts):
        return False
    path = root
    try:
        for part in parts[:-1]:
            path /= part
            if not stat.S_ISDIR(path.lstat().st_mode):
                return False
        return entry.describes((path / parts[-1]).lstat())
    except (OSError, ValueError):
        return False
