"""How often a watch asks."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tvtui.testvibe.errors import Busy, ClientError, NotFound, Refused


@dataclass(frozen=True, slots=True)
class PollSchedule:
    """How often to ask; all in seconds.

    Attributes:
        interval: From a reply to the next request.
        widest: What the interval widens to after the first minute.
        slowest: The longest wait after failures, and the wait where only a human can help (401, 403, 404).
        phase: What the first wait is longer, so that several runs are not asked for all at once.
    """

    interval: float = 2.0
    widest: float = 10.0
    slowest: float = 30.0
    phase: float = 0.0

    def in_turn(self, place: int, runs: int) -> PollSchedule:
        """The same pace for one of several runs, `place` counting from 0: they are not asked for all at once."""
        return replace(self, phase=self.interval * place / runs)

    def after_answer(self, watched: float) -> float:
        """How long to wait after an answer: a second more for every half minute after the first minute.

        Args:
            watched: How long the watch goes on.
        """
        widened = self.interval + max(0.0, watched - 60.0) / 30.0
        return max(self.interval, min(widened, self.widest))

    def after_end(self, settling: float) -> float:
        """How long to wait for artifacts that come late: 2, 4, 4 …, or less with a shorter interval.

        Args:
            settling: How long the run has been over.
        """
        interval = min(self.interval, 2.0)
        return 2 * interval if settling else interval

    @property
    def settled_after(self) -> float:
        """How long artifacts must be waited for at least: 9.5, just below the waits of three requests."""
        return 4.75 * min(self.interval, 2.0)

    def after_failure(self, failures: int, error: ClientError, jitter: float) -> float:
        """How long to wait after a failure: 2, 4, 8, 16, 30, 30 …, or as the server asks.

        Args:
            failures: How many there were in a row, 1 for the first.
            error: The last of them.
            jitter: 0 to 1: keeps watchers that lost a server together from coming back together, by 20 % at most.
        """
        if isinstance(error, Busy) and error.retry_after is not None:
            return min(max(1.0, error.retry_after), 300.0)
        is_hopeless = isinstance(error, Refused | NotFound)
        wait = self.slowest if is_hopeless else min(2.0 ** min(failures, 10), self.slowest)
        return wait * (0.8 + 0.4 * jitter)
