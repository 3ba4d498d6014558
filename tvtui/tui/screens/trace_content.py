"""What the trace screen shows of the selected step: text, lists and pictures, by part of the detail."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

from tvtui.text.clean import plain
from tvtui.text.format import duration
from tvtui.trace import Attachment, ConsoleLine, Fault, PageText, Phase, PictureRef, Request, Step, Trace, open_trace
from tvtui.trace.requests import as_curl
from tvtui.trace.texts import (
    StepFacts,
    as_markdown,
    as_text,
    log_block,
    name_of,
    page_block,
    place_of,
    source_block,
    step_block,
)
from tvtui.tui.screens.trace_lists import (
    LARGEST_BODY,
    Listing,
    console,
    console_text,
    console_title,
    file_text,
    files,
    files_title,
    request_text,
    requests,
    requests_title,
)
from tvtui.tui.screens.trace_state import Steps, TraceQuery, TraceView
from tvtui.tui.widgets.trace_detail import DetailPart


def facts_of(trace: Trace, step_id: str) -> StepFacts:
    """Read what the detail of a step needs; it reads the file, so call it in a thread."""
    step = trace.steps[step_id]
    place = place_of(step)
    page = trace.page(step_id, Phase.AFTER)
    return StepFacts(
        step,
        trace.call(step_id),
        None if place is None else trace.source(place),
        trace.just_before(step_id) if step.error is not None else None,
        page.nearest if isinstance(page, PageText) else (),
        trace.picture(step_id),
        isinstance(page, PageText),
    )


def shown_picture(trace: Trace, facts: StepFacts, frame: int | None) -> tuple[PictureRef | Fault | None, str]:
    """The picture to show, or why there is none, and its title: a frame of the film, or the picture of the step."""
    if frame is not None and 0 <= frame < len(trace.film):
        shown = trace.film[frame]
        ref = PictureRef(shown.entry, width=shown.width, height=shown.height)
        return ref, f"Picture {frame + 1:,} of {len(trace.film):,} · {duration(shown.time)}"
    picture = facts.picture
    if not isinstance(picture, PictureRef):
        return picture, "Picture"
    index = frame_of(trace, picture)
    number = "" if index is None else f" {index + 1:,} of {len(trace.film):,}"
    if not picture.distance:
        return picture, f"Picture{number} · at the end"
    where = "after" if picture.distance > 0 else "before"
    return picture, f"Picture{number} · {duration(abs(picture.distance))} {where} the end"


def frame_of(trace: Trace, picture: PictureRef) -> int | None:
    """The index of a picture in the film; None if it is not one of the film."""
    return next((index for index, frame in enumerate(trace.film) if frame.entry == picture.entry), None)


def next_frame(trace: Trace, facts: StepFacts, frame: int | None, step: int) -> int | None:
    """The index of the next (1) or previous (-1) picture of the film; None at its end, or without a film."""
    if frame is None:
        picture = facts.picture
        frame = frame_of(trace, picture) if isinstance(picture, PictureRef) else None
    if frame is None:
        end = facts.step.start if facts.step.end is None else facts.step.end
        after = bisect_right(trace.film, end, key=lambda each: each.time)
        there = after if step > 0 else after - 1
    else:
        there = frame + step
    return there if 0 <= there < len(trace.film) else None


_SUMMARIZED_WHOLE = 8 << 20
"""Bytes of a trace up to which all of it is read for one line; it takes less than a second of CPU in a thread."""

LISTS = ("console", "requests", "files")
"""The parts of the detail that are lists."""


def listing(name: str, trace: Trace, step: Step, query: TraceQuery) -> Listing:
    """One of `LISTS`; what happened during the step is bright."""
    span = step.start, trace.end_of(step.id)
    match name:
        case "console":
            return console(trace, span, query.item_words, only_failed=query.only_failed_items)
        case "requests":
            return requests(trace, span, query.item_words, query.sort, only_failed=query.only_failed_items)
        case _:
            return files(trace, query.item_words)


def detail_parts(trace: Trace, facts: StepFacts, *, with_picture: bool) -> tuple[DetailPart, ...]:
    """The parts of the detail of a step; the picture is one of them `with_picture`."""
    log = len(facts.call.log)
    named = {
        "error": "Error" if facts.step.error is not None else "Step",
        "picture": "Picture" if with_picture else "",
        "log": f"Log {log:,}" if log else "",
        "console": console_title(trace) if trace.console else "",
        "requests": requests_title(trace) if trace.requests else "",
        "page": "Page" if facts.has_page else "",
        "files": files_title(trace),
        "source": "Source" if place_of(facts.step) is not None else "",
    }
    return tuple(DetailPart(name, title) for name, title in named.items() if title)


def heading(trace: Trace, step: Step) -> str:
    """The title of the detail: the step, and from when to when it took."""
    times = duration(step.start) if step.end is None else f"{duration(step.start)} – {duration(step.end)}"
    if trace.started is not None:
        clock = (trace.started + timedelta(seconds=step.start)).astimezone()
        times += f" · {clock:%H:%M:%S}.{clock.microsecond // 1000:03}"
    return f"{step.title} · {times}"


def part_text(name: str, trace: Trace, facts: StepFacts, query: TraceQuery) -> str | Callable[[], str]:
    """The text of a part of the detail, or a function that reads it, for a thread."""
    step = facts.step
    if name in LISTS:
        shown = listing(name, trace, step, query)
        if query.opened is None or query.opened >= len(shown.things):
            return "" if shown.things else shown.empty
        match shown.things[query.opened]:
            case ConsoleLine() as line:
                return console_text(line)
            case Request() as request:
                return partial(request_text, trace, request, is_masked=query.is_masked)
            case Attachment() as attached:
                return partial(file_text, trace, attached)
    match name:
        case "log":
            return log_block(facts)
        case "source":
            return source_block(facts)
        case "page":
            return partial(page_block, trace, step)
        case _:
            return step_block(facts)


def copied(
    name: str, trace: Trace, facts: StepFacts, query: TraceQuery, index: int, *, is_markdown: bool
) -> tuple[str, str]:
    """What `y` copies while a part of the detail has the focus, and what a message calls it; reads the trace.

    Args:
        name: The part; "" for the step itself.
        trace: The trace.
        facts: What is known about the selected step.
        query: What the user asked for.
        index: The current line, if the part is a list.
        is_markdown: Whether the step is copied as Markdown.
    """
    things = listing(name, trace, facts.step, query).things if name in LISTS else ()
    match things[index] if index < len(things) else None:
        case Request() as request:
            found = trace.exchange(request, is_masked=query.is_masked)
            if isinstance(found, Fault):
                return request.url, "the address"
            body = trace.content(found.posted_entry, LARGEST_BODY) if found.posted_entry else None
            sent = body.decode("utf-8", "replace") if isinstance(body, bytes) else None
            return as_curl(found, sent), f"{request.method} {request.url} as curl"
        case ConsoleLine() as line:
            return plain(line.text), "the line of the console"
        case Attachment() as attached:
            return attached.name, attached.name
    step = facts.step
    suffix = f"{', with its error' if step.error is not None else ''}{', as Markdown' if is_markdown else ''}"
    form = as_markdown if is_markdown else as_text
    return form(trace, facts), f"{step.title}{suffix}"


def summary_of(path: Path) -> str:
    """What failed in a trace, and what came just before it, in one line; "" if it cannot be read. Reads the file."""
    trace = open_trace(path)
    if isinstance(trace, Fault):
        return ""
    try:
        if path.stat().st_size <= _SUMMARIZED_WHOLE:
            trace.read_rest()
        view = Steps(trace).derive(TraceQuery(), TraceView(), str)
        step = view.step
        if step is None or step.error is None:
            return ""
        before = trace.just_before(step.id)
        happened = "" if before is None else f"; just before it: {name_of(before)}"
        place = view.place.partition(" · ")[0] or "the error"
        return f"{place}: {step.title}{happened}"
    except OSError:
        return ""
    finally:
        trace.close()
