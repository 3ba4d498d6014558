"""What is read on demand: the log of a step, a picture, the page as text, a source, a request with its headers."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tvtui.trace import dom_outline, faults, page_text
from tvtui.trace.archive import LONGEST_LINE, Archive
from tvtui.trace.events import LogMessage
from tvtui.trace.faults import Fault
from tvtui.trace.library import CallPlaces, Library
from tvtui.trace.lines import block_of, dict_of, line_of, parsed, read_event
from tvtui.trace.moments import Film
from tvtui.trace.nearest import nearest
from tvtui.trace.page_text import PageOutline
from tvtui.trace.records import (
    Attachment,
    Box,
    Call,
    Exchange,
    Kind,
    LogLine,
    PageText,
    Phase,
    PictureRef,
    Point,
    Request,
    Step,
)
from tvtui.trace.requests import exchange
from tvtui.trace.snapshot_index import CallKey, PageFrames, Snapshot
from tvtui.trace.snapshots import resolve
from tvtui.trace.steps import Outline

_LARGEST_TREE = 16 * 1024**2
_LARGEST_CONTEXT = 1024**2
_READ_TOGETHER = 4 * 1024**2
_MOST_LOG_LINES = 10_000
_MOST_PARAMS = 100
_LONGEST_PARAM = 500
_ORDERS = {
    Phase.BEFORE: (Phase.BEFORE, Phase.ACTION, Phase.AFTER),
    Phase.ACTION: (Phase.ACTION, Phase.AFTER, Phase.BEFORE),
    Phase.AFTER: (Phase.AFTER, Phase.ACTION, Phase.BEFORE),
}
"""Phases in the order in which they stand in for one that was not recorded."""


class Details(NamedTuple):
    """Reads on demand, from what the second stage has noted so far.

    Attributes:
        archive: The archive.
        library: What the second stage has noted.
        outline: The steps.
        film: The pictures.
    """

    archive: Archive
    library: Library
    outline: Outline
    film: Film

    def call(self, step: str) -> Call:
        """The parameters and the log of a step."""
        params: dict[str, str] = {}
        log: list[LogLine] = []
        position: tuple[Point | None, Box | None] = (None, None)
        for key in self._calls(step):
            places = self.library.calls[key]
            for name, value in _params(self._json(key[0], places.before)):
                params.setdefault(name, value)
            log = log or self._log(key, places)
            point, box = self._position(key[0], places)
            position = (point or position[0], box or position[1])
        return Call(tuple(params.items()), tuple(log), *position)

    def log_lines(self, step: str) -> int:
        """How many lines the log of a step has."""
        return next((count for key in self._calls(step) if (count := self._log_lines(key))), 0)

    def picture(self, step: str, phase: Phase) -> PictureRef | Fault:
        """The picture that shows a phase of a step best."""
        row = self.outline.steps[step]
        keys = list(self._calls(step))
        positions = [self._position(key[0], self.library.calls[key]) for key in keys]
        point, box = next((each for each in positions if any(each)), (None, None))
        for key in keys:
            taken = self.library.taken.get(("screenshot", key, phase))
            if taken and self.archive.identity(taken[0]):
                return PictureRef(taken[0], None, *self._viewport(key[0]), point, box)
        if step == self.outline.failing and phase is Phase.AFTER and (attached := self._screenshot(row)):
            return attached
        snapshot = self._snapshot(keys, phase)
        page = snapshot.page if snapshot else next((name for key in keys if (name := self._page_of(key))), "")
        moment = self.library.snapshots.moment(snapshot) if snapshot else None
        time = row.start if phase is Phase.BEFORE else self._end(row)
        found = self.film.nearest(page, time, moment)
        if found is None:
            return faults.NO_PICTURE
        shot, distance = found
        return PictureRef(shot.entry, distance, shot.width, shot.height, point, box)

    def page(self, step: str, phase: Phase) -> PageText | Fault:
        """The page as text."""
        row = self.outline.steps[step]
        keys = self._with_snapshots(step, phase)
        dom = self._dom(keys, _ORDERS[phase])
        outline, origin = self._tree(keys, phase), "accessibility tree"
        if outline is None and step == self.outline.failing and phase is Phase.AFTER:
            outline, origin = self._error_context(row), "accessibility tree at the failure"
            # of a locator that was found there is only the part of the page inside it
            outline = None if outline and dom and 4 * len(outline.lines) < len(dom.lines) else outline
        if outline is None:
            outline, origin = dom, "DOM, without style sheets"
        if outline is None:
            return faults.NO_PAGE
        acted = dom if dom and dom.targets else self._dom(keys, (Phase.ACTION,))
        targets = outline.targets or (outline.lines_of(acted.target_elements) if acted else ())
        is_missing = row.error is not None and not targets and not (acted and acted.target_elements)
        similar = nearest(row.subtitle, (dom or outline).elements) if is_missing and row.subtitle else ()
        return PageText(outline.lines, targets, similar, origin)

    def exchange(self, request: Request, *, is_masked: bool) -> Exchange | Fault:
        """A request with its headers."""
        line = self._json(request.where[0], request.where[1:]) if request.where else {}
        entry = line.get("snapshot")
        return exchange(entry, is_masked=is_masked) if isinstance(entry, dict) else faults.NOT_THERE

    def _calls(self, step: str) -> Iterator[CallKey]:
        """Those calls of a step of which something was noted; the test runner's comes first."""
        return (key for key in self.outline.calls.get(step, ()) if key in self.library.calls)

    def _end(self, step: Step) -> float:
        return self.outline.ends.get(step.id, step.start) if step.end is None else step.end

    def _json(self, file: str, place: tuple[int, int] | None) -> dict[str, Any]:
        entry = self.archive.entry(file)
        if entry is None or place is None:
            return {}
        data = parsed(entry.at(place[0], min(place[1], LONGEST_LINE)))
        return data if isinstance(data, dict) else {}

    def _log(self, key: CallKey, places: CallPlaces) -> list[LogLine]:
        clock = self.outline.clocks.get(key[0])
        events = (read_event(line) for line in self._lines(key[0], places.log[: 2 * _MOST_LOG_LINES]))
        lines = [
            LogLine(event.message, clock.seconds(event.time) if clock else None)
            for event in events
            if isinstance(event, LogMessage)
        ]
        if lines:
            return lines
        whole = self._json(key[0], places.after)
        log = whole.get("log", dict_of(whole.get("metadata")).get("log"))
        return [LogLine(line_of(each)) for each in log if isinstance(each, str)] if isinstance(log, list) else []

    def _lines(self, file: str, places: array[int]) -> Iterator[bytes]:
        """The lines at places that ascend. Near ones are read together: each reading may decompress 4 MiB in vain."""
        entry = self.archive.entry(file)
        at = 0
        while entry and at < len(places):
            start, end = places[at], at + 2
            while end < len(places) and places[end] + places[end + 1] - start <= _READ_TOGETHER:
                end += 2
            data = entry.at(start, places[end - 2] + places[end - 1] - start)
            for each in range(at, end, 2):
                begin = places[each] - start
                yield data[begin : begin + places[each + 1]]
            at = end

    def _log_lines(self, key: CallKey) -> int:
        places = self.library.calls[key]
        file = self.library.files.get(key[0])
        after = file.afters.get(key[1]) if file else None
        return len(places.log) // 2 or (len(after.log) if after else 0)

    def _position(self, file: str, places: CallPlaces) -> tuple[Point | None, Box | None]:
        data = self._json(file, places.input or places.after)
        data = dict_of(data.get("metadata")) or data
        return _point(data.get("point")), _box(data.get("box"))

    def _viewport(self, file: str) -> tuple[float, float]:
        events = self.library.files.get(file)
        size = events.options.viewport if events and events.options else None
        return size or (0.0, 0.0)

    def _page_of(self, key: CallKey) -> str:
        data = self._json(key[0], self.library.calls[key].before)
        page = data.get("pageId", dict_of(data.get("metadata")).get("pageId"))
        return page if isinstance(page, str) else ""

    def _snapshot(self, keys: list[CallKey], phase: Phase) -> Snapshot | None:
        found = (self.library.snapshots.main(key, each) for each in _ORDERS[phase] for key in keys)
        return next((snapshot for snapshot in found if snapshot), None)

    def _with_snapshots(self, step: str, phase: Phase) -> list[CallKey]:
        """The calls of a step, or of the last (before it: the first) step inside it that has snapshots."""
        steps = self.outline.steps
        waiting = [step]
        while waiting:
            each = waiting.pop()
            keys = list(self._calls(each))
            if self._snapshot(keys, phase) or any(("aria-snapshot", key, phase) in self.library.taken for key in keys):
                return keys
            children = steps[each].children
            waiting += reversed(children) if phase is Phase.BEFORE else children
        if steps[step].kind is not Kind.THROWN:
            return []
        # the page did not change by an error: it is as the last step before has left it
        earlier = (each for each in reversed(list(steps.values())) if each.start <= steps[step].start)
        found = (list(self._calls(each.id)) for each in earlier)
        return next((keys for keys in found if self._snapshot(keys, phase)), [])

    def _screenshot(self, failing: Step) -> PictureRef | None:
        """The picture that the test runner took of the failure, in the hooks right after it."""
        end = self._end(failing)
        for step in self.outline.steps.values():
            if step.start < end or not step.attachments:
                continue
            if not self._is_in_a_hook(step) and step.kind is not Kind.TEST:
                continue
            for attached in step.attachments:
                if attached.name == "screenshot" and _is_in(self.archive, attached) and attached.entry:
                    return PictureRef(attached.entry, step.start - end)
        return None

    def _is_in_a_hook(self, step: Step) -> bool:
        while step.kind is not Kind.HOOK and step.parent is not None:
            step = self.outline.steps[step.parent]
        return step.kind is Kind.HOOK

    def _tree(self, keys: list[CallKey], phase: Phase) -> PageOutline | None:
        for each in _ORDERS[phase]:
            for key in keys:
                taken = self.library.taken.get(("aria-snapshot", key, each))
                entry = self.archive.entry(taken[0]) if taken else None
                content = entry.content(_LARGEST_TREE) if entry else None
                if isinstance(content, bytes) and (outline := page_text.of_aria(parsed(content))):
                    return outline
        return None

    def _error_context(self, failing: Step) -> PageOutline | None:
        end = self._end(failing)
        for step in self.outline.steps.values():
            for attached in step.attachments if step.start >= end or step.id == failing.id else ():
                if attached.name.lstrip("_").startswith("error-context"):
                    content = self._content(attached)
                    if content and (outline := page_text.of_error_context(content.decode("utf-8", "replace"))):
                        return outline
        return None

    def _content(self, attached: Attachment) -> bytes | None:
        entry = self.archive.entry(attached.entry) if attached.entry else None
        content = entry.content(_LARGEST_CONTEXT) if entry else attached.content
        return content if isinstance(content, bytes) else None

    def _dom(self, keys: list[CallKey], phases: tuple[Phase, ...]) -> PageOutline | None:
        for phase in phases:
            for key in keys:
                if snapshot := self.library.snapshots.main(key, phase):
                    nodes = resolve(PageFrames(self.library.snapshots, key, phase), snapshot.frame, snapshot.number)
                    if outline := dom_outline.of_dom(nodes, key[1]):
                        return outline
        return None


def _is_in(archive: Archive, attached: Attachment) -> bool:
    return bool(attached.entry) and archive.identity(attached.entry or "") is not None


def _params(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    given = data.get("params", dict_of(data.get("metadata")).get("params"))
    for name, value in list(dict_of(given).items())[:_MOST_PARAMS]:
        if value is None or value == "":
            continue
        yield line_of(name), block_of(_as_text(value)[:_LONGEST_PARAM]).replace("\n", " ")


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        return "…"


def _point(value: object) -> Point | None:
    numbers = _numbers(value, ("x", "y"))
    return Point(*numbers) if numbers else None


def _box(value: object) -> Box | None:
    numbers = _numbers(value, ("x", "y", "width", "height"))
    return Box(*numbers) if numbers else None


def _numbers(value: object, names: tuple[str, ...]) -> list[float] | None:
    found = [dict_of(value).get(name) for name in names]
    numbers = [float(each) for each in found if isinstance(each, int | float) and abs(each) < 2**53]
    return numbers if len(numbers) == len(names) else None
