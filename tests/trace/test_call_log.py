"""Logs of calls, shortened."""

from __future__ import annotations

import pytest

from tvtui.trace import LogLine
from tvtui.trace.call_log import folded, shortened

FOUND = ['  locator resolved to <b id="total">€5</b>', '  unexpected value "€5"']
TRY = ["retrying click action", "  waiting 100ms", "  element is visible", "  <div> intercepts pointer events"]
SCREENSHOT = ["taking page screenshot", "waiting for fonts to load...", "fonts loaded"]


@pytest.mark.parametrize(
    ("log", "shown"),
    [
        ([], []),
        (["waiting", *FOUND], ["waiting", *FOUND]),
        (["waiting", *FOUND * 8], ["waiting", '  8 × locator resolved to <b id="total">€5</b>', FOUND[1]]),
        (["a", "a", "a", "b"], ["3 × a", "b"]),
        ([*FOUND, "x", *FOUND], [*FOUND, "x", *FOUND]),
        ([*TRY * 3, "  end"], ["3 × retrying click action", *TRY[1:], "  end"]),
        ([*SCREENSHOT, "waiting", "  done", *SCREENSHOT], ["waiting", "  done"]),
        (["waiting", *SCREENSHOT, "  done"], ["waiting", *SCREENSHOT, "  done"]),
        (SCREENSHOT, SCREENSHOT),
    ],
)
def test_what_is_repeated_stands_once_and_screenshots_at_the_ends_are_left_out(
    log: list[str], shown: list[str]
) -> None:
    assert [line.text for line in folded([LogLine(text, time) for time, text in enumerate(log)])] == shown


def test_a_repeated_line_has_its_first_time() -> None:
    assert folded([LogLine("a", 1.0), LogLine("a", 2.0), LogLine("b", 3.0)]) == (
        LogLine("2 × a", 1.0),
        LogLine("b", 3.0),
    )


def test_an_error_has_no_screenshots_at_the_ends_of_its_log() -> None:
    log = [f"\x1b[2m  - {line}\x1b[22m" for line in (*SCREENSHOT, "waiting for #pay", *SCREENSHOT)]
    error = "\n".join(["Timeout", "Call log:", *log, "", "at here"])
    assert shortened(error) == "\n".join(["Timeout", "Call log:", log[3], "", "at here"])
    assert shortened("taking page screenshot\nfailed") == "taking page screenshot\nfailed"
    assert shortened("Call log:\n  - fonts loaded") == "Call log:\n  - fonts loaded"
