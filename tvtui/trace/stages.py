"""The first stage of reading: which files there are, and their steps."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from tvtui.trace import faults
from tvtui.trace.archive import Archive, Reading
from tvtui.trace.events import Action, Before, ContextOptions, Skipped
from tvtui.trace.faults import Fault
from tvtui.trace.file_events import OLD_RUNNER, FileEvents
from tvtui.trace.lines import read_event, read_stacks
from tvtui.trace.records import Place

MOST_SECONDS = 20.0
"""Time of the processor that the second stage may take."""
_LIMIT = 64 * 1024**2
"""Bytes that the first stage takes out of the archive."""
EFFORTS = {Before: 3, Action: 4, Skipped: 5}
"""Of `Reading.effort`: 85,000 steps, or 68,000 lines that cannot be read, are the most."""
_MOST_FILES = 200
_HEAD_LIMIT = 1024**2
_HEAD_LINES = 20
_STACKS_LIMIT = 16 * 1024**2

# Lines of the library that say nothing of steps, by far the most; every event but the head begins with its type.
_NOT_OF_STEPS = re.compile(
    rb'\{"type":"(?:frame-snapshot|screencast-frame|event|console|object|input|resource-snapshot|screenshot'
    rb'|aria-snapshot|log)"'
)
_WAIT = re.compile(rb'\{"type":"log","callId":"([^"\\]*)",.{0,40}"message":"waiting for ')
_NUMBER = re.compile(r"([0-9]+)")


class FirstStage(NamedTuple):
    """What is known after the first stage.

    Attributes:
        files: Those of test runners with all their events; of the library with their heads or, if there is no test
            runner, with their steps.
        reading: What had to be left out.
        version: The version of the format.
    """

    files: list[FileEvents]
    reading: Reading
    version: int


def read_first_stage(archive: Archive) -> FirstStage | Fault:
    """Find the files of the trace and read what the steps follow from."""
    names = sorted((name for name in archive.names if name.endswith(".trace")), key=_natural)[:_MOST_FILES]
    if not names:
        return faults.NO_TRACE
    heads = [_head(archive, name) for name in names]
    version = max((file.version for file in heads if file.options), default=OLD_RUNNER)
    if 0 < version < faults.OLDEST_FORMAT:
        return faults.TOO_OLD
    reading = Reading(_LIMIT)
    has_runner = any(file.is_runner for file in heads)
    files = [read_steps(archive, file.name, reading) if file.is_runner or not has_runner else file for file in heads]
    return FirstStage(files, reading, version)


def _natural(name: str) -> list[tuple[int, str]]:
    """For sorting `2-trace.trace` before `10-trace.trace`."""
    parts = _NUMBER.split(name)
    return [(int(part[:18]), "") if part.isdecimal() else (0, part) for part in parts]


def _head(archive: Archive, name: str) -> FileEvents:
    """The head of a file; without one, its first step says who wrote it."""
    file = FileEvents(name)
    for line in islice(_lines(archive, name, Reading(_HEAD_LIMIT)), _HEAD_LINES):
        event = read_event(line)
        if isinstance(event, ContextOptions):
            return FileEvents(name, event)
        file.add(event)
    return FileEvents(name, befores=file.befores[:1]) if file.is_runner else FileEvents(name)


def read_steps(archive: Archive, name: str, reading: Reading) -> FileEvents:
    """Read what one `.trace` file says of steps."""
    file = FileEvents(name)
    for line in _lines(archive, name, reading):
        if is_of_steps(line, file):
            event = read_event(line)
            file.add(event)
            reading.effort -= EFFORTS.get(type(event), 1)
        if reading.is_exhausted:
            break
    file.places = places_of(archive, name)
    return file


def places_of(archive: Archive, name: str) -> dict[str, Place]:
    """Where the test made the calls of a `.trace` file, from the file of stacks that belongs to it."""
    stacks = archive.entry(f"{name.removesuffix('.trace')}.stacks")
    content = stacks.content(_STACKS_LIMIT) if stacks else b""
    return read_stacks(content) if isinstance(content, bytes) and content else {}


def is_of_steps(line: bytes, file: FileEvents) -> bool:
    """Whether a line says something of steps that the file does not know yet, judged by its first bytes."""
    if not _NOT_OF_STEPS.match(line):
        return True
    wait = _WAIT.match(line)
    return wait is not None and wait[1].decode("utf-8", "replace") not in file.waits


def _lines(archive: Archive, name: str, reading: Reading) -> Iterator[bytes]:
    entry = archive.entry(name)
    if entry is not None:
        for _, line in entry.lines(reading):
            yield line
