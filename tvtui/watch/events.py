"""What a watch yields: a snapshot of the run, or a problem with the connection."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tvtui.testvibe.errors import ClientError
from tvtui.testvibe.models import Run


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A good answer has come.

    Attributes:
        run: The run; as it was, if the answer is not believed yet (see `Newest`).
        seen: When the server said this last, by the watch's clock; a held-back answer does not renew it.
        server_time: The server's time at `seen`.
        next_at: When the next request comes, by the watch's clock; None if none does.
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
        """Seconds until it is another minute that the run has ended ago."""
        ended = self.run.finished_utc or self.server_time
        return 60.0 - (self.server_now(now) - ended).total_seconds() % 60.0


@dataclass(frozen=True, slots=True)
class Problem:
    """A request has failed; what was seen before stays as true as it is old.

    Attributes:
        error: What went wrong.
        since: When the first of these failures in a row was, by the watch's clock.
        failures: How many there were since then.
        next_at: When the next request comes, or the watch gives up.
        is_final: Whether it has given up, and ends here.
    """

    error: ClientError
    since: float
    failures: int
    next_at: float
    is_final: bool = False
