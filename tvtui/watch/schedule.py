"""When a watch polls next: interval, back-off and staggering."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tvtui.testvibe.errors import Busy, ClientError, NotFound, Refused

_FEW = 6
"""As many runs as are polled at the same time."""

_STRETCH = 1.25
_WIDEST_STRETCHED = 12.0
"""How much longer the waits are in the middle of a run whose end can be estimated, and the longest of them."""


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


class Pace:
    """Polls less often in the middle of a run, and more often around its expected end.

    Each request comes when that of the schedule without an estimate would come, or later: so there are never more of
    them, and those that were saved in the middle are spent around the end. In a simulation of runs of 1 to 30 minutes
    (`python -m tests.bench estimate`), 75 requests instead of 83 saw the end 1.8 s late on average, instead of 3.7 s.
    """

    def __init__(self, schedule: PollSchedule) -> None:
        """Pace the requests of a schedule, beginning with the first."""
        self._schedule = schedule
        self._usual_at = self._planned_at = 0.0

    def after_answer(self, asked_at: float, answered_at: float, left: tuple[float, float] | None) -> float:
        """How long to wait for the next request.

        Args:
            asked_at: When the request was sent, in seconds since the watch began.
            answered_at: When the answer came.
            left: In how many seconds the run is expected to end, at the earliest and at the latest; None if unknown.
        """
        wait = self._wait(asked_at, answered_at, left)
        self._planned_at = answered_at + wait
        return wait

    def _wait(self, asked_at: float, answered_at: float, left: tuple[float, float] | None) -> float:
        # what delays a request (a pause, a failure) or hastens it (the user) would do so to the usual one, too
        usual_at = min(self._usual_at + max(0.0, asked_at - self._planned_at), asked_at) + answered_at - asked_at
        self._usual_at = usual_at + self._schedule.after_answer(usual_at)
        usual = self._schedule.after_answer(answered_at)
        if left is None:
            return usual
        low, high = left
        shortest = self._schedule.interval
        if low > usual:
            is_worth_it = self._schedule.after_answer(answered_at + low) > shortest
            return max(usual, min(_STRETCH * usual, _WIDEST_STRETCHED, low)) if is_worth_it else usual
        # what has been saved is spread over the time in which the run may end
        saved = max(0.0, answered_at + usual - self._usual_at) / usual
        return max(shortest, self._usual_at - answered_at, high / (high / usual + saved))
