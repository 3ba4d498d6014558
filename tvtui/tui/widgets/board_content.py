"""What there is to tell of a run on the board: its state, counts, times and freshness, in words; pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from tvtui.testvibe.models import Case, Counts, Outcome, Run
from tvtui.text.format import elapsed
from tvtui.tui.widgets.styled_line import Part
from tvtui.tui.widgets.summary_content import ago
from tvtui.view.labels import SYMBOLS, state_word
from tvtui.watch.events import Problem, Snapshot


class TileContent(NamedTuple):
    """What there is to tell of a run.

    Attributes:
        run_id: The run.
        snapshot: The last good answer.
        problem: What is wrong with the connection.
        is_paused: Whether the user has stopped the polling.
        failure: The failing test that is shown now.
        number: How many-th of the failing tests it is, from 1.
        failures: How many there are of them.
    """

    run_id: int
    snapshot: Snapshot | None = None
    problem: Problem | None = None
    is_paused: bool = False
    failure: Case | None = None
    number: int = 0
    failures: int = 0

    @property
    def run(self) -> Run | None:
        """The run as it was seen last."""
        return None if self.snapshot is None else self.snapshot.run

    @property
    def tone(self) -> str:
        """The one word that decides about the ground: a result stays what it is, whatever becomes of the contact."""
        run = self.run
        if run is not None and run.has_ended:
            return str(run.state)
        if self.problem is not None or self.is_paused:
            return "stale"
        if run is None:
            return "queued"
        return "failing" if run.counts.failed else str(run.state)


def state_of(face: TileContent) -> tuple[str, str]:
    """The symbol and the word of the state; of one that may be another by now only that it is old."""
    run = face.run
    if run is None:
        return ("…", "WAITING") if face.problem is None else ("⚠", "NO DATA")
    if face.problem is not None and not run.has_ended:
        return "⚠", "STALE"
    return SYMBOLS[run.state], state_word(run).upper()


def word_tone_of(face: TileContent) -> str:
    """The tone of that word; running stays running, whatever has failed so far."""
    tone = face.tone
    return {"stale": "warning", "failing": "running", "queued": "text"}.get(tone, tone)


def outcomes_of(face: TileContent) -> Iterator[tuple[str, str, int, str]]:
    """Symbol, word, count and tone of each outcome."""
    counts = Counts(0, 0, 0, 0) if face.run is None else face.run.counts
    for outcome, count in (
        (Outcome.PASSED, counts.passed),
        (Outcome.FAILED, counts.failed),
        (Outcome.OTHER, counts.other),
    ):
        yield SYMBOLS[outcome], str(outcome), count, str(outcome)


def time_of(face: TileContent, now: float) -> str:
    """How long the run goes on, or took; while it is queued, how long it waits."""
    if face.snapshot is None:
        return ""
    run = face.snapshot.run
    start = run.started_utc or (None if run.has_ended else run.created_utc)
    end = run.finished_utc if run.has_ended else face.snapshot.server_now(now)
    return "" if start is None or end is None else elapsed((end - start).total_seconds())


def contact_of(face: TileContent, now: float) -> Part:
    """How fresh the data are: live, as they were seen so long ago, or as they will stay."""
    snapshot = face.snapshot
    if snapshot is None:
        if face.problem is None:
            return "waiting for the first answer", "muted"
        return face.problem.error.brief or "no answer yet", "warning"
    run = snapshot.run
    if run.has_ended:
        since = "" if run.finished_utc is None else f" {ago(snapshot.server_now(now), run.finished_utc)}"
        return f"ended{since}", "muted"
    age = elapsed(now - snapshot.seen)
    if face.problem is not None:
        return f"{state_word(run)} {age} ago", "warning"
    return (f"paused, {age} old", "warning") if face.is_paused else ("live", "live")
