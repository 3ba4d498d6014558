"""Playwright traces, read: `open_trace` is the only way in, `records` has what comes out.

A trace is read in stages: `open_trace` reads the steps, `Trace.read_rest` what else there is, once, in a thread; a
step's log, a page or a picture is read when it is asked for. Nothing is written, executed or fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from tvtui.trace.faults import Fault, Remedy
from tvtui.trace.records import (
    HIDDEN,
    Attachment,
    Box,
    Call,
    ConsoleLine,
    Frame,
    Kind,
    LogLine,
    PageText,
    Phase,
    PictureRef,
    Place,
    Point,
    Request,
    Source,
    Step,
    StepError,
)

__all__ = [
    "HIDDEN",
    "Attachment",
    "Box",
    "Call",
    "ConsoleLine",
    "Fault",
    "Frame",
    "Kind",
    "LogLine",
    "PageText",
    "Phase",
    "PictureRef",
    "Place",
    "Point",
    "Remedy",
    "Request",
    "Source",
    "Step",
    "StepError",
    "Trace",
    "open_trace",
]


class Trace:
    """An open trace; it has the file open until `close`.

    Attributes:
        title: `file:line › describe › test`; empty if the trace does not say.
        browser: Such as `chromium`; empty without one.
        viewport: Width and height in CSS pixels; None without a browser.
        playwright: The version that recorded the trace; empty if the trace does not say.
        version: The version of the format.
        started: The wall time of the first moment, if it is known.
        seconds: The whole length.
        steps: By ID: each parent before its children, siblings by start. Thrown errors are among them.
        roots: IDs of the steps without a parent.
        failures: IDs of what failed, in the order of the trace; empty if and only if nothing failed.
        failing: The ID of the failure that ended the test.
        notes: Sentences on what is missing or could not be read.
        console: By time; empty until `read_rest` is through.
        requests: By time; empty until `read_rest` is through.
        film: By time; empty until `read_rest` is through.
    """

    title: str
    browser: str
    viewport: tuple[float, float] | None
    playwright: str
    version: int
    started: datetime | None
    seconds: float
    steps: Mapping[str, Step]
    roots: tuple[str, ...]
    failures: tuple[str, ...]
    failing: str | None
    notes: tuple[str, ...]
    console: tuple[ConsoleLine, ...]
    requests: tuple[Request, ...]
    film: tuple[Frame, ...]

    def read_rest(
        self,
        on_progress: Callable[[float], None] = lambda _share: None,
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        """Read all that `open_trace` has left out; call it once, in a thread.

        Steps may be added and completed by it: `steps` and what follows from them are then replaced.

        Args:
            on_progress: Called now and then with the share that has been read, from 0 to 1.
            is_wanted: Asked now and then; the reading ends when it returns False.
        """
        raise NotImplementedError

    def call(self, step: str) -> Call:
        """The parameters and the log of a step; the log is empty until `read_rest` has come to it."""
        raise NotImplementedError

    def log_lines(self, step: str) -> int:
        """How many lines the log of a step has."""
        raise NotImplementedError

    def just_before(self, step: str) -> ConsoleLine | Request | None:
        """The last warning, error or failed request within 2 s before the end of a step."""
        raise NotImplementedError

    def picture(self, step: str, phase: Phase = Phase.AFTER) -> PictureRef | Fault:
        """The picture that shows a phase of a step best."""
        raise NotImplementedError

    def page(self, step: str, phase: Phase = Phase.AFTER) -> PageText | Fault:
        """The page as text."""
        raise NotImplementedError

    def source(self, place: Place) -> Source | Fault:
        """The source around a place, as it was packed into the trace."""
        raise NotImplementedError

    def content(self, name: str, limit: int) -> bytes | Fault:
        """The bytes of a file in the archive, if they are at most `limit`."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the file; a `read_rest` in another thread then ends."""
        raise NotImplementedError


def open_trace(path: Path) -> Trace | Fault:
    """Open a trace and read its steps; whatever is wrong with it is a value, never an exception."""
    raise NotImplementedError
