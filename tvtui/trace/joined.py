"""Joins the halves of steps that lie in several files, and nests them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tvtui.trace.events import After, Before
from tvtui.trace.failing import first_line
from tvtui.trace.file_events import FileEvents
from tvtui.trace.records import Place, Step, StepError
from tvtui.trace.titles import kind_of, subtitle_of, title_of

CallKey = tuple[str, str]
"""The name of a file in the archive, and a call ID that is unique in it."""


@dataclass(slots=True)
class Joined:
    """What the files say of one step; times are in milliseconds of the first file's clock."""

    id: str
    runner: Before | None = None
    library: Before | None = None
    runner_after: After | None = None
    library_after: After | None = None
    runner_offset: float = 0.0
    library_offset: float = 0.0
    parent: str | None = None
    wait: str = ""
    place: Place | None = None
    calls: tuple[CallKey, ...] = ()
    children: list[Joined] | None = None

    @property
    def start(self) -> float:
        """When it began, by the test runner if it says so."""
        if self.runner is not None:
            return self.runner.start_time + self.runner_offset
        return self.library.start_time + self.library_offset if self.library else 0.0

    @property
    def end(self) -> float | None:
        """When it ended, never before it began; the library's word counts where the test runner has none."""
        halves = ((self.runner_after, self.runner_offset), (self.library_after, self.library_offset))
        ends = (half.end_time + offset for half, offset in halves if half and half.end_time is not None)
        end = next(ends, None)
        return None if end is None else max(self.start, end)

    def take(self, before: Before, file: FileEvents, offset: float) -> None:
        """Take in one half; of several runner's files, a later one may know more."""
        after = file.afters.get(before.call_id)
        self.calls += ((file.name, before.call_id),)
        self.wait = self.wait or file.waits.get(before.call_id, "")
        self.place = self.place or before.stack or file.places.get(before.call_id)
        if file.is_runner:
            self.runner = self.runner or before
            self.runner_after = after or self.runner_after
            self.runner_offset = offset
        else:
            self.library = self.library or before
            self.library_after = after or self.library_after
            self.library_offset = offset

    def step(self, origin: float, parent: str | None) -> Step:
        """The step without what is known only when all are there."""
        title = title_of(self.runner, self.library)
        after = self.runner_after or self.library_after
        end = self.end
        return Step(
            id=self.id,
            title=title,
            subtitle=subtitle_of(self.runner, self.library, self.wait, title),
            kind=kind_of(self.runner, self.library),
            start=(self.start - origin) / 1000,
            end=None if end is None else (end - origin) / 1000,
            parent=parent,
            children=tuple(each.id for each in self.children or ()),
            error=_error_of_step(after),
            place=self.place,
            attachments=tuple(each.record for each in after.attachments) if after else (),
        )


def _error_of_step(after: After | None) -> StepError | None:
    if after is None or after.error is None:
        return None
    error = after.error
    return StepError(error.message or first_line(error.stack) or error.name or "(no message)", error.stack)


def clock_offsets(files: Sequence[FileEvents]) -> dict[str, float]:
    """For each file, what to add to its times to get those of the first file that relates its clock to wall time."""
    clocks = [head.clock for file in files if (head := file.options) and head.clock]
    if not clocks:
        return {file.name: 0.0 for file in files}
    wall, monotonic = clocks[0]
    return {
        file.name: clock[0] - clock[1] - (wall - monotonic) if (clock := file.options and file.options.clock) else 0.0
        for file in files
    }


def join(files: Iterable[FileEvents], offsets: Mapping[str, float]) -> dict[str, Joined]:
    """Join the halves of each step; files of the test runner come first."""
    joined: dict[str, Joined] = {}
    for file in files:
        named = list(file.ids())
        ids = {before.call_id: name for before, name in named}
        for before, name in named:
            each = joined.setdefault(name, Joined(name))
            each.take(before, file, offsets[file.name])
            if each.parent is None:
                each.parent = before.parent_id and ids.get(before.parent_id, before.parent_id)
    return joined


def nest(joined: Mapping[str, Joined]) -> list[Joined]:
    """Give each step its children, by start; return those without a parent. Circles are broken."""
    done: set[str] = set()
    roots = []
    for each in joined.values():
        path: dict[str, Joined] = {}
        at: Joined | None = each
        while at is not None and at.id not in done:
            path[at.id] = at
            parent = joined.get(at.parent) if at.parent else None
            if parent is not None and parent.id in path:
                parent = None
            if parent is None:
                at.parent = None
                roots.append(at)
            else:
                parent.children = parent.children or []
                parent.children.append(at)
            at = parent
        done.update(path)
    for each in joined.values():
        if each.children:
            each.children.sort(key=lambda child: child.start)
    return sorted(roots, key=lambda root: root.start)
