"""What a run screen needs from outside of Textual: downloads, the diagnosis, programs to open files with."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from tvtui.artifacts.transfer import Transfer
from tvtui.settings.paths import working_folder
from tvtui.terminal.detect import HALF_BLOCKS, PictureSupport
from tvtui.testvibe.identity import ArtifactId
from tvtui.testvibe.server import Server, request_diagnosis
from tvtui.watch.clock import Clock
from tvtui.watch.request import WatchRequest

if TYPE_CHECKING:
    from tvtui.artifacts.downloads.queue import Downloads
    from tvtui.artifacts.downloads.saved import SavedArtifacts
    from tvtui.testvibe.diagnosis import Diagnosis, Undiagnosed
    from tvtui.watch.playback import Player


ReportTransfer = Callable[[ArtifactId, Transfer], None]
"""Called with the state of a download whenever it changes."""


@dataclass(frozen=True)
class RunServices:
    """What one run screen can do besides showing its run.

    Attributes:
        download: Downloads artifacts and reports their progress; returns when each is saved or has failed.
        diagnose: Requests the diagnosis of the run; errors are values.
        environ: The environment that programs are started in.
        commands: The user's commands to open files with, by kind of artifact.
        cwd: The working folder; None if it no longer exists.
        watch_command: The shell command that watches the run again.
        pictures: How the terminal shows pictures.
        player: Plays the recording of the run; None if it is watched.
    """

    download: Callable[[Sequence[ArtifactId], ReportTransfer], Awaitable[None]]
    diagnose: Callable[[], Awaitable[Diagnosis | Undiagnosed]]
    environ: Mapping[str, str] = field(repr=False)
    commands: Mapping[str, str]
    cwd: Path | None
    watch_command: str
    pictures: PictureSupport = HALF_BLOCKS
    player: Player | None = None

    @classmethod
    def for_run(
        cls,
        server: Server,
        run_id: int,
        request: WatchRequest,
        clock: Clock,
        slots: asyncio.Semaphore,
        *,
        pictures: PictureSupport = HALF_BLOCKS,
    ) -> RunServices:
        """Make the services for one run; `slots` limits how many downloads run at a time, across all runs."""

        @cache
        def downloads() -> Downloads | SavedArtifacts:
            # imported for the first download, as it would add 35 ms to every start
            if request.recordings is not None:
                from tvtui.artifacts.downloads.saved import saved_artifacts

                return saved_artifacts(request.settings, run_id, request.recordings.origin(run_id))
            from tvtui.artifacts.downloads.queue import downloads_of

            return downloads_of(server, run_id, request.settings, clock, slots=slots)

        async def download(wanted: Sequence[ArtifactId], report: ReportTransfer) -> None:
            await downloads().get(wanted, report)

        return cls(
            download,
            partial(request_diagnosis, partial(server.diagnose, run_id), partial(server.fetch, run_id)),
            os.environ,
            request.settings.open,
            working_folder(),
            request.watch_command(run_id),
            pictures,
            None if request.recordings is None else request.recordings.player(run_id),
        )
