"""Sentences shown in place of tests, errors, logs and artifacts, and about answers that make no sense; pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from tvtui.testvibe.fields import ERROR_LIMIT, LOG_LIMIT, folded, is_truncated
from tvtui.testvibe.models import Case, Outcome, Run, RunState
from tvtui.text.clean import plain, without_blank_start
from tvtui.text.format import elapsed, many
from tvtui.view.labels import SYMBOLS, counted, site_name, word_beside_symbol

if TYPE_CHECKING:
    from tvtui.view.grouping import Group


def run_again_question(run: Run) -> str:
    """The question before a feature is run again."""
    where = "".join(f" {word} {name}" for word, name in (("on", run.config), ("at", site_name(run))) if name)
    state = "queued" if run.state is RunState.QUEUED else "running"
    goes_on = "" if run.has_ended else f"Run {run.run_id} is still {state}. "
    return f"{goes_on}Run {run.feature_name or f'feature {run.feature_id}'} again{where}?"


def empty_table(
    run: Run | None,
    server_now: datetime | None,
    *,
    has_problem: bool,
    clear_key: str | None,
    without_match: tuple[str, ...] = (),
) -> tuple[str, ...]:
    """Why the table of tests is empty, in a few lines.

    Args:
        run: The run; None before the first answer.
        server_now: The server's time as far as it is known.
        has_problem: Whether the last request failed.
        clear_key: The key that clears the filter; None unless it is a filter that has left no tests.
        without_match: The lines that say that no test has the status or the history of the filter, if that is why.
    """
    if run is None or server_now is None:
        return ("No data yet", "retrying automatically") if has_problem else ("Waiting for the first answer",)
    if clear_key is None:
        return waiting_for(run, server_now)
    return (*(without_match or ("No matching tests",)), f"{clear_key} shows all tests")


def waiting_for(run: Run, server_now: datetime) -> tuple[str, str]:
    """Why a run has no tests, in two lines of which the second may be empty."""
    if run.vanished:
        return "No tests listed any more", f"{run.vanished:,} before"
    if run.has_ended:
        return "No tests ran", "see the log" if run.log else ""
    if run.started_utc is None:
        since = "" if run.created_utc is None else f" for {elapsed((server_now - run.created_utc).total_seconds())}"
        return f"Queued{since}", "waiting for a free sandbox"
    return (f"Running for {elapsed((server_now - run.started_utc).total_seconds())}", "waiting for the first results")


def no_artifacts(run: Run, *, is_final: bool) -> str:
    """Why a run has no artifacts; they can arrive shortly after its end."""
    if is_final:
        return "None were uploaded"
    return "None yet; some arrive shortly after the end" if run.has_ended else "None yet"


LOG_TRUNCATED = "\n\n… log truncated by the service"
"""Ends a log that the service has truncated, followed by the limit."""


_ERROR_NOT_RECORDED = "Its error was not recorded: this recording has outcomes alone."
_LOG_NOT_RECORDED = "The log was not recorded: this recording has outcomes alone."


def error_text(run: Run | None, case: Case | None, *, is_selected: bool = True) -> str:
    """The error of the selected test, or the reason why there is none.

    Args:
        run: The run; None before the first answer.
        case: The selected test; None if the run has no such test, or no test is selected.
        is_selected: Whether a test is selected.
    """
    if case is None:
        return _without_test(run, is_selected=is_selected)
    if case.error and plain(case.error).strip():
        note = f"\n\n… error truncated by the service ({ERROR_LIMIT:,} characters)"
        return without_blank_start(case.error) + (note if is_truncated(case.error, ERROR_LIMIT) else "")
    has_texts = run is None or run.has_texts
    match case.outcome:
        case Outcome.PASSED:
            return "This test passed."
        case Outcome.FAILED:
            word = word_beside_symbol(case)
            how = f" ({word})" if word else ""
            if not has_texts:
                return f"This test failed{how}. {_ERROR_NOT_RECORDED}"
            return f"This test failed{how}, but the server sent no error. The log may have details."
        case Outcome.FLAKY:
            why = "The server sent no error." if has_texts else _ERROR_NOT_RECORDED
            return f"This test is flaky: it failed, then passed when retried. {why}"
        case Outcome.SKIPPED:
            reason = "" if folded(case.status) == "skipped" else f" Its status is “{case.status}”."
            return f"This test was skipped.{reason}"
        case Outcome.OTHER:
            return f"This test neither passed nor failed. Its status is “{case.status}”."


_MOST_NAMES = 200
"""Names of tests in a list; neither a clipboard nor a reader takes thousands."""


def group_text(group: Group, error: str) -> str:
    """The error of a group's first test, and the names of all its tests."""
    # an error that the service has truncated can leave a colour on
    heading = f"\x1b[0m\x1b[1m{len(group.rows):,} tests failed with this error:\x1b[0m"
    return "\n".join([error.rstrip(), "", heading, *names_of(group)])


def names_of(group: Group) -> list[str]:
    """The names of a group's tests, one a line; of very many, the last line counts the rest."""
    names = [f"{SYMBOLS[row.outcome]} {row.case.name}" for row in group.rows[:_MOST_NAMES]]
    rest = len(group.rows) - len(names)
    return [*names, f"… {rest:,} more"] if rest else names


def _without_test(run: Run | None, *, is_selected: bool) -> str:
    if run is None:
        return ""
    if run.tests or run.vanished:
        if not is_selected:
            return "No test is selected."
        # in a replay it may not be there yet
        return (
            f"The selected test is {'no longer in the run' if run.has_ended or run.vanished else 'not in the run now'}."
        )
    if not run.has_ended:
        return "No results yet."
    if not run.has_texts:
        return f"No tests ran. {_LOG_NOT_RECORDED}"
    return "No tests ran. See the log." if run.log else "No tests ran, and the server sent no log."


def contradiction(run: Run) -> str | None:
    """How the status of an ended run contradicts its tests; it remains the result all the same."""
    if run.is_unverified:
        return "passed, but its tests could not be read"
    if run.vanished and run.state is RunState.PASSED:
        return f"passed, but {vanished(run)}"
    failed = run.listed.failed
    if run.state is RunState.PASSED and failed:
        return f"passed, but {many(failed, 'test')} failed"
    if run.state is RunState.PASSED and run.counts.failed:
        return f"passed, but the summary says {run.counts.failed:,} failed"
    return "failed, but no failed test was reported" if run.state is RunState.FAILED and not failed else None


def vanished(run: Run) -> str:
    """That the server has listed tests before, and no longer does; "" if it lists some, or never did."""
    return f"the server no longer lists its tests ({run.vanished:,} before)" if run.vanished else ""


def recounted(run: Run) -> str:
    """How the server's summary counts tests otherwise than the counts that are shown; "" if it counts them alike."""
    otherwise = [f"{many(each.number, f'{each.status} test')} as {each.counted_as}" for each in run.recounts or ()]
    return f"the server counts {' and '.join(otherwise)}" if otherwise else ""


def listed_instead(run: Run) -> str:
    """What the tests say that the counts do not: how many there are, or how they ended; "" if they agree."""
    if not run.counts_disagree:
        return ""
    number = len(run.tests)
    return f"{number:,} listed" if number != run.counts.total else f"listed: {counted(run.listed)}"


def unreadable(run: Run) -> str:
    """What could not be read in the last answer; "" if nothing."""
    rows = run.unreadable.count("row")
    parts = [many(rows, "row")] if rows else []
    # a contradiction says it of the tests of a run that passed
    known = {"row", "tests"} if run.is_unverified else {"row"}
    parts += [f"the {name}" for name in run.unreadable if name not in known]
    return f"{' and '.join(parts)} could not be read" if parts else ""


def missing(run: Run) -> list[str]:
    """What is missing from the last answer, a line each, unless the contradiction says it."""
    gone = "" if run.state is RunState.PASSED else vanished(run)
    return list(filter(None, (gone, unreadable(run))))


def doubts(run: Run) -> list[str]:
    """What makes the last answer doubtful, a line each."""
    disagree = "the server's summary does not match its tests" if run.counts_disagree else ""
    return list(filter(None, (contradiction(run), *missing(run), disagree)))


def first_error_line(case: Case) -> str:
    """The first non-blank line of a test's error, without colours; "" if the test has no error."""
    lines = (line.strip() for line in plain(case.error or "").splitlines())
    return next(filter(None, lines), "").expandtabs(2)


def log_end(run: Run, most: int) -> list[str]:
    """The last non-blank lines of a run's log, without colours: `most` at most, none if there is no log."""
    lines = [line.rstrip() for line in plain(run.log or "").split("\n")]
    return [line for line in lines if line][-most:]


def log_text(run: Run | None) -> str:
    """The log of a run, or the reason why there is none."""
    if run is None:
        return ""
    if run.log and plain(run.log).strip():
        note = f"{LOG_TRUNCATED} ({LOG_LIMIT:,} characters)"
        return without_blank_start(run.log) + (note if is_truncated(run.log, LOG_LIMIT) else "")
    if not run.has_texts:
        return _LOG_NOT_RECORDED
    if not run.has_ended:
        return "No log yet. The service sends one only if the run does not pass."
    return "No log. The service sends one only for runs that did not pass."
