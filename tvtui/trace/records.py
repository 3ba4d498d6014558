"""What a trace consists of, as the screen and the command line get it.

Times are seconds from the trace's first moment. Every text is clean, see `tvtui.text.clean`: a line, or, where a block
is meant, lines that may have colours. Signatures of links are removed.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What a step is."""

    TEST = "test"
    """What the test runner does in the test itself, such as attaching a file."""
    HOOK = "hook"
    FIXTURE = "fixture"
    STEP = "step"
    """A step that the test has named."""
    EXPECT = "expect"
    ACTION = "action"
    GETTER = "getter"
    ROUTE = "route"
    CONFIGURATION = "configuration"
    THROWN = "thrown"
    """Not a step: an error that belongs to no step, such as a plain assertion's, at the place where it happened."""


HIDDEN = frozenset({Kind.FIXTURE, Kind.GETTER, Kind.ROUTE, Kind.CONFIGURATION})
"""The kinds that are hidden by default, unless they failed."""


class Phase(StrEnum):
    """When a snapshot or a picture of a step was taken."""

    BEFORE = "before"
    ACTION = "action"
    AFTER = "after"


class Place(NamedTuple):
    """A line of a source file, as it stands in a stack.

    Attributes:
        file: The path on the machine that recorded the trace, or the address of a script on a page.
        line: From 1.
        column: From 1; 0 if unknown.
        function: The function's name; may be empty.
    """

    file: str
    line: int
    column: int = 0
    function: str = ""


class StepError(NamedTuple):
    """Why a step failed.

    Attributes:
        text: The message: a block, often with colours and a call log.
        stack: The stack as text: a block; may be empty.
        place: The topmost frame of the error's own stack.
    """

    text: str
    stack: str = ""
    place: Place | None = None


class Attachment(NamedTuple):
    """A file that the test attached.

    Attributes:
        name: The name that the test gave it; a leading `_` marks internal ones.
        content_type: Its media type.
        entry: Its name in the archive, for `Trace.content`; None if it is not in there.
        path: Where it was on the machine that recorded the trace; may be empty.
        content: The bytes, if the trace has them in the step itself.
    """

    name: str
    content_type: str = ""
    entry: str | None = None
    path: str = ""
    content: bytes | None = None


class Step(NamedTuple):
    """One row of the tree.

    Attributes:
        id: Unique within the trace.
        title: What was done, such as `Click` or `Expect "toBeVisible"`.
        subtitle: What it was done to: a locator, an address; may be empty.
        kind: What it is.
        start: When it began.
        end: When it ended; None if that was not recorded: the step was cut off.
        parent: The ID of the step around it.
        children: IDs, by start.
        error: Why it failed.
        place: The topmost frame of its stack.
        attachments: Files attached by it.
    """

    id: str
    title: str
    subtitle: str = ""
    kind: Kind = Kind.ACTION
    start: float = 0.0
    end: float | None = None
    parent: str | None = None
    children: tuple[str, ...] = ()
    error: StepError | None = None
    place: Place | None = None
    attachments: tuple[Attachment, ...] = ()


class LogLine(NamedTuple):
    """One line of a step's log; two spaces of indent a level. `time` is None where the trace has none (format 5)."""

    text: str
    time: float | None = None


class Point(NamedTuple):
    """A point in CSS pixels of the viewport."""

    x: float
    y: float


class Box(NamedTuple):
    """A rectangle in CSS pixels of the viewport."""

    x: float
    y: float
    width: float
    height: float


class Call(NamedTuple):
    """The details of a step.

    Attributes:
        params: Names and values of its parameters, as lines.
        log: What Playwright logged during it.
        point: Where it clicked; the last try.
        box: The element; the last try.
    """

    params: tuple[tuple[str, str], ...] = ()
    log: tuple[LogLine, ...] = ()
    point: Point | None = None
    box: Box | None = None


class ConsoleLine(NamedTuple):
    """A message of the browser's console, an error of the page, or output of the test.

    Attributes:
        time: When.
        level: `log`, `info`, `warning`, `error` … of the browser; `pageerror`; `stdout`, `stderr`.
        text: A block of at most 2,000 characters.
        place: Where in a script of the page.
        is_cut: Whether the text was longer.
    """

    time: float
    level: str
    text: str
    place: Place | None = None
    is_cut: bool = False


class Request(NamedTuple):
    """A request of the page or the test.

    Attributes:
        method: Such as `GET`.
        url: With secrets masked.
        start: When it began; negative if that was before the trace.
        status: None if no answer came.
        seconds: How long it took; None if unknown.
        failed: Whether it failed: a failure text, no answer, or a status from 400.
        failure: The browser's reason; may be empty.
        is_aborted: Whether a route of the test aborted it.
        kind: The type of the resource, such as `document`, `fetch`; may be empty.
        content_type: The media type of the answer; may be empty.
        size: Bytes of the answer; None if unknown.
        entry: The archive's file of the answer's body, for `Trace.content`.
        where: The archive's file, the offset and the length of the whole entry, for its headers.
    """

    method: str
    url: str
    start: float
    status: int | None = None
    seconds: float | None = None
    failed: bool = False
    failure: str = ""
    is_aborted: bool = False
    kind: str = ""
    content_type: str = ""
    size: int | None = None
    entry: str | None = None
    where: tuple[str, int, int] | None = None


class Exchange(NamedTuple):
    """The details of a request.

    Attributes:
        method: Such as `GET`.
        url: With secrets masked, unless they are asked for; as are the values of headers.
        status_text: Such as `Not Found`; may be empty.
        request_headers: Names and values.
        response_headers: Names and values.
        posted: What was sent, as a block; may be empty.
        posted_entry: The archive's file of what was sent, for `Trace.content`.
        entry: The archive's file of the answer's body, for `Trace.content`.
        server: The server's IP address; may be empty.
    """

    method: str
    url: str
    status_text: str = ""
    request_headers: tuple[tuple[str, str], ...] = ()
    response_headers: tuple[tuple[str, str], ...] = ()
    posted: str = ""
    posted_entry: str | None = None
    entry: str | None = None
    server: str = ""


class Frame(NamedTuple):
    """A picture of the film.

    Attributes:
        entry: Its name in the archive, for `Trace.content`.
        page: The page that it shows.
        time: When it was taken.
        width: Of the viewport, in CSS pixels.
        height: Of the viewport, in CSS pixels.
    """

    entry: str
    page: str
    time: float
    width: float
    height: float


class PictureRef(NamedTuple):
    """The picture that shows a phase of a step best.

    Attributes:
        entry: Its name in the archive, for `Trace.content`.
        distance: Seconds from the step's phase to the picture; negative if it was taken before; None if exact.
        width: Of the viewport, in CSS pixels, for `point` and `box`; 0 if unknown.
        height: Of the viewport, in CSS pixels; 0 if unknown.
        point: Where the step clicked.
        box: The element that it acted on.
    """

    entry: str
    distance: float | None = None
    width: float = 0.0
    height: float = 0.0
    point: Point | None = None
    box: Box | None = None


class PageText(NamedTuple):
    """A page as text.

    Attributes:
        lines: The outline, indented by two spaces a level.
        targets: Indices of the lines that the step acted on; several if its locator was ambiguous.
        nearest: Elements that resemble a locator that was not found, the most similar first: guesses.
        origin: Where the text comes from, in words.
    """

    lines: tuple[str, ...]
    targets: tuple[int, ...] = ()
    nearest: tuple[str, ...] = ()
    origin: str = ""


class Source(NamedTuple):
    """Lines of a source file.

    Attributes:
        place: The line that is meant.
        lines: Clean lines.
        first: The number of the first of them.
    """

    place: Place
    lines: tuple[str, ...]
    first: int = 1
