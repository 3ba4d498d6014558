"""Requests: a HAR entry becomes a `Request` for the list, and an `Exchange` with headers when it is looked at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, TypeAdapter, ValidationError
from pydantic_core import CoreSchema, core_schema

from tvtui.text.clean import clean_block, clean_line, plain
from tvtui.text.format import shell_command
from tvtui.text.redact import is_secret_name, mask_parameters
from tvtui.trace.lines import line_of, repaired
from tvtui.trace.records import Exchange, Request

_LONGEST = 4096
_LONGEST_BODY = 256 * 1024
_MOST_HEADERS = 1_000
_HIDDEN = "…"
_NOT_FOR_CURL = {"host", "content-length", "connection", "accept-encoding"}
"""Headers that curl writes itself, or that would make it print compressed bytes."""


class _Or:
    """A default for values of another type."""

    def __init__(self, default: object) -> None:
        self._default = default

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_default_schema(handler(source), default=self._default, on_error="default")


_Text = Annotated[str, _Or("")]
_Number = Annotated[float, Field(allow_inf_nan=False, gt=-(2**53), lt=2**53)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class _Body(_Model):
    mime_type: _Text = Field("", alias="mimeType")
    size: Annotated[_Number | None, _Or(None)] = None
    file: _Text = Field("", alias="_file")
    sha1: _Text = Field("", alias="_sha1")

    @property
    def entry(self) -> str | None:
        return self.file or (f"resources/{self.sha1}" if self.sha1 else None)


class _Sent(_Model):
    method: _Text = ""
    url: _Text = ""


class _Answer(_Model):
    status: Annotated[int, _Or(-1)] = -1
    content: Annotated[_Body, _Or(_Body())] = _Body()
    transfer_size: Annotated[_Number | None, _Or(None)] = Field(None, alias="_transferSize")
    failure: _Text = Field("", alias="_failureText")


class _Entry(_Model):
    request: _Sent
    response: Annotated[_Answer, _Or(_Answer())] = _Answer()
    time: Annotated[_Number | None, _Or(None)] = None
    monotonic: Annotated[_Number | None, _Or(None)] = Field(None, alias="_monotonicTime")
    started: _Text = Field("", alias="startedDateTime")
    resource_type: _Text = Field("", alias="_resourceType")
    was_aborted: Annotated[bool, _Or(default=False)] = Field(default=False, alias="_wasAborted")


class _Line(_Model):
    type: Literal["resource-snapshot"]
    snapshot: _Entry


_LINES = TypeAdapter(_Line)


@dataclass(frozen=True, slots=True)
class Asked:
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
    try:
        entry = _LINES.validate_json(line).snapshot
    except ValidationError:
        try:
            entry = _LINES.validate_json(repaired(line)).snapshot
        except (ValueError, RecursionError):
            return None
    answer = entry.response
    status = answer.status if answer.status > 0 else None
    failure = line_of(answer.failure)
    size = next((each for each in (answer.content.size, answer.transfer_size) if each is not None and each >= 0), None)
    mime = line_of(answer.content.mime_type)
    request = Request(
        method=line_of(entry.request.method),
        url=mask_parameters(clean_line(entry.request.url[:_LONGEST])),
        start=0.0,
        status=status,
        seconds=entry.time / 1000 if entry.time is not None and entry.time >= 0 else None,
        failed=bool(failure) or status is None or status >= 400,
        failure=failure,
        is_aborted=entry.was_aborted,
        kind=line_of(entry.resource_type),
        content_type="" if mime == "x-unknown" else mime,
        size=None if size is None else int(size),
        entry=answer.content.entry,
        where=where,
    )
    return Asked(request, file, entry.monotonic, _wall(entry.started))


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
        requests.append(replace(each.request, start=start))
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
    request, response = _dict(_dict(entry).get("request")), _dict(_dict(entry).get("response"))
    posted, content = _dict(request.get("postData")), _dict(response.get("content"))
    url = clean_line(_str(request.get("url"))[: 4 * _LONGEST])
    return Exchange(
        method=clean_line(_str(request.get("method"))[:_LONGEST]),
        url=mask_parameters(url) if is_masked else url,
        status_text=clean_line(_str(response.get("statusText"))[:_LONGEST]),
        request_headers=_headers(request, is_masked=is_masked),
        response_headers=_headers(response, is_masked=is_masked),
        posted=plain(clean_block(_str(posted.get("text"))[:_LONGEST_BODY])),
        posted_entry=_entry_of(posted),
        entry=_entry_of(content),
        server=clean_line(_str(_dict(entry).get("serverIPAddress"))[:_LONGEST]),
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
        name = clean_line(_str(_dict(each).get("name"))[:_LONGEST])
        value = clean_line(_str(_dict(each).get("value"))[:_LONGEST])
        if is_masked:
            value = _HIDDEN if is_secret_name(name) else mask_parameters(value)
        pairs.append((name, value))
    return tuple(pairs)


def _entry_of(body: dict[str, Any]) -> str | None:
    return _str(body.get("_file")) or (f"resources/{sha1}" if (sha1 := _str(body.get("_sha1"))) else None)


def _wall(text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp() * 1000 if text else None
    except (ValueError, OverflowError, OSError):
        return None


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _str(value: object) -> str:
    return value if isinstance(value, str) else ""
