"""Where in an archive the DOM snapshots are: noted without being parsed."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from tvtui.trace.archive import Archive
from tvtui.trace.lines import dict_of, parsed, text_of
from tvtui.trace.moments import Moment
from tvtui.trace.records import Phase

CallKey = tuple[str, str]
"""The name of a file in the archive, and a call ID that is unique in it."""

_STRING = rb'"((?:[^"\\]|\\.)*+)"'
_SNAPSHOT = re.compile(
    rb'\{"type":"frame-snapshot","snapshot":\{(?:"callId":%b,)?(?:"phase":%b,)?(?:"snapshotName":%b,)?'
    rb'(?:"callId":%b,)?"pageId":%b,"frameId":%b,' % ((_STRING,) * 6)
)
_MAIN = re.compile(rb'"isMainFrame":(true|false)\}\}\s*\Z')
_TIMES = re.compile(rb',"timestamp":([0-9.e+-]+)(?:,"wallTime":([0-9.e+-]+))?[,}]')
_TAIL = 4096
"""Bytes at the end of a snapshot in which its times are searched for before the whole of it is."""
_LONGEST_UNUSUAL = 1024**2
"""Bytes of a snapshot whose keys are in an unusual order, so that it has to be parsed."""
_PHASES = (Phase.BEFORE, Phase.ACTION, Phase.AFTER)
_NAMES = {"before": 0, "action": 1, "input": 1, "after": 2}


class Snapshot(NamedTuple):
    """One snapshot of one frame: its number among those of the frame, and the page that the frame is in."""

    file: str
    frame: str
    number: int
    page: str


class SnapshotIndex:
    """All DOM snapshots of a trace, in 20 bytes each: only what is looked at is read."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._offsets = array("Q")
        self._lengths = array("I")
        self._numbers = array("I")
        self._frames = array("I")
        self._kinds = bytearray()  # the phase's index, and 4 for a main frame
        self._known: dict[tuple[str, str], int] = {}
        self._pages: list[tuple[str, str, str]] = []
        self._in_frames: list[array[int]] = []
        self._calls: dict[CallKey, array[int]] = {}

    def __len__(self) -> int:
        return len(self._offsets)

    @property
    def groups(self) -> int:
        """How many calls and how many frames have snapshots: what takes memory."""
        return len(self._calls) + len(self._pages)

    def add(self, file: str, line: bytes, offset: int) -> bool:
        """Note a line with a snapshot; False if it cannot be read."""
        found = _SNAPSHOT.match(line)
        main = _MAIN.search(line, max(0, len(line) - 64))
        if found and main:
            call, phase, name, other_call, page, frame = (
                part.decode("utf-8", "replace") if part else "" for part in found.groups()
            )
            is_main = main[1] == b"true"
        else:
            data = _parsed(line) if len(line) <= _LONGEST_UNUSUAL else {}
            keys = ("callId", "phase", "snapshotName", "callId", "pageId", "frameId")
            call, phase, name, other_call, page, frame = (text_of(data.get(key)) for key in keys)
            is_main = data.get("isMainFrame") is True
            if not frame:
                return False
        before_at, _, after_at = name.partition("@")
        self._note(
            file,
            call or other_call or after_at,
            phase or before_at,
            (frame, page),
            (offset, len(line)),
            is_main=is_main,
        )
        return True

    def _note(
        self, file: str, call: str, phase: str, frame: tuple[str, str], place: tuple[int, int], *, is_main: bool
    ) -> None:
        index = self._known.setdefault((file, frame[0]), len(self._pages))
        if index == len(self._pages):
            self._pages.append((file, *frame))
            self._in_frames.append(array("I"))
        ordinal = len(self._offsets)
        self._offsets.append(place[0])
        self._lengths.append(place[1])
        self._frames.append(index)
        self._numbers.append(len(self._in_frames[index]))
        self._kinds.append(_NAMES.get(phase, 3) | (4 if is_main else 0))
        self._in_frames[index].append(ordinal)
        if phase in _NAMES:
            self._calls.setdefault((file, call), array("I")).append(ordinal)

    def main(self, call: CallKey, phase: Phase) -> Snapshot | None:
        """The last snapshot of a page that was taken in a phase of a call."""
        return next((self._snapshot(each) for each in self._of(call, phase) if self._kinds[each] & 4), None)

    def inside(self, call: CallKey, phase: Phase, frame: str) -> int | None:
        """The number of the last snapshot of an iframe that was taken in a phase of a call."""
        found = (each for each in self._of(call, phase) if self._pages[self._frames[each]][1] == frame)
        return next((self._numbers[each] for each in found), None)

    def _of(self, call: CallKey, phase: Phase) -> Iterator[int]:
        wanted = _PHASES.index(phase)
        return (each for each in reversed(self._calls.get(call, ())) if self._kinds[each] & 3 == wanted)

    def _snapshot(self, ordinal: int) -> Snapshot:
        file, frame, page = self._pages[self._frames[ordinal]]
        return Snapshot(file, frame, self._numbers[ordinal], page)

    def html(self, file: str, frame: str, number: int) -> object:
        """The `html` of a snapshot, as parsed; None if it cannot be read."""
        return _parsed(self._line(file, frame, number)).get("html")

    def moment(self, snapshot: Snapshot) -> Moment:
        """When a snapshot was taken."""
        line = self._line(snapshot.file, snapshot.frame, snapshot.number)
        # the attributes of elements are strings, so that only a key of the snapshot's own has a number
        found = list(_TIMES.finditer(line, max(0, len(line) - _TAIL))) or list(_TIMES.finditer(line))
        times = (_number(found[-1][1]), _number(found[-1][2])) if found else (None, None)
        return Moment(snapshot.file, *times)

    def size(self, file: str, frame: str, number: int) -> int:
        """How many bytes a snapshot has; 0 if it is unknown."""
        ordinal = self._ordinal(file, frame, number)
        return 0 if ordinal is None else self._lengths[ordinal]

    def _line(self, file: str, frame: str, number: int) -> bytes:
        ordinal = self._ordinal(file, frame, number)
        entry = self._archive.entry(file)
        return entry.at(self._offsets[ordinal], self._lengths[ordinal]) if entry and ordinal is not None else b""

    def _ordinal(self, file: str, frame: str, number: int) -> int | None:
        index = self._known.get((file, frame))
        if index is None or not 0 <= number < len(self._in_frames[index]):
            return None
        return self._in_frames[index][number]


@dataclass(slots=True)
class PageFrames:
    """The snapshots of a page and its iframes in a phase of a call, for `resolve`.

    Attributes:
        index: All snapshots.
        call: The call.
        phase: The phase.
        left: Bytes of snapshots that may still be read; those that do not fit are missing from the page.
    """

    index: SnapshotIndex
    call: CallKey
    phase: Phase
    left: int = 32 * 1024**2

    def html(self, frame: str, number: int) -> object:
        """The `html` of a snapshot, as parsed; None if it cannot be read."""
        self.left -= self.index.size(self.call[0], frame, number)
        return self.index.html(self.call[0], frame, number) if self.left >= 0 else None

    def child(self, frame: str) -> int | None:
        """The snapshot of an iframe that belongs to the page."""
        return self.index.inside(self.call, self.phase, frame)


def _parsed(line: bytes) -> dict[str, Any]:
    return dict_of(dict_of(parsed(line)).get("snapshot"))


def _number(text: bytes | None) -> float | None:
    try:
        number = float(text) if text else None
    except ValueError:
        return None
    return number if number is not None and abs(number) < 2**53 else None
