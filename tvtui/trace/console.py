"""The console: messages of the browser, errors of pages, output of the test, and what came just before a failure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from tvtui.trace.events import ConsoleMessage, Created, Happening, Output
from tvtui.trace.lines import block_of, dict_of, line_of, parsed, script_place, text_of
from tvtui.trace.records import ConsoleLine, Place, Request

_LONGEST = 2_000
"""Characters of a message that are kept."""
_JUST = 2.0
"""Seconds before a step's start in which its cause may be."""
_IN_A_STACK = re.compile(r"\(?([^\s()]+):(\d{1,9}):(\d{1,9})\)?$", re.MULTILINE)
DIALOG = "dialog"
_BAD = {"warning", "error", "assert", "pageerror", DIALOG}


class Said(NamedTuple):
    """A message whose time is still that of its file, in milliseconds."""

    file: str
    time: float
    level: str
    text: str
    place: Place | None = None
    is_cut: bool = False

    def line(self, offset: float) -> ConsoleLine:
        """The message with its time in the trace; `offset` is in milliseconds."""
        return ConsoleLine((self.time + offset) / 1000, self.level, self.text, self.place, self.is_cut)


def said(file: str, event: ConsoleMessage | Happening | Created, objects: dict[str, Created]) -> Said | None:
    """What an event says; None if it is of no interest.

    Args:
        file: The file that it is in.
        event: The event.
        objects: Messages of the file that were created before, by ID, up to format 4; completed by this function.
    """
    match event:
        case ConsoleMessage():
            return _said(file, event.time, event.message_type, event.text, event.place)
        case Created():
            objects[event.guid] = event
        case Happening(method="console"):
            created = objects.get(text_of(dict_of(event.params.get("message")).get("guid")))
            if created is not None:
                given = created.initializer
                return _said(
                    file,
                    event.time,
                    line_of(text_of(given.get("type"))),
                    block_of(text_of(given.get("text"))),
                    script_place(given.get("location")),
                )
        case Happening(method="pageError"):
            return _page_error(file, event)
        case Happening(method="dialog"):
            given = dict_of(event.params.get("dialog")) or event.params
            given = dict_of(given.get("initializer")) or given
            text = f"{text_of(given.get('type')) or 'dialog'}: {text_of(given.get('message'))}"
            return _said(file, event.time, DIALOG, block_of(text), None)
    return None


def happened(line: bytes) -> Iterator[Happening | Created]:
    """The events that a line of format 3 stands for."""
    data = dict_of(dict_of(parsed(line)).get("metadata"))
    params, method = dict_of(data.get("params")), data.get("method")
    if method == "__create__":
        if data.get("type") == "ConsoleMessage":
            given = dict_of(params.get("initializer"))
            yield Created(text_of(params.get("guid")), given)
    elif isinstance(time := data.get("startTime"), int | float) and -(2**53) < time < 2**53:
        yield Happening(float(time), text_of(method), params)


def merged(
    found: Iterable[Said], outputs: Iterable[tuple[str, Output]], offsets: Mapping[str, float]
) -> tuple[tuple[ConsoleLine, ...], tuple[ConsoleLine, ...]]:
    """All messages by time, and apart from them the dialogs.

    Args:
        found: What browsers and pages said.
        outputs: What the test printed, with the file it is in.
        offsets: For each file, milliseconds to add to its times for the time since the trace's first moment.
    """
    lines = [each.line(offsets.get(each.file, 0.0)) for each in found]
    for file, output in outputs:
        lines.append(_said(file, output.timestamp, output.type, _printed(output)).line(offsets.get(file, 0.0)))
    lines.sort(key=lambda line: line.time)
    return (
        tuple(line for line in lines if line.level != DIALOG),
        tuple(line for line in lines if line.level == DIALOG),
    )


def just_before(
    start: float, end: float, lines: Iterable[ConsoleLine], requests: Iterable[Request]
) -> ConsoleLine | Request | None:
    """The last warning, error, dialog or failed request from 2 s before the start of a step to its end."""
    found: list[tuple[float, ConsoleLine | Request]] = [
        (line.time, line) for line in lines if line.level in _BAD and start - _JUST <= line.time <= end
    ]
    for request in requests:
        time = request.start + (request.seconds or 0.0)
        if request.failed and not request.is_aborted and start - _JUST <= time <= end:
            found.append((time, request))
    return max(found, key=lambda each: each[0])[1] if found else None


def _page_error(file: str, event: Happening) -> Said:
    thrown = dict_of(event.params.get("error"))
    error = dict_of(thrown.get("error"))
    stack = text_of(error.get("stack"))
    name, message = text_of(error.get("name")), text_of(error.get("message"))
    text = f"{name}: {message}" if name else message
    if not error:
        value = thrown.get("value")
        text = value if isinstance(value, str) else str(dict_of(value).get("s", value))
    place = script_place(event.params.get("location"))
    if place is None and (found := _IN_A_STACK.search(stack[:_LONGEST])):
        place = Place(line_of(found[1]), int(found[2]), int(found[3]))
    return _said(file, event.time, "pageerror", block_of(text), place)


def _said(file: str, time: float, level: str, text: str, place: Place | None = None) -> Said:
    return Said(file, time, level or "log", text[:_LONGEST], place, is_cut=len(text) > _LONGEST)


def _printed(output: Output) -> str:
    if output.text or not output.base64:
        return output.text
    try:
        return block_of(base64.b64decode(output.base64).decode("utf-8", "replace"))
    except (binascii.Error, ValueError):
        return ""
