"""What a recording adds to a watch: where in it a snapshot is, and how a user moves in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tvtui.testvibe.identity import CaseId


@dataclass(frozen=True, slots=True)
class Position:
    """Where in a replay a snapshot is; all moments in seconds since the run was created.

    Attributes:
        seconds: The moment of the snapshot.
        begins: The first recorded moment.
        ends: The last one.
        speed: How many times faster than recorded it is played.
        is_after_failure: Whether a test failed before this moment.
        is_before_failure: Whether a test fails after it.
    """

    seconds: float
    begins: float
    ends: float
    speed: float
    is_after_failure: bool = False
    is_before_failure: bool = False


@dataclass(frozen=True, slots=True)
class Playback:
    """That a snapshot is of a recording.

    Attributes:
        watch_command: The shell command that watches the run itself.
        pace: Seconds that pass in it for each second of the watch's clock; 0 while it stands still.
        position: Where in a replay it is; None if only the end of the run is shown.
    """

    watch_command: str
    pace: float = 1.0
    position: Position | None = None

    def seconds(self, elapsed: float) -> float:
        """The moment of a replay, `elapsed` seconds of the watch's clock after the snapshot."""
        if self.position is None:
            return 0.0
        return min(self.position.ends, self.position.seconds + self.pace * elapsed)


class Player(Protocol):
    """Plays a recording; each of these can be called at any time, and does nothing where it leads nowhere."""

    def toggle(self) -> None:
        """Pause or resume; at the end, play again from the beginning."""

    def step_change(self, step: int) -> None:
        """Pause at the next change (1) or the one before (-1)."""

    def skip(self, seconds: float) -> None:
        """Go on or back by this time."""

    def step_failure(self, step: int) -> CaseId | None:
        """Pause at the next moment at which a test fails (1) or the one before (-1); return that test."""
