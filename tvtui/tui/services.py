"""What a run screen needs from outside of Textual: downloads, diagnosis and programs to open files with."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tvtui.artifacts.transfer import Transfer
from tvtui.settings.paths import working_folder
from tvtui.settings.settings import Settings
from tvtui.testvibe.identity import ArtifactId
from tvtui.testvibe.server import Server
from tvtui.watch.clock import Clock

if TYPE_CHECKING:
    from tvtui.artifacts.downloads.queue import Downloads
    from tvtui.testvibe.diagnosis import Diagnosis, Undiagnosed
    from tvtui.testvibe.identity import ArtifactId
    from tvtui.testvibe.models import Run


class OnFinish(Protocol):
    """Called when a run has ended; what fails in it is reported through `tell`."""

    tell: Callable[[str], None] | None

    def see(self, run: Run) -> None:
        """Take note of a run's newest state."""


ReportTransfer = Callable[[ArtifactId, Transfer], None]
"""Is told how each download stands."""


@dataclass(frozen=True)
class RunServices:
    """How evidence is got and opened.

    Attributes:
        download: Puts artifacts on the disk and tells how it goes; returns when each is done or has failed.
        diagnose: Asks for the run's diagnosis; what goes wrong comes as a value.
        environ: The environment that programs are started in.
        commands: The user's own programs by kind.
        cwd: The working folder, None if it is gone.
        watch_command: The command line that watches a run again, as text for a shell.
    """

    download: Callable[[Sequence[ArtifactId], ReportTransfer], Awaitable[None]]
    diagnose: Callable[[], Awaitable[Diagnosis | Undiagnosed]]
    environ: Mapping[str, str]
    commands: Mapping[str, str]
    cwd: Path | None
    watch_command: Callable[[int], str]


def services_for(
    server: Server, run_id: int, settings: Settings | None, clock: Clock, slots: asyncio.Semaphore
) -> RunServices:
    """Make them for one run.

    Args:
        server: Who is asked.
        run_id: The run.
        settings: Where artifacts are put and what they are opened with; the usual if None.
        clock: Measures the rates of downloads.
        slots: As many downloads go on at a time, whatever runs they belong to.
    """
    cwd = working_folder()
    commands = {} if settings is None else settings.open_with
    downloads = cache(partial(_downloads, server, run_id, settings, clock, slots))

    async def download(wanted: Sequence[ArtifactId], tell: ReportTransfer) -> None:
        await downloads().get(wanted, tell)

    diagnose = partial(_diagnose, server, run_id)
    return RunServices(download, diagnose, os.environ, commands, cwd, lambda watched: f"tvtui watch {watched}")


def _downloads(
    server: Server, run_id: int, settings: Settings | None, clock: Clock, slots: asyncio.Semaphore
) -> Downloads:
    # imported when something is first downloaded: 35 ms that no start should pay for
    from tvtui.artifacts.downloads.queue import downloads_of

    return downloads_of(server, run_id, settings, clock, slots=slots)


async def _diagnose(server: Server, run_id: int) -> Diagnosis | Undiagnosed:
    # imported when a diagnosis is first looked at
    from tvtui.testvibe.server import request_diagnosis

    return await request_diagnosis(partial(server.diagnose, run_id), partial(server.fetch, run_id))
