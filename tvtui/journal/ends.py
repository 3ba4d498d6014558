"""When the tests of a recorded run ended."""

from __future__ import annotations

from tvtui.journal.recording import Recording
from tvtui.testvibe.models import Case, Outcome

MOST_POINTS = 100
"""More tests are represented by as many equal shares of them."""

_LARGEST_SHARE_AT_FIRST = 0.1
_LARGEST_SHARE_AT_ONCE = 0.5


def ends_of(recording: Recording) -> tuple[float, ...]:
    """When the tests ended, in seconds after the run's start, ascending, as `PastRun` describes.

    Empty if they were not seen one by one: the watch began late, or most tests came at once.
    """
    head, tests = recording.head, len(recording.run.tests)
    if head.started is None or not tests:
        return ()
    begun = 0.0 if head.created is None else (head.started - head.created).total_seconds()
    ended: dict[int, float] = {}
    most = 0
    for place, change in enumerate(recording.changes):
        before = len(ended)
        for each in change.tests:
            if each.place < tests and Case(status=each.status).outcome is not Outcome.OTHER:
                ended.setdefault(each.place, round(max(0.0, change.at - begun), 3))
        if place == 0 and len(ended) > max(2, tests * _LARGEST_SHARE_AT_FIRST):
            return ()
        most = max(most, len(ended) - before)
    if len(ended) < tests or most > max(2, tests * _LARGEST_SHARE_AT_ONCE):
        return ()
    moments = sorted(ended.values())
    count = len(moments)
    if count <= MOST_POINTS:
        return tuple(moments)
    return tuple(moments[-(-point * count // MOST_POINTS) - 1] for point in range(1, MOST_POINTS + 1))
