"""One line of a trace becomes one event; what is odd in it becomes a default, or the line cannot be read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import NOT_SHOWN
from tvtui.trace.events import (
    Action,
    After,
    AttachedFile,
    Before,
    ContextOptions,
    ErrorEvent,
    Failure,
    LogMessage,
    Output,
    Params,
    ScreencastFrame,
    Skipped,
    SnapshotFile,
    Unneeded,
    Viewport,
)
from tvtui.trace.lines import MOST_VALUES, parsed, read_event, read_stacks
from tvtui.trace.records import Place

CALL = {"callId": "a", "startTime": 1}


def read(fields: dict[str, Any]) -> object:
    return read_event(json.dumps(fields).encode())


@pytest.mark.parametrize(
    ("fields", "event"),
    [
        ({"type": "context-options"}, ContextOptions()),
        (
            {"type": "context-options", "version": 10, "options": {"viewport": {"width": 4, "height": 3}}},
            ContextOptions(version=10, viewport=Viewport(4, 3)),
        ),
        ({"type": "context-options", "options": {"viewport": None}, "version": -1}, ContextOptions()),
        ({"type": "before", **CALL}, Before("a", 1)),
        ({"type": "before", **CALL, "stepId": 5, "parentId": [], "title": 7, "params": "x"}, Before("a", 1)),
        ({"type": "before", **CALL, "params": {"url": "u", "key": 1}}, Before("a", 1, params=Params(url="u"))),
        (
            {"type": "before", **CALL, "stack": [{"file": "f", "line": 2, "column": "x"}]},
            Before("a", 1, stack=Place("f", 2)),
        ),
        ({"type": "before", **CALL, "stack": [{"file": "project#", "line": 2}]}, Before("a", 1)),
        ({"type": "after", "callId": "a", "endTime": None, "error": None}, After("a")),
        ({"type": "after", "callId": "a", "error": {"message": "m"}}, After("a", error=Failure(message="m"))),
        (
            {"type": "after", "callId": "a", "attachments": ["x", {"name": "n", "file": "f\ud800"}]},
            After("a", attachments=(AttachedFile("n", file="f?"),)),
        ),
        ({"type": "after", "callId": "a", "log": ["x", 5]}, After("a", log=("x", ""))),
        ({"type": "log", "callId": "a", "time": 1, "message": "m"}, LogMessage("a", 1, "m")),
        ({"type": "error", "stack": 5}, ErrorEvent()),
        ({"type": "stdout", "timestamp": 1, "text": "t"}, Output("stdout", 1, "t")),
        ({"type": "screencast-frame", "timestamp": 1, "sha1": "s"}, ScreencastFrame("resources/s", 1)),
        ({"type": "screenshot", "callId": "a", "timestamp": 1}, SnapshotFile("screenshot", "a", 1)),
        ({"type": "action", "metadata": {"id": "a", "startTime": 1}}, Action(Before("a", 1), After("a"))),
        (
            {"type": "action", "metadata": {"id": "a", "startTime": 1, "method": "tracingStart"}},
            Action(Before("a", 1, method="tracingStart"), After("a"), is_internal=True),
        ),
        ({"type": "input", "callId": 5}, Unneeded()),
        ({"type": "novelty"}, Skipped("novelty")),
    ],
)
def test_what_is_odd_becomes_a_default(fields: dict[str, Any], event: object) -> None:
    found = read(fields)
    assert (type(found), found) == (type(event), event)


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "before", "callId": None, "startTime": 1},
        {"type": "before", "callId": "a", "startTime": "1"},
        {"type": "before", **CALL, "wallTime": 2**54},
        {"type": "after", "callId": "a", "endTime": []},
        # without its error, the step would have passed
        {"type": "after", "callId": "a", "error": "failed"},
        {"type": "action", "metadata": []},
        {"type": "action", "metadata": {"id": "a"}},
        {"type": "context-options", "options": {"viewport": {"width": "wide"}}},
        {"type": ["before"]},
        {},
    ],
)
def test_without_its_identity_its_time_or_its_error_it_is_no_event(fields: dict[str, Any]) -> None:
    assert read(fields) == Skipped()


def test_many_values_in_one_line_are_not_read() -> None:
    """Each would take many times the memory of its text."""
    assert parsed(b"[" + b"0," * (MOST_VALUES - 2) + b"0]") is not None
    assert parsed(b"[" + b"0," * MOST_VALUES + b"0]") is None


def test_stacks_of_any_version() -> None:
    stacks = [[7, [[0, 1, 2, "f"]]], ["a", [[1, 3, 4, ""]]], ["b", [[9, 1, 1, ""]]], ["c", []], 5]
    assert read_stacks(json.dumps({"files": ["x.js", 5], "stacks": stacks}).encode()) == {
        "call@7": Place("x.js", 1, 2, "f"),
        "a": Place("", 3, 4),
    }
    assert read_stacks(b"[]") == read_stacks(b"no JSON") == {}


TYPES = ("context-options", "before", "after", "action", "log", "error", "stdout", "console", "event", "object")
FIELDS = ("callId", "startTime", "time", "timestamp", "message", "text", "stack", "error", "params", "metadata", "url")
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("a\x1b]0;x\x07\u202eb?sig=SECRET"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=3),
    max_leaves=8,
)


def texts(value: object) -> Iterator[str]:
    """All texts of an event, but those that are kept as they are."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from texts(each)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from((*TYPES, "screencast-frame", "aria-snapshot")), st.dictionaries(st.sampled_from(FIELDS), ANYTHING)
)
def test_any_json_is_a_clean_event_or_none(kind: str, fields: dict[str, Any]) -> None:
    for text in texts(read({**fields, "type": kind})):
        assert not NOT_SHOWN & set(text.replace("\n", "").replace("\t", "").replace("\x1b", ""))
        assert "SECRET" not in text
