"""Whose turn it is among the failing tests of a run; pure."""

from __future__ import annotations

from tvtui.testvibe.identity import CaseId, Row, identify_cases
from tvtui.testvibe.models import Case, Outcome

TURN_SECONDS = 8.0
"""How long each is shown. Turns are those of the clock, so that several runs change at the same moment."""

_SHORTEST = 4.0
"""What has just come is not taken away before so many seconds."""


class Rotation:
    """Remembers which failing test of one run is shown.

    Attributes:
        failures: The failing tests, in the run's order.
    """

    def __init__(self) -> None:
        self.failures: tuple[Row, ...] = ()
        self._tests: tuple[Case, ...] = ()
        self._shown: CaseId | None = None
        self._place = 0
        self._since = 0.0
        self._turn = 0.0

    def take(self, tests: tuple[Case, ...]) -> None:
        """Take in the tests of a digest."""
        if tests is not self._tests:
            self._tests = tests
            self.failures = identify_cases(case for case in tests if case.outcome is Outcome.FAILED)

    def place(self, now: float) -> int:
        """Where in `failures`, of which there is one at least, the one stands whose turn it is.

        It stays while others come and go; with the next turn of the clock the next one comes.
        """
        turn = now // TURN_SECONDS
        ids = [row.id for row in self.failures]
        if self._shown not in ids:
            self._place, self._since = min(self._place, len(ids) - 1), now
        else:
            self._place = ids.index(self._shown)
            if turn != self._turn and len(ids) > 1 and now - self._since >= _SHORTEST:
                self._place, self._since = (self._place + 1) % len(ids), now
        self._shown, self._turn = ids[self._place], turn
        return self._place
