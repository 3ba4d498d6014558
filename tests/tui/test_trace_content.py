"""What the trace screen shows of a step: computed once for all steps, as keys must not wait for long traces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.traces import Traces, a_head, a_step, a_trace, an_error, lines_of
from tvtui.trace import PictureRef
from tvtui.tui.screens.trace_content import TraceContent
from tvtui.tui.screens.trace_state import Steps, TraceQuery, TraceView

SAMPLE = Path(__file__).parents[1] / "trace" / "samples" / "1.65.1-order-opens-after-sign-in.zip"


@pytest.fixture
def traces(tmp_path: Path) -> Iterator[Traces]:
    opener = Traces(tmp_path)
    yield opener
    opener.close()


def with_film(*pictures: bytes) -> bytes:
    """A trace with a picture every 100 ms."""
    frames = [
        {"type": "screencast-frame", "pageId": "page@1", "file": f"screencast/{n}.jpeg", "timestamp": n * 100}
        | {"width": 480, "height": 320}
        for n in range(len(pictures))
    ]
    entries = {f"screencast/{n}.jpeg": picture for n, picture in enumerate(pictures)}
    film = lines_of([a_head(origin="library"), *frames])
    return a_trace(a_step(end=280), entries={"1-trace.trace": film, **entries})


def test_pictures_that_are_the_same_are_one_of_the_film(traces: Traces) -> None:
    trace = traces.trace(with_film(b"a", b"a", b"b", b"b", b"a"))
    trace.read_rest()
    content = TraceContent(trace)
    facts = content.facts(trace.steps["a@1"])
    shown, heading = content.picture(facts, TraceQuery())
    assert isinstance(shown, PictureRef)
    assert (shown.entry, heading) == ("screencast/3.jpeg", "Picture 2 of 3 · 20 ms after the step ended")
    assert content.next_frame(facts, None, 1) == 2
    assert content.next_frame(facts, None, -1) == 0
    assert content.next_frame(facts, 2, 1) is None
    assert content.next_frame(facts, 0, -1) is None
    assert content.picture(facts, TraceQuery(frame=2))[1] == "Picture 3 of 3 · 300 ms"


def test_a_list_is_filtered_and_sorted_once_for_all_steps(traces: Traces) -> None:
    trace = traces.trace(SAMPLE.read_bytes())
    trace.read_rest()
    content = TraceContent(trace)
    one, other = list(trace.steps.values())[:2]
    before = content.listing("requests", one, TraceQuery())
    after = content.listing("requests", other, TraceQuery())
    assert after.things is before.things
    assert after.items.span == (other.start, trace.end_of(other.id))
    assert content.listing("console", one, TraceQuery()).things != after.things
    assert content.listing("requests", one, TraceQuery()).things is before.things
    failed = content.listing("requests", one, replace(TraceQuery(), only_failed_items=True))
    assert len(failed.things) == 1


def test_a_file_that_two_steps_name_is_listed_once(traces: Traces) -> None:
    attached = [{"name": "a.txt", "contentType": "text/plain", "base64": "YQ=="}]
    hook = a_step("hook@1", "After Hooks", kind="hook", attachments=attached)
    trace = traces.trace(a_trace(hook, a_step("attach@1", parent="hook@1", attachments=attached)))
    content = TraceContent(trace)
    assert [each.title for each in content.parts(content.facts(trace.steps["hook@1"]), with_picture=True)] == [
        *("Step", "Picture", "Files 1"),
    ]


def test_a_step_whose_error_was_caught_says_so_unless_the_test_failed(traces: Traces) -> None:
    for failures, subtitle in (
        ((), "getByRole('link') · caught by the test"),
        ((an_error("no", 3),), "getByRole('link')"),
    ):
        step = a_step("a@1", error="no", line=3, params={"locator": "getByRole('link')"})
        steps = Steps(traces.trace(a_trace(step, *failures)))
        (row, *_) = steps.derive(TraceQuery(), TraceView(), str).rows
        assert row.subtitle == subtitle


def test_that_nothing_on_the_page_resembles_a_locator_is_a_fact(traces: Traces) -> None:
    trace = traces.trace(SAMPLE.read_bytes())
    trace.read_rest()
    assert trace.failing
    assert TraceContent(trace).facts(trace.steps[trace.failing]).is_missing
    assert not TraceContent(trace).facts(next(iter(trace.steps.values()))).is_missing


def test_a_caret_points_at_the_column_of_a_place(traces: Traces) -> None:
    trace = traces.trace(SAMPLE.read_bytes())
    content = TraceContent(trace)
    facts = content.facts(trace.steps[trace.failing or ""])
    text = content.text("source", facts, TraceQuery())
    assert isinstance(text, str)
    lines = text.splitlines()
    marked = next(index for index, line in enumerate(lines) if line.startswith("> 22 | "))
    assert lines[marked][lines[marked + 1].index("^") :].startswith("click({ timeout: 800 })")
