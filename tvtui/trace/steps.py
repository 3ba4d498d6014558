"""The tree of steps: what several files say of them joined, on one clock, with the step that failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from tvtui.trace.lines import Action, After, Before, ContextOptions, ErrorEvent, Event, Output, Skipped
from tvtui.trace.records import Step

CallKey = tuple[str, str]
"""The name of a file in the archive, and a call ID that is unique in it."""


@dataclass(slots=True)
class FileEvents:
    """What one `.trace` file says of steps.

    Attributes:
        name: The file's name in the archive.
        options: Its head; files of test runners up to format 6 have none.
        befores: Beginnings of steps, in the order of the file.
        afters: Ends of steps by call ID.
        errors: Errors of the test, each with the number of beginnings before it.
        outputs: What the test has printed.
        skipped: Lines that could not be read.
        unknown: Unknown types of events, and how many lines there are of each.
        last: The latest time in it, in milliseconds of its own clock.
    """

    name: str
    options: ContextOptions | None = None
    befores: list[Before] = field(default_factory=list)
    afters: dict[str, After] = field(default_factory=dict)
    errors: list[tuple[int, ErrorEvent]] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    skipped: int = 0
    unknown: Counter[str] = field(default_factory=Counter)
    last: float = 0.0

    def add(self, event: Event | Skipped) -> None:
        """Take in the next event of the file; those that say nothing of steps are ignored."""
        match event:
            case Before():
                self.befores.append(event)
                self.last = max(self.last, event.start_time)
            case After():
                self.afters[event.call_id] = event
                self.last = max(self.last, event.end_time or 0.0)
            case Action() if event.is_of_the_test:
                for half in event.halves:
                    self.add(half)
            case ErrorEvent():
                self.errors.append((len(self.befores), event))
            case Output():
                self.outputs.append(event)
            case ContextOptions():
                self.options = self.options or event
            case Skipped(""):
                self.skipped += 1
            case Skipped():
                self.unknown[event.type] += 1
            case _:
                pass


@dataclass(frozen=True, slots=True)
class Clock:
    """Turns the times of one file into seconds from the trace's first moment.

    Attributes:
        offset: Milliseconds to add to a time of the file.
        wall_offset: Milliseconds to add to a time of the file for the wall time, in milliseconds since 1970; None if
            the trace does not say.
    """

    offset: float = 0.0
    wall_offset: float | None = None

    def seconds(self, time: float) -> float:
        """A time of the file in seconds from the trace's first moment."""
        return (time + self.offset) / 1000


@dataclass(frozen=True, slots=True)
class Outline:
    """All steps, and what connects them to the files.

    Attributes:
        steps: Steps and thrown errors by ID: each parent before its children, siblings by start.
        roots: IDs of those without a parent.
        failures: IDs of what failed, in the order of the files; empty if and only if nothing failed.
        failing: The ID of the failure: what ended the test.
        calls: For each step, the calls in the files that it consists of.
        clocks: The clock of each `.trace` file, by its name.
        runner: The name of the test runner's file; None without one.
        started: The wall time of the trace's first moment, if it is known.
        seconds: The whole length.
    """

    steps: Mapping[str, Step]
    roots: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    failing: str | None = None
    calls: Mapping[str, tuple[CallKey, ...]] = field(default_factory=dict)
    clocks: Mapping[str, Clock] = field(default_factory=dict)
    runner: str | None = None
    started: datetime | None = None
    seconds: float = 0.0
