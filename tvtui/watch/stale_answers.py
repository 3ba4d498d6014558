"""Filtering stale answers: a cache can return older states of a run in between newer ones."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from tvtui.testvibe.client import Answer
from tvtui.testvibe.models import Run, RunState

_CONFIRMATIONS = 2
_MOST_HELD = 5


class _Progress(NamedTuple):
    """How far a run has come; none of these goes back while a run makes progress, and the stage outweighs counts."""

    stage: int
    tests: int
    finished_tests: int
    artifacts: int

    def is_behind(self, other: _Progress) -> bool:
        if self.stage != other.stage:
            return self.stage < other.stage
        return any(mine < theirs for mine, theirs in zip(self, other, strict=True))


class StaleAnswerFilter:
    """Accepts answers in the order of arrival and returns the run to show.

    A run only moves forward: it starts, gets tests, ends, gets artifacts. An answer that goes back comes from a cache,
    or the server has changed its mind; a second such answer in a row decides for the latter. An answer written before
    the one shown comes from a cache, and is accepted only when it is the fifth in a row.
    """

    def __init__(self) -> None:
        self._run: Run | None = None
        self._progress: _Progress | None = None
        self._written: datetime | None = None
        self._held = 0
        self._confirmed = 0

    def accept(self, answer: Answer) -> Run:
        """The run to show now: the answer's, or the one shown before if the answer looks stale."""
        run, written = answer.run, answer.written or answer.server_time
        progress = self._progress if self._progress and run is self._run else _progress(run)
        is_older = written is not None and self._written is not None and written < self._written
        if self._is_step_back(run, progress, is_older=is_older):
            self._held += 1
            self._confirmed = 0 if is_older else self._confirmed + 1
            if self._run is not None and self._confirmed < _CONFIRMATIONS and self._held < _MOST_HELD:
                return self._run
            self._written = written
        elif not is_older:
            self._written = written or self._written
        self._run, self._progress = run, progress
        self._held = self._confirmed = 0
        return run

    def _is_step_back(self, run: Run, progress: _Progress, *, is_older: bool) -> bool:
        """Whether a run has made less progress than the one shown, or the same but differs and is older."""
        if self._progress is None:
            return False
        if progress.is_behind(self._progress):
            return True
        return is_older and progress == self._progress and run != self._run


def _progress(run: Run) -> _Progress:
    stage = 2 if run.has_ended else 0 if run.state is RunState.QUEUED else 1
    listed = run.listed
    return _Progress(stage, listed.total, listed.total - listed.other, len(run.artifacts))
