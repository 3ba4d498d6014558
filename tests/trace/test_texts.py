"""The words of a trace, which the screen, the command line and the conversation have in common."""

from __future__ import annotations

import pytest

from tvtui.trace import ConsoleLine, Kind, Place, Request, Step, StepError
from tvtui.trace.texts import (
    StepFacts,
    before_block,
    first_line,
    full_place,
    full_title,
    outcome,
    place_of,
    short_place,
    step_block,
)

STEP = Step("a@1", "Click", "getByRole('link')", start=1.0, end=2.0)
HERE = Place("C:\\shop\\login.spec.js", 21, 55)


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (ConsoleLine(1.5, "warning", "\n\x1b[33mlow\x1b[0m\nat x"), "Just before it (500 ms): console warning\n⚠ low"),
        (ConsoleLine(1.5, "pageerror", "gone"), "Just before it (500 ms): page error\n✗ gone"),
        (ConsoleLine(2.5, "dialog", "alert: x"), "Just before it (0 ms): dialog\n· alert: x"),
        (
            Request("GET", "http://shop/x", 0.5, 500, seconds=0.25, failed=True),
            "Just before it (1.25 s): failed request\n↯ GET http://shop/x 500",
        ),
        (
            Request("GET", "http://shop/x", 1.0, failed=True),
            "Just before it (1.00 s): failed request\n↯ GET http://shop/x no answer",
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
        "Just before it (500 ms): console error\n✗ boom",
        "login.spec.js:21:55",
        "Nearest on the page:\n  ≈ #hint",
    ]
