"""The tree of steps: versions, halves in several files, clocks, ids, kinds, titles, cut-off steps, odd parents."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.traces import SPEC, Traces, a_head, a_step, a_trace, a_zip, an_error, lines_of, runner_lines
from tvtui.trace import Attachment, Kind, Place, Step, Trace

VERSIONS = range(3, 11)
BOTH = "runner library"


def rows(trace: Trace) -> list[tuple[str, str | None]]:
    return [(step.title, step.parent) for step in trace.steps.values()]


def ms(step: Step) -> tuple[float, float | None]:
    return round(step.start * 1000, 6), None if step.end is None else round(step.end * 1000, 6)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_gives_the_same_steps(version: int, traces: Traces) -> None:
    """Both files have the steps; version 3 has the library's alone. From 7 on, their clocks differ."""
    sides = BOTH if version > 3 else "library"
    shift = 3_600_000.0 if version >= 7 else 0.0
    log = ["waiting for getByLabel('Email')", "  locator resolved to <input/>"]
    params = {"selector": "internal:label='Email'"}
    given = {"sides": sides, "line": 5, "params": params, "log": log}
    content = a_trace(
        a_step("a@1", "locator.click", 100, 150, **given),
        a_step("a@2", "locator.fill", 200, 450, error="Timeout 250ms exceeded.", method="fill", **given),
        an_error("Timeout 250ms exceeded.", 5) if version >= 7 else a_step("a@3", "locator.tap", 500, 550, **given),
        version=version,
        shift=shift,
    )
    trace = traces.trace(content)
    trace.read_rest()
    steps = list(trace.steps.values())[:2]
    assert trace.version == version
    assert [(step.title, step.subtitle) for step in steps] == [
        ("locator.click", "getByLabel('Email')"),
        ("locator.fill", "getByLabel('Email')"),
    ]
    assert [ms(step) for step in steps] == [(0, 50), (100, 350)]
    assert [step.place for step in steps] == [Place(SPEC, 5, 7)] * 2
    assert trace.failing == steps[1].id
    assert [line.text for line in trace.call(steps[1].id).log] == log
    assert (trace.browser, trace.viewport) == ("chromium", (480, 320))
    assert trace.notes == ()
    assert trace.started is not None
    assert f"{trace.started:%H:%M:%S.%f}" == "09:29:35.100000"


@pytest.mark.parametrize(
    ("version", "id"), [(4, "locator.click@1795944575100"), (6, "locator.click@1795944575100"), (7, "pw:api@1")]
)
def test_the_id_of_a_step_is_the_same_in_both_files(version: int, id: str, traces: Traces) -> None:
    trace = traces.trace(a_trace(a_step("pw:api@1", "locator.click", sides=BOTH), version=version))
    trace.read_rest()
    assert list(trace.steps) == [id]


def test_the_runner_s_half_counts_and_the_library_s_where_there_is_none(traces: Traces) -> None:
    """A timeout in a hook leaves the runner's half open: the end and the error are the library's."""
    done = a_step("a@1", "Click", 100, 150, sides="runner")
    same = a_step("a@1", "Click", 110, 140, sides="library", error="Caught later")
    open_one = a_step("a@2", "Wait", 200, None, sides="runner")
    closed = a_step("a@2", "Wait", 210, 500, sides="library", error="Target closed")
    trace = traces.trace(a_trace(done, same, open_one, closed, an_error("Test timeout of 300ms exceeded.")))
    assert trace.steps["a@2"].end is None
    trace.read_rest()
    first, second = trace.steps.values()
    assert (ms(first), first.error) == ((0, 50), None)
    assert ms(second) == (100, 400)
    assert second.error
    assert second.error.text == "Target closed"
    assert trace.failing == "a@2"


def test_a_step_that_only_the_library_has_is_added_by_the_second_stage(traces: Traces) -> None:
    trace = traces.trace(a_trace(a_step("a@1", "Mine", 100, 150), a_step("a@2", "", 50, 60, sides="library")))
    assert rows(trace) == [("Mine", None)]
    trace.read_rest()
    assert rows(trace) == [("Click", None), ("Mine", None)]
    # the first moment stays: what is on the screen does not move
    assert [step.start for step in trace.steps.values()] == [-0.05, 0]


def test_clocks_hours_apart(traces: Traces) -> None:
    """The library ran on another machine, and its clock began much later."""
    shift = -5 * 3_600_000.0
    trace = traces.trace(a_trace(a_step("a@1"), a_step("a@2", "", 160, 170, sides="library"), shift=shift))
    trace.read_rest()
    assert [step.start for step in trace.steps.values()] == [0, pytest.approx(0.06)]
    assert trace.seconds == pytest.approx(0.17)


def test_children_by_start_and_each_parent_before_them(traces: Traces) -> None:
    trace = traces.trace(
        a_trace(
            a_step("a@1", "outer", 100, 400, kind="test.step"),
            a_step("a@3", "late", 300, 310, parent="a@1"),
            a_step("a@2", "early", 200, 210, parent="a@1"),
            a_step("a@4", "next", 500, 510),
        )
    )
    assert rows(trace) == [("outer", None), ("early", "a@1"), ("late", "a@1"), ("next", None)]
    assert trace.roots == ("a@1", "a@4")
    assert trace.steps["a@1"].children == ("a@2", "a@3")


def test_odd_parents(traces: Traces) -> None:
    """Circles, itself, unknown, one that comes later in the file."""
    trace = traces.trace(
        a_trace(
            a_step("a@1", "one", 1, parent="a@2"),
            a_step("a@2", "two", 2, parent="a@1"),
            a_step("a@3", "self", 3, parent="a@3"),
            a_step("a@4", "unknown", 4, parent="a@99"),
            a_step("a@5", "child", 5, parent="a@6"),
            a_step("a@6", "parent", 6),
        )
    )
    parents = {step.id: step.parent for step in trace.steps.values()}
    assert parents == {"a@1": "a@2", "a@2": None, "a@3": None, "a@4": None, "a@5": "a@6", "a@6": None}
    assert list(trace.steps) == ["a@2", "a@1", "a@3", "a@4", "a@6", "a@5"]


def test_two_steps_of_one_id(traces: Traces) -> None:
    trace = traces.trace(a_trace(a_step("a@1", "one", 1), a_step("a@1", "two", 2)))
    assert {step.id: step.title for step in trace.steps.values()} == {"a@1": "one", "a@1#2": "two"}


def test_a_tree_of_any_depth(traces: Traces) -> None:
    deep = [a_step(f"a@{n}", "deeper", n, parent=f"a@{n - 1}") for n in range(10_000)]
    trace = traces.trace(a_trace(*deep))
    assert len(trace.steps) == 10_000
    assert trace.roots == ("a@0",)
    assert list(trace.steps)[-1] == "a@9999"


def test_a_step_that_ends_before_it_begins_takes_no_time(traces: Traces) -> None:
    (step,) = traces.trace(a_trace(a_step(start=500, end=100))).steps.values()
    assert step.end == step.start


def test_a_step_that_was_cut_off(traces: Traces) -> None:
    """It is shown until the end of its last child, or of the trace."""
    trace = traces.trace(
        a_trace(
            a_step("a@1", "hook", 0, None, kind="hook"),
            a_step("a@2", "child", 10, 30, parent="a@1"),
            a_step("a@3", "last", 40, None),
            a_step("a@4", "other", 45, 1000),
        )
    )
    assert (trace.steps["a@1"].end, trace.end_of("a@1"), trace.end_of("a@3")) == (None, 0.03, 1.0)
    assert trace.end_of("a@2") == 0.03


def test_attachments_of_any_version(traces: Traces) -> None:
    attached = [
        {"name": "new", "contentType": "text/plain", "file": "attachments/1"},
        {"name": "old", "contentType": "text/plain", "sha1": "2"},
        {"name": "not packed", "contentType": "text/plain", "path": "/srv/report.txt"},
        {"name": "inside", "contentType": "text/plain", "base64": "aGVsbG8="},
        {"name": "broken", "contentType": "text/plain", "base64": "%%%"},
    ]
    (step,) = traces.trace(a_trace(a_step(attachments=attached))).steps.values()
    assert step.attachments == (
        Attachment("new", "text/plain", "attachments/1"),
        Attachment("old", "text/plain", "resources/2"),
        Attachment("not packed", "text/plain", None, "/srv/report.txt"),
        Attachment("inside", "text/plain", None, "", b"hello"),
        Attachment("broken", "text/plain", None, "", b""),
    )


@pytest.mark.parametrize(
    ("version", "id", "title", "kind", "expected"),
    [
        (10, "a@1", "Before Hooks", "hook", Kind.HOOK),
        (10, "a@1", 'Fixture "page"', "fixture", Kind.FIXTURE),
        (10, "a@1", "Click", "pw:api", Kind.ACTION),
        (10, "a@1", 'Expect "toBeVisible"', "expect", Kind.EXPECT),
        (10, "a@1", "sign in", "test.step", Kind.STEP),
        (10, "a@1", 'Attach "x"', "test.attach", Kind.TEST),
        (8, "test.step@4", "sign in", "step", Kind.STEP),
        (6, "hook@1", "beforeEach hook", "step", Kind.HOOK),
        (6, "fixture@1", "fixture: page", "step", Kind.FIXTURE),
        (6, "expect@1", "expect.toBeVisible", "step", Kind.EXPECT),
        (6, "attach@1", 'attach "x"', "step", Kind.TEST),
        (6, "pw:api@1", "page.goto", "step", Kind.ACTION),
        (6, "pw:api@1", "page.title", "step", Kind.GETTER),
        (6, "pw:api@1", "locator.isVisible", "step", Kind.GETTER),
        (6, "pw:api@1", "page.route", "step", Kind.ROUTE),
        (6, "pw:api@1", "route.fulfill", "step", Kind.ROUTE),
        (6, "pw:api@1", "tracing.start", "step", Kind.CONFIGURATION),
        (6, "1", "After Hooks", "step", Kind.HOOK),
        (6, "1", "afterAll hook", "step", Kind.HOOK),
        (6, "1", "fixture: page", "step", Kind.FIXTURE),
        (6, "1", "expect.toBeVisible", "step", Kind.EXPECT),
        (6, "1", "page.click", "step", Kind.ACTION),
        (6, "1", 'attach "x"', "step", Kind.TEST),
        (6, "1", "I sign in. Then I wait", "step", Kind.STEP),
    ],
)
def test_the_kind_of_a_runner_s_step(
    version: int, id: str, title: str, kind: str, expected: Kind, traces: Traces
) -> None:
    (step,) = traces.trace(a_trace(a_step(id, title, kind=kind), version=version)).steps.values()
    assert step.kind is expected


@pytest.mark.parametrize(("group", "kind"), [("getter", Kind.GETTER), ("route", Kind.ROUTE), ("new", Kind.ACTION)])
def test_the_group_of_a_runner_s_step(group: str, kind: Kind, traces: Traces) -> None:
    (step,) = traces.trace(a_trace(a_step(fields={"group": group}))).steps.values()
    assert step.kind is kind


@pytest.mark.parametrize(
    ("class_", "method", "params", "title", "subtitle", "kind"),
    [
        ("Frame", "goto", {"url": "https://shop.example/a"}, "Navigate", "shop.example/a", Kind.ACTION),
        ("Frame", "fill", {"value": "x", "selector": "internal:label=a"}, 'Fill "x"', "label=a", Kind.ACTION),
        ("Frame", "fill", {"value": "x" * 200}, f'Fill "{"x" * 99}…"', "", Kind.ACTION),
        ("Page", "keyboardPress", {"key": "Enter"}, 'Press "Enter"', "", Kind.ACTION),
        ("APIRequestContext", "fetch", {"url": "http://a/b", "method": "POST"}, "POST", "a/b", Kind.ACTION),
        ("APIRequestContext", "fetch", {"url": "http://a/b"}, "GET", "a/b", Kind.ACTION),
        ("Frame", "expect", {"selector": "#a"}, "Expect", "#a", Kind.EXPECT),
        ("Frame", "title", {}, "Get page title", "", Kind.GETTER),
        ("Frame", "isVisible", {"selector": "#a"}, "Frame.isVisible", "#a", Kind.GETTER),
        ("Page", "setNetworkInterceptionPatterns", {}, "Page.setNetworkInterceptionPatterns", "", Kind.ROUTE),
        ("Route", "fulfill", {}, "Route.fulfill", "", Kind.ROUTE),
        ("BrowserContext", "addInitScript", {}, "Add init script", "", Kind.CONFIGURATION),
        ("Tracing", "tracingStop", {}, "Tracing.tracingStop", "", Kind.CONFIGURATION),
        ("Tracing", "tracingGroup", {"name": "sign in"}, "sign in", "", Kind.STEP),
        ("Frame", "{0.__class__}", {}, "Frame.{0.__class__}", "", Kind.ACTION),
        ("", "", {}, "a@1", "", Kind.ACTION),
    ],
)
def test_the_title_and_the_kind_of_a_library_s_step(
    class_: str, method: str, params: dict[str, str], title: str, subtitle: str, kind: Kind, traces: Traces
) -> None:
    given = a_step("a@1", class_=class_, method=method, params=params, sides="library")
    (step,) = traces.trace(a_trace(given)).steps.values()
    assert (step.title, step.subtitle, step.kind) == (title, subtitle, kind)


@pytest.mark.parametrize(
    ("title", "fields", "subtitle"),
    [
        ("Click", {"subtitle": "getByLabel('a')", "params": {"locator": "other"}}, "getByLabel('a')"),
        ("Click", {"params": {"locator": "getByLabel('a')", "selector": "internal:label=a"}}, "getByLabel('a')"),
        ("Click", {"params": {"selector": "internal:label=a"}}, "label=a"),
        ("Click getByLabel('a')", {"params": {"selector": "internal:label=a"}}, ""),
        ("Click getByLabel('a')", {"params": {"locator": "getByLabel('a')"}}, ""),
        ('Navigate to "/a"', {"params": {"url": "http://shop.example/a"}}, ""),
        ('Navigate to "/a"', {"params": {"url": "http://shop.example/b"}}, "shop.example/b"),
        ("Click", {"params": ["odd"]}, ""),
    ],
)
def test_the_subtitle(title: str, fields: dict[str, object], subtitle: str, traces: Traces) -> None:
    (step,) = traces.trace(a_trace(a_step(title=title, fields=fields))).steps.values()
    assert step.subtitle == subtitle


def several_contexts() -> Iterator[tuple[str, bytes]]:
    """The first has no browser: it is an API request's; the tenth comes after the second."""
    yield "0-trace.trace", lines_of([a_head(origin="library", browserName="", options={})])
    yield "10-trace.trace", lines_of([a_head(origin="library", browserName="webkit")])
    yield "2-trace.trace", lines_of([a_head(origin="library", browserName="firefox", options={"viewport": None})])
    yield "test.trace", lines_of([a_head(), *runner_lines(a_step())])


def test_the_browser_is_that_of_the_first_context_that_has_one(traces: Traces) -> None:
    trace = traces.trace(a_zip(dict(several_contexts())))
    assert (trace.browser, trace.viewport) == ("firefox", (480, 320))


def test_the_files_of_one_test_runner(traces: Traces) -> None:
    """Up to version 6 they have no head, any name, and repeat each other; the later ones know more."""
    first = runner_lines(a_step("hook@1", "Before Hooks", 0, None), 4)
    second = runner_lines(a_step("hook@1", "Before Hooks", 0, 50), 4) + runner_lines(a_step("pw:api@2", "page.goto"), 4)
    library = [a_head(4, origin="library")]
    files = {"0-0-trace.trace": first, "0-1-trace.trace": library, "1-trace.trace": second}
    trace = traces.trace(a_zip({name: lines_of(events) for name, events in files.items()}))
    assert [(step.title, step.start, step.end) for step in trace.steps.values()] == [
        ("Before Hooks", 0, 0.05),
        ("page.goto", 0.1, 0.15),
    ]
    assert (trace.version, trace.browser) == (4, "chromium")
