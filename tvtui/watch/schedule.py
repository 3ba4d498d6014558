"""When a watch polls next: interval, back-off and staggering."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tvtui.testvibe.errors import Busy, ClientError, NotFound, Refused

_FEW = 6
"""As many runs as are polled at the same time."""


@dataclass(frozen=True, slots=True)
class PollSchedule:
    """How often to poll; all values in seconds.

    Attributes:
        interval: From a reply to the next request.
        widest: The interval that polling slows down to after the first minute.
        slowest: The longest wait after failures.
        phase: Added to the first wait, so that several runs are not polled at the same moment.
        delay: How long to wait before the first request, so that many runs do not all begin at the same moment.
    """

    interval: float = 2.0
    widest: float = 10.0
    slowest: float = 30.0
    phase: float = 0.0
    delay: float = 0.0

    def staggered(self, place: int, runs: int) -> PollSchedule:
        """The schedule of one of `runs` runs (`place` from 0), shifted so that they are polled at other moments.

        A few runs all begin at once; many begin one after the other.
        """
        shift = self.interval * place / runs
        return replace(self, delay=shift) if runs > _FEW else replace(self, phase=shift)

    def after_answer(self, watched: float) -> float:
        """How long to wait when the watch has run for `watched`: a second more per half minute after the first."""
        widened = self.interval + max(0.0, watched - 60.0) / 30.0
        return max(self.interval, min(widened, self.widest))

    def after_end(self, settling: float) -> float:
        """How long to wait for late artifacts, `settling` after the end: 2, 4, 4 …, or less with a shorter interval."""
        interval = min(self.interval, 2.0)
        return 2 * interval if settling else interval

    def settled_after(self, *, has_artifacts: bool) -> float:
        """How long to wait for late artifacts at least: just below the wait of one request, or of three (9.5).

        A list that does not change is complete, but one that is still empty may only be slow to come.
        """
        return (0.75 if has_artifacts else 4.75) * min(self.interval, 2.0)

    def after_failure(self, failures: int, error: ClientError, jitter: float) -> float:
        """How long to wait after a failure: 2, 4, 8, 16, 30, 30 …, or longer if the server asks for it.

        Errors that usually only a person can fix (401, 403, 404) begin with 4: they can be transient all the same.

        Args:
            failures: How many there were in a row, 1 for the first.
            error: The last of them.
            jitter: 0 to 1; changes the wait by at most 20 %, so that the clients of a server that was down do not
                all return at the same moment.
        """
        needs_person = isinstance(error, Refused | NotFound)
        wait = min(2.0 ** min(failures + needs_person, 10), self.slowest)
        wait *= 0.8 + 0.4 * jitter
        if isinstance(error, Busy) and error.retry_after is not None:
            # a server that asks for no wait at all is busy all the same
            return max(wait, min(error.retry_after, 300.0))
        return wait
