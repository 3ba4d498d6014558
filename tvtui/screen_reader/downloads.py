"""Downloads that are requested by number or for a failure, and reported as lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Protocol

from tvtui.artifacts.transfer import Stage, Transfer
from tvtui.screen_reader.phrases import artifact_line
from tvtui.settings.paths import working_folder
from tvtui.testvibe.identity import ArtifactId, identify_artifacts
from tvtui.text.format import shown_from

if TYPE_CHECKING:
    from pathlib import Path

    from tvtui.testvibe.models import Run


class Downloader(Protocol):
    """Downloads the artifacts of one run, as `artifacts.downloads.queue.Downloads` does."""

    async def get(self, wanted: Sequence[ArtifactId], report: Callable[[ArtifactId, Transfer], None], /) -> None:
        """Download artifacts; `report` is called with the state of each whenever it changes."""


class SpokenDownloads:
    """Downloads artifacts of several runs and reports the result of each."""

    def __init__(self, downloader: Callable[[int], Downloader], say: Callable[[Iterable[str]], None]) -> None:
        """Prepare; nothing is requested yet.

        Args:
            downloader: Makes the downloader of a run; called once per run.
            say: Writes lines.
        """
        self._make = downloader
        self._say = say
        self._downloaders: dict[int, Downloader] = {}
        self._transfers: dict[tuple[int, ArtifactId], Transfer] = {}

    @property
    def under_way(self) -> int:
        """How many artifacts are being downloaded or waiting for it."""
        return sum(transfer.is_under_way for transfer in self._transfers.values())

    async def get(self, run: Run, positions: Sequence[int]) -> None:
        """Download artifacts by their positions in the run's list; returns when each is done or has failed."""
        ids = identify_artifacts(run.artifacts)
        self._say(f"downloading: {artifact_line(run.artifacts[position])}" for position in positions)
        if run.run_id not in self._downloaders:
            self._downloaders[run.run_id] = self._make(run.run_id)
        wanted = [ids[position] for position in positions]
        await self._downloaders[run.run_id].get(wanted, partial(self._note, run.run_id))

    async def fetch(self, run: Run, position: int) -> Path | None:
        """Download one artifact unless it is there; returns the file, or None if that has failed."""
        await self.get(run, [position])
        transfer = self._transfers.get((run.run_id, identify_artifacts(run.artifacts)[position]))
        return transfer.path if transfer is not None and transfer.stage is Stage.DONE else None

    def _note(self, run_id: int, which: ArtifactId, transfer: Transfer) -> None:
        self._transfers[run_id, which] = transfer
        match transfer.stage:
            case Stage.DONE:
                verb = "already downloaded" if transfer.was_there else "saved"
                path = "" if transfer.path is None else shown_from(transfer.path, working_folder())
                self._say([f"{verb}: {path}", *filter(None, [transfer.note])])
            case Stage.FAILED:
                self._say([f"not saved: {which[0]}. {transfer.note}"])
            case Stage.CANCELLED:
                self._say([f"canceled: {which[0]}; the next download resumes it"])
            case Stage.WAITING | Stage.DOWNLOADING:
                pass
