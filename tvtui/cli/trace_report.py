"""A trace as text: lines for a reader, or one JSON object a line for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tvtui.text.clean import plain
from tvtui.text.format import duration, many
from tvtui.text.output import as_json
from tvtui.trace import HIDDEN, Kind, Place, Step, StepError, Trace
from tvtui.trace.texts import StepFacts, before_block, first_line, full_place, full_title, log_block, place_of

SCHEMA_VERSION = 1
"""Of the JSON objects: incremented when a field is removed or changes its meaning, not when one is added."""

_DEEPEST = 40
"""Levels of indentation that are shown."""
_INDENT = "  "


def json_lines(trace: Trace) -> Iterator[str]:
    """The trace as JSON objects: `trace`, then each `step`, `error`, `request` and `console`, last `failing`."""
    steps = [step for step in trace.steps.values() if step.kind is not Kind.THROWN]
    yield _object(
        "trace",
        version=SCHEMA_VERSION,
        format=trace.version,
        playwright=trace.playwright or None,
        title=trace.title or None,
        browser=trace.browser or None,
        seconds=_seconds(trace.seconds),
        steps=len(steps),
        failures=len(trace.failures),
        notes=list(trace.notes),
    )
    for step in steps:
        yield _object(
            "step",
            id=step.id,
            parent=step.parent,
            kind=step.kind.value,
            title=step.title,
            subtitle=step.subtitle,
            start=_seconds(step.start),
            end=_seconds(step.end),
            failed=step.error is not None,
            error=_text(step.error),
            place=_place(step.place),
            logLines=trace.log_lines(step.id),
        )
    for error in trace.lone_errors:
        yield _object("error", text=_text(error), place=_place(error.place))
    for request in trace.requests:
        yield _object(
            "request",
            method=request.method,
            url=request.url,
            status=request.status,
            seconds=_seconds(request.seconds),
            failed=request.failed,
        )
    for line in trace.console:
        yield _object("console", time=_seconds(line.time), level=line.level, text=plain(line.text))
    failing = _failing(trace)
    is_step = failing is not None and failing.kind is not Kind.THROWN
    yield _object(
        "failing",
        step=failing.id if failing and is_step else None,
        error=first_line(failing.error.text) if failing and failing.error else None,
    )


def _object(kind: str, /, **fields: object) -> str:
    return as_json({"type": kind, **fields})


def _seconds(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _text(error: StepError | None) -> str | None:
    return None if error is None else plain(error.text)


def _place(place: Place | None) -> dict[str, object] | None:
    return None if place is None else {"file": place.file, "line": place.line, "column": place.column}


def _failing(trace: Trace) -> Step | None:
    return None if trace.failing is None else trace.steps[trace.failing]


def text_lines(trace: Trace) -> Iterator[str]:
    """The trace for a reader: the head, what failed with its error, its log and what came before it, the steps."""
    yield _head(trace)
    yield from trace.notes
    failing = _failing(trace)
    if failing is not None:
        yield ""
        yield from _failure(trace, failing)
    if len(trace.failures) > 1:
        yield ""
        yield "All failures:"
        for each in trace.failures:
            step = trace.steps[each]
            why = first_line(step.error.text) if step.error and step.kind is not Kind.THROWN else ""
            yield f"{_INDENT}{full_title(step)}{why and f': {why}'}"
    yield ""
    yield from _tree(trace)


def _head(trace: Trace) -> str:
    size = f" {trace.viewport[0]:g}×{trace.viewport[1]:g}" if trace.viewport else ""
    steps = sum(step.kind is not Kind.THROWN for step in trace.steps.values())
    parts = [
        trace.title or "Untitled trace",
        f"{trace.browser}{size}" if trace.browser else "",
        f"Playwright {trace.playwright}" if trace.playwright else f"format {trace.version}",
        many(steps, "step"),
        many(len(trace.failures), "failure") if trace.failures else "nothing failed",
        duration(trace.seconds),
    ]
    return f"{'✗' if trace.failures else '✓'} {' · '.join(filter(None, parts))}"


def _failure(trace: Trace, step: Step) -> Iterator[str]:
    is_step = step.kind is not Kind.THROWN
    yield f"✗ {full_title(step)}{_INDENT}{_duration(step)}" if is_step else "✗ Error outside of any step"
    if (place := place_of(step)) is not None:
        yield f"{_INDENT}{full_place(place)}"
    if step.error is not None:
        yield ""
        yield from _indented(step.error.text.strip("\n"))
    if log := log_block(StepFacts(step, trace.call(step.id))):
        yield ""
        yield "Log:"
        yield from _indented(log)
    head, *rest = before_block(step, trace.just_before(step.id)).split("\n")
    if head:
        yield ""
        yield head
        yield from _indented("\n".join(rest))


def _indented(block: str) -> Iterator[str]:
    return (f"{_INDENT}{line}".rstrip() for line in plain(block).split("\n"))


def _tree(trace: Trace) -> Iterator[str]:
    yield "Steps:"
    shown, hidden = _shown(trace.steps)
    levels: dict[str | None, int] = {None: -1}
    for step in trace.steps.values():
        above = levels[step.parent]
        levels[step.id] = above + (step.id in shown)
        if step.id in shown:
            mark = "✗" if step.error else "✓"
            indent = _INDENT * (min(levels[step.id], _DEEPEST) + 1)
            yield f"{indent}{mark} {full_title(step)}{_INDENT}{_duration(step)}".rstrip()
    if hidden:
        yield f"{_INDENT}{_counted(hidden)}"


def _counted(hidden: int) -> str:
    return "1 fixture or getter is not shown." if hidden == 1 else f"{hidden:,} fixtures and getters are not shown."


def _shown(steps: Mapping[str, Step]) -> tuple[set[str], int]:
    """The steps that are shown, and how many are not: fixtures, getters and all below them, unless they failed."""
    failed: set[str] = set()
    for step in reversed(tuple(steps.values())):
        if step.error is not None or step.id in failed:
            failed.add(step.id)
            if step.parent is not None:
                failed.add(step.parent)
    shown: set[str] = set()
    for step in steps.values():
        is_below_shown = step.parent is None or step.parent in shown
        if step.id in failed or (is_below_shown and step.kind not in HIDDEN):
            shown.add(step.id)
    return shown, len(steps) - len(shown)


def _duration(step: Step) -> str:
    if step.kind is Kind.THROWN:
        return ""
    return "cut off" if step.end is None else duration(step.end - step.start)
