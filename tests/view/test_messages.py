"""Errors and logs as they are shown, from their first line that is not blank."""

from __future__ import annotations

import pytest

from tests.support.builders import a_case, a_run
from tvtui.testvibe.diagnosis_texts import passages_of
from tvtui.testvibe.fields import LOG_LIMIT
from tvtui.text.clean import without_blank_start
from tvtui.view.messages import error_text, log_text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\n" * 57 + "Error: here", "Error: here"),
        (" \t\n\u00a0\n  indented\n\n\n\nrest", "  indented\n\n\n\nrest"),
        ("\n\x1b[31m\n \x1b[1m \nError\x1b[0m", "\x1b[31m\x1b[1mError\x1b[0m"),
        ("\n\n", ""),
        ("Error\n\n", "Error\n\n"),
        (" " * 50_000, " " * 50_000),
    ],
)
def test_blank_lines_at_the_beginning_go_and_colour_that_began_in_them_stays(text: str, shown: str) -> None:
    assert without_blank_start(text) == shown


def test_blank_lines_before_an_error_and_a_log_are_skipped() -> None:
    case = a_case(status="failed", error="\n" * 57 + "Error: here")
    run = a_run(tests=[case], log="\n\n  one\n\ntwo")
    assert error_text(run, case) == "Error: here"
    assert log_text(run) == "  one\n\ntwo"


def test_a_blank_error_and_a_blank_log_count_as_missing() -> None:
    case = a_case(status="failed", error="\n \x1b[31m\n")
    assert "sent no error" in error_text(a_run(), case)
    assert log_text(a_run(log="\n\n")).startswith("No log")


def test_the_diagnosis_shows_both_in_the_same_way() -> None:
    log = "[32m200\x1b[39m\n" + "x" * LOG_LIMIT
    (shown,) = passages_of("logTail", log)
    assert shown.text == log.removeprefix("[32m")
    assert log_text(a_run(log=log)).startswith(shown.text)
    (short,) = passages_of("logTail", "[32m200 is how it begins")
    assert short.text == "[32m200 is how it begins"
    (spec,) = passages_of("spec", "\n \n  test('it', () => {});\n")
    assert spec.text == "  test('it', () => {});"
