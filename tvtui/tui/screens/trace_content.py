"""What the trace screen shows of the selected step: text, lists and pictures, by part of the detail."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from mimetypes import guess_extension
from pathlib import Path

from tvtui.text.clean import plain
from tvtui.text.format import duration
from tvtui.trace import (
    Attachment,
    ConsoleLine,
    Fault,
    Frame,
    PageText,
    Phase,
    PictureRef,
    Request,
    Step,
    Trace,
    open_trace,
)
from tvtui.trace.faults import NO_PAGE, NOT_THERE
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
    Item,
    Listing,
    attached_files,
    console,
    console_text,
    console_title,
    file_text,
    files,
    request_text,
    requests,
    requests_title,
)
from tvtui.tui.screens.trace_state import Steps, TraceQuery, TraceView
from tvtui.tui.widgets.trace_detail import DetailPart

_SUMMARIZED_WHOLE = 8 << 20
"""Bytes of a trace up to which all of it is read for one line; it takes less than a second of CPU in a thread."""

LARGEST_FILE = 256 << 20
"""Bytes of an attached file that can be saved."""

_AT_ONCE = 0.0005
"""Seconds that are shown as 0 ms."""

LISTS = ("console", "requests", "files")
"""The parts of the detail that are lists."""


class TraceContent:
    """A trace as the screen shows it: what does not depend on the selected step is computed once.

    Attributes:
        trace: The trace.
        steps: Its steps, as the tree needs them.
        film: Its pictures, without those that are the same as the one before.
    """

    def __init__(self, trace: Trace, query: TraceQuery | None = None) -> None:
        """Compute it, and the rows of a query; of a large trace that takes a while, so do it in a thread."""
        self.trace = trace
        self.steps = Steps(trace)
        self.steps.derive(query or TraceQuery(), TraceView(), str)
        self.film: list[Frame] = []
        self._places: dict[str, int] = {}
        for frame in trace.film:
            if not self.film or not trace.is_same(self.film[-1].entry, frame.entry):
                self.film.append(frame)
            self._places[frame.entry] = len(self.film) - 1
        self._attached = attached_files(trace)
        self._titles = {
            "console": console_title(trace) if trace.console else "",
            "requests": requests_title(trace) if trace.requests else "",
            "files": f"Files {len(self._attached):,}" if self._attached else "",
        }
        self._listed: dict[str, tuple[object, Listing]] = {}

    def facts(self, step: Step) -> StepFacts:
        """Read what the detail of a step needs; it reads the file, so call it in a thread."""
        trace, place = self.trace, place_of(step)
        page = trace.page(step.id, Phase.AFTER)
        return StepFacts(
            step,
            trace.call(step.id),
            None if place is None else trace.source(place),
            trace.just_before(step.id) if step.error is not None else None,
            page.nearest if isinstance(page, PageText) else (),
            trace.picture(step.id),
            has_page=isinstance(page, PageText),
            is_missing=isinstance(page, PageText) and page.is_missing,
        )

    def picture(self, facts: StepFacts, query: TraceQuery) -> tuple[PictureRef | Fault | None, str]:
        """The picture to show, or why there is none, and its title.

        It is an attached picture that was opened, a picture of the film, or that of the step.
        """
        if (attached := self.opened_picture(facts, query)) is not None:
            return PictureRef(attached.entry or ""), f"Picture · {attached.name}"
        if query.frame is not None and 0 <= query.frame < len(self.film):
            shown = self.film[query.frame]
            ref = PictureRef(shown.entry, width=shown.width, height=shown.height)
            return ref, f"Picture {query.frame + 1:,} of {len(self.film):,} · {duration(shown.time)}"
        picture = facts.picture
        if not isinstance(picture, PictureRef):
            return picture, "Picture"
        index = self._places.get(picture.entry)
        number = "" if index is None else f" {index + 1:,} of {len(self.film):,}"
        if picture.distance is None or abs(picture.distance) < _AT_ONCE:
            return picture, f"Picture{number} · at the end of the step"
        where = "after the step ended" if picture.distance > 0 else "before the step ended"
        return picture, f"Picture{number} · {duration(abs(picture.distance))} {where}"

    def opened_picture(self, facts: StepFacts, query: TraceQuery) -> Attachment | None:
        """The attached picture that the user has opened, if it is in the trace."""
        shown = self.opened("files", facts.step, query) if query.tab == "files" else None
        if isinstance(shown, Attachment) and shown.entry and shown.content_type.startswith("image/"):
            return shown
        return None

    def next_frame(self, facts: StepFacts, frame: int | None, step: int) -> int | None:
        """The index of the next (1) or previous (-1) other picture; None at the end of the film, or without one."""
        if frame is None and isinstance(facts.picture, PictureRef):
            frame = self._places.get(facts.picture.entry)
        if frame is None:
            end = facts.step.start if facts.step.end is None else facts.step.end
            after = bisect_right(self.film, end, key=lambda each: each.time)
            there = after if step > 0 else after - 1
        else:
            there = frame + step
        return there if 0 <= there < len(self.film) else None

    def parts(self, facts: StepFacts, *, with_picture: bool) -> tuple[DetailPart, ...]:
        """The parts of the detail of a step; the picture is one of them `with_picture`."""
        log = len(facts.call.log)
        named = {
            "error": "Error" if facts.step.error is not None else "Step",
            "picture": "Picture" if with_picture else "",
            "log": f"Log {log:,}" if log else "",
            "console": self._titles["console"],
            "requests": self._titles["requests"],
            "page": "Page" if facts.has_page else "",
            "files": self._titles["files"],
            "source": "Source" if place_of(facts.step) is not None else "",
        }
        return tuple(DetailPart(name, title) for name, title in named.items() if title)

    def why_missing(self, name: str, step: Step, query: TraceQuery) -> str:
        """Why a step has no such part, in a sentence."""
        if name in LISTS:
            return self.listing(name, step, query).empty
        return "This step has no log." if name == "log" else NO_PAGE.text

    def listing(self, name: str, step: Step, query: TraceQuery) -> Listing:
        """One of `LISTS`; what happened during the step is bright."""
        asked = query.item_words, query.sort, query.only_failed_items
        before, found = self._listed.get(name, (None, Listing()))
        if before != asked:
            found = self._list(name, query)
            self._listed[name] = asked, found
        span = step.start, self.trace.end_of(step.id)
        return replace(found, items=replace(found.items, span=span))

    def _list(self, name: str, query: TraceQuery) -> Listing:
        match name:
            case "console":
                return console(self.trace, query.item_words, only_failed=query.only_failed_items)
            case "requests":
                return requests(self.trace, query.item_words, query.sort, only_failed=query.only_failed_items)
            case _:
                return files(self._attached, query.item_words)

    def opened(self, name: str, step: Step, query: TraceQuery, index: int | None = None) -> Item | None:
        """What is opened in one of `LISTS`, or else the line with an index; None if there is neither."""
        index = index if query.opened is None else query.opened
        if name not in LISTS or index is None:
            return None
        things = self.listing(name, step, query).things
        return things[index] if index < len(things) else None

    def text(self, name: str, facts: StepFacts, query: TraceQuery) -> str | Callable[[], str]:
        """The text of a part of the detail, or a function that reads it, for a thread."""
        if name in LISTS:
            match self.opened(name, facts.step, query):
                case ConsoleLine() as line:
                    return console_text(line)
                case Request() as request:
                    return partial(request_text, self.trace, request, is_masked=query.is_masked)
                case Attachment() as attached:
                    return partial(file_text, self.trace, attached)
            shown = self.listing(name, facts.step, query)
            return "" if shown.things else shown.empty
        match name:
            case "log":
                return log_block(facts)
            case "source":
                return source_block(facts)
            case "page":
                return partial(page_block, self.trace, facts.step)
            case _:
                notes = "\n".join(f"⚠ {note}" for note in self.trace.notes)
                return "\n\n".join(block for block in (step_block(facts), notes) if block)

    def copied(
        self, name: str, facts: StepFacts, query: TraceQuery, index: int, *, is_markdown: bool
    ) -> tuple[str, str]:
        """What `y` copies while a part of the detail has the focus, and what a message calls it; reads the trace.

        Args:
            name: The part; "" for the step itself.
            facts: What is known about the selected step.
            query: What the user asked for.
            index: The current line, if the part is a list.
            is_markdown: Whether the step is copied as Markdown.
        """
        trace, step = self.trace, facts.step
        match self.opened(name, step, query, index):
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
        suffix = f"{', with its error' if step.error is not None else ''}{', as Markdown' if is_markdown else ''}"
        form = as_markdown if is_markdown else as_text
        return form(trace, facts), f"{step.title}{suffix}"

    def file(self, attached: Attachment) -> tuple[str, bytes] | Fault:
        """An attached file, with a name that ends as its type requires; reads the trace."""
        content = attached.content
        if content is None:
            found = NOT_THERE if attached.entry is None else self.trace.content(attached.entry, LARGEST_FILE)
            if isinstance(found, Fault):
                return found
            content = found
        ending = "" if Path(attached.name).suffix else guess_extension(attached.content_type.partition(";")[0]) or ""
        return f"{attached.name}{ending}", content


def heading(trace: Trace, step: Step) -> str:
    """The title of the detail: the step, and from when to when it took."""
    times = duration(step.start) if step.end is None else f"{duration(step.start)} – {duration(step.end)}"
    if trace.started is not None:
        clock = (trace.started + timedelta(seconds=step.start)).astimezone()
        times += f" · {clock:%H:%M:%S}.{clock.microsecond // 1000:03}"
    return f"{step.title} · {times}"


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
        happened = "" if before is None else f"{name_of(before)} just before "
        return f"{happened}{view.place.partition(' · ')[0] or 'the error'}: {step.title}"
    except OSError:
        return ""
    finally:
        trace.close()
