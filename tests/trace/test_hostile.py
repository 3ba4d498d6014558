"""Traces that are broken, hostile, old or new: each is read as far as it goes, and a sentence says what is missing."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.builders import NOT_SHOWN
from tests.support.traces import Traces, a_head, a_step, a_trace, a_zip, an_error, library_lines, lines_of
from tvtui.cli.trace_report import json_lines, text_lines
from tvtui.trace import Fault, Kind, Remedy, Trace, faults, open_trace
from tvtui.trace.archive import Archive, Reading
from tvtui.trace.stages import FirstStage, read_steps

HEAD = lines_of([a_head()])


def reports(trace: Trace) -> list[str]:
    """Everything that is printed of a trace."""
    return [*json_lines(trace), *text_lines(trace)]


def with_lines(*lines: bytes) -> bytes:
    """A trace of the test runner with lines as they are."""
    return a_zip({"test.trace": b"\n".join([HEAD, *lines])})


def a_line(**fields: object) -> bytes:
    before = {"type": "before", "callId": "a@1", "startTime": 1, "class": "Test", "method": "pw:api", "title": "Click"}
    return json.dumps(before | fields).encode()


@pytest.mark.parametrize("entries", [{}, {"index.html": b"x"}, {"test.trace.txt": HEAD}])
def test_a_zip_without_a_trace(entries: dict[str, bytes], traces: Traces) -> None:
    fault = traces.open_trace(a_zip(entries))
    assert fault == faults.NO_TRACE
    assert fault.remedy is Remedy.VIEWER


@pytest.mark.parametrize("version", [1, 2])
def test_versions_that_are_too_old(version: int, traces: Traces) -> None:
    content = a_zip({"trace.trace": lines_of([a_head(version, origin="library")])})
    fault = traces.open_trace(content)
    assert str(fault) == "The trace was made by Playwright 1.14 or older, which tvtui cannot read."


def test_a_newer_version_is_shown_as_far_as_it_is_understood(traces: Traces) -> None:
    trace = traces.trace(a_trace(a_step(), {"type": "novelty"}, {"type": "novelty"}, version=11))
    assert list(trace.steps) == ["a@1"]
    assert trace.notes == (
        "The trace is newer (format 11) than this tvtui knows (10): what it understands is shown.",
        "1 kind of events of the trace (2 lines) are unknown to tvtui and not shown.",
    )


def test_a_newer_version_of_which_no_step_is_understood(traces: Traces) -> None:
    fault = traces.open_trace(a_trace({"type": "novelty"}, version=11))
    assert fault == Fault("The trace is newer (format 11) than this tvtui knows (10).", Remedy.VIEWER)


def test_a_trace_without_steps(traces: Traces) -> None:
    trace = traces.trace(a_trace(version=10))
    assert trace.notes == ("Tracing began, but no step was recorded.",)
    assert (trace.failing, trace.seconds) == (None, 0)
    assert reports(trace)


@pytest.mark.parametrize(
    "line",
    [
        b"no JSON",
        a_line() + b"{}",
        b"\xff\xfe",
        b"[]",
        b"5",
        b"{}",
        b'{"type":5}',
        b'{"type":"before"',
        a_line(startTime="soon"),
        a_line(callId=None),
        b'{"type":"before","callId":"a","startTime":1e999}',
        b'{"type":"before","callId":"a","startTime":NaN}',
        b'{"type":"before","callId":"a","startTime":' + b"9" * 5000 + b"}",
        b'{"type":"before","callId":"a","startTime":1e300}',
        b'{"type":"after","callId":"a","endTime":-1e999}',
        b"[" * 100_000 + b"]" * 100_000,
        b'{"type":"before","callId":"a","startTime":1,"params":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
    ids=lambda line: line[:40].decode("ascii", "replace"),
)
def test_a_line_that_cannot_be_read_is_skipped_and_counted(line: bytes, traces: Traces) -> None:
    trace = traces.trace(with_lines(a_line(), line, line))
    assert list(trace.steps) == ["a@1"]
    assert trace.notes == ("2 lines of the trace could not be read and are missing here.",)
    assert reports(trace)


def test_one_line_that_cannot_be_read(traces: Traces) -> None:
    trace = traces.trace(with_lines(b"x", a_line()))
    assert trace.notes == ("1 line of the trace could not be read and is missing here.",)


@pytest.mark.parametrize("name", ["title", "subtitle", "group", "stack", "params", "class", "method", "parentId"])
@pytest.mark.parametrize("value", [None, 5, [], [5], {"a": 1}, "x", True, 1e99])
def test_fields_of_another_type(name: str, value: object, traces: Traces) -> None:
    """A step is not lost for a text that is none; only its identity and its start are needed."""
    trace = traces.trace(with_lines(a_line(**{name: value})))
    assert list(trace.steps) == ["a@1"]
    assert reports(trace)


def test_lone_surrogates_and_bytes_that_are_no_text(traces: Traces) -> None:
    """A page's text may be cut in the middle of an emoji."""
    trace = traces.trace(with_lines(a_line(title="cut \ud83d"), a_line(callId="a@2", title="x").replace(b"x", b"\xff")))
    assert [step.title for step in trace.steps.values()] == ["cut \ufffd", "\ufffd"]
    assert trace.notes == ()


HOSTILE = "a\x1b[31mb\x1b]0;title\x07c\u202ed\x9be\x00f\ng\u2066h\ud800 [b]i[/b] ?sig=SECRET"


def hostile(value: Any) -> Any:
    """The same JSON with hostile texts in the place of all that are no types, ids, or files."""
    kept = {"type", "callId", "stepId", "parentId", "method", "class", "file", "sha1", "phase", "origin", "base64"}
    if isinstance(value, dict):
        return {name: each if name in kept else hostile(each) for name, each in value.items()}
    if isinstance(value, list):
        return [hostile(each) for each in value]
    return HOSTILE if isinstance(value, str) else value


@pytest.mark.parametrize("version", [3, 6, 10])
def test_no_text_is_unclean_and_none_has_a_signature(version: int, traces: Traces) -> None:
    step = a_step("a@1", HOSTILE, line=3, error=HOSTILE, log=[HOSTILE], params={"url": HOSTILE}, sides="runner library")
    sides = "library" if version == 3 else "runner library"
    events: list[Any] = [a_step(**{**vars(step), "sides": sides}), an_error(HOSTILE, 9)]
    happened = [
        {"type": "console", "time": 5, "messageType": HOSTILE, "text": HOSTILE, "location": {"url": HOSTILE}},
        {"type": "event", "time": 5, "class": "P", "method": "pageError", "params": {"error": {"value": HOSTILE}}},
    ]
    stdout = {"type": "stdout", "timestamp": 5, "text": HOSTILE}
    resource = {"type": "resource-snapshot", "snapshot": {"request": {"url": HOSTILE, "method": HOSTILE}}}
    head = hostile(a_head(version, origin="library", playwrightVersion="x"))
    entries = {
        "1-trace.trace": lines_of([head, *happened, *hostile(library_lines(step, version))]),
        "1-trace.network": lines_of([resource]),
    }
    content = a_trace(*(events if version > 3 else events[:1]), *([stdout] if version > 3 else []), version=version)
    with_more = a_zip(entries | _entries(content))
    trace = traces.trace(with_more)
    trace.read_rest()
    assert trace.console
    assert trace.requests
    for line in reports(trace):
        texts = _texts(json.loads(line)) if line.startswith('{"type"') else [line]
        for text in texts:
            assert not NOT_SHOWN & set(text.replace("\n", "").replace("\t", ""))
            assert "\x1b" not in text
            assert "SECRET" not in text, line


def _entries(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _texts(value: object) -> list[str]:
    if isinstance(value, dict):
        return [text for pair in value.items() for each in pair for text in _texts(each)]
    if isinstance(value, list):
        return [text for each in value for text in _texts(each)]
    return [value] if isinstance(value, str) else []


def test_a_damaged_file_of_several(traces: Traces) -> None:
    content = bytearray(a_trace(a_step(), a_step("a@2", sides="library")))
    at = content.index(b"0-trace.trace") + len("0-trace.trace")
    content[at : at + 2] = b"\xff\xff"
    trace = traces.trace(bytes(content))
    trace.read_rest()
    assert list(trace.steps) == ["a@1"]
    assert trace.notes == ("A file of the trace is damaged: part of it is missing here.",)


def test_a_name_in_a_step_is_only_looked_up(traces: Traces) -> None:
    attached = [{"name": "../x", "contentType": "text/plain", "file": "../../etc/passwd"}]
    trace = traces.trace(a_trace(a_step(attachments=attached)))
    (step,) = trace.steps.values()
    assert trace.content(step.attachments[0].entry or "", 99) == faults.NOT_THERE


def many_children(count: int) -> bytes:
    line = b'{"type":"before","callId":"%d","parentId":"a@1","startTime":1000}'
    return with_lines(a_line(startTime=0), *(line % (n % (count // 2)) for n in range(count)))


def test_many_children_of_one_step_of_which_each_two_have_one_id(traces: Traces) -> None:
    trace = traces.trace(many_children(20_000))
    assert len(trace.steps["a@1"].children) == 20_000
    assert trace.notes == ()


def test_more_steps_than_are_read(traces: Traces) -> None:
    """A note says where the reading ended."""
    archive = traces.open_archive(many_children(100))
    assert isinstance(archive, Archive)
    reading = Reading(2**20, effort=200)
    file = read_steps(archive, "test.trace", reading)
    trace = Trace(archive, FirstStage([file], reading, 10))
    assert len(trace.steps) == 67
    assert trace.notes == (
        "The trace is larger than tvtui reads (64 MiB or 85,000 steps): what comes after 1.00 s is missing.",
    )


def test_a_deep_tree_is_indented_forty_levels_at_most(traces: Traces) -> None:
    deep = [a_step(f"a@{n}", "deeper", n, parent=f"a@{n - 1}") for n in range(60)]
    tree = [line for line in text_lines(traces.trace(a_trace(*deep))) if "deeper" in line]
    assert max(len(line) - len(line.lstrip()) for line in tree) == 82


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
SAMPLE = Path(__file__).parent / "samples" / "1.35.0-street-is-saved.zip"
LINES = {
    name: content.split(b"\n")
    for name, content in _entries(SAMPLE.read_bytes()).items()
    if name.endswith((".trace", ".network"))
}
quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def read_all(content: bytes, traces: Traces) -> None:
    """Whatever it is, it is a trace or a sentence, and what is printed of it is JSON with finite numbers."""
    found = traces.open_trace(content)
    if isinstance(found, Fault):
        assert found.text
        return
    found.read_rest()
    ids = []
    for line in json_lines(found):
        read = json.loads(line, parse_constant=_refused)
        if read["type"] == "step":
            assert read["parent"] is None or read["parent"] in ids
            ids.append(read["id"])
    assert len(ids) == len(set(ids)) == sum(step.kind is not Kind.THROWN for step in found.steps.values())
    list(text_lines(found))
    found.close()


def _refused(constant: str) -> None:
    raise AssertionError(constant)


@quick
@given(st.binary(max_size=300), st.booleans())
def test_any_bytes(traces: Traces, content: bytes, is_zipped: bool) -> None:
    read_all(a_zip({"test.trace": content, "0-trace.trace": content}) if is_zipped else content, traces)


@quick
@given(st.data())
def test_any_json_in_any_field(traces: Traces, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(LINES)))
    lines = dict(LINES)
    changed = [json.loads(line) for line in lines[name] if line]
    event = data.draw(st.sampled_from(changed))
    field = data.draw(st.sampled_from(sorted(event)))
    event[field] = data.draw(JSON)
    lines[name] = [json.dumps(each).encode() for each in changed]
    read_all(a_zip({each: b"\n".join(lines[each]) for each in lines}), traces)


@quick
@given(st.data())
def test_any_lines_in_any_order(traces: Traces, data: st.DataObject) -> None:
    kept: dict[str, bytes] = {}
    for name, lines in LINES.items():
        chosen = data.draw(st.lists(st.sampled_from(lines), max_size=30))
        kept[name] = b"\n".join(chosen)
    read_all(a_zip(kept), traces)


@quick
@given(st.data())
def test_any_bytes_of_the_archive_changed(traces: Traces, data: st.DataObject) -> None:
    content = bytearray(a_trace(a_step(sides="runner library", error="x"), an_error("x", 1)))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    read_all(bytes(content[: data.draw(st.integers(1, len(content)))]), traces)


def test_nothing_is_written(traces: Traces, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sorted(traces.folder.iterdir())
    monkeypatch.chdir(traces.folder)
    read_all(SAMPLE.read_bytes(), traces)
    assert sorted(traces.folder.iterdir()) == [*before, traces.path]


def test_a_trace_that_is_closed_while_it_is_read(traces: Traces) -> None:
    trace = open_trace(SAMPLE)
    assert isinstance(trace, Trace)
    trace.read_rest(on_progress=lambda _share: trace.close())
    assert trace.steps


def test_a_printable_text_has_no_signature_either(traces: Traces) -> None:
    (step,) = traces.trace(a_trace(a_step(title="Navigate to https://store.example/a?sig=SECRET"))).steps.values()
    assert step.title == "Navigate to https://store.example/a?…"


def test_a_fixture_that_failed_is_shown_with_what_is_around_it(traces: Traces) -> None:
    steps = [
        a_step("a@1", "Before Hooks", 0, kind="hook"),
        a_step("a@2", "outer", 1, kind="fixture", parent="a@1"),
        a_step("a@3", "inner", 2, kind="fixture", parent="a@2", error="x", line=1),
        a_step("a@4", "passed", 3, kind="fixture", parent="a@1"),
    ]
    lines = list(text_lines(traces.trace(a_trace(*steps, an_error("x", 1)))))
    assert [line.split()[1] for line in lines[lines.index("Steps:") + 1 : -1]] == ["Before", "outer", "inner"]
