"""Times, sizes and counts as one says them: whole words, no symbols; pure."""

from __future__ import annotations

import math

_SIZES = ("byte", "kibibyte", "mebibyte", "gibibyte")


def many(count: float, thing: str) -> str:
    """So many of something: "1 test", "12 tests", "0.6 seconds"."""
    return f"{count:,g} {thing}" if count == 1 else f"{_figure(count)} {thing}s"


def spoken_time(seconds: float) -> str:
    """How long: "0.6 seconds", "35 seconds", "2 minutes 5 seconds", "1 hour 2 minutes", "3 days 4 hours"."""
    if not 0 <= seconds < math.inf:
        return "an unknown time"
    if seconds < 9.95:
        return many(round(seconds, 1), "second")
    whole = round(seconds)
    for unit, length, part, size in (("day", 86_400, "hour", 3600), ("hour", 3600, "minute", 60)):
        if whole >= length:
            return _two(whole // length, unit, whole % length // size, part)
    return _two(whole // 60, "minute", whole % 60, "second")


def spoken_age(seconds: float) -> str:
    """How long ago, in whole seconds; a clock that is a little wrong makes it no negative time."""
    return spoken_time(max(0, int(seconds)) if math.isfinite(seconds) else seconds)


def spoken_size(count: int) -> str:
    """How many bytes, rounded down: "512 bytes", "470 kibibytes", "1.2 mebibytes"."""
    power = min(max(count, 1).bit_length() // 10, len(_SIZES) - 1)
    while power and count < 1024**power:
        power -= 1
    tenths = count * 10 // 1024**power
    return many(tenths / 10 if power > 1 else tenths // 10, _SIZES[power])


def _two(first: int, unit: str, second: int, part: str) -> str:
    said = [many(count, name) for count, name in ((first, unit), (second, part)) if count]
    return " ".join(said)


def _figure(count: float) -> str:
    return f"{count:,}" if isinstance(count, int) else f"{count:g}"
