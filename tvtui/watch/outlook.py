"""What to expect of a run, from the earlier runs of the same feature and configuration: data."""

from __future__ import annotations

from typing import NamedTuple

from tvtui.testvibe.models import RunState


class Range(NamedTuple):
    """A range of seconds."""

    low: float
    high: float


class Outlook(NamedTuple):
    """What to expect of a run in its state: until when it is queued or runs, or how long it should have run.

    Attributes:
        state: The state that it is about: queued, running, or how the run ended.
        earliest: When the state is expected to end, in seconds since it began, at the earliest. If the run has ended,
            the shortest usual duration.
        latest: The same at the latest.
        usual: How long this state usually takes: the median of the earlier runs.
        is_known_well: Whether there are enough runs to say that one is slower than usual.
    """

    state: RunState
    earliest: float
    latest: float
    usual: float
    is_known_well: bool = True

    def left(self, age: float) -> Range | None:
        """The seconds that are left at an age of the state; None once the latest end has passed."""
        return Range(max(0.0, self.earliest - age), self.latest - age) if self.latest > age else None
