"""What can be wrong with a trace, in sentences, and what helps."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from tvtui.text.format import many

NEWEST_FORMAT = 10
"""The newest format that is understood completely: Playwright 1.64 and 1.65."""
OLDEST_FORMAT = 3
"""The oldest format that is understood: Playwright 1.15."""


class Remedy(Enum):
    """What helps; the front end says how to do it there."""

    NOTHING = "nothing"
    DOWNLOAD = "download"
    VIEWER = "viewer"


class Fault(NamedTuple):
    """Why something could not be read.

    Attributes:
        text: One sentence or two, clean, without the names of keys.
        remedy: What helps.
    """

    text: str
    remedy: Remedy = Remedy.NOTHING

    def __str__(self) -> str:
        return self.text


NO_FILE = Fault("This is not a file.")
NO_ZIP = Fault("The file is not a zip archive, or only part of it is there.", Remedy.DOWNLOAD)
TOO_MANY_ENTRIES = Fault("The archive has more files than tvtui reads (100,000).", Remedy.VIEWER)
NO_TRACE = Fault("This archive contains no Playwright trace.", Remedy.VIEWER)
TOO_OLD = Fault("The trace was made by Playwright 1.14 or older, which tvtui cannot read.", Remedy.VIEWER)
ENCRYPTED = Fault("This file of the trace is encrypted.", Remedy.VIEWER)
UNKNOWN_METHOD = Fault("This file of the trace is compressed in a way that tvtui cannot read.", Remedy.VIEWER)
SEVERAL_DISKS = Fault("The archive is split into several files.", Remedy.DOWNLOAD)
DAMAGED = Fault("This file of the trace is damaged.", Remedy.DOWNLOAD)
NOT_THERE = Fault("This file is not in the trace.")
TOO_LARGE = Fault("This file of the trace is too large to show.")
NO_PICTURE = Fault("No picture: the trace was recorded without screenshots.")
NO_PAGE = Fault("No page: the trace has no snapshot of this step.")
NO_SOURCE = Fault("No source: the trace was recorded without sources, or without this file.")
NO_STEPS = Fault("Tracing began, but no step was recorded.")

DAMAGED_NOTE = "A file of the trace is damaged: part of it is missing here."


def unreadable(error: OSError) -> Fault:
    """The file cannot be opened or read."""
    return Fault(f"The file cannot be read: {error.strerror or 'unknown error'}.")


def newer(version: int) -> str:
    """A note: the trace is newer than this program, and shown as far as it is understood."""
    return (
        f"The trace is newer (format {version}) than this tvtui knows ({NEWEST_FORMAT}): what it understands is shown."
    )


def too_new(version: int) -> Fault:
    """The trace is newer than this program, and no step of it is understood."""
    return Fault(f"The trace is newer (format {version}) than this tvtui knows ({NEWEST_FORMAT}).", Remedy.VIEWER)


def lines_skipped(count: int) -> str:
    """A note: some lines could not be read."""
    verb = "is" if count == 1 else "are"
    return f"{many(count, 'line')} of the trace could not be read and {verb} missing here."


def unknown_types(types: int, lines: int) -> str:
    """A note: some kinds of events are unknown."""
    return f"{many(types, 'kind')} of events of the trace ({many(lines, 'line')}) are unknown to tvtui and not shown."


def limit_reached(limit: str, time: str = "") -> str:
    """A note: only part of the trace was read. `limit` is an amount such as "1 GiB"; `time` where the reading ended."""
    after = f"what comes after {time}" if time else "the rest"
    return f"The trace is larger than tvtui reads ({limit}): {after} is missing."
