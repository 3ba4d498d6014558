"""What a tile of the board shows of a run: state, counts, times and freshness, in words; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from tvtui.testvibe.models import Case, Counts, Run
from tvtui.text.format import elapsed
from tvtui.tui.widgets.styled_line import Part
from tvtui.tui.widgets.summary_content import ago
from tvtui.view.labels import SYMBOLS, WARNING, outcome_counts, state_in_capitals, state_word
from tvtui.view.messages import contradiction
from tvtui.view.time_left import time_left
from tvtui.watch.events import Problem, Snapshot


class TileContent(NamedTuple):
    """The content of a tile.

    Attributes:
        run_id: The run.
        snapshot: The last good answer.
        problem: What is wrong with the connection.
        is_paused: Whether the user has paused polling.
        failure: The failing test to show.
        number: Its number among the failing tests, from 1.
        failures: The number of failing tests.
        is_new: Whether the test to show did not fail in the last run.
        new: How many failures are new, as "2 new"; "" if none is, or nothing is known of earlier runs.
        key: The key that shows the run; "" if it has none.
    """

    run_id: int
    snapshot: Snapshot | None = None
    problem: Problem | None = None
    is_paused: bool = False
    failure: Case | None = None
    number: int = 0
    failures: int = 0
    is_new: bool = False
    new: str = ""
    key: str = ""

    @property
    def run(self) -> Run | None:
        """The run as last seen."""
        return None if self.snapshot is None else self.snapshot.run

    @property
    def failure_name(self) -> str:
        """The name of the failing test, if there is one, after a word if its failure is new."""
        name = "" if self.failure is None else self.failure.name
        return f"new: {name}" if self.is_new else name

    @property
    def tone(self) -> str:
        """The word that decides the background; a final result stays, even if the connection is lost."""
        run = self.run
        if run is not None and run.has_ended:
            return str(run.state)
        if self.problem is not None or self.is_paused or (self.snapshot is not None and self.snapshot.is_late):
            return "stale"
        if run is None:
            return "queued"
        return "failing" if run.counts.failed else str(run.state)


_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


def look_of(content: TileContent, now: float) -> tuple[object, ...]:
    """What the lines of a tile follow from: while this is equal, none of them changes."""
    seen = content.snapshot and replace(content.snapshot, seen=0.0, server_time=_ANY_TIME, next_at=None, outlook=None)
    return content._replace(snapshot=seen), time_of(content, now), contact_of(content, now), left_of(content, now)


def state_of(content: TileContent) -> tuple[str, str]:
    """The symbol and the word of the state, or only that it is stale."""
    run = content.run
    if run is None:
        return ("…", "WAITING") if content.problem is None else (WARNING, "NO DATA")
    if content.problem is not None and not run.has_ended:
        return WARNING, "STALE"
    return SYMBOLS[run.state], state_in_capitals(run)


def word_tone_of(content: TileContent) -> str:
    """The tone of that word; it does not show failures of a running run."""
    tone = content.tone
    return {"stale": "warning", "failing": "running", "queued": "text", "other": "warning"}.get(tone, tone)


def outcomes_of(content: TileContent) -> Iterator[tuple[str, str, int]]:
    """Symbol, word (which is also the tone) and count of each outcome."""
    counts = Counts(0, 0, 0, 0) if content.run is None else content.run.counts
    for outcome, count in outcome_counts(counts):
        yield SYMBOLS[outcome], str(outcome), count


def time_of(content: TileContent, now: float) -> str:
    """How long the run has been running or took; while it is queued, how long it has been waiting."""
    if content.snapshot is None:
        return ""
    run = content.snapshot.run
    start = run.started_utc or (None if run.has_ended else run.created_utc)
    end = run.finished_utc if run.has_ended else content.snapshot.server_now(now)
    return "" if start is None or end is None else elapsed((end - start).total_seconds())


def left_of(content: TileContent, now: float) -> str:
    """The time left, or that the run takes longer than usual; "" unless the data are live."""
    if content.snapshot is None or contact_of(content, now)[1] != "live":
        return ""
    return time_left(content.snapshot, now)


def contact_of(content: TileContent, now: float) -> Part:
    """How fresh the data are: live, of a certain age, or final; or that the result contradicts the tests."""
    snapshot = content.snapshot
    if snapshot is None:
        if content.problem is None:
            return "waiting for the first answer", "muted"
        return content.problem.error.brief or "no answer yet", "warning"
    run = snapshot.run
    if snapshot.playback is not None and not contradiction(run):
        from tvtui.tui.widgets.playback_words import playback_words

        return next(playback_words(snapshot, snapshot.playback, now)), "muted"
    if run.has_ended:
        since = "" if run.finished_utc is None else f" {ago(snapshot.server_now(now), run.finished_utc)}"
        doubt = contradiction(run)
        return (f"{WARNING} {doubt} · ended{since}", "warning") if doubt else (f"ended{since}", "muted")
    age = elapsed(now - snapshot.seen)
    if content.problem is not None or (snapshot.is_late and not content.is_paused):
        return f"was {state_word(run)} {age} ago", "warning"
    return (f"paused, {age} old", "warning") if content.is_paused else ("live", "live")
