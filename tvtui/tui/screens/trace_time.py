"""When things happened in a trace: the time line, and the marks beside the steps; pure."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping

from tvtui.trace import HIDDEN, ConsoleLine, Step, Trace
from tvtui.tui.widgets.styled_line import Part

_WARNING, _ERROR, _REQUEST, _ATTACHMENT = "⚠", "✗", "↯", "▤"
"""What happened during a step: a warning of the console, an error there, a failed request; and a file attached."""

_HEIGHTS = "▁▂▃▄▅"


class TimeCells:
    """The cells of the time line: their height is how deeply steps were nested then; failures are solid."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._base: list[Part] = []

    def cells(self, count: int, selected: str | None) -> tuple[Part, ...]:
        """That many cells, with the time of the selected step emphasized."""
        if count <= 0 or self._trace.seconds <= 0:
            return ()
        if len(self._base) != count:
            self._base = self._without_selection(count)
        cells = list(self._base)
        if (step := self._trace.steps.get(selected or "")) is not None:
            for index in self._span(step, count):
                sign, tone = cells[index]
                cells[index] = sign, "selected" if tone == "passed" else tone
        return tuple(cells)

    def _span(self, step: Step, count: int) -> range:
        """The cells of a step's time; at least one."""
        per_second = count / self._trace.seconds
        start = min(count - 1, max(0, int(step.start * per_second)))
        end = step.start if step.end is None else step.end
        return range(start, min(count, max(start + 1, math.ceil(end * per_second))))

    def _without_selection(self, count: int) -> list[Part]:
        heights = [0] * count
        depths: dict[str, int] = {}
        for step in self._trace.steps.values():
            depths[step.id] = depth = 1 + depths.get(step.parent or "", 0)
            if depth <= len(_HEIGHTS):
                for index in self._span(step, count):
                    heights[index] = max(heights[index], depth)
        cells = [(_HEIGHTS[height - 1] if height else " ", "passed") for height in heights]
        for step_id in self._trace.failures:
            for index in self._span(self._trace.steps[step_id], count):
                cells[index] = "█", "failed"
        for time, mark in _happenings(self._trace):
            if mark != _WARNING and 0 <= time <= self._trace.seconds:
                cells[min(count - 1, int(time / self._trace.seconds * count))] = "▴", "failed"
        return cells


def step_at(trace: Trace, time: float) -> str | None:
    """The innermost shown step at a moment: the last one that began by then, of those without hidden kinds."""
    begun = [step for step in trace.steps.values() if step.start <= time and step.kind not in HIDDEN]
    return max(begun, key=lambda step: step.start).id if begun else None


def marks_of(trace: Trace) -> Mapping[str, tuple[Part, ...]]:
    """What happened during each step: a mark and a number for warnings, errors, failed requests and attachments.

    What happened belongs to the step that began last before it, of those that the test itself takes.
    """
    counts: dict[str, Counter[str]] = {}
    leaves = [step for step in trace.steps.values() if not step.children and step.kind not in HIDDEN]
    leaves.sort(key=lambda step: step.start)
    starts = [step.start for step in leaves]
    for time, mark in _happenings(trace):
        if index := bisect_right(starts, time):
            counts.setdefault(leaves[index - 1].id, Counter())[mark] += 1
    for step in trace.steps.values():
        if attached := sum(not each.name.startswith("_") for each in step.attachments):
            counts.setdefault(step.id, Counter())[_ATTACHMENT] += attached
    return {step_id: _as_parts(count) for step_id, count in counts.items()}


def _happenings(trace: Trace) -> Iterator[tuple[float, str]]:
    for line in trace.console:
        if mark := _mark_of(line):
            yield line.time, mark
    for request in trace.requests:
        if request.failed and not request.is_aborted:
            yield request.start, _REQUEST


def _mark_of(line: ConsoleLine) -> str:
    if line.level in {"error", "pageerror"}:
        return _ERROR
    return _WARNING if line.level == "warning" else ""


def _as_parts(counts: Counter[str]) -> tuple[Part, ...]:
    tones = {_WARNING: "warning", _ERROR: "failed", _REQUEST: "failed", _ATTACHMENT: "muted"}
    return tuple((f" {mark}{counts[mark]}", tone) for mark, tone in tones.items() if counts[mark])
