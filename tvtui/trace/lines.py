"""The events of a trace: one line of a file becomes one event, whatever version wrote it.

Texts are cleaned here, so that nothing unclean gets further. Unknown fields are ignored; a field of another type than
expected becomes its default, unless there is no event without it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tvtui.text.clean import clean_block, clean_line, plain
from tvtui.text.redact import without_signatures
from tvtui.trace.events import (
    Action,
    After,
    AttachedFile,
    Before,
    ConsoleMessage,
    ContextOptions,
    Created,
    ErrorEvent,
    Event,
    Failure,
    Happening,
    LogMessage,
    Output,
    Params,
    ScreencastFrame,
    Skipped,
    SnapshotFile,
    Unneeded,
    Viewport,
)
from tvtui.trace.records import Place

LONGEST_TEXT = 64 * 1024
"""Characters of a text that are kept; a longer one is truncated."""
_LONGEST_LINE = 4096
MOST_VALUES = 1_500_000
"""Values in JSON, about, that are read at once, for each takes up to 150 bytes; a page of 16 MiB has as many."""
_LARGEST_NUMBER = 2**53
"""JavaScript counts exactly up to it; a line with a larger number, or an infinite one, cannot be read."""
_NUMERIC = (float, int)
_NO_PARAMS = Params()


def read_event(line: bytes) -> Event | Skipped:
    """Read one line of a `.trace` or a `.network` file."""
    data = parsed(line)
    kind = data.get("type") if isinstance(data, dict) else None
    if not isinstance(kind, str):
        return Skipped()
    read = _READERS.get(kind)
    if read is None:
        return Skipped(line_of(kind))
    try:
        return read(data)
    except ValueError:
        return Skipped()


def parsed(line: bytes) -> Any:
    """JSON of any depth that Python can read, or None; bytes that are not UTF-8 are replaced."""
    if len(line) > MOST_VALUES and sum(map(line.count, (b",", b"[", b"{"))) > MOST_VALUES:
        return None
    text = line.decode("utf-8", "replace").strip()
    try:
        data, end = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return None
    return data if end == len(text) else None


_DECODER = json.JSONDecoder()


def line_of(text: str) -> str:
    """Foreign text as one clean line, without signatures of links."""
    if len(text) > _LONGEST_LINE:
        text = text[:_LONGEST_LINE]
    # most texts need neither: what is printable is clean, and a signature follows some kind of equals sign
    if text.isprintable() and "=" not in text and "%" not in text and "\\" not in text:
        return text
    return without_signatures(clean_line(text))


def block_of(text: str) -> str:
    """Foreign text as a clean block that may have colours, without signatures of links."""
    block = clean_block(text[:LONGEST_TEXT])
    found = without_signatures(block)
    if "\x1b" not in block:
        return found
    # colours inside the name of a secret would hide it from the search: they are given up then
    uncoloured = plain(block)
    clean = without_signatures(uncoloured)
    return found if clean == uncoloured else clean


def dict_of(value: object) -> dict[str, Any]:
    """A JSON object; what is none becomes an empty one."""
    return value if isinstance(value, dict) else {}


def text_of(value: object) -> str:
    """Text as the trace has it, for comparing and for looking up; never shown. What is no text becomes an empty one."""
    if not isinstance(value, str):
        return ""
    # lone surrogates can be encoded by nobody
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def _line(value: object) -> str:
    return line_of(value) if isinstance(value, str) else ""


def _block(value: object) -> str:
    return block_of(value) if isinstance(value, str) else ""


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _whole(value: object) -> int:
    return value if isinstance(value, int) and 0 <= value < _LARGEST_NUMBER else 0


def _id(value: object) -> str:
    if isinstance(value, str):
        return line_of(value)
    raise ValueError


def _number(value: object) -> float:
    if isinstance(value, _NUMERIC) and -_LARGEST_NUMBER <= value <= _LARGEST_NUMBER:
        return float(value)
    raise ValueError


def _number_or_none(value: object) -> float | None:
    return None if value is None else _number(value)


def _top(value: object) -> Place | None:
    """The topmost frame of a stack, which is where the test is; the configuration of a project is none."""
    match value:
        case [{"file": str() as file, "line": line, **frame}, *_] if file not in {"", "project#"}:
            return Place(line_of(file), _whole(line), _whole(frame.get("column")), _line(frame.get("function")))
    return None


def script_place(location: object) -> Place | None:
    """The place in a script of a page, whose lines and columns count from 0."""
    given = dict_of(location)
    if not (url := _line(given.get("url"))):
        return None
    line, column = (given.get(name, given.get(f"{name}Number")) for name in ("line", "column"))
    return Place(url, _whole(line) + 1, _whole(column) + 1)


def _head(data: dict[str, Any]) -> ContextOptions:
    get = data.get
    size = dict_of(get("options")).get("viewport")
    return ContextOptions(
        version=_whole(get("version")),
        origin=_line(get("origin")),
        browser_name=_line(get("browserName")),
        playwright_version=_line(get("playwrightVersion")),
        wall_time=_number_or_none(get("wallTime")),
        monotonic_time=_number_or_none(get("monotonicTime")),
        title=_line(get("title")),
        viewport=Viewport(_number(size.get("width", 0)), _number(size.get("height", 0)))
        if isinstance(size, dict)
        else None,
    )


def _params(value: object) -> Params:
    # by far the most have none
    return (
        Params(*(_line(value.get(name)) for name in Params._fields))
        if value and isinstance(value, dict)
        else _NO_PARAMS
    )


def _before(data: dict[str, Any]) -> Before:
    get = data.get
    step, parent = get("stepId"), get("parentId")
    return Before(
        _id(get("callId")),
        _number(get("startTime")),
        line_of(step) if isinstance(step, str) else None,
        line_of(parent) if isinstance(parent, str) else None,
        _number_or_none(get("wallTime")),
        _line(get("class")),
        _line(get("method")),
        _line(get("title")),
        _line(get("apiName")),
        _line(get("subtitle")),
        _line(get("group")),
        _params(get("params")),
        _top(get("stack")),
    )


def _failure(value: object) -> Failure | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        # without it, the step would have passed
        raise ValueError
    return Failure(_line(value.get("name")), _block(value.get("message")), _block(value.get("stack")))


def _attached(data: dict[str, Any]) -> AttachedFile:
    get = data.get
    return AttachedFile(
        _line(get("name")),
        _line(get("contentType")),
        text_of(get("file")),
        text_of(get("sha1")),
        _line(get("path")),
        text_of(get("base64")),
    )


def _after(data: dict[str, Any]) -> After:
    get = data.get
    return After(
        _id(get("callId")),
        _number_or_none(get("endTime")),
        _failure(get("error")),
        tuple(_attached(each) for each in _list(get("attachments")) if isinstance(each, dict)),
        tuple(map(_line, _list(get("log")))),
    )


def _action(data: dict[str, Any]) -> Action:
    metadata = data.get("metadata")
    if not isinstance(metadata, dict):
        raise ValueError
    get = metadata.get
    before = {**metadata, "callId": get("id"), "class": get("type")}
    after = {"callId": get("id"), "endTime": get("endTime"), "log": get("log")}
    after["error"] = dict_of(get("error")).get("error")
    is_internal = bool(get("internal")) or _line(get("method")).startswith("tracing")
    return Action(_before(before), _after(after), is_internal)


def _log(data: dict[str, Any]) -> LogMessage:
    return LogMessage(_id(data.get("callId")), _number(data.get("time")), _line(data.get("message")))


def _error(data: dict[str, Any]) -> ErrorEvent:
    return ErrorEvent(_block(data.get("message")), _top(data.get("stack")))


def _output(data: dict[str, Any]) -> Output:
    get = data.get
    return Output(data["type"], _number(get("timestamp")), _block(get("text")), text_of(get("base64")))


def _console(data: dict[str, Any]) -> ConsoleMessage:
    get = data.get
    return ConsoleMessage(
        _number(get("time")), _line(get("messageType")), _block(get("text")), script_place(get("location"))
    )


def _happening(data: dict[str, Any]) -> Happening:
    return Happening(_number(data.get("time")), _line(data.get("method")), dict_of(data.get("params")))


def _created(data: dict[str, Any]) -> Created:
    return Created(_line(data.get("guid")), dict_of(data.get("initializer")))


def _frame(data: dict[str, Any]) -> ScreencastFrame:
    get = data.get
    return ScreencastFrame(
        text_of(get("file")) or f"resources/{text_of(get('sha1'))}",
        _number(get("timestamp")),
        _line(get("pageId")),
        _number(get("width", 0)),
        _number(get("height", 0)),
        _number_or_none(get("frameSwapWallTime")),
    )


def _snapshot_file(data: dict[str, Any]) -> SnapshotFile:
    get = data.get
    return SnapshotFile(
        data["type"], _id(get("callId")), _number(get("timestamp")), _line(get("phase")), text_of(get("file"))
    )


def _unneeded(_data: dict[str, Any]) -> Unneeded:
    return Unneeded()


_READERS: dict[str, Callable[[dict[str, Any]], Event]] = {
    "context-options": _head,
    "before": _before,
    "after": _after,
    "action": _action,
    "log": _log,
    "error": _error,
    "stdout": _output,
    "stderr": _output,
    "console": _console,
    "event": _happening,
    "object": _created,
    "screencast-frame": _frame,
    "screenshot": _snapshot_file,
    "aria-snapshot": _snapshot_file,
    # where it acts on the page is read on demand, as are snapshots of the page; requests have readers of their own
    "input": _unneeded,
    "frame-snapshot": _unneeded,
    "resource-snapshot": _unneeded,
    "video": _unneeded,
}


def read_stacks(content: bytes) -> dict[str, Place]:
    """Read a `.stacks` file: for each call ID, where the test made the call."""
    found = dict_of(parsed(content))
    files = _list(found.get("files"))
    places: dict[str, Place] = {}
    for each in _list(found.get("stacks")):
        match each:
            case [int() | str() as call, [[int() as file, int() as line, int() as column, str() as function, *_], *_]]:
                # up to format 9 the number of a call
                name = line_of(call) if isinstance(call, str) else f"call@{call}"
                if 0 <= file < len(files):
                    places[name] = Place(_line(files[file]), _whole(line), _whole(column), line_of(function))
    return places
