"""Artifacts of a recorded run: those that were downloaded before, found without a server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from tvtui.artifacts.downloads.manifest import Origin
from tvtui.artifacts.downloads.run_folder import RunFolder
from tvtui.artifacts.downloads.safe_folder import download_folder
from tvtui.artifacts.transfer import Stage, Transfer
from tvtui.settings.paths import working_folder
from tvtui.settings.settings import Settings
from tvtui.testvibe.identity import ArtifactId
from tvtui.text.format import shell_command


class SavedArtifacts:
    """Stands for the downloads of a run where nothing can be downloaded."""

    def __init__(self, folder: RunFolder, missing: str) -> None:
        """Prepare; nothing is read yet.

        Args:
            folder: The download folder of the run; nothing in it is created or changed.
            missing: The sentence about an artifact that is not there.
        """
        self._folder = folder
        self._missing = missing

    async def get(self, wanted: Sequence[ArtifactId], report: Callable[[ArtifactId, Transfer], None]) -> None:
        """Report for each artifact that it is there, or that this has failed."""
        found = await asyncio.to_thread(self._folder.saved)
        for which in dict.fromkeys(wanted):
            # the manifest has paths as they are shown, without what the server sent
            if (path := found.get((str(which[0]), which[1]))) is None:
                report(which, Transfer(Stage.FAILED, note=self._missing))
            else:
                size = path.lstat().st_size
                report(which, Transfer(Stage.DONE, size, size, path=path, was_there=True))


def saved_artifacts(settings: Settings, run_id: int, origin: tuple[str, str]) -> SavedArtifacts:
    """The artifacts of a recorded run, from a server and a project, that are in the folder of the settings."""
    folder = RunFolder(download_folder(settings, run_id, working_folder()), Origin(*origin, run_id))
    command = shell_command("tvtui", "artifacts", str(run_id))
    return SavedArtifacts(
        folder, f"This is a recording, and the file was not downloaded before. To download it, use: {command}"
    )
