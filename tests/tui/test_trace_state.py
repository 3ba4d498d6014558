"""What the trace screen shows of a trace, as a function of the trace and of what the user asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.traces import Traces, a_step, a_trace, an_error
from tvtui.trace import Trace
from tvtui.tui.screens.trace_state import Shown, StepFilter, Steps, TraceView, title_line
from tvtui.tui.screens.trace_time import TimeCells, step_at

FIXTURE, HOOK, GROUP = "fixture@1", "hook@1", "test.step@1"
FAILED = a_step("expect@1", 'Expect "toBeVisible"', 400, 900, kind="expect", parent=GROUP, error="not found", line=21)
STEPS = (
    a_step(HOOK, "Before Hooks", 0, 100, kind="hook"),
    a_step(FIXTURE, "Fixture page", 10, 90, kind="fixture", parent=HOOK),
    a_step("api@1", "Fill", 110, 150, params={"locator": "getByLabel('User name')"}),
    a_step(GROUP, "sign in", 200, 1000, kind="test.step", error="not found"),
    a_step("api@2", "Click", 210, 300, parent=GROUP),
    FAILED,
    an_error("not found", 21),
)


class Screen:
    """A trace, and the view of it that follows from each query."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.steps = Steps(trace)
        self.view = TraceView()

    def asks(self, **changes: Any) -> TraceView:
        self.view = self.steps.derive(replace(self.view.query, **changes), self.view, lambda name: f"<{name}>")
        return self.view

    @property
    def titles(self) -> list[str]:
        return ["  " * row.depth + row.title for row in self.view.rows]


@pytest.fixture
def showing(tmp_path: Path) -> Iterator[Callable[..., Screen]]:
    """Opens a trace of these steps and other events."""
    traces = Traces(tmp_path)
    yield lambda *events: Screen(traces.trace(a_trace(*events)))
    traces.close()


Showing = Callable[..., Screen]


@pytest.fixture
def screen(showing: Showing) -> Screen:
    return showing(*STEPS)


def test_what_failed_is_selected_and_all_above_it_is_unfolded(screen: Screen) -> None:
    view = screen.asks()
    assert view.query.selected == "expect@1"
    assert screen.titles == ["Before Hooks", "Fill", "sign in", "  Click", '  Expect "toBeVisible"']
    assert view.place == "step 5 of 5 · failure 1 of 1"
    assert [row.is_open for row in view.rows] == [None, None, True, None, None]


def test_without_a_failure_the_last_step_is_selected(showing: Showing) -> None:
    screen = showing(a_step("a@1", "Click"), a_step("a@2", "Fill", 200, 250))
    assert screen.asks().query.selected == "a@2"
    assert screen.view.place == "step 2 of 2"


def test_a_trace_without_steps_shows_nothing(showing: Showing) -> None:
    view = showing().asks()
    assert (view.rows, view.step, view.place) == ((), None, "")


def test_hidden_steps_are_counted_and_shown_on_demand(screen: Screen) -> None:
    assert screen.asks().note == "1 fixture hidden (<trace.kinds> shows them)"
    assert screen.asks(shown=Shown.GETTERS).note == "1 fixture hidden (<trace.kinds> shows them)"
    view = screen.asks(shown=Shown.ALL)
    assert view.note == ""
    assert view.rows[0].is_open is False
    screen.asks(open=(view.query.open or frozenset()) | {HOOK})
    assert screen.titles[:2] == ["Before Hooks", "  Fixture page"]


def test_a_hidden_kind_that_failed_is_shown(showing: Showing) -> None:
    failed = a_step(FIXTURE, "Fixture page", 10, 90, kind="fixture", parent=HOOK, error="no browser")
    screen = showing(a_step(HOOK, "Before Hooks", 0, 100, kind="hook"), failed, an_error("no browser"))
    screen.asks()
    assert screen.titles == ["Before Hooks", "  Fixture page"]


def test_a_folded_step_with_a_failure_says_so(screen: Screen) -> None:
    view = screen.asks(open=frozenset(), selected=GROUP)
    assert [(row.title, row.state, row.is_open) for row in view.rows][-1] == ("sign in", "✗", False)


def test_the_filter_shows_matches_below_their_parents(screen: Screen) -> None:
    assert screen.asks(words="click").found == "1 of 5"
    assert screen.titles == ["sign in", "  Click"]
    assert screen.asks(words="user name").found == "1 of 5"
    assert screen.titles == ["Fill"]
    assert screen.asks(words="nothing like it").rows == ()
    assert screen.asks(words="").found == ""


def test_failed_steps_only(screen: Screen) -> None:
    screen.asks(only_failed=True)
    assert screen.titles == ["sign in", '  Expect "toBeVisible"']


def test_rows_are_computed_once_for_all_selections(screen: Screen) -> None:
    rows = screen.asks().rows
    assert screen.asks(selected="api@1").rows is rows
    assert screen.asks(tab="log").rows is rows
    assert screen.asks(open=frozenset()).rows is not rows


def test_a_step_that_was_cut_off_is_marked(showing: Showing) -> None:
    screen = showing(a_step("a@1", "Click", 100, None))
    (row,) = screen.asks().rows
    assert (row.state, row.time, row.tone) == ("…", "cut off", "open")


def test_a_tree_of_ten_thousand_levels_is_walked(showing: Showing) -> None:
    steps = [a_step("s0", "0", 0, 99_999)]
    steps += [a_step(f"s{n}", str(n), n, 99_999, kind="test.step", parent=f"s{n - 1}") for n in range(1, 10_000)]
    screen = showing(*steps)
    assert len(screen.asks(open=frozenset(screen.steps.below("s0"))).rows) == 10_000
    assert len(screen.steps.above("s9999")) == 9_999
    assert screen.steps.is_in("s9999", "s0")


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("s:failed", ["sign in", 'Expect "toBeVisible"']),
        ("s:passed fill", ["Fill"]),
        ("!click s:passed", ["Before Hooks", "Fixture page", "Fill"]),
        (">100ms", ["sign in", 'Expect "toBeVisible"']),
        (">0.5s", ["sign in"]),
        (">soon", None),
        ("s: !", None),
    ],
)
def test_words_of_the_filter(screen: Screen, text: str, titles: list[str] | None) -> None:
    wanted = StepFilter.parse(text)
    if titles is None:
        assert not wanted
    else:
        assert [step.title for step in screen.trace.steps.values() if wanted.matches(step)] == titles


class TestTime:
    """The time line."""

    def test_failures_are_solid_and_nesting_is_height(self, screen: Screen) -> None:
        cells = TimeCells(screen.trace).cells(10, None)
        assert "".join(sign for sign, _ in cells) == "▂▁▂▁█████▁"
        assert {tone for sign, tone in cells if sign == "█"} == {"failed"}

    def test_the_selected_step_is_emphasized(self, screen: Screen) -> None:
        cells = TimeCells(screen.trace).cells(10, "api@1")
        assert [index for index, (_, tone) in enumerate(cells) if tone == "selected"] == [1]

    def test_no_room_and_no_time(self, screen: Screen, showing: Showing) -> None:
        assert TimeCells(screen.trace).cells(0, None) == ()
        assert TimeCells(showing().trace).cells(10, None) == ()

    def test_a_moment_belongs_to_the_step_that_began_last(self, screen: Screen) -> None:
        assert step_at(screen.trace, 0.5) == "expect@1"
        assert step_at(screen.trace, 0.02) == HOOK
        assert step_at(screen.trace, -1) is None


def test_the_title_gives_way_to_the_place(screen: Screen) -> None:
    line = title_line(screen.trace, "trace/a.zip", screen.asks(), 100).plain
    assert line == "✗ Locked-out user · login.spec.js:17 · chromium 480×320".ljust(100 - 38) + (
        "step 5 of 5 · failure 1 of 1 · 1.00 s"
    ).rjust(38)
    short = title_line(screen.trace, "trace/a.zip", screen.view, 60).plain
    assert short.startswith("✗ Locked-out user · login.spec.js:17… ")
    assert short.endswith("  step 5 of 5 · 1.00 s")
    assert title_line(screen.trace, "trace/a.zip", screen.view, 20).plain.rstrip() == "✗ Locked-out use…"


def test_the_title_counts_the_notes_and_says_how_much_has_been_read(showing: Showing) -> None:
    screen = showing(a_step(), {"type": "from the future"})
    line = title_line(screen.trace, "a.zip", screen.asks(), 100, progress=0.42).plain
    assert line.startswith("✓ ⚠1 Locked-out user")
    assert line.endswith("reading 42% · step 1 of 1 · 150 ms")
