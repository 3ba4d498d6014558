"""The words and bars of the summary bar; pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tvtui.artifacts.transfer import Progress
from tvtui.testvibe.models import Outcome, Run
from tvtui.text.format import elapsed, many, size
from tvtui.tui.widgets.styled_line import Part, cells_of, cut, justified, share_bar
from tvtui.view.labels import outcome_counts
from tvtui.view.time_left import short_time_left, time_left, usual_duration
from tvtui.watch.events import Snapshot

_BAR_SHAPES = {
    Outcome.PASSED: "█",
    Outcome.FAILED: "▒",
    Outcome.FLAKY: "▓",
    Outcome.SKIPPED: "─",
    Outcome.OTHER: "░",
}
LONGEST_BAR = 40
"""Cells."""


def times(run: Run, server_now: datetime) -> Iterator[str]:
    """How long the run was queued and has run, by the server's clock; in ever shorter words."""
    created, started, finished = run.created_utc, run.started_utc, run.finished_utc
    if started is None:
        since = "" if created is None else f" {elapsed(((finished or server_now) - created).total_seconds())}"
        yield "never started" if run.has_ended else f"queued{since}"
        return
    took = elapsed(((finished or server_now) - started).total_seconds())
    ran = "running" if not run.has_ended else "ended" if finished is None else "ran"
    text = ran if run.has_ended and finished is None else f"{ran} {took}"
    if created is not None:
        yield f"{text} (queued {elapsed((started - created).total_seconds())})"
    yield text


def times_and_outlook(snapshot: Snapshot, now: float, *, is_live: bool) -> Iterator[str]:
    """The times, and what the earlier runs say about them: how long the run will go on, or that it took long.

    Args:
        snapshot: The last good answer.
        now: The moment to show, by the watch's clock.
        is_live: Whether the server confirms what is shown; otherwise the run may have ended.
    """
    usual = usual_duration(snapshot)
    known = list(times(snapshot.run, snapshot.server_now(now)))
    outlooks = [f"slower than usual ({usual})", f"usually {usual}"] if usual else []
    if is_live:
        outlooks += [time_left(snapshot, now), short_time_left(snapshot, now)]
    outlooks = list(filter(None, outlooks))
    # how long it was queued is left out first
    yield from (f"{known[0]} · {outlook}" for outlook in outlooks[:1])
    yield from (f"{known[-1]} · {outlook}" for outlook in outlooks)
    yield from known


def ago(now: datetime, then: datetime) -> str:
    """How long ago something was, in whole minutes."""
    minutes = int((now - then).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60:02} min ago"
    return f"{minutes // 1440} days ago"


def total_in_words(snapshot: Snapshot) -> str:
    """How many tests there are, or have been so far; "" if that is not known."""
    if snapshot.total is None:
        return f"{snapshot.finished:,} so far" if snapshot.finished else ""
    return many(snapshot.run.counts.total, "test")


def outcome_bar(snapshot: Snapshot, cells: int) -> Iterator[Part]:
    """Shares of the outcomes in the total; each outcome that occurred gets at least one cell."""
    run, counts = snapshot.run, snapshot.run.counts
    # shares of an unknown whole would fill the bar at once
    total = snapshot.total and max(snapshot.total, counts.ended)
    if not total or cells < 8:
        return
    left = cells
    shares: dict[Outcome, int] = {}
    passed, *others = outcome_counts(counts)
    # the largest share is cut first where there is too little room
    for outcome, count in (*others, passed):
        shares[outcome] = min(left, max(1, round(count / total * cells))) if count else 0
        left -= shares[outcome]
    if left and counts.ended >= total:
        # what rounding has left over
        shares[max(shares, key=shares.__getitem__)] += left
        left = 0
    for outcome, _ in (passed, *others):
        yield _BAR_SHAPES[outcome] * shares[outcome], str(outcome)
    yield ("·" if not run.has_ended else " ") * left, "muted"


def download_line(progress: Progress, width: int, cancel_key: str) -> list[Part]:
    """Progress and rate of all downloads, and the key that cancels them."""
    received = (
        size(progress.received) if progress.total is None else f"{size(progress.received)} of {size(progress.total)}"
    )
    parts: list[Part] = [(f"↓ {progress.ended} of {progress.all}", "strong"), (f" · {received}", "text")]
    if progress.rate:
        left = "" if progress.remaining is None else f" · {elapsed(progress.remaining)} left"
        parts.append((f" · {size(int(progress.rate))}/s{left}", "muted"))
    cancel: list[Part] = [(f"{cancel_key} cancel", "muted")]
    if cells_of(parts) + cells_of(cancel) + 2 > width:
        return cut(parts, width)
    cells = min(LONGEST_BAR, width - cells_of(parts) - cells_of(cancel) - 4)
    if progress.total and cells >= 8:
        cancel = [(share_bar(progress.received, progress.total, cells), "passed"), ("  ", "text"), *cancel]
    return justified(parts, cancel, width)
