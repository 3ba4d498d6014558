"""The tree of steps: what several files say of them joined, on one clock, with the step that failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from tvtui.trace.failing import Failed, Verdict, first_line, judge
from tvtui.trace.file_events import FileEvents
from tvtui.trace.joined import CallKey, Joined, clock_offsets, join, nest
from tvtui.trace.records import Kind, Step, StepError

_ERRORS_RECORDED = 7
"""From this format on, a test that failed has errors in the test runner's file."""


class Clock(NamedTuple):
    """Turns the times of one file into seconds from the trace's first moment.

    Attributes:
        offset: Milliseconds to add to a time of the file.
    """

    offset: float = 0.0

    def seconds(self, time: float) -> float:
        """A time of the file in seconds from the trace's first moment."""
        return (time + self.offset) / 1000


class Outline(NamedTuple):
    """All steps, and what connects them to the files.

    Attributes:
        steps: Steps and thrown errors by ID: each parent before its children, siblings by start.
        roots: IDs of those without a parent.
        failures: IDs of what failed, in the order of the files; empty if and only if nothing failed.
        failing: The ID of the failure that ended the test.
        lone_errors: Errors of the test that belong to no step.
        calls: For each step, the calls in the files that it consists of.
        clocks: The clock of each file, by its name.
        origin: The first moment in milliseconds of the first file's clock.
        wall_time: The same in milliseconds since 1970; None if the trace does not say.
        seconds: The whole length.
        ends: For each step that was cut off, the time until which it is shown: the end of its last child or of all.
    """

    steps: Mapping[str, Step]
    roots: tuple[str, ...]
    failures: tuple[str, ...]
    failing: str | None
    lone_errors: tuple[StepError, ...]
    calls: Mapping[str, tuple[CallKey, ...]]
    clocks: Mapping[str, Clock]
    origin: float
    wall_time: float | None
    seconds: float
    ends: Mapping[str, float]

    @property
    def started(self) -> datetime | None:
        """The wall time of the trace's first moment."""
        try:
            return None if self.wall_time is None else _EPOCH + timedelta(milliseconds=self.wall_time)
        except OverflowError:
            return None


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def outline(files: Sequence[FileEvents], origin: float | None = None) -> Outline:
    """Join what the files say.

    Args:
        files: Those of the test runner and of the library, in any order.
        origin: `Outline.origin` of an earlier call, to keep its first moment; None: that of the earliest step.
    """
    ordered = sorted(files, key=lambda file: not file.is_runner)
    offsets = clock_offsets(ordered)
    joined = join(ordered, offsets)
    begin = min((each.start for each in joined.values()), default=0.0)
    end = max((file.last + offsets[file.name] for file in ordered), default=begin)
    heads = [head.clock[1] + offsets[file.name] for file in ordered if (head := file.options) and head.clock]
    length = max(0.0, end - min([begin, *heads])) / 1000
    origin = begin if origin is None else origin
    steps = _in_order(nest(joined), origin)
    errors = [
        ((max(time + offsets[file.name], begin) - origin) / 1000, StepError(event.message, place=event.stack))
        for file in ordered
        for time, event in file.errors
    ]
    verdict = judge(
        _failed(steps),
        [error for _, error in errors],
        passes_without_errors=any(file.is_runner and file.version >= _ERRORS_RECORDED for file in files),
    )
    steps, failures = _with_thrown(steps, verdict, errors)
    return Outline(
        steps=steps,
        roots=tuple(each.id for each in steps.values() if each.parent is None),
        failures=tuple(failures.values()),
        failing=None if verdict.failing is None else failures[verdict.failing],
        lone_errors=tuple(error for (_, error), owner in zip(errors, verdict.owners, strict=True) if owner is None),
        calls={each.id: each.calls for each in joined.values()},
        clocks={name: Clock(offset - origin) for name, offset in offsets.items()},
        origin=origin,
        wall_time=_wall_time(ordered, offsets, origin),
        seconds=length,
        ends=_ends(steps, (end - origin) / 1000),
    )


def _wall_time(files: Sequence[FileEvents], offsets: Mapping[str, float], origin: float) -> float | None:
    for file in files:
        if file.options and file.options.clock:
            wall, monotonic = file.options.clock
            return wall + origin - (monotonic + offsets[file.name])
    walls = (
        before.wall_time + origin - (before.start_time + offsets[file.name])
        for file in files
        for before in file.befores
        if before.wall_time is not None
    )
    return next(walls, None)


def _in_order(roots: Sequence[Joined], origin: float) -> dict[str, Step]:
    steps: dict[str, Step] = {}
    todo = list(reversed(roots))
    while todo:
        each = todo.pop()
        steps[each.id] = each.step(origin, each.parent)
        todo.extend(reversed(each.children or ()))
    return steps


def _failed(steps: Mapping[str, Step]) -> dict[str, Failed]:
    """The steps with an error, by start."""
    in_hooks: set[str] = set()
    found = []
    for step in steps.values():
        if step.kind in {Kind.HOOK, Kind.FIXTURE} or step.parent in in_hooks:
            in_hooks.add(step.id)
        if step.error is not None:
            children = tuple(child for child in step.children if steps[child].error is not None)
            found.append((step.start, Failed(step.id, step.error, step.place, children, step.id in in_hooks)))
    return {each.id: each for _, each in sorted(found, key=lambda item: item[0])}


def _with_thrown(
    steps: dict[str, Step], verdict: Verdict, errors: Sequence[tuple[float, StepError]]
) -> tuple[dict[str, Step], dict[str | int, str]]:
    """Insert the errors that belong to no step where they happened; return the ID of each failure, too."""
    failures: dict[str | int, str] = {}
    thrown = []
    for which in verdict.failures:
        if isinstance(which, str):
            failures[which] = which
            continue
        time, error = errors[which]
        failures[which] = _unused(f"error@{which + 1}", steps)
        title = first_line(error.text) or "Error"
        thrown.append(Step(failures[which], title, "", Kind.THROWN, time, time, error=error, place=error.place))
    thrown.sort(key=lambda row: row.start, reverse=True)
    found: dict[str, Step] = {}
    for step in steps.values():
        while thrown and step.parent is None and step.start > thrown[-1].start:
            row = thrown.pop()
            found[row.id] = row
        found[step.id] = step
    return found | {each.id: each for each in reversed(thrown)}, failures


def _unused(name: str, steps: Mapping[str, Step]) -> str:
    while name in steps:
        name += "'"
    return name


def _ends(steps: Mapping[str, Step], end: float) -> dict[str, float]:
    found: dict[str, float] = {}
    for step in reversed(tuple(steps.values())):
        if step.end is None:
            ends = (found[child] if (time := steps[child].end) is None else time for child in step.children)
            found[step.id] = max(ends, default=max(step.start, end))
    return found
