"""Playwright traces, read: `open_trace` is the only way in, `records` has what comes out.

A trace is read in stages: `open_trace` reads the steps, `Trace.read_rest` what else there is, once, in a thread; a
step's log, a page or a picture is read when it is asked for. Nothing is written, executed or fetched.
"""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tvtui.text.format import duration
from tvtui.trace import faults
from tvtui.trace.archive import Archive, open_archive
from tvtui.trace.events import ContextOptions
from tvtui.trace.faults import Fault, Remedy
from tvtui.trace.records import (
    HIDDEN,
    Attachment,
    Box,
    Call,
    ConsoleLine,
    Exchange,
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
from tvtui.trace.stages import MOST_SECONDS, FirstStage, read_first_stage
from tvtui.trace.steps import outline

if TYPE_CHECKING:
    from tvtui.trace.details import Details
    from tvtui.trace.rest import Rest

__all__ = [
    "HIDDEN",
    "Attachment",
    "Box",
    "Call",
    "ConsoleLine",
    "Exchange",
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
    """An open trace; it has the file open until `close`. What it has of the steps may grow by `read_rest`."""

    def __init__(self, archive: Archive, stage: FirstStage) -> None:
        self._archive = archive
        self._stage = stage
        self._files = stage.files
        self._outline = outline(stage.files)
        self._begun: Rest | None = None
        self._lock = threading.Lock()
        self.console: tuple[ConsoleLine, ...] = ()
        """By time; empty until `read_rest` is through."""
        self.requests: tuple[Request, ...] = ()
        """By time; empty until `read_rest` is through."""
        self.film: tuple[Frame, ...] = ()
        """By time; empty until `read_rest` is through."""

    @property
    def title(self) -> str:
        """`file:line › describe › test`; empty if the trace does not say."""
        return next((head.title for head in self._heads if head.title), "")

    @property
    def browser(self) -> str:
        """Such as `chromium`; empty without one."""
        return next((head.browser_name for head in self._heads if head.browser_name), "")

    @property
    def viewport(self) -> tuple[float, float] | None:
        """Width and height in CSS pixels; None without a browser."""
        sizes = (head.viewport for head in self._heads if head.browser_name)
        return next((size for size in sizes if size), None)

    @property
    def playwright(self) -> str:
        """The version that recorded the trace; empty if the trace does not say."""
        return next((head.playwright_version for head in self._heads if head.playwright_version), "")

    @property
    def version(self) -> int:
        """The version of the format."""
        return self._stage.version

    @property
    def _heads(self) -> list[ContextOptions]:
        return [file.options for file in self._files if file.options]

    @property
    def started(self) -> datetime | None:
        """The wall time of the first moment, if it is known."""
        return self._outline.started

    @property
    def seconds(self) -> float:
        """The whole length."""
        return self._outline.seconds

    @property
    def steps(self) -> Mapping[str, Step]:
        """By ID: each parent before its children, siblings by start. Thrown errors are among them."""
        return self._outline.steps

    @property
    def roots(self) -> tuple[str, ...]:
        """IDs of the steps without a parent."""
        return self._outline.roots

    @property
    def failures(self) -> tuple[str, ...]:
        """IDs of what failed, in the order of the trace; empty if and only if nothing failed."""
        return self._outline.failures

    @property
    def failing(self) -> str | None:
        """The ID of the failure that ended the test."""
        return self._outline.failing

    @property
    def lone_errors(self) -> tuple[StepError, ...]:
        """Errors of the test that belong to no step, in the order of the trace."""
        return self._outline.lone_errors

    def end_of(self, step: str) -> float:
        """The end of a step; of one that was cut off, that of its last child, or of the trace."""
        end = self.steps[step].end
        return self._outline.ends[step] if end is None else end

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on what is missing or could not be read."""
        notes = [faults.newer(self.version)] if self.version > faults.NEWEST_FORMAT else []
        if not self.steps:
            notes.append(faults.NO_STEPS.text)
        library = self._begun.library if self._begun else None
        readings = [self._stage.reading, *([library.reading] if library else [])]
        lost = sum(file.skipped for file in self._files) + (library.skipped if library else 0)
        if skipped := lost + max(reading.long_lines for reading in readings):
            notes.append(faults.lines_skipped(skipped))
        if unknown := sum((file.unknown for file in self._files), Counter()):
            notes.append(faults.unknown_types(len(unknown), unknown.total()))
        if self._stage.reading.is_exhausted:
            notes.append(faults.limit_reached("64 MiB or 85,000 steps", duration(self.seconds)))
        if library and library.limit:
            notes.append(faults.limit_reached(library.limit, self._time_of(library.ended)))
        if any(reading.is_damaged for reading in readings):
            notes.append(faults.DAMAGED_NOTE)
        return tuple(notes)

    def _time_of(self, ended: tuple[str, float] | None) -> str:
        """The time where a limit ended the second stage, if it is known."""
        clock = self._outline.clocks.get(ended[0]) if ended else None
        seconds = clock.seconds(ended[1]) if ended and clock else -1.0
        return duration(seconds) if 0 <= seconds < math.inf else ""

    def read_rest(
        self,
        on_progress: Callable[[float], None] = lambda _share: None,
        is_wanted: Callable[[], bool] = lambda: True,
        most_seconds: float = MOST_SECONDS,
    ) -> None:
        """Read all that `open_trace` has left out; call it once, in a thread.

        Steps may be added and completed by it: `steps` and what follows from them are then replaced.

        Args:
            on_progress: Called now and then with the share that has been read, from 0 to 1.
            is_wanted: Asked now and then; the reading ends when it returns False.
            most_seconds: The reading ends after as much time of the processor; a note says so.
        """
        found = self._rest.read(self._files, self._outline, on_progress, is_wanted, most_seconds)
        if found is not None:
            self._files, self._outline, self.console, self.requests = found
            self.film = self._rest.film.frames

    @property
    def _rest(self) -> Rest:
        # imported here because the steps are shown without it
        from tvtui.trace.rest import Rest

        with self._lock:
            if self._begun is None:
                self._begun = Rest(self._archive)
            return self._begun

    @property
    def _details(self) -> Details:
        return self._rest.details(self._outline)

    def call(self, step: str) -> Call:
        """The parameters and the log of a step; empty until `read_rest` has come to it."""
        return self._details.call(step)

    def log_lines(self, step: str) -> int:
        """How many lines the log of a step has."""
        return self._details.log_lines(step)

    def just_before(self, step: str) -> ConsoleLine | Request | None:
        """The last warning, error, dialog or failed request from 2 s before the start of a step to its end."""
        return self._rest.just_before(self.steps[step].start, self.end_of(step), self.console, self.requests)

    def exchange(self, request: Request, *, is_masked: bool = True) -> Exchange | Fault:
        """The headers of a request and what it sent; `requests.as_curl` makes a command of it."""
        return self._details.exchange(request, is_masked=is_masked)

    def picture(self, step: str, phase: Phase = Phase.AFTER) -> PictureRef | Fault:
        """The picture that shows a phase of a step best."""
        return self._details.picture(step, phase)

    def page(self, step: str, phase: Phase = Phase.AFTER) -> PageText | Fault:
        """The page as text, as it was in a phase of a step."""
        return self._details.page(step, phase)

    def source(self, place: Place) -> Source | Fault:
        """The source around a place, as it was packed into the trace."""
        return self._rest.source(place, self._outline, self.content)

    def content(self, name: str, limit: int) -> bytes | Fault:
        """The bytes of a file in the archive, if they are at most `limit`."""
        entry = self._archive.entry(name)
        return faults.NOT_THERE if entry is None else entry.content(limit)

    def is_same(self, name: str, other: str) -> bool:
        """Whether two files in the archive are equal by the directory, as many pictures of a film are."""
        identity = self._archive.identity(name)
        return identity is not None and identity == self._archive.identity(other)

    def close(self) -> None:
        """Close the file; a `read_rest` in another thread then ends."""
        self._archive.close()


def open_trace(path: Path) -> Trace | Fault:
    """Open a trace and read its steps; whatever is wrong with it is a value, never an exception."""
    archive = open_archive(path)
    if isinstance(archive, Fault):
        return archive
    stage = read_first_stage(archive)
    if isinstance(stage, FirstStage):
        trace = Trace(archive, stage)
        if trace.steps or trace.version <= faults.NEWEST_FORMAT:
            return trace
        stage = faults.too_new(trace.version)
    archive.close()
    return stage
