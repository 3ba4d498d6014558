"""The format of a recording: everything comes back, and nothing else than a recording is accepted."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.builders import CREATED, a_case, a_run, an_artifact
from tests.support.journal import a_finished_run, a_recording, one_by_one, recording_of
from tvtui.journal.recording import (
    LARGEST_FILE,
    VERSION,
    CaseChange,
    Change,
    Newer,
    NotReadable,
    TooLarge,
    WithoutDetails,
    decode,
    decode_head,
    encode,
    encode_head,
)
from tvtui.testvibe.models import Run, RunState

EVERYTHING = (
    Change(0.0, status="running", counts=(3, None, 0, 0)),
    Change(8.5, started=CREATED, tests=(CaseChange(0, "passed", 4210.0), CaseChange(1, "skipped", None))),
    Change(20.0, problem=("The connection was refused.", "Check the server.")),
    Change(24.0),
    Change(30.0, status="failed", artifacts=2, has_log=True),
)


def test_everything_comes_back() -> None:
    run = a_run(
        tests=[a_case(), a_case("ü ✓", status="timedOut", error="\x1b[31mred\x1b[0m\nline"), a_case(duration_ms=None)],
        artifacts=[an_artifact(), an_artifact("a/b.png", size=None)],
    )
    recording = recording_of(replace(run, unreadable=("row", "summary"), vanished=3), EVERYTHING)
    assert decode(encode(recording)) == recording


def test_a_run_whose_tests_could_not_be_read_has_not_passed() -> None:
    run = replace(a_run(status="passed", tests=[]), unreadable=("tests",))
    assert run.state is RunState.OTHER
    assert decode(encode(recording_of(run))).run.state is RunState.OTHER


def test_many_tests_and_changes_come_back() -> None:
    run = a_finished_run(3, {" ".join(f"t{number}" for number in range(1234)): "p"})
    recording = recording_of(run, one_by_one(run))
    assert decode(encode(recording)) == recording


def test_the_head_can_be_read_alone() -> None:
    recording = a_recording(7, {"a": "p", "b c": "f"})
    line, _, _ = encode(recording).partition(b"\n")
    assert decode_head(line) == recording.head
    assert recording.head.counts == (3, 1, 2, 0, 0, 0)
    assert recording.head.seconds == 35.0
    with pytest.raises(WithoutDetails):
        decode(encode_head(recording.head))


def test_a_newer_version_is_recognized_by_its_head_whatever_else_is_in_it() -> None:
    with pytest.raises(Newer, match=r"written by a newer version of tvtui"):
        decode(json.dumps({"v": VERSION + 1, "else": []}).encode() + b"\nzzz")


def test_what_was_not_recorded_at_first_can_be_absent() -> None:
    recording = a_recording(7, {"a": "p", "b": "f"})
    head, _, body = encode(recording).partition(b"\n")
    first, *lines = zlib.decompress(body).splitlines()
    values = json.loads(first)
    del values["unreadable"], values["vanished"]
    body = zlib.compress(b"\n".join([json.dumps(values).encode(), *lines]))
    assert decode(head + b"\n" + body) == recording


def test_what_is_too_large_to_be_read_is_not_written() -> None:
    run = replace(a_run(), log="x" * (LARGEST_FILE + 1))
    with pytest.raises(TooLarge):
        encode(recording_of(run))


def test_text_in_a_file_is_cleaned_like_that_of_the_server() -> None:
    recording = recording_of(a_run(feature_name="Login"), [Change(0.0, status="passed", problem=("what", "advice"))])
    head, _, body = encode(recording).partition(b"\n")
    first, *lines = zlib.decompress(body).splitlines()
    change = {"at": 0, "status": "\x1b[31mpassed", "problem": ["\x1b]0;title\x07what", "a\nb"]}
    body = zlib.compress(b"\n".join([first, *lines[:-1], json.dumps([change]).encode()]))
    found = decode(head.replace(b"Login", rb"\u001b[31mLogin") + b"\n" + body)
    assert found.head.feature_name == "Login"
    assert str(found.changes[0].status) == "passed\ufffd"
    assert found.changes[0].problem == ("what", "a b")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.just("2026-01-01T00:00:00+14:00"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def changed(content: Any, path: list[int], value: object) -> Any:
    """The content with another value somewhere."""
    if not path or not isinstance(content, dict | list) or not content:
        return value
    keys = list(content) if isinstance(content, dict) else range(len(content))
    at = keys[path[0] % len(keys)]
    copy = content.copy()
    copy[at] = changed(content[at], path[1:], value)
    return copy


@given(st.lists(st.integers(0, 30), min_size=1, max_size=4), JSON)
@settings(deadline=None, max_examples=300)
def test_a_head_with_anything_in_it_is_read_or_refused(path: list[int], value: object) -> None:
    content = json.loads(encode_head(a_recording(7).head))
    with suppress(NotReadable):
        decode_head(json.dumps(changed(content, path, value)).encode())


@given(st.integers(0, 9), st.lists(st.integers(0, 30), min_size=0, max_size=5), JSON)
@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_a_body_with_anything_in_it_is_read_or_refused(line: int, path: list[int], value: object) -> None:
    head, _, body = encode(recording_of(a_run(), EVERYTHING)).partition(b"\n")
    lines = zlib.decompress(body).splitlines()
    line %= len(lines)
    lines[line] = json.dumps(changed(json.loads(lines[line]), path, value)).encode()
    try:
        found = decode(head + b"\n" + zlib.compress(b"\n".join(lines)))
    except NotReadable:
        return
    assert isinstance(found.run, Run)
    assert all(isinstance(change.at, float) for change in found.changes)


@given(st.binary(max_size=300), st.integers(0, 2000))
@settings(deadline=None, max_examples=300)
def test_damaged_content_is_refused(noise: bytes, at: int) -> None:
    content = encode(recording_of(a_run(), EVERYTHING))
    at %= len(content) - 1
    for damaged in (noise, content[:at], content[:at] + b"\0" + noise, b"x" + noise + content):
        with pytest.raises(NotReadable):
            decode(damaged)


@pytest.mark.parametrize(
    "body",
    [
        b"{" * 100_000,
        b"[" * 100_000,
        b"\n" * 10,
        b'{"digest":{},"unreadable":[],"vanished":0,"lines":[0,0]}',
        b'{"digest":[],"lines":[1,1]}\n[]\n[]',
    ],
)
def test_nested_or_empty_bodies_are_refused(body: bytes) -> None:
    head, _, _ = encode(a_recording(7)).partition(b"\n")
    with pytest.raises(NotReadable):
        decode(head + b"\n" + zlib.compress(body))


def test_a_bomb_is_refused() -> None:
    head, _, _ = encode(a_recording(7)).partition(b"\n")
    with pytest.raises(NotReadable):
        decode(head + b"\n" + zlib.compress(bytes(LARGEST_FILE + 1), 9))


def test_times_are_in_utc() -> None:
    head = replace(a_recording(7).head, created=datetime(2026, 6, 10, 18, 0, tzinfo=UTC) + timedelta(hours=1))
    content: Mapping[str, object] = json.loads(encode_head(head))
    moved = {**content, "created": "2026-06-10T21:00:00+02:00"}
    assert decode_head(json.dumps(moved).encode()) == head
