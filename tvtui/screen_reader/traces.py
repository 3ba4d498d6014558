"""What a downloaded trace says of its failure, as lines to listen to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tvtui.reporters.spoken import spoken_time
from tvtui.screen_reader.phrases import ERROR_LINES, LOG_LINES, spoken_lines
from tvtui.text.format import many

if TYPE_CHECKING:
    from tvtui.trace import Trace


def trace_lines(path: Path) -> list[str]:
    """The failing step of a trace, its error, its log and what came just before it; reads the file, so in a thread."""
    # imported by the thread: most conversations never read a trace
    from tvtui.trace import Fault, open_trace

    trace = open_trace(path)
    if isinstance(trace, Fault):
        return [f"trace: {trace.text}"]
    try:
        trace.read_rest()
        return list(_lines(trace))
    finally:
        trace.close()


def _lines(trace: Trace) -> Iterator[str]:
    from tvtui.trace import Kind
    from tvtui.trace.texts import happening, name_of, place_of, short_place

    yield from (f"note: {note}" for note in trace.notes)
    if trace.failing is None:
        yield f"trace: nothing failed in {many(len(trace.steps), 'step')}"
        return
    step = trace.steps[trace.failing]
    if step.kind is Kind.THROWN:
        yield "failed outside of any step"
    else:
        took = f"after {spoken_time(step.end - step.start)}" if step.end is not None else "cut off"
        yield ", ".join(filter(None, [f"failing step: {step.title}", step.subtitle, took]))
    if (place := place_of(step)) is not None:
        yield f"place: {short_place(place)}"
    if step.error is not None:
        # the log follows anyway
        message = spoken_lines(step.error.text.partition("Call log:")[0])
        yield from [f"error: {line}" if index == 0 else line for index, line in enumerate(message[:ERROR_LINES])]
    if lines := spoken_lines("\n".join(line.text.strip() for line in trace.call(step.id).log)):
        count = many(len(lines), "line") if len(lines) <= LOG_LINES else f"last {LOG_LINES} of {len(lines):,} lines"
        yield from [f"log of the step: {count}", *lines[-LOG_LINES:]]
    if (before := trace.just_before(step.id)) is not None:
        # the first word is a symbol for the eye
        yield f"just before it: {name_of(before)}: {happening(before).partition(' ')[2]}"
