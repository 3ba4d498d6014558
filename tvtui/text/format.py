"""Durations, elapsed times, sizes, counts, paths and commands as text."""

from __future__ import annotations

import math
import re
import shlex
import sys
from pathlib import Path

_PLAIN_ON_WINDOWS = re.compile(r"[A-Za-z0-9_@+:./\\-]+")


def duration(seconds: float) -> str:
    """How long something took: "640 ms", "9.12 s", "35.0 s", "2m 05s", "1h 02m", "3d 04h"; "–" if unknown."""
    if not 0 <= seconds < math.inf:
        return "–"
    if round(seconds * 1000) < 1000:
        return f"{round(seconds * 1000)} ms"
    if round(seconds, 2) < 10:
        return f"{seconds:.2f} s"
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    return _clock(round(seconds))


def elapsed(seconds: float) -> str:
    """Whole seconds, for running clocks: "8 s", "59 s", "2m 05s", "1h 02m", "3d 04h"; a negative time is "0 s"."""
    if not math.isfinite(seconds):
        return "–"
    return f"{max(0, int(seconds))} s" if seconds < 60 else _clock(int(seconds))


def _clock(seconds: int) -> str:
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
    if hours == 0:
        return f"{minutes}m {seconds % 60:02}s"
    if days == 0:
        return f"{hours}h {minutes % 60:02}m"
    return f"{days}d {hours % 24:02}h" if days < 1000 else ">999d"


def size(count: int) -> str:
    """A number of bytes, rounded down: "512 B", "86 KiB", "470 KiB", "1.2 MiB"."""
    if count < 1024:
        return f"{max(0, count)} B"
    if count < 1024**2:
        return f"{count // 1024} KiB"
    for power, unit in enumerate(("MiB", "GiB", "TiB"), start=2):
        if count < 1024 ** (power + 1):
            tenths = count * 10 // 1024**power
            return f"{tenths // 10}.{tenths % 10} {unit}"
    return ">999 TiB"


def many(count: float, thing: str) -> str:
    """A number of things: "1 test", "12 tests", "0.6 seconds"."""
    number = f"{count:,}" if isinstance(count, int) else f"{count:g}"
    return f"{number} {thing}" if count == 1 else f"{number} {thing}s"


def shown_from(path: Path, cwd: Path | None) -> str:
    """A path as it is printed: relative to the working folder if it is in there."""
    return str(path.relative_to(cwd) if cwd is not None and path.is_relative_to(cwd) else path)


def shell_command(*words: str, platform: str = sys.platform) -> str:
    """A command, or a single path, as it is typed into a shell: each word is one argument."""
    if platform != "win32":
        return shlex.join(words)
    quoted = (word.replace('"', '\\"') for word in words)
    return " ".join(word if _PLAIN_ON_WINDOWS.fullmatch(word) else f'"{word}"' for word in quoted)


def words_of(command: str, platform: str = sys.platform) -> list[str]:
    """The words of a command as a shell splits it; on Windows, backslashes are part of the words.

    Raises:
        ValueError: A quotation mark is not closed.
    """
    if platform != "win32":
        return shlex.split(command)
    # without POSIX rules the quotation marks stay
    return [word.strip('"') for word in shlex.split(command, posix=False)]
