"""Playwright's log of a call, shortened: without lines that say nothing of the call, and repeated lines once."""

from __future__ import annotations

from collections.abc import Sequence

from tvtui.text.clean import plain
from tvtui.trace.records import LogLine

_LONGEST_CYCLE = 12
"""Lines of which each try of an action consists at most."""
_OF_SCREENSHOTS = {"taking page screenshot", "waiting for fonts to load...", "fonts loaded"}
"""Logged at both ends of a call by the screenshots that the trace itself takes."""
_HEAD = "Call log:"


def folded(log: Sequence[LogLine]) -> tuple[LogLine, ...]:
    """A log in which lines that are repeated stand once, such as "6 × locator resolved to …" with its second line."""
    lines = log[_of_the_call([line.text for line in log])]
    found: list[LogLine] = []
    at = 0
    while at < len(lines):
        times, length = max(((_times(lines, at, each), each) for each in range(1, _LONGEST_CYCLE + 1)), key=_saved)
        first = lines[at]
        if times > 1:
            text = first.text.lstrip()
            first = first._replace(text=f"{first.text[: len(first.text) - len(text)]}{times:,} × {text}")
        found += (first, *lines[at + 1 : at + length])
        at += times * length
    return tuple(found)


def _saved(repeated: tuple[int, int]) -> tuple[int, int]:
    """How many lines are saved by showing a cycle once; of equal ones the shorter cycle counts."""
    times, length = repeated
    return (times - 1) * length, -length


def _times(lines: Sequence[LogLine], at: int, length: int) -> int:
    """How often a cycle of lines occurs one after the other."""
    times = 1
    while all(
        at + times * length + each < len(lines) and lines[at + each].text == lines[at + times * length + each].text
        for each in range(length)
    ):
        times += 1
    return times


def shortened(error: str) -> str:
    """The text of an error without such lines at both ends of the log in it."""
    lines = error.split("\n")
    head = next((at for at, line in enumerate(lines) if plain(line).strip() == _HEAD), None)
    if head is None:
        return error
    end = head + 1
    while end < len(lines) and plain(lines[end]).strip():
        end += 1
    log = lines[head + 1 : end]
    kept = log[_of_the_call([plain(line).strip().removeprefix("- ") for line in log])]
    return "\n".join([*lines[: head + 1], *kept, *lines[end:]])


def _of_the_call(texts: Sequence[str]) -> slice:
    """What is left of a log without the lines of screenshots at both ends; all of it, if that is nothing."""
    start, end = 0, len(texts)
    while start < end and texts[start].strip() in _OF_SCREENSHOTS:
        start += 1
    while end > start and texts[end - 1].strip() in _OF_SCREENSHOTS:
        end -= 1
    return slice(start, end) if start < end else slice(None)
