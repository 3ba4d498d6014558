"""The console, the requests and the files of a trace as lists, and one of their lines as a text; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import TypeVar

from rich.cells import cell_len

from tvtui.text.clean import clean_block, plain
from tvtui.text.format import duration, many, size
from tvtui.trace import Attachment, ConsoleLine, Fault, Request, Trace
from tvtui.trace.requests import failed_first
from tvtui.trace.texts import first_line, short_place
from tvtui.tui.widgets.item_list import Items
from tvtui.tui.widgets.styled_line import Part, fit, fit_path

LARGEST_BODY = 256 << 10
"""Bytes of a body or a file that are shown as text."""

_TIME_CELLS = 9


class RequestSort(StrEnum):
    """The orders of the requests; the value is the text on the screen."""

    FAILED = "failed first"
    TIME = "by time"
    DURATION = "by duration"
    SIZE = "by size"

    @property
    def following(self) -> RequestSort:
        """The next order in the cycle."""
        orders = list(RequestSort)
        return orders[(orders.index(self) + 1) % len(orders)]


Item = ConsoleLine | Request | Attachment
_T = TypeVar("_T")


@dataclass(frozen=True)
class Listing:
    """A list of a trace.

    Attributes:
        things: What its lines are.
        items: How they are drawn.
        empty: What is said when there is nothing.
    """

    things: tuple[Item, ...] = ()
    items: Items = field(default_factory=Items)
    empty: str = ""


def console(trace: Trace, words: str, *, only_failed: bool) -> Listing:
    """The console of the browser, errors of its pages, and the output of the test."""
    shown = tuple(line for line in trace.console if _has_words(line.text, words) and (tone_of(line) or not only_failed))
    empty = "Nothing on the console matches." if trace.console else "Nothing was written to the console."
    return Listing(shown, _items("console", shown, [line.time for line in shown], _console_line), empty)


def requests(trace: Trace, words: str, sort: RequestSort, *, only_failed: bool) -> Listing:
    """The requests."""
    wanted = [
        request
        for request in trace.requests
        if _has_words(f"{request.method} {request.url} {request.status or ''} {request.kind}", words)
        and (not only_failed or (request.failed and not request.is_aborted))
    ]
    match sort:
        case RequestSort.FAILED:
            shown = failed_first(wanted)
        case RequestSort.DURATION:
            shown = tuple(sorted(wanted, key=lambda each: -(each.seconds or 0.0)))
        case RequestSort.SIZE:
            shown = tuple(sorted(wanted, key=lambda each: -(each.size or 0)))
        case RequestSort.TIME:
            shown = tuple(wanted)
    empty = "No request matches." if trace.requests else "No requests were recorded."
    return Listing(shown, _items("requests", shown, [each.start for each in shown], _request_line), empty)


def files(attached: Sequence[Attachment], words: str) -> Listing:
    """The files that the test attached."""
    shown = tuple(each for each in attached if _has_words(each.name, words))
    empty = "No file matches." if attached else "The test attached no files."
    return Listing(shown, Items("files", len(shown), partial(_drawn, shown, _file_line)), empty)


def console_title(trace: Trace) -> str:
    """How many lines there are, and how many of them are errors and warnings."""
    errors, warnings = (sum(tone_of(line) == tone for line in trace.console) for tone in ("failed", "warning"))
    marks = f"{f' ✗{errors:,}' if errors else ''}{f' ⚠{warnings:,}' if warnings else ''}"
    return f"Console {len(trace.console):,}{marks}"


def requests_title(trace: Trace) -> str:
    """How many requests there are, and how many of them failed."""
    failed = sum(request.failed and not request.is_aborted for request in trace.requests)
    return f"Requests {len(trace.requests):,}{f' ↯{failed:,}' if failed else ''}"


def attached_files(trace: Trace) -> tuple[Attachment, ...]:
    """The files that the test attached, each once, without those that are Playwright's own."""
    found = (each for step in trace.steps.values() for each in step.attachments if not each.name.startswith("_"))
    # a step that attaches a file is part of another one, which has it too
    return tuple(dict.fromkeys(found))


def tone_of(line: ConsoleLine) -> str:
    """Whether a line of the console is a failure or a warning."""
    if line.level in {"error", "pageerror"}:
        return "failed"
    return "warning" if line.level == "warning" else ""


def _has_words(text: str, words: str) -> bool:
    folded = text.casefold()
    return all(
        word[1:] not in folded if word.startswith("!") and len(word) > 1 else word in folded
        for word in words.casefold().split()
    )


def _items(kind: str, shown: Sequence[_T], times: Sequence[float], line: Callable[[_T, int], Iterator[Part]]) -> Items:
    return Items(kind, len(shown), partial(_drawn, shown, line), times)


def _drawn(shown: Sequence[_T], line: Callable[[_T, int], Iterator[Part]], index: int, width: int) -> list[Part]:
    return list(line(shown[index], width))


def _console_line(line: ConsoleLine, width: int) -> Iterator[Part]:
    tone = tone_of(line)
    sign = {"failed": "✗", "warning": "⚠"}.get(tone, " ")
    yield f"{duration(line.time):>{_TIME_CELLS - 1}} ", "muted"
    yield f"{sign} ", tone
    place = "" if line.place is None else f" {short_place(line.place)}"
    level = line.level if line.level in {"stdout", "stderr"} else ""
    beside = f" {level}{place}".rstrip()
    room = width - _TIME_CELLS - 2
    if room - cell_len(beside) < room // 2:
        beside = ""
    text = fit(first_line(line.text), room - cell_len(beside))
    yield text, tone
    yield " " * (room - cell_len(text) - cell_len(beside)) + beside, "muted"


def _request_line(request: Request, width: int) -> Iterator[Part]:
    is_failure = request.failed and not request.is_aborted
    answer = "–" if request.status is None else str(request.status)
    yield f"{answer:>3} ", "failed" if is_failure else "muted"
    yield f"{fit(request.method, 7):<7} ", ""
    tail = f" {'' if request.seconds is None else duration(request.seconds):>8}"
    if width >= 60:
        tail = f" {'' if request.size is None else size(request.size):>9}{tail}"
    if request.failure and width >= 60:
        tail = f" {fit(request.failure, 24)}{tail}"
    room = max(8, width - 12 - cell_len(tail))
    url = fit_path(request.url, room)
    yield url, "failed" if is_failure else ""
    yield " " * (room - cell_len(url)) + tail, "muted"


def _file_line(attached: Attachment, width: int) -> Iterator[Part]:
    kind = f" {fit(attached.content_type, 24)}" if width >= 40 else ""
    name = fit_path(attached.name, max(8, width - cell_len(kind)))
    yield name, ""
    yield " " * max(0, width - cell_len(name) - cell_len(kind)) + kind, "muted"


def console_text(line: ConsoleLine) -> str:
    """A line of the console in full."""
    place = "" if line.place is None else f"{line.place.file}:{line.place.line}:{line.place.column}"
    cut = "… cut after 2,000 characters" if line.is_cut else ""
    head = f"{line.level} at {duration(line.time)}"
    return "\n\n".join(part for part in (head, line.text, cut, place) if part)


def request_text(trace: Trace, request: Request, *, is_masked: bool) -> str:
    """A request in full: what was sent, what came back, and the body if it is text; reads the trace."""
    found = trace.exchange(request, is_masked=is_masked)
    answer = request.failure or ("no answer" if request.status is None else str(request.status))
    facts = [f"at {duration(request.start)}" if request.start >= 0 else "before the trace"]
    if request.seconds is not None:
        facts.append(f"took {duration(request.seconds)}")
    if request.size is not None:
        facts.append(size(request.size))
    if request.is_aborted:
        facts.append("aborted by a route of the test")
    if isinstance(found, Fault):
        return "\n".join([f"{request.method} {request.url}", f"{answer} · {' · '.join(facts)}", "", found.text])
    answer = f"{answer} {found.status_text}".strip()
    sent = found.posted or _body(trace, found.posted_entry, "")
    blocks = [
        f"{found.method} {found.url}\n{answer} · {' · '.join(facts)}{f' · {found.server}' if found.server else ''}",
        _headers("Request headers", found.request_headers),
        f"Sent\n{sent}" if sent else "",
        _headers("Response headers", found.response_headers),
        f"Received\n{body}" if (body := _body(trace, request.entry or found.entry, request.content_type)) else "",
    ]
    return "\n\n".join(block for block in blocks if block)


def _headers(title: str, headers: tuple[tuple[str, str], ...]) -> str:
    return "\n".join([title, *(f"  {name}: {value}" for name, value in headers)]) if headers else ""


def _body(trace: Trace, entry: str | None, content_type: str) -> str:
    if entry is None:
        return ""
    return content_text(trace.content(entry, LARGEST_BODY), content_type)


def content_text(content: bytes | Fault, content_type: str) -> str:
    """A body or a file as a clean text, or what it is if it is none."""
    if isinstance(content, Fault):
        return content.text
    if b"\x00" in content[:4096] or content_type.startswith(("image/", "video/", "audio/", "font/")):
        return f"{content_type or 'binary'}, {many(len(content), 'byte')}"
    return plain(clean_block(content.decode("utf-8", "replace")))


def file_text(trace: Trace, attached: Attachment) -> str:
    """An attached file as a text; reads the trace."""
    if attached.content is not None:
        content: bytes | Fault = attached.content[:LARGEST_BODY]
    elif attached.entry is None:
        return f"{attached.name} was not packed into the trace{f': {attached.path}' if attached.path else ''}."
    else:
        content = trace.content(attached.entry, LARGEST_BODY)
    return f"{attached.name}\n\n{content_text(content, attached.content_type)}"
