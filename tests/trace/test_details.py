"""What is read on demand: logs, pictures, pages and sources of real traces and of made ones."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.traces import Traces, a_head, a_step, a_trace, a_zip, an_error, library_lines, lines_of, runner_lines
from tvtui.text.clean import clean_line
from tvtui.trace import ConsoleLine, Fault, PageText, Phase, PictureRef, Point, Source, Trace, faults, open_trace
from tvtui.trace.records import Box, Exchange, Kind

SAMPLES = Path(__file__).parent / "samples"
NAMES = sorted(path.stem for path in SAMPLES.glob("*.zip"))
ORDER = "1.65.1-order-opens-after-sign-in"
Json = dict[str, Any]


def a_sample(name: str) -> Trace:
    trace = open_trace(SAMPLES / f"{name}.zip")
    assert isinstance(trace, Trace)
    trace.read_rest()
    return trace


def page_of(trace: Trace, step: str, phase: Phase = Phase.AFTER) -> PageText:
    page = trace.page(step, phase)
    assert isinstance(page, PageText)
    return page


def picture_of(trace: Trace, step: str, phase: Phase = Phase.AFTER) -> PictureRef:
    picture = trace.picture(step, phase)
    assert isinstance(picture, PictureRef)
    return picture


def step_called(trace: Trace, title: str) -> str:
    return next(step.id for step in trace.steps.values() if title in f"{step.title} {step.subtitle}")


@pytest.mark.parametrize("name", NAMES)
def test_logs_films_and_requests_agree_with_playwrights_loader(name: str) -> None:
    gold: Json = json.loads((SAMPLES / f"{name}.gold.json").read_text("utf-8"))
    trace = a_sample(name)
    logs = {step[0]: step[6] for step in gold["steps"]}
    assert {id: len(trace.call(id).log) for id in logs} == {id: trace.log_lines(id) for id in logs} == logs
    assert len(trace.film) == gold["frames"]
    assert sorted((each.url, each.failure or None) for each in trace.requests) == sorted(
        (request[1], request[3]) for request in gold["requestList"]
    )
    for frame in trace.film:
        assert isinstance(content := trace.content(frame.entry, 16 * 1024**2), bytes)
        assert content.startswith(b"\xff\xd8")
    trace.close()


def test_the_page_at_the_failure_names_what_was_there() -> None:
    trace = a_sample(ORDER)
    failing = trace.failing
    assert failing
    page = page_of(trace, failing)
    assert (page.lines[5], page.lines[11]) == ('heading "Your account" [level=1]', '  button "Sign in"')
    assert page.lines[-6:-1] == (
        'iframe "Newsletter"',
        '  title "Newsletter"',
        "  text: Newsletter",
        '  textbox "Newsletter": grace@example.com',
        '  button "Subscribe"',
    )
    assert (page.targets, page.origin) == ((), "DOM, without style sheets")
    trace.close()


def test_what_a_step_acted_on_is_marked_in_an_iframe_too() -> None:
    trace = a_sample(ORDER)
    for title, line in (
        ("'Sign in'", '  button "Sign in"'),
        ('Fill "grace@example.com" locator(\'iframe', '  textbox "Newsletter"'),
    ):
        page = page_of(trace, step_called(trace, title), Phase.ACTION)
        assert [page.lines[target] for target in page.targets] == [line]
    trace.close()


def test_what_resembles_a_locator_that_was_not_found_is_named() -> None:
    trace = a_sample("1.40.0-shop-is-on-the-map")
    assert trace.failing
    assert page_of(trace, trace.failing).nearest == ("#map (div)",)
    trace.close()


def test_an_error_context_is_the_page_at_the_failure_unless_it_is_only_a_part_of_it() -> None:
    trace = a_sample("1.60.0-tomorrow-can-be-chosen")
    assert trace.failing
    page = page_of(trace, trace.failing)
    assert (page.origin, page.lines[9]) == ("accessibility tree at the failure", 'group "Slot": Slot No slot is free')
    assert page_of(trace, trace.failing, Phase.BEFORE).origin == "DOM, without style sheets"
    part = a_sample("1.60.0-voucher-lowers-the-total")
    assert part.failing
    page = page_of(part, part.failing)
    assert (page.origin, [page.lines[target].strip() for target in page.targets]) == (
        "DOM, without style sheets",
        ["generic #total: €105.30"],
    )
    trace.close()
    part.close()


def test_an_error_that_was_thrown_has_the_page_and_the_source_of_that_moment() -> None:
    trace = a_sample("1.65.1-articles-are-sorted-by-price")
    assert trace.failing
    thrown = trace.steps[trace.failing]
    assert thrown.kind is Kind.THROWN
    assert 'heading "Seeds and bulbs" [level=1]' in page_of(trace, thrown.id).lines
    assert thrown.place
    source = trace.source(thrown.place)
    assert isinstance(source, Source)
    assert "throw new Error" in source.lines[thrown.place.line - source.first]
    trace.close()


def test_the_picture_of_a_failure_is_the_one_that_the_test_runner_took_after_it() -> None:
    trace = a_sample(ORDER)
    assert trace.failing
    picture = picture_of(trace, trace.failing)
    assert picture.entry.startswith("attachments/")
    assert picture.distance is not None
    assert 0 <= picture.distance < 0.1
    film = picture_of(trace, trace.failing, Phase.BEFORE)
    assert (film.entry.startswith("screencast/"), film.width, film.height) == (True, 480, 320)
    trace.close()


def test_the_picture_of_a_click_says_where_it_was() -> None:
    trace = a_sample(ORDER)
    picture = picture_of(trace, step_called(trace, "'5 stars'"))
    assert picture.box
    assert picture.point
    assert picture.box.x <= picture.point.x <= picture.box.x + picture.box.width <= picture.width
    trace.close()


def test_what_came_just_before_a_failure() -> None:
    trace = a_sample(ORDER)
    assert trace.failing
    found = trace.just_before(trace.failing)
    assert isinstance(found, ConsoleLine)
    assert (found.level, found.text) == (
        "pageerror",
        "TypeError: Cannot read properties of undefined (reading 'length')",
    )
    trace.close()


def test_a_request_has_its_headers_and_what_it_sent() -> None:
    trace = a_sample(ORDER)
    request = next(request for request in trace.requests if request.method == "POST")
    details = trace.exchange(request)
    assert isinstance(details, Exchange)
    assert (details.status_text, details.server) == ("OK", "127.0.0.1")
    assert dict(details.request_headers)["Host"] == "127.0.0.1:4173"
    assert isinstance(trace.content(details.entry or "", 1024), bytes)
    trace.close()


PAGE, FRAME = "page@1", "frame@1"


def a_snapshot(call: str, phase: str, html: object, **more: Any) -> Json:
    snapshot = {"callId": call, "phase": phase, "pageId": PAGE, "frameId": FRAME, "frameUrl": "http://x/", "html": html}
    times = {"viewport": {"width": 480, "height": 320}, "timestamp": 120, "wallTime": 1, "collectionTime": 1}
    return {
        "type": "frame-snapshot",
        "snapshot": {**snapshot, **times, "resourceOverrides": [], "isMainFrame": True, **more},
    }


def a_page(text: str) -> list[object]:
    return ["HTML", {}, ["BODY", {}, ["P", {}, text]]]


def a_file(call: str, phase: str, kind: str, name: str) -> Json:
    return {"type": kind, "callId": call, "phase": phase, "pageId": PAGE, "timestamp": 120, "file": name}


def a_library(*events: Json, entries: dict[str, bytes] | None = None, version: int = 10, traces: Traces) -> Trace:
    """A trace without a test runner: a click "a@1", and further events of the library."""
    head = a_head(version, origin="library")
    click = a_step("a@1", params={"selector": "#pay", "button": None, "delay": 5}, log=["waiting for #pay", "  done"])
    lines = [head, *library_lines(click, version), *events]
    return traces.trace(a_zip({"0-trace.trace": lines_of(lines)} | (entries or {})))


def test_the_accessibility_tree_and_the_screenshot_of_a_phase_are_exact(traces: Traces) -> None:
    tree = json.dumps([{"role": "button", "name": "Pay"}, {"role": "button", "name": "Stay"}]).encode()
    acted = ["HTML", {}, ["BUTTON", {"__playwright_target__": ""}, "Pay"]]
    trace = a_library(
        a_snapshot("a@1", "action", acted),
        a_snapshot("a@1", "after", a_page("from the DOM")),
        a_file("a@1", "after", "aria-snapshot", "aria/a@1-after.json"),
        a_file("a@1", "after", "screenshot", "screenshots/a@1-after.png"),
        {"type": "input", "callId": "a@1", "point": {"x": 1, "y": 2}, "box": {"x": 0, "y": 0, "width": 9, "height": 8}},
        entries={"aria/a@1-after.json": tree, "screenshots/a@1-after.png": b"png"},
        traces=traces,
    )
    trace.read_rest()
    page = page_of(trace, "a@1")
    assert (page.lines, page.targets, page.origin) == (('button "Pay"', 'button "Stay"'), (0,), "accessibility tree")
    assert picture_of(trace, "a@1") == PictureRef(
        "screenshots/a@1-after.png", None, 480, 320, Point(1, 2), Box(0, 0, 9, 8)
    )
    assert trace.picture("a@1", Phase.BEFORE) == faults.NO_PICTURE
    trace.close()


def test_of_several_tries_the_last_snapshot_counts_and_another_phase_stands_in(traces: Traces) -> None:
    tries = (a_snapshot("a@1", "action", a_page(f"try {number}")) for number in range(3))
    trace = a_library(*tries, traces=traces)
    trace.read_rest()
    assert page_of(trace, "a@1", Phase.ACTION).lines == ("paragraph: try 2",)
    assert page_of(trace, "a@1", Phase.AFTER).lines == ("paragraph: try 2",)
    trace.close()


def test_older_formats_name_the_phase_of_a_snapshot_in_its_name(traces: Traces) -> None:
    for version in (4, 6, 8):
        event = a_snapshot("call@a@1", "", a_page("old"), snapshotName="input@call@a@1")
        del event["snapshot"]["phase"]
        trace = a_library(event, version=version, traces=traces)
        trace.read_rest()
        step = next(iter(trace.steps))
        assert page_of(trace, step, Phase.ACTION).lines == ("paragraph: old",)
        assert [line.text for line in trace.call(step).log] == ["waiting for #pay", "  done"]
        trace.close()


def test_the_oldest_format_has_a_log_and_parameters_too(traces: Traces) -> None:
    step = a_step(sides="library", params={"selector": "#pay"}, log=["waiting for #pay"])
    trace = traces.trace(a_trace(step, version=3))
    trace.read_rest()
    call = trace.call(next(iter(trace.steps)))
    assert (call.params, [line.text for line in call.log]) == ((("selector", "#pay"),), ["waiting for #pay"])
    trace.close()


def test_parameters_are_lines_and_empty_ones_are_left_out(traces: Traces) -> None:
    trace = a_library(traces=traces)
    trace.read_rest()
    assert trace.call("a@1").params == (("selector", "#pay"), ("delay", "5"))
    trace.close()


def test_no_parameter_is_too_strange(traces: Traces) -> None:
    given = {"half": ["\ud800"], "list": ["ä", 1], "text": "a\n\x1b[2Jb"}
    lines = [a_head(origin="library"), *library_lines(a_step("a@1", params=given))]
    trace = traces.trace(a_zip({"0-trace.trace": lines_of(lines)}))
    trace.read_rest()
    assert trace.call("a@1").params == (("half", '["\ufffd"]'), ("list", '["ä",1]'), ("text", "a b"))


def test_a_piece_of_a_long_file_is_found_again(traces: Traces) -> None:
    """Further into it than one copy of the decompressor, and referring to its beginning."""
    filler = ["HTML", {}, ["P", {}, "".join(chr(97 + number * number % 26) for number in range(1024**2))]]
    trace = a_library(
        a_snapshot("a@1", "before", a_page("first")),
        *(a_snapshot("x", "after", filler) for _ in range(10)),
        a_snapshot("a@1", "after", ["HTML", {}, [[11, 1]]]),
        traces=traces,
    )
    trace.read_rest()
    assert page_of(trace, "a@1").lines == ("paragraph: first",)
    assert page_of(trace, "a@1", Phase.BEFORE).lines == ("paragraph: first",)
    trace.close()


def test_a_log_that_is_spread_over_a_long_file_is_whole(traces: Traces) -> None:
    filler = a_snapshot("x", "after", ["P", {}, "x" * 3 * 1024**2])
    logs = [{"type": "log", "callId": "a@1", "time": 100 + n, "message": f"try {n}"} for n in range(4)]
    trace = a_library(logs[0], logs[1], filler, logs[2], filler, logs[3], traces=traces)
    trace.read_rest()
    log = trace.call("a@1").log
    assert [line.text for line in log[2:]] == ["try 0", "try 1", "try 2", "try 3"]
    assert log[-1].time == pytest.approx(0.003)


def test_a_snapshot_with_its_keys_in_another_order_is_found(traces: Traces) -> None:
    event = a_snapshot("a@1", "after", a_page("turned"))
    turned = {"type": "frame-snapshot", "snapshot": dict(reversed(event["snapshot"].items()))}
    trace = a_library(turned, traces=traces)
    trace.read_rest()
    assert page_of(trace, "a@1").lines == ("paragraph: turned",)
    trace.close()


def test_what_cannot_be_read_is_counted_and_the_rest_is_there(traces: Traces) -> None:
    deep = b'{"type":"frame-snapshot","snapshot":{"html":' + b"[" * 100_000
    lines = [*library_lines(a_step("a@1")), a_snapshot("a@1", "after", a_page("here"))]
    library = b"\n".join([lines_of([a_head(origin="library")]), deep, lines_of(lines)])
    network = b'{"type":"resource-snapshot","snapshot":1}\n{'
    trace = traces.trace(a_zip({"0-trace.trace": library, "0-trace.network": network}))
    trace.read_rest()
    assert page_of(trace, "a@1").lines == ("paragraph: here",)
    assert trace.notes == (faults.lines_skipped(3),)
    trace.close()


def a_shot(entry: str, time: float, page: str = PAGE) -> Json:
    return {
        "type": "screencast-frame",
        "pageId": page,
        "file": entry,
        "width": 480,
        "height": 320,
        "timestamp": time,
    }


def test_the_film_shows_the_page_of_the_step_at_the_time_of_its_phase(traces: Traces) -> None:
    shots = (a_shot("start", 101), a_shot("end", 149), a_shot("popup", 150, "page@2"))
    entries = dict.fromkeys(("start", "end", "popup"), b"jpeg")
    trace = a_library(*shots, entries=entries, traces=traces)
    trace.read_rest()
    assert [picture_of(trace, "a@1", phase).entry for phase in Phase] == ["start", "popup", "popup"]
    assert picture_of(trace, "a@1", Phase.BEFORE).distance == pytest.approx(0.001)
    known = a_library(*shots, a_snapshot("a@1", "after", a_page("x"), timestamp=150), entries=entries, traces=traces)
    known.read_rest()
    assert picture_of(known, "a@1", Phase.AFTER).entry == "end"


def a_file_attached(name: str, entry: str) -> list[Json]:
    return [{"name": name, "contentType": "image/png", "file": entry}]


def test_pictures_that_show_the_same_are_known_without_reading_them(traces: Traces) -> None:
    trace = a_library(entries={"one": b"a", "two": b"b", "again": b"a"}, traces=traces)
    assert trace.is_same("one", "again")
    assert not trace.is_same("one", "two")
    assert not trace.is_same("missing", "missing")


def test_only_what_was_attached_after_the_failure_shows_it(traces: Traces) -> None:
    yaml = '```yaml\n- button "{}"\n```\n'
    steps = (
        a_step("early", "Attach", 0, 10, kind="test.attach", attachments=a_file_attached("screenshot", "early.png")),
        a_step("e1", "Attach", 20, 30, kind="test.attach", attachments=a_file_attached("error-context", "early.md")),
        a_step("a@1", error="no", line=3),
        a_step("hook", "After Hooks", 160, 200, kind="hook"),
        a_step("own", "Click", 161, 162, parent="hook", attachments=a_file_attached("screenshot", "late.png")),
        a_step("e2", "Attach", 165, 166, kind="test.attach", attachments=a_file_attached("error-context", "late.md")),
    )
    entries = {"early.png": b"e", "late.png": b"l"}
    entries |= {f"{name}.md": yaml.format(name).encode() for name in ("early", "late")}
    trace = traces.trace(a_trace(*steps, an_error("no", 3), entries=entries))
    trace.read_rest()
    assert trace.failing == "a@1"
    picture = picture_of(trace, "a@1")
    assert picture.entry == "late.png"
    assert picture.distance == pytest.approx(0.011)
    assert page_of(trace, "a@1").lines == ('button "late"',)


def test_a_step_with_steps_inside_has_the_page_of_the_last_or_first_of_them(traces: Traces) -> None:
    inside = [a_step(f"a@{n}", start=n * 10, end=n * 10 + 5, parent="group", sides="both") for n in (1, 2)]
    lines = [a_head(origin="library")]
    for step in inside:
        lines += library_lines(step)
        lines += [a_snapshot(step.id, phase, a_page(f"{phase} {step.id}")) for phase in ("before", "after")]
    group = a_step("group", "sign in", 0, 100, kind="test.step")
    runner = [a_head(), *(line for step in (group, *inside) for line in runner_lines(step))]
    trace = traces.trace(a_zip({"test.trace": lines_of(runner), "0-trace.trace": lines_of(lines)}))
    trace.read_rest()
    assert page_of(trace, "group").lines == ("paragraph: after a@2",)
    assert page_of(trace, "group", Phase.BEFORE).lines == ("paragraph: before a@1",)


def test_only_a_failure_has_nearest_elements(traces: Traces) -> None:
    page = ["HTML", {}, ["P", {"id": "pays"}, "x"]]
    for error, nearest in ((None, ()), ("no", ("#pays (paragraph)",))):
        step = a_step("a@1", error=error, log=["waiting for locator('#pay')"])
        lines = [a_head(origin="library"), *library_lines(step), a_snapshot("a@1", "after", page)]
        trace = traces.trace(a_zip({"0-trace.trace": lines_of(lines)}))
        trace.read_rest()
        assert page_of(trace, "a@1").nearest == nearest


def test_in_the_oldest_format_the_name_of_a_snapshot_has_the_id_too(traces: Traces) -> None:
    old = a_snapshot("", "", a_page("old"), snapshotName="after@call@a@1")
    del old["snapshot"]["phase"], old["snapshot"]["callId"]
    trace = traces.trace(
        a_zip({"trace.trace": lines_of([a_head(3, origin="library"), *library_lines(a_step("a@1"), 3), old])})
    )
    trace.read_rest()
    assert page_of(trace, next(iter(trace.steps))).lines == ("paragraph: old",)


def test_threads_take_turns_more_often_while_the_rest_is_read(traces: Traces) -> None:
    before = sys.getswitchinterval()
    meanwhile: list[float] = []
    try:
        sys.setswitchinterval(0.004)
        a_library(traces=traces).read_rest(lambda _: meanwhile.append(sys.getswitchinterval()))
        assert sys.getswitchinterval() == pytest.approx(0.004)
        assert meanwhile[0] == pytest.approx(0.001)
    finally:
        sys.setswitchinterval(before)


def test_of_two_traces_that_are_read_at_once_the_last_ends_it(traces: Traces) -> None:
    before = sys.getswitchinterval()
    first, second = a_library(traces=traces), a_library(traces=traces)
    first_has_begun, second_has_begun = threading.Event(), threading.Event()
    meanwhile: list[float] = []

    def begun(_share: float) -> None:
        first_has_begun.set()
        second_has_begun.wait()

    thread = threading.Thread(target=first.read_rest, args=(begun,))

    def first_has_ended(_share: float) -> None:
        second_has_begun.set()
        thread.join()
        meanwhile.append(sys.getswitchinterval())

    try:
        sys.setswitchinterval(0.004)
        thread.start()
        first_has_begun.wait()
        second.read_rest(first_has_ended)
        assert meanwhile[0] == pytest.approx(0.001)
        assert sys.getswitchinterval() == pytest.approx(0.004)
    finally:
        sys.setswitchinterval(before)


def test_a_stopped_reading_changes_nothing(traces: Traces) -> None:
    trace = a_library(a_snapshot("a@1", "after", a_page("here")), traces=traces)
    before = trace.steps
    trace.read_rest(is_wanted=lambda: False)
    assert trace.steps is before
    assert (trace.console, trace.requests, trace.film, trace.notes) == ((), (), (), ())
    trace.close()


def test_a_reading_that_takes_too_long_ends_and_says_so(traces: Traces) -> None:
    trace = a_library(traces=traces)
    trace.read_rest(most_seconds=-1)
    assert "larger than tvtui reads" in trace.notes[-1]
    assert "a@1" in trace.steps
    trace.close()


def test_progress_ends_with_all_of_it(traces: Traces) -> None:
    shares: list[float] = []
    trace = a_library(traces=traces)
    trace.read_rest(shares.append)
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    trace.close()


def test_without_what_was_not_recorded_there_is_a_sentence(traces: Traces) -> None:
    trace = traces.trace(a_trace(a_step(line=3)))
    for _ in range(2):  # before and after the second stage
        assert trace.page("a@1") == faults.NO_PAGE
        assert trace.picture("a@1") == faults.NO_PICTURE
        place = trace.steps["a@1"].place
        assert place
        assert trace.source(place) == faults.NO_SOURCE
        trace.read_rest()
    trace.close()


def test_a_closed_trace_has_nothing_left_to_read(traces: Traces) -> None:
    trace = a_library(a_snapshot("a@1", "after", a_page("here")), traces=traces)
    trace.read_rest()
    trace.close()
    assert isinstance(trace.page("a@1"), Fault)
    assert trace.call("a@1").params == ()


def all_of(trace: Trace) -> None:
    """Ask for everything that there is."""
    trace.read_rest()
    for step in trace.steps:
        trace.call(step)
        trace.just_before(step)
        for phase in Phase:
            page = trace.page(step, phase)
            for line in page.lines if isinstance(page, PageText) else ():
                assert clean_line(line) == line
            trace.picture(step, phase)
    for request in trace.requests:
        trace.exchange(request)


LIBRARY: Sequence[Json] = (
    *library_lines(a_step("a@1", log=["waiting for x"])),
    *library_lines(a_step("a@2")),
    a_snapshot("a@1", "before", ["HTML", {}, "x", ["P", {"__playwright_target__": ""}]]),
    a_snapshot("a@1", "after", [[1, 1]]),
    a_snapshot("a@2", "after", ["HTML", {}, [[2, 0]], ["IFRAME", {"src": f"/snapshot/{FRAME}"}]]),
    {"type": "input", "callId": "a@1", "point": {"x": 1, "y": 1}},
    {"type": "screencast-frame", "pageId": PAGE, "file": "f.jpeg", "width": 1, "height": 1, "timestamp": 5},
    {"type": "console", "time": 5, "messageType": "error", "text": "x"},
    {"type": "event", "time": 5, "method": "pageError", "params": {"error": {"value": 1}}},
    a_file("a@1", "after", "aria-snapshot", "f.jpeg"),
    {"type": "resource-snapshot", "snapshot": {"request": {"url": "x"}, "response": {"status": 500}}},
)
VALUES: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.just([]) | st.just({})
)


@settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=40,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.tuples(st.sampled_from(range(len(LIBRARY))), st.integers(0, 9), VALUES), max_size=14))
def test_any_lines_in_any_order_with_anything_in_a_field_can_be_asked_for_everything(
    traces: Traces, picks: list[tuple[int, int, Any]]
) -> None:
    lines = [a_head(origin="library")]
    for index, place, value in picks:
        event = json.loads(json.dumps(LIBRARY[index]))
        inner = event.get("snapshot", event)
        keys = [key for key in inner if key != "type"]
        if place < len(keys):
            inner[keys[place]] = value
        lines.append(event)
    runner = lines_of([a_head(), *runner_lines(a_step("a@1", error="no"))])
    trace = traces.trace(a_zip({"0-trace.trace": lines_of(lines), "test.trace": runner, "f.jpeg": b"[]"}))
    all_of(trace)
    trace.close()


@pytest.mark.parametrize("name", NAMES)
def test_everything_of_a_real_trace_can_be_asked_for(name: str) -> None:
    trace = open_trace(SAMPLES / f"{name}.zip")
    assert isinstance(trace, Trace)
    all_of(trace)
    trace.close()
