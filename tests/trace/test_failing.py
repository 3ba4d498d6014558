"""Which step failed, by each of the rules."""

from __future__ import annotations

import pytest

from tests.support.traces import SPEC, Json, StepData, Traces, a_step, a_trace, an_error
from tvtui.trace import Kind, Place, Trace

TIMEOUT = "Test timeout of 3000ms exceeded."


def verdict(trace: Trace) -> tuple[str | None, tuple[str, ...]]:
    return trace.failing, trace.failures


def in_runner(*events: StepData | Json, traces: Traces, version: int = 10) -> Trace:
    return traces.trace(a_trace(*events, version=version))


def test_the_step_at_the_place_of_the_error(traces: Traces) -> None:
    """The last leaf there: a loop has several; its parents and other failures are not it."""
    trace = in_runner(
        a_step("a@1", "caught", 10, error="Timeout", line=4),
        a_step("a@2", "step", 20, 90, kind="test.step", error="Timeout", line=3),
        a_step("a@3", "first time", 30, error="Timeout", line=5, parent="a@2"),
        a_step("a@4", "second time", 40, error="Timeout", line=5, parent="a@2"),
        an_error("Timeout", 5),
        a_step("a@5", "hook", 100, kind="hook", error="Timeout", line=9),
        traces=traces,
    )
    assert verdict(trace) == ("a@4", ("a@4",))
    assert trace.lone_errors == ()


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ("expect(a).toBe(b)\nmore", "Error: expect(a).toBe(b)\nDetails"),
        ("Error: \x1b[31mexpect(a)\x1b[39m failed\nmore", "expect(a) failed"),
    ],
)
def test_the_first_leaf_with_the_same_message(own: str, message: str, traces: Traces) -> None:
    trace = in_runner(
        a_step("a@1", "other", 10, error="Something else", line=1),
        a_step("a@2", "it", 20, error=own, line=2),
        a_step("a@3", "again", 30, error=own, line=3),
        an_error(message, 77),
        traces=traces,
    )
    assert trace.failing == "a@2"


def test_the_error_of_a_hook_is_that_of_the_step_below_it(traces: Traces) -> None:
    trace = in_runner(
        a_step("a@1", "Before Hooks", 0, 99, kind="hook", error="Hook timeout", line=13),
        a_step("a@2", "beforeEach hook", 1, 98, kind="hook", parent="a@1", error="Hook timeout", line=13),
        a_step("a@3", "passed", 2, parent="a@2"),
        a_step("a@4", "waits", 3, parent="a@2", error="Target closed", line=16),
        an_error("Hook timeout", 13),
        traces=traces,
    )
    assert verdict(trace) == ("a@4", ("a@4",))


def test_a_thrown_error_is_a_row_of_its_own(traces: Traces) -> None:
    trace = in_runner(
        a_step("a@1", "caught", 10, error="Timeout", line=4),
        an_error("\x1b[31mError\x1b[39m: not sorted\nmore", 39),
        a_step("a@2", "After Hooks", 200, kind="hook"),
        traces=traces,
    )
    row = trace.steps["error@1"]
    assert list(trace.steps) == ["a@1", "error@1", "a@2"]
    assert verdict(trace) == ("error@1", ("error@1",))
    assert (row.title, row.kind, row.place) == ("Error: not sorted", Kind.THROWN, Place(SPEC, 39, 7))
    assert row.start == row.end == trace.steps["a@1"].end
    assert [error.text for error in trace.lone_errors] == ["\x1b[31mError\x1b[39m: not sorted\nmore"]


def test_an_id_like_that_of_a_thrown_error(traces: Traces) -> None:
    trace = in_runner(a_step("error@1"), an_error("Thrown", 1), traces=traces)
    assert trace.failing == "error@1'"


def test_a_timeout_is_the_last_leaf_that_is_in_no_hook(traces: Traces) -> None:
    """However deep; earlier ones were caught, later ones came after it."""
    trace = in_runner(
        a_step("a@1", "caught", 10, error="Timeout 5ms", line=4),
        a_step("a@2", "step", 20, 90, kind="test.step", error="closed", line=3),
        a_step("a@3", "waits", 30, error="closed", line=5, parent="a@2"),
        an_error(TIMEOUT),
        a_step("a@4", "After Hooks", 100, 200, kind="hook", error="closed"),
        a_step("a@5", "Fixture", 110, 120, kind="fixture", parent="a@4", error="closed"),
        a_step("a@6", "in it", 111, 120, parent="a@5", error="closed"),
        traces=traces,
    )
    assert trace.failing == "a@3"
    assert [error.text for error in trace.lone_errors] == [TIMEOUT]


def test_a_timeout_with_failures_in_hooks_alone_is_the_first(traces: Traces) -> None:
    trace = in_runner(
        a_step("a@1", "Before Hooks", 0, 99, kind="hook", error="closed"),
        a_step("a@2", "Fixture", 1, 98, kind="fixture", parent="a@1", error="closed"),
        a_step("a@3", "After Hooks", 100, 200, kind="hook", error="closed"),
        an_error(TIMEOUT),
        traces=traces,
    )
    assert trace.failing == "a@2"


def test_a_timeout_without_any_failed_step(traces: Traces) -> None:
    trace = in_runner(a_step(), an_error(TIMEOUT), traces=traces)
    assert trace.failing == "error@1"
    assert trace.steps["error@1"].title == TIMEOUT


@pytest.mark.parametrize(("version", "failing"), [(6, "locator.click@1795944575010"), (7, None), (10, None)])
def test_without_an_error_a_newer_runner_says_that_the_test_passed(
    version: int, failing: str | None, traces: Traces
) -> None:
    """Errors of steps were caught then. Up to Playwright 1.40 there are no errors at all."""
    step = a_step("a@1", "locator.click", 10, error="Timeout")
    trace = in_runner(step, traces=traces, version=version)
    assert verdict(trace) == (failing, (failing,) if failing else ())


def test_in_a_trace_of_the_library_the_last_leaf_failed(traces: Traces) -> None:
    steps = [a_step(f"a@{n}", "", n * 10, error=None if n == 3 else "Timeout", sides="library") for n in range(1, 5)]
    assert verdict(traces.trace(a_trace(*steps))) == ("a@4", ("a@1", "a@2", "a@4"))


def test_nothing_failed(traces: Traces) -> None:
    assert verdict(in_runner(a_step(), traces=traces)) == (None, ())
    assert verdict(traces.trace(a_trace(a_step(sides="library")))) == (None, ())


def test_further_errors_are_further_stops(traces: Traces) -> None:
    """Soft assertions, a throw, a hook: in the order of the file, each once."""
    trace = in_runner(
        a_step("a@1", "soft", 10, kind="expect", error="one", line=1),
        an_error("one", 1),
        a_step("a@2", "soft", 20, kind="expect", error="two", line=2),
        an_error("two", 2),
        an_error("thrown", 3),
        a_step("a@3", "After Hooks", 30, kind="hook", error="four", line=4),
        an_error("four", 4),
        an_error("one", 1),
        traces=traces,
    )
    assert verdict(trace) == ("a@1", ("a@1", "a@2", "error@3", "a@3"))


def test_an_error_without_a_message(traces: Traces) -> None:
    """A thrown value is not always an error; the title says something anyway."""
    trace = in_runner(a_step("a@1", error="\n\n"), an_error("", 5), traces=traces)
    assert trace.steps["error@1"].title == "Error"
    step = a_step("a@1", fields={}, error="x")
    nameless = traces.trace(a_trace(step, {"type": "after", "callId": "a@1", "endTime": 2, "error": {}}))
    (row,) = nameless.steps.values()
    assert row.error
    assert row.error.text == "(no message)"


def test_many_errors_and_many_failed_steps(traces: Traces) -> None:
    """Each is compared with some at most: a hostile trace would take hours."""
    steps = [a_step(f"a@{n}", "step", n, error=f"own {n}") for n in range(3000)]
    errors = [an_error(f"other {n}", 9) for n in range(300)]
    trace = in_runner(*steps, *errors, traces=traces)
    assert len(trace.failures) == len(trace.lone_errors) == 300
