"""The words of a trace, which the screen, the command line and the conversation have in common."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.traces import Traces, a_step, a_trace
from tvtui.trace import Call, ConsoleLine, Kind, LogLine, Place, Request, Step, StepError, Trace, open_trace
from tvtui.trace.texts import (
    StepFacts,
    before_block,
    first_line,
    full_place,
    full_title,
    log_block,
    nearest_block,
    outcome,
    page_block,
    place_of,
    recorded_by,
    short_place,
    step_block,
)

STEP = Step("a@1", "Click", "getByRole('link')", start=1.0, end=2.0)
HERE = Place("C:\\shop\\login.spec.js", 21, 55)


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (
            ConsoleLine(1.5, "warning", "\n\x1b[33mlow\x1b[0m\nat x"),
            "Just before it (500 ms before it ended): console warning\n⚠ low",
        ),
        (ConsoleLine(1.5, "pageerror", "gone"), "Just before it (500 ms before it ended): page error\n✗ gone"),
        (ConsoleLine(2.5, "dialog", "alert: x"), "Just before it (0 ms before it ended): dialog\n· alert: x"),
        (
            Request("GET", "http://shop/x", 0.5, 500, seconds=0.25, failed=True),
            "Just before it (250 ms before it began): failed request\n↯ GET http://shop/x 500",
        ),
        (
            Request("GET", "http://shop/x", 1.0, failed=True),
            "Just before it (1.00 s before it ended): failed request\n↯ GET http://shop/x no answer",
        ),
        (None, ""),
    ],
)
def test_what_came_just_before_the_end(event: ConsoleLine | Request | None, text: str) -> None:
    assert before_block(STEP, event) == text


def test_before_a_step_that_was_cut_off_there_is_no_time() -> None:
    assert before_block(STEP._replace(end=None), ConsoleLine(9, "error", "x")) == "Just before it: console error\n✗ x"


def test_places() -> None:
    assert short_place(HERE) == "login.spec.js:21:55"
    assert full_place(HERE) == "C:\\shop\\login.spec.js:21:55"
    assert short_place(Place("/srv/login.spec.js", 21)) == "login.spec.js:21"
    assert place_of(STEP) is None
    assert place_of(STEP._replace(error=StepError("x", place=HERE))) == HERE


def test_a_step_in_words() -> None:
    assert full_title(STEP) == "Click  getByRole('link')"
    assert full_title(STEP._replace(subtitle="")) == "Click"
    assert outcome(STEP) == "Passed in 1.00 s."
    assert outcome(STEP._replace(end=None)) == "Cut off: the trace does not say how it ended."
    assert outcome(STEP._replace(error=StepError("\n  \x1b[31mno link\x1b[0m\nmore"))) == "Failed: no link"
    assert first_line(" \n") == ""


def test_a_failure_has_what_is_needed_first() -> None:
    step = STEP._replace(kind=Kind.EXPECT, error=StepError("no link", place=HERE), place=HERE)
    facts = StepFacts(step, before=ConsoleLine(1.5, "error", "boom"), nearest=("#hint",))
    assert step_block(facts).split("\n\n") == [
        "no link",
        "Just before it (500 ms before it ended): console error\n✗ boom",
        "login.spec.js:21:55",
        "Nearest on the page:\n  ≈ #hint",
    ]


def test_that_nothing_resembles_a_locator_is_said_only_of_one_that_was_not_found() -> None:
    assert nearest_block((), is_missing=True) == "Nothing on the page resembles it."
    assert nearest_block((), is_missing=False) == ""
    assert nearest_block(("#hint",), is_missing=True) == "Nearest on the page:\n  ≈ #hint"


@pytest.mark.parametrize(
    ("version", "head", "text"),
    [
        (6, {}, "Playwright 1.40 to 1.44 (format 6)"),
        (9, {}, "Playwright 1.63 (format 9)"),
        (11, {}, "format 11"),
        (10, {"playwrightVersion": "1.65.1"}, "Playwright 1.65.1"),
    ],
)
def test_what_recorded_a_trace(version: int, head: dict[str, str], text: str, traces: Traces) -> None:
    assert recorded_by(traces.trace(a_trace(a_step(), version=version, head=head))) == text


def test_a_failure_has_no_lines_of_screenshots_and_its_log_none_twice() -> None:
    error = StepError("no link\nCall log:\n  - fonts loaded\n  - waiting for #link")
    facts = StepFacts(STEP._replace(error=error), Call(log=(LogLine("tried"), LogLine("tried"))))
    assert step_block(facts) == "no link\n\nCall log:\n  - waiting for #link"
    assert log_block(facts) == "2 × tried"


def test_what_says_more_than_the_log_stands_before_it() -> None:
    error = StepError("no link\nCall log:\n  - waiting for #link")
    facts = StepFacts(STEP._replace(error=error), nearest=('link "Home"',))
    assert step_block(facts).endswith('Nearest on the page:\n  ≈ link "Home"\n\nCall log:\n  - waiting for #link')


@pytest.mark.parametrize(
    ("sample", "marked"),
    [
        ("1.40.0-shop-is-on-the-map", "≈ text: Loading the map…"),
        ("1.35.0-street-is-saved", "▶ status: Saved: 12 Orchard Row"),
    ],
)
def test_what_was_meant_or_is_near_is_marked_in_the_page(sample: str, marked: str) -> None:
    trace = open_trace(Path(__file__).parent / "samples" / f"{sample}.zip")
    assert isinstance(trace, Trace)
    trace.read_rest()
    assert trace.failing
    lines = page_block(trace, trace.steps[trace.failing]).split("\n")
    assert lines[0] == "From the DOM, without style sheets."
    assert [line for line in lines if line.startswith(("≈", "▶"))] == [marked]
    trace.close()
