"""Requests: a HAR entry becomes a `Request` for the list, and an `Exchange` with headers when it is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from tvtui.text.clean import clean_block, clean_line, plain
from tvtui.text.format import shell_command
from tvtui.text.redact import is_secret_name, mask_parameters
from tvtui.trace.lines import dict_of, line_of, parsed, text_of
from tvtui.trace.records import Exchange, Request

_LONGEST = 4096
_LARGEST = 2**53
_LONGEST_BODY = 256 * 1024
_MOST_HEADERS = 1_000
_HIDDEN = "…"
_NOT_FOR_CURL = {"host", "content-length", "connection", "accept-encoding"}
"""Headers that curl writes itself, or that would make it print compressed bytes."""


class Asked(NamedTuple):
    """A request whose time is still that of its file.

    Attributes:
        request: The request; its `start` is not known yet.
        file: The `.trace` file whose clock it has.
        time: When it began, in milliseconds of that clock.
        wall: The same in milliseconds since 1970.
    """

    request: Request
    file: str
    time: float | None
    wall: float | None


def asked(file: str, where: tuple[str, int, int], line: bytes) -> Asked | None:
    """Read a line of a network file; None if it cannot be read."""
    data = dict_of(parsed(line))
    entry = dict_of(data.get("snapshot"))
    sent = entry.get("request")
    if data.get("type") != "resource-snapshot" or not isinstance(sent, dict):
        return None
    answer = dict_of(entry.get("response"))
    content = dict_of(answer.get("content"))
    number = answer.get("status")
    status = number if isinstance(number, int) and 0 < number < _LARGEST else None
    failure = line_of(text_of(answer.get("_failureText")))
    sizes = (_number(each) for each in (content.get("size"), answer.get("_transferSize")))
    size = next((each for each in sizes if each is not None and each >= 0), None)
    mime = line_of(text_of(content.get("mimeType")))
    seconds = _number(entry.get("time"))
    request = Request(
        method=line_of(text_of(sent.get("method"))),
        url=mask_parameters(clean_line(text_of(sent.get("url"))[:_LONGEST])),
        start=0.0,
        status=status,
        seconds=seconds / 1000 if seconds is not None and seconds >= 0 else None,
        failed=bool(failure) or status is None or status >= 400,
        failure=failure,
        is_aborted=entry.get("_wasAborted") is True,
        kind=line_of(text_of(entry.get("_resourceType"))),
        content_type="" if mime == "x-unknown" else mime,
        size=None if size is None else int(size),
        entry=_entry_of(content),
        where=where,
    )
    return Asked(request, file, _number(entry.get("_monotonicTime")), _wall(text_of(entry.get("startedDateTime"))))


def by_time(found: Iterable[Asked], offsets: Mapping[str, float], wall_time: float | None) -> tuple[Request, ...]:
    """Requests with their times, in that order; one without any time comes first.

    Args:
        found: As they were read.
        offsets: For each file, milliseconds to add to its times for the time since the trace's first moment.
        wall_time: The trace's first moment in milliseconds since 1970, if it is known.
    """
    requests = []
    for each in found:
        start = 0.0
        if each.time is not None:
            start = (each.time + offsets.get(each.file, 0.0)) / 1000
        elif each.wall is not None and wall_time is not None:
            start = (each.wall - wall_time) / 1000
        requests.append(each.request._replace(start=start))
    return tuple(sorted(requests, key=lambda request: request.start))


def failed_first(requests: Iterable[Request]) -> tuple[Request, ...]:
    """Without an answer or with a failure, then from 500, then from 400, then all others; by time within each."""

    def rank(request: Request) -> tuple[int, float]:
        if not request.failed or request.is_aborted:
            return 4, request.start
        if request.failure:
            return 0, request.start
        if request.status is None:
            return 1, request.start
        return (2 if request.status >= 500 else 3), request.start

    return tuple(sorted(requests, key=rank))


def exchange(entry: object, *, is_masked: bool = True) -> Exchange:
    """The whole of a HAR entry.

    Args:
        entry: As parsed.
        is_masked: Whether the values of secret headers and parameters are replaced.
    """
    request, response = dict_of(dict_of(entry).get("request")), dict_of(dict_of(entry).get("response"))
    posted, content = dict_of(request.get("postData")), dict_of(response.get("content"))
    url = clean_line(text_of(request.get("url"))[: 4 * _LONGEST])
    return Exchange(
        method=clean_line(text_of(request.get("method"))[:_LONGEST]),
        url=mask_parameters(url) if is_masked else url,
        status_text=clean_line(text_of(response.get("statusText"))[:_LONGEST]),
        request_headers=_headers(request, is_masked=is_masked),
        response_headers=_headers(response, is_masked=is_masked),
        posted=plain(clean_block(text_of(posted.get("text"))[:_LONGEST_BODY])),
        posted_entry=_entry_of(posted),
        entry=_entry_of(content),
        server=clean_line(text_of(dict_of(entry).get("serverIPAddress"))[:_LONGEST]),
    )


def as_curl(found: Exchange, body: str | None = None) -> str:
    """A request as a command for a shell, as far as it is masked or not.

    Args:
        found: The request.
        body: What it sent, if that lies in a file of its own.
    """
    words = ["curl", found.url]
    if found.method not in {"", "GET"}:
        words += ["-X", found.method]
    for name, value in found.request_headers:
        # names that begin with a colon are those of HTTP/2
        if name.lower() not in _NOT_FOR_CURL and not name.startswith(":"):
            words += ["-H", f"{name}: {value}"]
    sent = found.posted if body is None else body
    return shell_command(*words, *(("--data-raw", sent) if sent else ()))


def _headers(message: dict[str, Any], *, is_masked: bool) -> tuple[tuple[str, str], ...]:
    given = message.get("headers")
    pairs = []
    for each in given[:_MOST_HEADERS] if isinstance(given, list) else ():
        name = clean_line(text_of(dict_of(each).get("name"))[:_LONGEST])
        value = clean_line(text_of(dict_of(each).get("value"))[:_LONGEST])
        if is_masked:
            value = _HIDDEN if is_secret_name(name) else mask_parameters(value)
        pairs.append((name, value))
    return tuple(pairs)


def _entry_of(body: dict[str, Any]) -> str | None:
    return text_of(body.get("_file")) or (f"resources/{sha1}" if (sha1 := text_of(body.get("_sha1"))) else None)


def _wall(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp() * 1000 if text else None
    except (ValueError, OverflowError, OSError):
        return None


def _number(value: object) -> float | None:
    """A number that JavaScript counts exactly, or None."""
    return float(value) if isinstance(value, int | float) and -_LARGEST <= value <= _LARGEST else None
