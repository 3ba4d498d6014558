"""How fast a download is, and how often that is told."""

from __future__ import annotations

from collections import deque

_WINDOW = 5.0
_PAUSE = 0.25


class Meter:
    """Measures one download by a clock that it is told."""

    def __init__(self, now: float, received: int) -> None:
        """Begin.

        Args:
            now: Seconds, as all that follow.
            received: Bytes that were there before.
        """
        self._seen = deque([(now, received)])
        self._told_at = now

    def read(self, now: float, received: int) -> bool:
        """Take in how much there is; whether it should be told: a quarter of a second after the last time."""
        self._seen.append((now, received))
        while now - self._seen[0][0] > _WINDOW and len(self._seen) > 2:
            self._seen.popleft()
        if now - self._told_at < _PAUSE:
            # one look back per telling is enough for a rate, whatever the size of the pieces
            if len(self._seen) > 2:
                del self._seen[-2]
            return False
        self._told_at = now
        return True

    @property
    def rate(self) -> float:
        """Bytes a second over the last five seconds; 0 as long as nobody knows."""
        (begun, before), (now, received) = self._seen[0], self._seen[-1]
        return (received - before) / (now - begun) if now > begun else 0.0
