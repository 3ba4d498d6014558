"""What one `.trace` file says of steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from tvtui.trace.events import Action, After, Before, ContextOptions, ErrorEvent, Event, LogMessage, Output, Skipped
from tvtui.trace.records import Place

OLD_RUNNER = 6
"""The format of a test runner's file without a head."""
_IDS_BY_NAME = 6
"""Up to this format a step is recognized by its name and its wall time."""


@dataclass(slots=True)
class FileEvents:
    """What one `.trace` file says of steps.

    Attributes:
        name: The file's name in the archive.
        options: Its head; files of test runners up to format 6 have none.
        befores: Beginnings of steps, in the order of the file.
        afters: Ends of steps by call ID.
        errors: Errors of the test, each with the time of the event before it, in milliseconds of the file's clock.
        outputs: What the test has printed.
        waits: For each call ID, the first line of its log that says what is waited for.
        places: For each call ID, where the test made the call, from the file of stacks.
        skipped: Lines that could not be read.
        unknown: Unknown types of events, and how many lines there are of each.
        last: The latest time in it, in milliseconds of its own clock.
    """

    name: str
    options: ContextOptions | None = None
    befores: list[Before] = field(default_factory=list)
    afters: dict[str, After] = field(default_factory=dict)
    errors: list[tuple[float, ErrorEvent]] = field(default_factory=list)
    outputs: list[Output] = field(default_factory=list)
    waits: dict[str, str] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    skipped: int = 0
    unknown: Counter[str] = field(default_factory=Counter)
    last: float = float("-inf")

    @property
    def is_runner(self) -> bool:
        """Whether a test runner wrote it."""
        if self.options is not None:
            return self.options.origin == "testRunner"
        return self.name == "test.trace" or (bool(self.befores) and self.befores[0].class_ == "Test")

    @property
    def version(self) -> int:
        """The version of its format."""
        return self.options.version if self.options else OLD_RUNNER

    def add(self, event: Event | Skipped) -> None:
        """Take in the next event of the file; those that say nothing of steps are ignored."""
        match event:
            case Before():
                self.befores.append(event)
                self.last = max(self.last, event.start_time)
            case After():
                self.afters[event.call_id] = event
                self._take_log(event.call_id, event.log)
                if event.end_time is not None:
                    self.last = max(self.last, event.end_time)
            case LogMessage():
                self._take_log(event.call_id, (event.message,))
            case Action():
                self._add_action(event)
            case ErrorEvent():
                self.errors.append((self.last, event))
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

    def _add_action(self, action: Action) -> None:
        if not action.is_internal:
            self.add(action.before)
            self.add(action.after)

    def _take_log(self, call_id: str, log: tuple[str, ...]) -> None:
        if call_id not in self.waits:
            found = next((line for line in log if line.startswith("waiting for ")), None)
            if found:
                self.waits[call_id] = found

    def ids(self) -> Iterator[tuple[Before, str]]:
        """Each beginning with the step's ID, which is the same in the other files, and unique in this one."""
        used: set[str] = set()
        counts: Counter[str] = Counter()
        for before in self.befores:
            found = base = self._id(before)
            while found in used:
                # counted, as a hostile trace may have any number of one ID
                counts[base] += 1
                found = f"{base}#{counts[base] + 1}"
            used.add(found)
            yield before, found

    def _id(self, before: Before) -> str:
        if self.version <= _IDS_BY_NAME and before.api_name and before.wall_time is not None:
            wall = int(before.wall_time) if before.wall_time.is_integer() else before.wall_time
            return f"{before.api_name}@{wall}"
        return before.step_id or before.call_id
