"""The second stage: what it notes, and where it ends."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.traces import Traces, a_head, a_zip, lines_of
from tvtui.trace.archive import Archive, Reading
from tvtui.trace.library import Library
from tvtui.trace.records import Phase
from tvtui.trace.snapshot_index import PageFrames
from tvtui.trace.snapshots import resolve

Json = dict[str, Any]
FILE = "0-trace.trace"


def an_archive(traces: Traces, *events: Json, network: tuple[Json, ...] = ()) -> Archive:
    files = {FILE: lines_of([a_head(origin="library"), *events]), "0-trace.network": lines_of(network)}
    archive = traces.open_archive(a_zip(files))
    assert isinstance(archive, Archive)
    return archive


def a_snapshot(call: str = "1", **more: Any) -> Json:
    snapshot = {"callId": call, "phase": "after", "pageId": "p", "frameId": "f", "isMainFrame": True}
    return {"type": "frame-snapshot", "snapshot": snapshot | more}


REQUEST: Json = {"type": "resource-snapshot", "snapshot": {"request": {"url": "http://x"}, "response": {"status": 200}}}
MESSAGE = {"type": "console", "time": 1, "messageType": "log", "text": "x"}
LONG_MESSAGE = {**MESSAGE, "text": "x" * 2000}
SHOT = {"type": "screencast-frame", "pageId": "p", "file": "f", "timestamp": 1}
LOG = {"type": "log", "callId": "a", "time": 1, "message": "x"}
PAGE_ERROR = {"type": "event", "time": 1, "method": "pageError", "params": {}}


@pytest.mark.parametrize("event", [REQUEST, MESSAGE, SHOT, PAGE_ERROR], ids=lambda event: event["type"])
def test_all_that_takes_memory_comes_to_an_end(traces: Traces, event: Json) -> None:
    library = Library(an_archive(traces, *[event] * 100))
    library.reading = Reading(10**6, effort=30)
    assert library.read([FILE])
    assert library.limit
    assert 0 < len(library.asked) + len(library.said) + len(library.shots) <= 30


def test_calls_frames_and_long_messages_take_memory_too(traces: Traces) -> None:
    logs = [{**LOG, "callId": str(number)} for number in range(100)]
    snapshots = [a_snapshot(str(number), frameId=str(number)) for number in range(100)]
    for events in (logs, snapshots, [LONG_MESSAGE] * 100):
        library = Library(an_archive(traces, *events))
        library.reading = Reading(10**6, effort=30)
        library.read([FILE])
        assert library.limit
        assert len(library.calls) + len(library.snapshots) <= 30
        assert len(library.said) <= 3


def test_snapshots_and_log_lines_come_to_an_end(traces: Traces) -> None:
    archive = an_archive(traces, *[a_snapshot()] * 9)
    library = Library(archive, most_snapshots=5)
    library.read([FILE])
    assert (len(library.snapshots), library.limit) == (5, "5 snapshots")
    library = Library(an_archive(traces, *[LOG] * 9), most_log_lines=5)
    library.read([FILE])
    assert (len(library.calls[FILE, "a"].log), library.limit) == (10, "5 log lines")


def test_lines_that_would_take_much_memory_to_parse_are_skipped(traces: Traces) -> None:
    unusual = {"type": "frame-snapshot", "snapshot": {"html": "x" * 1024**2, **a_snapshot()["snapshot"]}}
    long = {"type": "resource-snapshot", "snapshot": {**REQUEST["snapshot"], "text": "x" * 4 * 1024**2}}
    library = Library(an_archive(traces, unusual, a_snapshot(), network=(long, REQUEST)))
    library.read([FILE])
    assert (len(library.snapshots), library.files[FILE].skipped) == (1, 1)
    assert (len(library.asked), library.skipped) == (1, 1)
    assert not library.limit


def test_a_reading_ends_when_its_time_is_over_or_it_is_stopped(traces: Traces) -> None:
    times = iter([0.0, 5.1])
    library = Library(an_archive(traces, MESSAGE))
    assert library.read([FILE], most_seconds=5, clock=lambda: next(times))
    assert (library.limit, library.said) == ("5 seconds", [])
    library = Library(an_archive(traces, MESSAGE))
    assert not library.read([FILE], is_wanted=lambda: False)
    assert library.said == []


def test_what_was_read_can_be_looked_at_meanwhile(traces: Traces) -> None:
    filler = [a_snapshot(html="x" * 300_000)] * 3
    library = Library(an_archive(traces, LOG, *filler, LOG))
    seen: list[int] = []
    library.read([FILE], on_progress=lambda _: seen.append(len(library.calls)))
    assert (seen[0], seen[1], seen[-1]) == (0, 1, 1)


def test_a_page_of_very_many_bytes_is_cut(traces: Traces) -> None:
    frames = [f"iframe@{number}" for number in range(9)]
    inside = [a_snapshot(frameId=frame, isMainFrame=False, html=["P", {}, "x" * 1000]) for frame in frames]
    page = ["HTML", {}, *(["IFRAME", {"src": f"/snapshot/{frame}"}] for frame in frames)]
    library = Library(an_archive(traces, *inside, a_snapshot(html=page)))
    library.read([FILE])
    nodes = resolve(PageFrames(library.snapshots, (FILE, "1"), Phase.AFTER, left=6000), "f", 0)
    assert [node.name for node in nodes].count("iframe") == 9
    assert [node.name for node in nodes].count("p") == 4
