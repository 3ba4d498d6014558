"""A trace as text: lines for a reader, or one JSON object a line for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from tvtui.text.clean import plain
from tvtui.text.format import duration, many
from tvtui.text.output import as_json
from tvtui.trace import HIDDEN, ConsoleLine, Kind, Place, Request, Step, StepError, Trace

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
        error=_first_line(failing.error) if failing and failing.error else None,
    )


def _object(kind: str, /, **fields: object) -> str:
    return as_json({"type": kind, **fields})


def _seconds(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _text(error: StepError | None) -> str | None:
    return None if error is None else plain(error.text)


def _first_line(error: StepError) -> str:
    return next((line for line in plain(error.text).split("\n") if line.strip()), "")


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
            is_step = step.error is not None and step.kind is not Kind.THROWN
            yield f"{_INDENT}{_named(step)}" + (f": {_first_line(step.error)}" if is_step and step.error else "")
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


def _named(step: Step) -> str:
    return f"{step.title}  {step.subtitle}" if step.subtitle else step.title


def _failure(trace: Trace, step: Step) -> Iterator[str]:
    yield (
        f"✗ {_named(step)}{_INDENT}{_duration(step)}" if step.kind is not Kind.THROWN else "✗ Error outside of any step"
    )
    if step.place is not None:
        yield f"{_INDENT}{_where(step.place)}"
    if step.error is not None:
        yield ""
        yield from _indented(plain(step.error.text).strip("\n").split("\n"))
    if log := trace.call(step.id).log:
        yield ""
        yield "Log:"
        yield from _indented(line.text for line in log)
    if found := trace.just_before(step.id):
        yield ""
        yield from _just_before(found, trace.end_of(step.id))


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"{_INDENT}{line}".rstrip() for line in lines)


def _where(place: Place) -> str:
    return ":".join(str(part) for part in (place.file, place.line, place.column) if part)


def _just_before(found: ConsoleLine | Request, end: float) -> Iterator[str]:
    if isinstance(found, Request):
        time = found.start + (found.seconds or 0.0)
        what, text = "request", f"{found.method} {found.url} {found.status or found.failure or 'no answer'}"
    else:
        time = found.time
        what, text = f"{'' if found.level in _NAMES else 'console '}{_NAMES.get(found.level, found.level)}", found.text
    yield f"Just before it ({duration(max(0.0, end - time))}): {what}"
    yield from _indented(plain(text).split("\n"))


_NAMES = {"pageerror": "page error", "dialog": "dialog"}


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
            yield f"{indent}{mark} {_named(step)}{_INDENT}{_duration(step)}".rstrip()
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
