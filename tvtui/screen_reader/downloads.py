"""Downloads that are asked for by number or for a failure, and told of in lines for the ear."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tvtui.artifacts.transfer import Stage, Transfer
from tvtui.screen_reader.phrases import artifact_line
from tvtui.settings.paths import shown_from, working_folder
from tvtui.testvibe.identity import ArtifactId, identify_artifacts

if TYPE_CHECKING:
    from tvtui.artifacts.downloads.queue import Downloads
    from tvtui.testvibe.models import Run
    from tvtui.testvibe.server import Server
    from tvtui.watch.clock import Clock


class SpokenDownloads:
    """Puts artifacts of several runs on the disk, and says what has come of it.

    Attributes:
        under_way: How many artifacts are on their way.
    """

    def __init__(
        self, server: Server, folder_for: Callable[[int], Path], clock: Clock, say: Callable[[Iterable[str]], None]
    ) -> None:
        """Prepare; nothing is asked for yet.

        Args:
            server: Who knows the links.
            folder_for: Where the artifacts of a run are put.
            clock: Measures how old a list of links is.
            say: Writes lines.
        """
        self.under_way = 0
        self._server = server
        self._folder_for = folder_for
        self._clock = clock
        self._say = say
        self._of_run: dict[int, Downloads] = {}

    async def get(self, run: Run, places: Sequence[int]) -> None:
        """Download the artifacts at these places of a digest's list; returns when each is done or has failed."""
        ids = identify_artifacts(run.artifacts)
        self._say(f"downloading: {artifact_line(run.artifacts[place])}" for place in places)
        self.under_way += len(places)
        try:
            await self._downloads(run.run_id).get([ids[place] for place in places], self._tell)
        finally:
            self.under_way -= len(places)

    def _downloads(self, run_id: int) -> Downloads:
        from tvtui.artifacts.downloads.queue import Downloads

        if run_id not in self._of_run:
            fetch = partial(self._server.fetch_links, run_id)
            self._of_run[run_id] = Downloads(fetch, self._server.storage, self._folder_for(run_id), self._clock)
        return self._of_run[run_id]

    def _tell(self, which: ArtifactId, transfer: Transfer) -> None:
        match transfer.stage:
            case Stage.DONE:
                there = "was there already" if transfer.was_there else "saved"
                path = "" if transfer.path is None else shown_from(transfer.path, working_folder())
                self._say([f"{there}: {path}", *filter(None, [transfer.note])])
            case Stage.FAILED:
                self._say([f"not saved: {which[0]}. {transfer.note}"])
            case Stage.CANCELLED:
                self._say([f"cancelled: {which[0]}; the next download goes on there"])
            case Stage.WAITING | Stage.DOWNLOADING:
                pass
