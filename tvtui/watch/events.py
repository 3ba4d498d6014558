"""What a watch yields: a snapshot of the run, or a problem with the connection."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tvtui.testvibe.errors import ClientError
from tvtui.testvibe.models import Run


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A good answer arrived.

    Attributes:
        run: The run; its previous state if the answer looks stale (see `StaleAnswerFilter`).
        seen: When the server last confirmed this state, by the watch's clock; a stale answer confirms nothing.
        server_time: The server's time at `seen`.
        next_at: When the next request is due, by the watch's clock; None if there is none.
        is_final: Whether the run has ended, its artifacts have settled, and the watch ends here.
    """

    run: Run
    seen: float
    server_time: datetime
    next_at: float | None
    is_final: bool

    def server_now(self, now: float) -> datetime:
        """The server's time at `now` of the watch's clock."""
        return self.server_time + timedelta(seconds=now - self.seen)

    def until_next_minute(self, now: float) -> float:
        """Seconds until the number of minutes since the run's end changes."""
        ended = self.run.finished_utc or self.server_time
        return 60.0 - (self.server_now(now) - ended).total_seconds() % 60.0


@dataclass(frozen=True, slots=True)
class Problem:
    """A request failed; the last snapshot remains valid for its age.

    Attributes:
        error: What went wrong.
        since: When the first of these consecutive failures happened, by the watch's clock.
        failures: The number of consecutive failures.
        next_at: When the next request is due, or when the watch gives up.
        is_final: Whether the watch has given up and ends here.
    """

    error: ClientError
    since: float
    failures: int
    next_at: float
    is_final: bool = False
