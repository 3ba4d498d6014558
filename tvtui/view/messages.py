"""Sentences shown in place of tests, errors, logs and artifacts; pure."""

from __future__ import annotations

from datetime import datetime

from tvtui.testvibe.fields import ERROR_LIMIT, LOG_LIMIT, is_trimmed, log_from_its_start
from tvtui.testvibe.models import Case, Outcome, Run
from tvtui.text.clean import plain, without_blank_start
from tvtui.text.format import elapsed


def run_again_question(run: Run) -> str:
    """What is asked before a run is started once more."""
    site = (run.site_url or "").removeprefix("https://").rstrip("/")
    where = "".join(f" {word} {told}" for word, told in (("on", run.config), ("at", site)) if told)
    return f"Run {run.feature_name or f'feature {run.feature_id}'} again{where}?"


def instead_of_tests(
    run: Run | None, server_now: datetime | None, *, has_problem: bool, is_filtered: bool
) -> tuple[str, ...]:
    """What to say, in up to two lines, in the place of tests.

    Args:
        run: The run; None before the first answer.
        server_now: The server's time as far as it is known.
        has_problem: Whether contact is bad.
        is_filtered: Whether there are tests, and a filter has left none.
    """
    if run is None or server_now is None:
        return ("No data yet", "trying again by itself") if has_problem else ("Waiting for the first answer",)
    return ("No test matches", "escape shows all") if is_filtered else waiting_for(run, server_now)


def waiting_for(run: Run, server_now: datetime) -> tuple[str, str]:
    """What to say, in two lines, in the place of the tests of a run that has none."""
    if run.has_ended:
        return "No test ran", "the log tells why" if run.log else ""
    if run.started_utc is None:
        since = "" if run.created_utc is None else f" for {elapsed((server_now - run.created_utc).total_seconds())}"
        return f"Queued{since}", "waiting for a free sandbox"
    return (
        f"Running for {elapsed((server_now - run.started_utc).total_seconds())}",
        "waiting for the first results",
    )


def no_artifacts(run: Run, *, is_final: bool) -> str:
    """What to say in the place of artifacts: they can arrive a little after the run has ended."""
    if is_final:
        return "None: nothing was uploaded"
    return "None yet: some arrive a little after the end" if run.has_ended else "None yet"


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


def first_error_line(case: Case) -> str:
    """The first non-blank line of a test's error, without colours; "" if the test has no error."""
    lines = (line.strip() for line in plain(case.error or "").splitlines())
    return next(filter(None, lines), "").expandtabs(2)


def log_end(run: Run, most: int) -> list[str]:
    """The last non-blank lines of a run's log, without colours: `most` at most, none if there is no log."""
    lines = [line.rstrip() for line in plain(run.log or "").split("\n")]
    return [line for line in lines if line][-most:]


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
