"""What the screen says about a recording: where in it it is; pure."""

from __future__ import annotations

from collections.abc import Iterator

from tvtui.tui.widgets.summary_content import ago
from tvtui.watch.events import Snapshot
from tvtui.watch.playback import Playback


def playback_words(snapshot: Snapshot, playback: Playback, now: float) -> Iterator[str]:
    """What a snapshot of a recording is, in ever shorter words."""
    position = playback.position
    if position is None:
        finished = snapshot.run.finished_utc
        if not snapshot.run.has_ended:
            yield f"RECORDED · as of {snapshot.server_time:%Y-%m-%d %H:%M} UTC"
        elif finished is not None:
            yield f"RECORDED · ended {ago(snapshot.server_now(now), finished)}"
        yield "RECORDED"
        return
    seconds = playback.seconds(now - snapshot.seen)
    is_over = seconds >= position.ends
    how = f"×{position.speed:g}" if playback.pace else "ended" if is_over else "paused"
    times = f"{moment(seconds, position.ends)} / {moment(position.ends)}"
    yield f"REPLAY {how} · {times}"
    yield f"REPLAY · {times}"
    yield f"REPLAY {moment(seconds, position.ends)}"


def moment(seconds: float, longest: float | None = None) -> str:
    """A moment as `02:14`, or `1:02:14` if the longest one has hours."""
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    text = f"{rest // 60:02}:{rest % 60:02}"
    has_hours = (seconds if longest is None else longest) >= 3600
    return f"{hours}:{text}" if has_hours else text
