"""The state of downloads: of each artifact, and of several together."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple


class Stage(StrEnum):
    """The stage of a download."""

    WAITING = "waiting"
    DOWNLOADING = "downloading"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "canceled"


@dataclass(frozen=True, slots=True)
class Transfer:
    """The state of one artifact's download.

    Attributes:
        stage: Its stage.
        received: Bytes on the disk.
        total: Bytes of the whole file; None if unknown.
        rate: Current bytes per second.
        path: Where the file is, or will be.
        note: A sentence: why it failed, or how its name was changed; otherwise "".
        was_there: Whether it had been downloaded before and was not requested again.
    """

    stage: Stage
    received: int = 0
    total: int | None = None
    rate: float = 0.0
    path: Path | None = None
    note: str = ""
    was_there: bool = False

    @property
    def remaining(self) -> float | None:
        """Seconds until it is done at the current rate; None if unknown."""
        return _remaining(self.received, self.total, self.rate)

    @property
    def is_under_way(self) -> bool:
        """Whether it is waiting or downloading."""
        return self.stage in {Stage.WAITING, Stage.DOWNLOADING}


class Progress(NamedTuple):
    """The progress of several downloads together.

    Attributes:
        ended: How many are done, failed or canceled.
        all: How many there are.
        received: Bytes on the disk.
        total: Bytes of all files; None if unknown. Failed and canceled downloads count with what was received.
        rate: Current bytes per second.
    """

    ended: int
    all: int
    received: int
    total: int | None
    rate: float

    @property
    def remaining(self) -> float | None:
        """Seconds until all are done at the current rate; None if unknown."""
        return _remaining(self.received, self.total, self.rate)


def progress_of(transfers: Collection[Transfer]) -> Progress:
    """The progress of these downloads together."""
    totals = [transfer.total if transfer.is_under_way else transfer.received for transfer in transfers]
    known = [total for total in totals if total is not None]
    return Progress(
        ended=sum(not transfer.is_under_way for transfer in transfers),
        all=len(transfers),
        received=sum(transfer.received for transfer in transfers),
        total=sum(known) if len(known) == len(totals) else None,
        rate=sum(transfer.rate for transfer in transfers if transfer.is_under_way),
    )


def _remaining(received: int, total: int | None, rate: float) -> float | None:
    return None if total is None or rate <= 0 else max(0, total - received) / rate
