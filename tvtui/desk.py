"""What the screen of a run is handed to get and open evidence, made from a server, the settings and the clock."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tvtui.downloads import Downloads, download_folder
from tvtui.screens.means import Means
from tvtui.settings import Settings
from tvtui.settings_files import working_folder
from tvtui.watch import Clock
from tvtui.watching import Server

if TYPE_CHECKING:
    from tvtui.diagnosis import Diagnosis, Undiagnosed


def means_for(server: Server, run_id: int, settings: Settings | None, clock: Clock) -> Means:
    """Make them for one run.

    Args:
        server: Who is asked.
        run_id: The run.
        settings: Where artifacts are put and what they are opened with; the usual if None.
        clock: Measures the rates of downloads.
    """
    cwd = working_folder()
    folder = download_folder(settings, run_id, cwd or Path())
    downloads = Downloads(partial(server.fetch_links, run_id), server.storage, folder, clock)
    commands = {} if settings is None else settings.open_with
    return Means(downloads.get, partial(_diagnose, server, run_id), os.environ, commands, cwd)


async def _diagnose(server: Server, run_id: int) -> Diagnosis | Undiagnosed:
    # imported when a diagnosis is first looked at
    from tvtui.diagnosing import ask

    return await ask(partial(server.diagnose, run_id), partial(server.fetch, run_id))
