"""The console: browser, pages and the test in one list by time, and what came just before a failure."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tvtui.text.clean import clean_block
from tvtui.trace.console import Said, happened, just_before, merged, said
from tvtui.trace.events import ConsoleMessage, Created, Happening, Output
from tvtui.trace.lines import read_event
from tvtui.trace.records import ConsoleLine, Place, Request

FILE = "0-trace.trace"


def heard(*events: dict[str, Any]) -> list[Said]:
    objects: dict[str, Created] = {}
    read = (read_event(json.dumps(event).encode()) for event in events)
    kept = [event for event in read if isinstance(event, ConsoleMessage | Happening | Created)]
    assert len(kept) == len(events)
    return [found for event in kept if (found := said(FILE, event, objects))]


def test_a_message_has_its_level_and_its_place_counted_from_one() -> None:
    location = {"url": "http://shop.test/a.js", "lineNumber": 0, "columnNumber": 999}
    event = {"type": "console", "time": 5, "messageType": "warning", "text": "slow", "location": location}
    assert heard(event) == [Said(FILE, 5, "warning", "slow", Place("http://shop.test/a.js", 1, 1000))]


def test_a_long_message_is_cut() -> None:
    (found,) = heard({"type": "console", "time": 5, "messageType": "log", "text": "x" * 3000})
    assert (len(found.text), found.is_cut) == (2000, True)


def test_old_messages_are_objects_and_events_that_name_them() -> None:
    created = {
        "type": "object",
        "class": "ConsoleMessage",
        "guid": "console-message@1",
        "initializer": {"type": "error", "text": "gone", "location": {"url": "http://x/y", "lineNumber": 2}},
    }
    event = {"type": "event", "time": 7, "method": "console", "params": {"message": {"guid": "console-message@1"}}}
    assert heard(created, event) == [Said(FILE, 7, "error", "gone", Place("http://x/y", 3, 1))]
    assert heard(event) == []


def test_the_oldest_ones_are_wrapped() -> None:
    message = {"guid": "m", "initializer": {"type": "error", "text": "gone"}}
    created = {"method": "__create__", "type": "ConsoleMessage", "params": message}
    event = {"method": "console", "startTime": 7, "params": {"message": {"guid": "m"}}}
    lines = (json.dumps({"type": "event", "metadata": data}).encode() for data in (created, event))
    objects: dict[str, Created] = {}
    found = [said(FILE, each, objects) for line in lines for each in happened(line)]
    assert found == [None, Said(FILE, 7, "error", "gone")]
    for line in (b"{", b"[]", b"{}", b'{"metadata": {"method": "console", "startTime": "x"}}'):
        assert list(happened(line)) == []


@pytest.mark.parametrize(
    ("error", "text"),
    [
        ({"error": {"name": "TypeError", "message": "no length"}}, "TypeError: no length"),
        ({"error": {"message": "plain"}}, "plain"),
        ({"value": "thrown text"}, "thrown text"),
        ({"value": {"s": "wrapped"}}, "wrapped"),
    ],
)
def test_errors_of_pages_are_in_the_console(error: dict[str, Any], text: str) -> None:
    (found,) = heard({"type": "event", "time": 1, "method": "pageError", "params": {"error": error}})
    assert (found.level, found.text) == ("pageerror", text)


def test_the_place_of_a_page_error_is_in_its_location_or_its_stack() -> None:
    stack = "TypeError: x\n    at load (http://shop.test/a.js:2:518)\n    at http://shop.test/a.js:9:1"
    old = {"error": {"error": {"name": "TypeError", "message": "x", "stack": stack}}}
    new = {**old, "location": {"url": "http://shop.test/b.js", "line": 1, "column": 517}}
    places = [
        heard({"type": "event", "time": 1, "method": "pageError", "params": each})[0].place for each in (old, new)
    ]
    assert places == [Place("http://shop.test/a.js", 2, 518), Place("http://shop.test/b.js", 2, 518)]


def test_output_of_the_test_joins_by_time_and_dialogs_stand_apart() -> None:
    found = [Said(FILE, 1500, "log", "second"), Said(FILE, 1700, "dialog", "confirm: sure?")]
    encoded = base64.b64encode("fünf".encode()).decode()
    outputs = [
        ("test.trace", Output("stdout", 100, "first")),
        ("test.trace", Output("stderr", 900, base64=encoded)),
        ("test.trace", Output("stdout", 950, base64="?")),
    ]
    lines, dialogs = merged(found, outputs, {FILE: -1000, "test.trace": 0})
    assert [(line.time, line.level, line.text) for line in lines] == [
        (0.1, "stdout", "first"),
        (0.5, "log", "second"),
        (0.9, "stderr", "fünf"),
        (0.95, "stdout", ""),
    ]
    assert [line.text for line in dialogs] == ["confirm: sure?"]


WARNING = ConsoleLine(9.0, "warning", "refused")
REQUEST = Request("GET", "/api", 9.1, 500, seconds=0.2, failed=True)


def test_the_last_bad_thing_came_just_before_a_failure() -> None:
    info = ConsoleLine(9.9, "info", "fine")
    assert just_before(9.0, 10.0, [WARNING, info], []) == WARNING
    assert just_before(9.0, 10.0, [WARNING], [REQUEST]) == REQUEST
    assert just_before(9.0, 10.0, [ConsoleLine(9.5, "dialog", "alert: no"), WARNING], [REQUEST]) == ConsoleLine(
        9.5, "dialog", "alert: no"
    )
    assert just_before(9.0, 10.0, [info], []) is None


def test_later_earlier_and_intended_ones_do_not_count() -> None:
    aborted = Request("GET", "/ads", 9.5, None, failed=True, is_aborted=True)
    assert (
        just_before(9.5, 10.0, [ConsoleLine(10.1, "error", "late"), ConsoleLine(7.4, "error", "old")], [aborted])
        is None
    )


def test_of_a_long_step_what_came_before_its_start_counts_too() -> None:
    assert just_before(9.5, 40.0, [WARNING], []) == WARNING
    end = ConsoleLine(39.0, "error", "at the end")
    assert just_before(9.5, 40.0, [WARNING, end], []) == end


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4) | st.just("\x1b[2J\u202e"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "message", "guid", "value", "location", "url", "line", "stack"]), inner
        )
    ),
    max_leaves=10,
)


@settings(derandomize=True, database=None, deadline=None, max_examples=100)
@given(
    st.sampled_from(["pageError", "dialog", "console"]),
    st.dictionaries(st.sampled_from(["error", "message", "location", "dialog"]), JSON),
)
def test_any_json_is_a_clean_message_or_none(method: str, params: dict[str, Any]) -> None:
    for found in heard({"type": "event", "time": 1, "method": method, "params": params}):
        assert clean_block(found.text) == found.text
