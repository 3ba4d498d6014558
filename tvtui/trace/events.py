"""The events of a trace, in the fields of the newest version.

They are tuples: a class of these takes a quarter of the time of a frozen dataclass to be created, an event a third.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, NamedTuple

from tvtui.trace.records import Attachment, Place


class Viewport(NamedTuple):
    """The size of a page in CSS pixels."""

    width: float = 0.0
    height: float = 0.0


class ContextOptions(NamedTuple):
    """The head of a file; `wall_time` and `monotonic_time` relate its clock to the others'."""

    version: int = 0
    origin: str = ""
    browser_name: str = ""
    playwright_version: str = ""
    wall_time: float | None = None
    monotonic_time: float | None = None
    title: str = ""
    viewport: Viewport | None = None

    @property
    def clock(self) -> tuple[float, float] | None:
        """The same moment in wall time and in the file's own time; None up to format 6."""
        if self.wall_time is None or self.monotonic_time is None:
            return None
        return self.wall_time, self.monotonic_time


class Params(NamedTuple):
    """The parameters that titles are made of."""

    locator: str = ""
    selector: str = ""
    url: str = ""
    method: str = ""
    value: str = ""
    text: str = ""
    key: str = ""
    expression: str = ""
    name: str = ""


class Before(NamedTuple):
    """The beginning of a step."""

    call_id: str
    start_time: float
    step_id: str | None = None
    parent_id: str | None = None
    wall_time: float | None = None
    class_: str = ""
    method: str = ""
    title: str = ""
    api_name: str = ""
    subtitle: str = ""
    group: str = ""
    params: Params = Params()
    stack: Place | None = None


class Failure(NamedTuple):
    """The error of a step."""

    name: str = ""
    message: str = ""
    stack: str = ""


class AttachedFile(NamedTuple):
    """A file that a step attached."""

    name: str = ""
    content_type: str = ""
    file: str = ""
    sha1: str = ""
    path: str = ""
    base64: str = ""

    @property
    def record(self) -> Attachment:
        """The same, whatever version wrote it."""
        entry = self.file or (f"resources/{self.sha1}" if self.sha1 else None)
        content = None
        if self.base64 and not entry:
            try:
                content = base64.b64decode(self.base64)
            except (binascii.Error, ValueError):
                content = None
        return Attachment(self.name, self.content_type, entry, self.path, content)


class After(NamedTuple):
    """The end of a step; `log` only up to format 5."""

    call_id: str
    end_time: float | None = None
    error: Failure | None = None
    attachments: tuple[AttachedFile, ...] = ()
    log: tuple[str, ...] = ()


class LogMessage(NamedTuple):
    """A line of a step's log."""

    call_id: str
    time: float
    message: str = ""


class ErrorEvent(NamedTuple):
    """An error of the test; it has no time, its place in the file says when."""

    message: str = ""
    stack: Place | None = None


class Output(NamedTuple):
    """Output of the test; `type` is `stdout` or `stderr`."""

    type: str
    timestamp: float
    text: str = ""
    base64: str = ""


class ConsoleMessage(NamedTuple):
    """A message of the browser's console, from format 5 on."""

    time: float
    message_type: str = ""
    text: str = ""
    place: Place | None = None


class Happening(NamedTuple):
    """An event of the browser, with its parameters as they are."""

    time: float
    method: str
    params: dict[str, Any]


class Created(NamedTuple):
    """An object of the protocol, up to format 4, with its properties as they are."""

    guid: str
    initializer: dict[str, Any]


class ScreencastFrame(NamedTuple):
    """A picture of the film; `entry` is its name in the archive."""

    entry: str
    timestamp: float
    page_id: str = ""
    width: float = 0.0
    height: float = 0.0
    frame_swap_wall_time: float | None = None


class SnapshotFile(NamedTuple):
    """A screenshot or an accessibility tree, from format 9 on; `type` is `screenshot` or `aria-snapshot`."""

    type: str
    call_id: str
    timestamp: float
    phase: str = ""
    file: str = ""


class Action(NamedTuple):
    """A step of format 3, in one line, as its later halves; `is_internal` if Playwright did it, not the test."""

    before: Before
    after: After
    is_internal: bool = False


class Unneeded(NamedTuple):
    """An event that is known, and not needed, or not from its line."""


class Skipped(NamedTuple):
    """A line that is no event; `type` is that of an unknown event, and empty if the line cannot be read."""

    type: str = ""


Event = (
    ContextOptions
    | Before
    | After
    | LogMessage
    | ErrorEvent
    | Output
    | ConsoleMessage
    | Happening
    | Created
    | ScreencastFrame
    | SnapshotFile
    | Action
    | Unneeded
)
