"""What the detail pane says of a test's error and of the log, in words where there is none; pure."""

from __future__ import annotations

from tvtui.testvibe.fields import ERROR_LIMIT, LOG_LIMIT, is_trimmed, log_from_its_start
from tvtui.testvibe.models import Case, Outcome, Run
from tvtui.text.clean import plain, without_blank_start

TRIMMED = "\n\n… the service trims"
"""What a text ends with that the service has cut, before what it is and how much is left."""


def error_text(run: Run | None, case: Case | None) -> str:
    """The error of a test, or why there is none.

    Args:
        run: The run as last seen.
        case: The selected test.
    """
    if case is None:
        return _without_test(run)
    if case.error and plain(case.error).strip():
        return without_blank_start(case.error) + _trimmed(case.error, ERROR_LIMIT, "errors")
    match case.outcome:
        case Outcome.PASSED:
            return "This test passed."
        case Outcome.FAILED:
            return "This test failed, and the server sent no error for it. The log may tell more."
        case Outcome.OTHER:
            return f"This test neither passed nor failed: the server calls it “{case.status}”."


def _without_test(run: Run | None) -> str:
    if run is None:
        return ""
    if run.tests:
        return "The test that was selected is not in the server's answer any more."
    if not run.has_ended:
        return "No results yet."
    return "No test ran: the log is the only evidence." if run.log else "No test ran, and the server sent no log."


def log_text(run: Run | None) -> str:
    """The log of a run, or why there is none."""
    if run is None:
        return ""
    if run.log and plain(run.log).strip():
        return log_from_its_start(run.log) + _trimmed(run.log, LOG_LIMIT, "logs")
    if not run.has_ended:
        return "No log yet: the service sends one when a run has not passed."
    return "No log: the service sends one only for runs that did not pass."


def _trimmed(text: str, limit: int, what: str) -> str:
    return f"{TRIMMED} {what} to {limit:,} characters" if is_trimmed(text, limit) else ""
