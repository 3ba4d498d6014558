"""Which answer is shown: a cache can answer with older states of a run, in turns with new ones."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import NamedTuple

from tvtui.testvibe.client import Answer
from tvtui.testvibe.models import Outcome, Run, RunState

_CONFIRMING = 2
_FINISHED = {Outcome.PASSED, Outcome.FAILED}
_INSISTING = 5


class _Progress(NamedTuple):
    """How far a run has come: nothing of this goes back while it goes on, and a later stage says more than counts."""

    stage: int
    tests: int
    finished_tests: int
    artifacts: int

    def is_behind(self, other: _Progress) -> bool:
        if self.stage != other.stage:
            return self.stage < other.stage
        return any(mine < theirs for mine, theirs in zip(self, other, strict=True))


class StaleAnswerFilter:
    """Takes the answers as they come and keeps the one that is to be shown.

    A run goes forward: it starts, gets tests, ends, gets artifacts. An answer that goes back is a cache's, or the
    server has changed its mind; that is known when the next answer says so too. One that was written before the
    shown one is a cache's, and is believed only if the server insists, five times in a row.
    """

    def __init__(self) -> None:
        self._run: Run | None = None
        self._progress: _Progress | None = None
        self._written: datetime | None = None
        self._held = 0
        self._confirmed = 0

    def take(self, answer: Answer) -> Run:
        """The run as it is to be shown now: the answer's, or if that is held back the one shown before."""
        run, written = answer.run, answer.written or answer.server_time
        progress = self._progress if self._progress and run is self._run else _progress(run)
        is_older = written is not None and self._written is not None and written < self._written
        if self._is_step_back(run, progress, is_older=is_older):
            self._held += 1
            self._confirmed = 0 if is_older else self._confirmed + 1
            if self._run is not None and self._confirmed < _CONFIRMING and self._held < _INSISTING:
                return self._run
            self._written = written
        elif not is_older:
            self._written = written or self._written
        self._run, self._progress = run, progress
        self._held = self._confirmed = 0
        return run

    def _is_step_back(self, run: Run, progress: _Progress, *, is_older: bool) -> bool:
        """Whether a run has not come as far as the shown one; as far, but other and older, is a step back too."""
        if self._progress is None:
            return False
        if progress.is_behind(self._progress):
            return True
        return is_older and progress == self._progress and run != self._run


def _progress(run: Run) -> _Progress:
    stage = 2 if run.has_ended else 0 if run.state is RunState.QUEUED else 1
    # by status, as there are few of them: with 10,000 tests it takes a quarter of the time
    statuses = Counter(case.status for case in run.tests)
    finished = sum(number for status, number in statuses.items() if status.casefold() in _FINISHED)
    return _Progress(stage, len(run.tests), finished, len(run.artifacts))
