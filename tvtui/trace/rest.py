"""The second stage of a trace and what is read on demand: imported when it is used, as the steps are shown without."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from tvtui.trace import console, requests, sources
from tvtui.trace.archive import Archive
from tvtui.trace.details import Details
from tvtui.trace.faults import Fault
from tvtui.trace.file_events import FileEvents
from tvtui.trace.library import Library
from tvtui.trace.moments import Film
from tvtui.trace.records import ConsoleLine, Place, Request, Source
from tvtui.trace.stages import places_of
from tvtui.trace.steps import Outline, outline


class _Turns:
    """Lets threads take turns more often while traces are read: at the usual 5 ms, a key would wait several times."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._readers = 0
        self._usual = 0.0

    @contextmanager
    def shorter(self) -> Iterator[None]:
        """The interval is the usual one again when the last of several readers has ended."""
        with self._lock:
            if not self._readers:
                self._usual = sys.getswitchinterval()
                sys.setswitchinterval(0.001)
            self._readers += 1
        try:
            yield
        finally:
            with self._lock:
                self._readers -= 1
                if not self._readers:
                    sys.setswitchinterval(self._usual)


_turns = _Turns()


class Found(NamedTuple):
    """What a trace consists of after the second stage."""

    files: list[FileEvents]
    outline: Outline
    console: tuple[ConsoleLine, ...]
    requests: tuple[Request, ...]


class Rest:
    """Reads what the first stage has left out.

    Attributes:
        library: What the second stage has found so far.
        film: The pictures; none before the second stage is through.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._dialogs: tuple[ConsoleLine, ...] = ()
        self.library = Library(archive)
        self.film = Film((), {}, self._has)

    def read(
        self,
        files: Sequence[FileEvents],
        known: Outline,
        on_progress: Callable[[float], None],
        is_wanted: Callable[[], bool],
        most_seconds: float,
    ) -> Found | None:
        """Read the second stage; None if that was stopped.

        Args:
            files: What the first stage has read.
            known: The steps that it has found.
            on_progress: Called now and then with the share that has been read, from 0 to 1.
            is_wanted: Asked now and then; the reading ends when it returns False.
            most_seconds: The reading ends after as much time of the processor.
        """
        library = [file.name for file in files if not file.is_runner]
        runner = [file.name for file in files if file.is_runner]
        with _turns.shorter():
            is_read = self.library.read(
                library, runner, on_progress=on_progress, is_wanted=is_wanted, most_seconds=most_seconds
            )
        return self._joined(files, known) if is_read else None

    def _joined(self, first: Sequence[FileEvents], known: Outline) -> Found:
        for name, events in self.library.files.items():
            events.places = places_of(self._archive, name)
        # a limit may have ended this stage before it came to what the first one has read
        both = ((file, self.library.files.get(file.name, file)) for file in first)
        files = [max(pair[::-1], key=lambda file: len(file.befores)) for pair in both]
        steps = outline(files, known.origin)
        offsets = {name: clock.offset for name, clock in steps.clocks.items()}
        outputs = [(file.name, output) for file in files for output in file.outputs]
        self.film = Film(self.library.shots, offsets, self._has)
        lines, self._dialogs = console.merged(self.library.said, outputs, offsets)
        return Found(files, steps, lines, requests.by_time(self.library.asked, offsets, steps.wall_time))

    def _has(self, name: str) -> bool:
        return self._archive.identity(name) is not None

    def details(self, known: Outline) -> Details:
        """What is read on demand."""
        return Details(self._archive, self.library, known, self.film)

    def just_before(
        self, start: float, end: float, lines: Sequence[ConsoleLine], asked: Sequence[Request]
    ) -> ConsoleLine | Request | None:
        """The last warning, error, dialog or failed request from 2 s before the start of a step to its end."""
        return console.just_before(start, end, (*lines, *self._dialogs), asked)

    @staticmethod
    def source(place: Place, known: Outline, content: Callable[[str, int], bytes | Fault]) -> Source | Fault:
        """The source around a place, as it was packed into the trace."""
        errors = (error for step in known.failures if (error := known.steps[step].error))
        return sources.source(place, content, ((error.place, error.text) for error in errors))
