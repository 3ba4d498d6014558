"""The second stage: reads each file once and notes where what is; only small events are parsed."""

from __future__ import annotations

import re
import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tvtui.text.format import many
from tvtui.trace.archive import Archive, Reading
from tvtui.trace.console import Said, happened, said
from tvtui.trace.events import Action, ConsoleMessage, Created, Event, Happening, ScreencastFrame, Skipped, SnapshotFile
from tvtui.trace.file_events import FileEvents
from tvtui.trace.lines import read_event
from tvtui.trace.moments import Shot
from tvtui.trace.records import Phase
from tvtui.trace.requests import Asked, asked
from tvtui.trace.snapshot_index import CallKey, SnapshotIndex
from tvtui.trace.stages import EFFORTS, MOST_SECONDS

MOST_BYTES = 1024**3
MOST_SNAPSHOTS = 1_000_000
MOST_LOG_LINES = 2_000_000
_EFFORT_OF_A_REQUEST = 3
_EFFORT_OF_A_MESSAGE = 2
_TEXT_OF_AN_EFFORT = 250
"""Characters of a message that are as much effort as a small event."""
_LONGEST_REQUEST = 4 * 1024**2
"""Bytes of a line about a request: parsing it takes about twenty times as much memory."""
_BETWEEN_CHECKS = 256 * 1024
"""Bytes between two questions whether to go on."""

_TYPE = re.compile(rb'\{"type":"([a-z-]+)"')
_CALL = re.compile(rb'\{"type":"[a-z]+","callId":"([^"\\]*+)"')
_EVENT = re.compile(rb'"method":"(pageError|dialog|console|__create__)"')
_OLD_EVENT = b'{"type":"event","metadata":'
"""How events begin in format 3."""
_WAITS = b"waiting for "
_PHASES = frozenset(Phase)


@dataclass(slots=True)
class CallPlaces:
    """Where what a file says of a call is: offsets and lengths, of logs in turn."""

    before: tuple[int, int] | None = None
    after: tuple[int, int] | None = None
    input: tuple[int, int] | None = None
    log: array[int] = field(default_factory=lambda: array("Q"))


class Library:
    """What the second stage has found; it may be looked at while it is being read.

    Attributes:
        files: What the library's files say of steps, by name.
        calls: Where what is said of a call is.
        snapshots: The DOM snapshots.
        said: Console messages, errors of pages and dialogs, in the order of the files.
        asked: Requests, in the order of the files.
        shots: The film, in the order of the files.
        taken: Screenshots and accessibility trees: the file in the archive, and the time.
        skipped: Lines about requests that could not be read.
        reading: What was read, and what had to be left out.
        limit: The limit that ended the reading; empty if there was none.
        ended: The file and the time in it where a limit ended the reading.
    """

    def __init__(
        self, archive: Archive, *, most_snapshots: int = MOST_SNAPSHOTS, most_log_lines: int = MOST_LOG_LINES
    ) -> None:
        self._archive = archive
        self._most_snapshots = most_snapshots
        self._most_log_lines = most_log_lines
        self.files: dict[str, FileEvents] = {}
        self.calls: dict[CallKey, CallPlaces] = {}
        self.snapshots = SnapshotIndex(archive)
        self.said: list[Said] = []
        self.asked: list[Asked] = []
        self.shots: list[Shot] = []
        self.taken: dict[tuple[str, CallKey, Phase], tuple[str, float]] = {}
        self.limit = ""
        self.ended: tuple[str, float] | None = None
        self.skipped = 0
        self.reading = Reading(MOST_BYTES)
        self._log_lines = 0
        self._objects: dict[str, Created] = {}

    def read(
        self,
        names: Sequence[str],
        runner: Sequence[str] = (),
        *,
        on_progress: Callable[[float], None] = lambda _share: None,
        is_wanted: Callable[[], bool] = lambda: True,
        most_seconds: float = MOST_SECONDS,
        clock: Callable[[], float] = time.thread_time,
    ) -> bool:
        """Read the files, once; False if that was stopped.

        Args:
            names: The library's `.trace` files; the `.network` files that belong to them are read, too.
            runner: Those of a test runner: only the places of calls are noted.
            on_progress: Called with the share that has been read.
            is_wanted: The reading ends when it returns False.
            most_seconds: The reading ends after as much time of the processor.
            clock: The time of the processor that this thread has used.
        """
        reading = self.reading
        self.files = {name: FileEvents(name) for name in names}
        networks = [f"{name.removesuffix('.trace')}.network" for name in names]
        sizes = [self._size(name) for name in (*names, *runner, *networks)]
        deadline = clock() + most_seconds
        done = 0
        for name, size in zip((*names, *runner, *networks), sizes, strict=True):
            entry = self._archive.entry(name)
            if entry is None:
                continue
            take = self._taker(name, is_network=name in networks, is_runner=name in runner)
            next_check = 0
            for offset, line in entry.lines(reading):
                if offset >= next_check:
                    next_check = offset + _BETWEEN_CHECKS
                    on_progress(min(1.0, (done + offset) / max(1, sum(sizes))))
                    if not is_wanted():
                        return False
                    if clock() > deadline:
                        self.limit = many(most_seconds, "second")
                take(offset, line)
                if self.limit or reading.is_exhausted:
                    break
            if reading.is_exhausted:
                self.limit = self.limit or "1 GiB or 85,000 steps"
            if self.limit:
                self.ended = (name, self.files[name].last) if name in self.files else None
                return True
            done += size
        on_progress(1.0)
        return True

    def _size(self, name: str) -> int:
        return (self._archive.identity(name) or (0, 0))[1]

    def _taker(self, name: str, *, is_network: bool, is_runner: bool) -> Callable[[int, bytes], object]:
        if is_network:
            return lambda offset, line: self._resource(f"{name.removesuffix('.network')}.trace", name, offset, line)
        if is_runner:
            return lambda offset, line: self._note(name, offset, line)
        file = self.files[name]
        return lambda offset, line: self._event(file, offset, line)

    def _event(self, file: FileEvents, offset: int, line: bytes) -> None:
        found = _TYPE.match(line)
        kind = found[1] if found else b""
        if kind == b"frame-snapshot":
            if len(self.snapshots) >= self._most_snapshots:
                self.limit = many(self._most_snapshots, "snapshot")
            else:
                groups = self.snapshots.groups
                file.skipped += not self.snapshots.add(file.name, line, offset)
                self.reading.effort -= self.snapshots.groups - groups
            return
        if kind == b"resource-snapshot":
            self._resource(file.name, file.name, offset, line)
            return
        call = self._note(file.name, offset, line)
        if call is not None and kind in {b"log", b"input"} and (call in file.waits or _WAITS not in line):
            return
        if kind == b"object" and b'"class":"ConsoleMessage"' not in line[:200]:
            return
        if kind == b"event":
            if not _EVENT.search(line):
                return
            if line.startswith(_OLD_EVENT):
                for old in happened(line):
                    self._console(file.name, old)
                return
        event = read_event(line)
        if isinstance(event, Action):
            places = self._places((file.name, event.before.call_id))
            places.before = places.after = (offset, len(line))
        self._small(file, event)

    def _note(self, name: str, offset: int, line: bytes) -> str | None:
        """Note where a line about a call is; return the call's ID, or None if there is none."""
        found = _CALL.match(line)
        if found is None:
            return None
        call = found[1].decode("utf-8", "replace")
        places = self._places((name, call))
        kind = line[9:10]
        place = (offset, len(line))
        if kind == b"l":
            places.log.extend(place)
            self._log_lines += 1
            if self._log_lines >= self._most_log_lines:
                self.limit = many(self._most_log_lines, "log line")
        elif kind == b"b":
            places.before = place
        elif kind == b"a":
            places.after = place
        elif kind == b"i":
            places.input = place
        return call

    def _places(self, call: CallKey) -> CallPlaces:
        places = self.calls.get(call)
        if places is None:
            places = self.calls[call] = CallPlaces()
            self.reading.effort -= 1
        return places

    def _console(self, file: str, event: ConsoleMessage | Happening | Created) -> None:
        found = said(file, event, self._objects)
        self.reading.effort -= _EFFORT_OF_A_MESSAGE
        if found is not None:
            self.reading.effort -= len(found.text) // _TEXT_OF_AN_EFFORT
            self.said.append(found)

    def _small(self, file: FileEvents, event: Event | Skipped) -> None:
        self.reading.effort -= EFFORTS.get(type(event), 1)
        match event:
            case ConsoleMessage() | Happening() | Created():
                self._console(file.name, event)
            case ScreencastFrame():
                self.shots.append(self._shot(file.name, event))
            case SnapshotFile():
                if event.phase in _PHASES:
                    key = (event.type, (file.name, event.call_id), Phase(event.phase))
                    self.taken[key] = (event.file, event.timestamp)
            case _:
                file.add(event)

    @staticmethod
    def _shot(file: str, event: ScreencastFrame) -> Shot:
        time, wall = event.timestamp, event.frame_swap_wall_time
        return Shot(file, event.entry, event.page_id, event.width, event.height, time, wall)

    def _resource(self, trace: str, name: str, offset: int, line: bytes) -> None:
        self.reading.effort -= _EFFORT_OF_A_REQUEST
        request = asked(trace, (name, offset, len(line)), line) if len(line) <= _LONGEST_REQUEST else None
        if request is None:
            self.skipped += 1
        else:
            self.asked.append(request)
