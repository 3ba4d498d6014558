"""What a watch yields: a snapshot of the run, or a problem with the connection."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tvtui.testvibe.errors import ClientError
from tvtui.testvibe.models import Run

if TYPE_CHECKING:
    from tvtui.watch.outlook import Outlook
    from tvtui.watch.playback import Playback


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A good answer arrived.

    Attributes:
        run: The run; its previous state if the answer looks stale (see `StaleAnswerFilter`).
        seen: When the server last confirmed this state, by the watch's clock; a stale answer confirms nothing.
        server_time: The server's time at `seen`.
        next_at: When the next request is due, by the watch's clock; None if there is none.
        is_final: Whether the run has ended, its artifacts have settled, and the watch ends here.
        is_late: Whether the server should have confirmed this state five seconds ago, and has not yet.
        is_total_known: Whether an earlier answer announced more tests than had ended by then.
        outlook: What the earlier runs say about the end of the run; None if nothing, or nothing yet. A `WatchedRun`
            adds it.
        playback: Where in a recording this is; None if a server has answered.
    """

    run: Run
    seen: float
    server_time: datetime
    next_at: float | None
    is_final: bool
    is_late: bool = False
    is_total_known: bool = False
    outlook: Outlook | None = None
    playback: Playback | None = None

    @property
    def finished(self) -> int:
        """The number of tests that have ended."""
        counts = self.run.counts
        return max(len(self.run.tests), counts.passed + counts.failed)

    @property
    def total(self) -> int | None:
        """The number of tests that the run will have; None while unknown.

        As long as no more tests are announced than have ended, the server's total only counts those seen so far.
        """
        total, finished = self.run.counts.total, self.finished
        is_known = self.is_total_known or total > finished or self.run.has_ended
        return max(total, finished) if is_known else None

    def server_now(self, now: float) -> datetime:
        """The server's time at `now` of the watch's clock."""
        pace = 1.0 if self.playback is None else self.playback.pace
        return self.server_time + timedelta(seconds=pace * (now - self.seen))


@dataclass(frozen=True, slots=True)
class Problem:
    """A request failed; the last snapshot remains valid for its age.

    Attributes:
        error: What went wrong.
        since: When the first of these consecutive failures happened, by the watch's clock.
        failures: The number of consecutive failures; 0 if it is not known, as of a recording.
        next_at: When the next request is due, or when the watch gives up.
        is_final: Whether the watch has given up and ends here.
    """

    error: ClientError
    since: float
    failures: int
    next_at: float
    is_final: bool = False

    @property
    def advice(self) -> str:
        """What to do about it; "" if there is nothing to do."""
        return self.error.advice if self.is_final else self.error.meanwhile

    @property
    def message(self) -> str:
        """What went wrong and what to do about it."""
        return f"{self.error.what} {self.advice}".strip()


def until_tick(ended: Snapshot | None, now: float) -> float:
    """How many seconds the times of a run stay right: until the next second, or until the next minute since its end.

    Args:
        ended: The last good answer about a run that is over; None if it is going on.
        now: The time by the watch's clock.
    """
    if ended is None:
        return 1.0 - now % 1.0
    finished = ended.run.finished_utc or ended.server_time
    return 60.0 - (ended.server_now(now) - finished).total_seconds() % 60.0
