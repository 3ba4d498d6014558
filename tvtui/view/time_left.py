"""What to expect of a run, in words: the time left as a range, and that it takes longer than usual; pure."""

from __future__ import annotations

from tvtui.testvibe.models import RunState
from tvtui.text.format import elapsed, many
from tvtui.watch.events import Snapshot
from tvtui.watch.outlook import Outlook, Range
from tvtui.watch.time_left import age_of, rounded, step_of

_LEAST_SLOWER_SECONDS = 1.0


def time_left(snapshot: Snapshot, now: float) -> str:
    """The time left, "2 – 3 min left", "starts in 5 – 20 s", or "longer than usual (3 min)"; "" if unknown.

    It is also unknown if no test has ended for long, and the run is not older than usual.

    Args:
        snapshot: The last good answer.
        now: The time by the watch's clock.
    """
    left = _left(snapshot, now)
    if left is not None:
        text = _range_text(rounded(left))
        return _of_start(text, "up to ") if snapshot.run.state is RunState.QUEUED else f"{text} left"
    usual = _exceeded(snapshot, now)
    return "" if usual is None else f"longer than usual ({_exact(usual)})"


def spoken_time_left(snapshot: Snapshot, now: float) -> str:
    """The same for listening: "about 2 to 3 minutes left"."""
    left = _left(snapshot, now)
    if left is not None:
        text = _spoken_range(rounded(left))
        return _of_start(text, "at most ") if snapshot.run.state is RunState.QUEUED else f"{text} left"
    usual = _exceeded(snapshot, now)
    return "" if usual is None else f"longer than usual, which is {_spoken(usual)}"


def short_time_left(snapshot: Snapshot, now: float) -> str:
    """The time left of a running run in whole minutes: "2–3m left"; "" if unknown."""
    left = _left(snapshot, now)
    if left is None or snapshot.run.state is not RunState.RUNNING:
        return ""
    low, high = int(left.low // 60), int(-(-left.high // 60))
    if high >= 60:
        return f"{_short(low)}–{_short(high)} left" if low else f"<{_short(high)} left"
    return f"<{high}m left" if not low else f"{high}m left" if low == high else f"{low}–{high}m left"


def usual_duration(snapshot: Snapshot) -> str:
    """How long runs usually take, "4 min", if this one has ended and took much longer; else ""."""
    usual = _slower_than(snapshot)
    return "" if usual is None else _exact(usual)


def spoken_usual_duration(snapshot: Snapshot) -> str:
    """The same for listening: "4 minutes"."""
    usual = _slower_than(snapshot)
    return "" if usual is None else _spoken(usual)


def _left(snapshot: Snapshot, now: float) -> Range | None:
    outlook, age = _outlook(snapshot), age_of(snapshot, now)
    return None if outlook is None or age is None or snapshot.run.has_ended else outlook.left(age)


def _exceeded(snapshot: Snapshot, now: float) -> int | None:
    """How long it usually takes, if it should have ended by now, and is older than usual."""
    outlook, age = _outlook(snapshot), age_of(snapshot, now)
    if outlook is None or age is None or snapshot.run.has_ended:
        return None
    # an answer that comes after the latest end says that it is now
    return _nearest(outlook.usual) if age >= max(outlook.latest, outlook.usual) else None


def _slower_than(snapshot: Snapshot) -> int | None:
    """How long runs usually take, if this one has ended and took longer than nearly all of them."""
    outlook, took = _outlook(snapshot), age_of(snapshot, snapshot.seen)
    if outlook is None or took is None or not snapshot.run.has_ended or not outlook.is_known_well:
        return None
    # the server's times are in whole seconds
    is_slow = took > outlook.latest and took > outlook.usual + _LEAST_SLOWER_SECONDS
    return _nearest(outlook.usual) if is_slow else None


def _outlook(snapshot: Snapshot) -> Outlook | None:
    outlook = snapshot.outlook
    return outlook if outlook is not None and outlook.state is snapshot.run.state else None


def _of_start(text: str, limit: str) -> str:
    return f"starts within {text.removeprefix(limit)}" if text.startswith(limit) else f"starts in {text}"


def _range_text(left: Range) -> str:
    low, high = int(left.low), int(left.high)
    if not low:
        return f"up to {_exact(high)}"
    if low == high:
        return _exact(high)
    if high < 60:
        return f"{low} – {high} s"
    if high < 3600 and low % 60 == high % 60 == 0:
        return f"{low // 60} – {high // 60} min"
    return f"{_exact(low)} – {_exact(high)}"


def _exact(seconds: int) -> str:
    return f"{seconds // 60} min" if 60 <= seconds < 3600 and seconds % 60 == 0 else elapsed(seconds)


def _nearest(seconds: float) -> int:
    """A known duration, which needs no rounding for its uncertainty: below a minute in seconds, then as a range is."""
    step = 1 if round(seconds) < 60 else step_of(seconds)
    return max(1, round(seconds / step)) * step


def _short(minutes: int) -> str:
    return f"{minutes}m" if minutes < 60 else f"{minutes // 60}h {minutes % 60:02}m"


def _spoken_range(left: Range) -> str:
    low, high = int(left.low), int(left.high)
    if not low:
        return f"at most {_spoken(high)}"
    if low == high:
        return f"about {_spoken(high)}"
    if high < 60:
        return f"about {low} to {high} seconds"
    if high < 3600 and low % 60 == high % 60 == 0:
        return f"about {low // 60} to {high // 60} minutes"
    return f"about {_spoken(low)} to {_spoken(high)}"


def _spoken(seconds: int) -> str:
    hours, minutes, rest = seconds // 3600, seconds % 3600 // 60, seconds % 60
    named = ((hours, "hour"), (minutes, "minute"), (rest if not hours else 0, "second"))
    return " ".join(many(count, name) for count, name in named if count)
