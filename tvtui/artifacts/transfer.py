"""How downloads stand: one value for each artifact, shown on the screen and on stderr alike; pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Stage(StrEnum):
    """Where a download stands."""

    WAITING = "waiting"
    GOING = "going"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Transfer:
    """How the download of one artifact stands.

    Attributes:
        stage: Where it stands.
        received: Bytes that are on the disk.
        total: Bytes that there will be; None if nobody knows.
        rate: Bytes a second, lately.
        path: Where the file is, or will be.
        note: A sentence: why it failed, or what was changed about its name; else "".
        was_there: Whether it had been downloaded before, and was not fetched again.
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
        """Seconds until it is done at this rate; None if nobody knows."""
        if self.total is None or self.rate <= 0:
            return None
        return max(0, self.total - self.received) / self.rate

    @property
    def is_under_way(self) -> bool:
        """Whether more is to come."""
        return self.stage in {Stage.WAITING, Stage.GOING}
