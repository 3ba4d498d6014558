"""Exit codes, and which one a watch ends with."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import TYPE_CHECKING

from tvtui.cli.stderr import complain
from tvtui.watch.request import FAILED_RUNS, FailOn

if TYPE_CHECKING:
    from tvtui.settings.settings import Settings
    from tvtui.testvibe.errors import ClientError
    from tvtui.watch.watched_run import WatchedRun


class ExitCode(IntEnum):
    """The exit codes, the same with and without a terminal."""

    PASSED = 0
    """The run passed; also: the requested text (help, a list) was printed."""
    FAILED = 1
    """The run failed, or ended in any other way but passed; with `--fail-on-flaky` also if a test was flaky, with
    `--new-only` not if each failure had been one in the run before."""
    USAGE = 2
    """The command line or the configuration is wrong."""
    REFUSED = 3
    """The server rejected the API key (401, 403)."""
    NOT_FOUND = 4
    """The run or the project does not exist (404)."""
    LOST = 5
    """The server stopped responding for longer than `--timeout`, never responded to a watch without a terminal, or
    `--max-time` has passed."""
    QUIT = 6
    """The watch was quit before the run ended; also: the reader of the output closed it."""
    NOT_STARTED = 7
    """A requested run has not started, or it is unknown whether it has."""
    CRASHED = 70
    """A bug in tvtui; BSD's EX_SOFTWARE, so that it is never taken for a failed run."""
    UNWRITTEN = 74
    """The run passed, but a document such as that of `--junit` could not be written; BSD's EX_IOERR."""
    INTERRUPTED = 130
    """Interrupted (SIGINT); any other signal n that ends the watch gives 128 + n."""


_WORST_FIRST = (ExitCode.FAILED, ExitCode.REFUSED, ExitCode.NOT_FOUND, ExitCode.LOST, ExitCode.QUIT, ExitCode.PASSED)
"""A certain failure is worse than an unknown result."""


def usage_error(*sentences: str) -> ExitCode:
    """Write what is wrong with the command line or the configuration to stderr, and return the exit code for it."""
    complain(*sentences)
    return ExitCode.USAGE


def exit_code(watched: WatchedRun, *, fail_on: FailOn = FAILED_RUNS) -> ExitCode:
    """Return the exit code of one run, judged by what its watch knows."""
    from tvtui.testvibe.models import RunState

    run, problem = watched.run, watched.problem
    if run is not None and run.has_ended:
        if run.state is RunState.PASSED:
            return ExitCode.FAILED if fail_on.flaky and run.listed.flaky else ExitCode.PASSED
        return ExitCode.PASSED if not fail_on.known and has_only_known_failures(watched) else ExitCode.FAILED
    if problem is None:
        return ExitCode.QUIT
    return code_of(problem.error, otherwise=ExitCode.LOST if problem.is_final else ExitCode.QUIT)


def has_only_known_failures(watched: WatchedRun) -> bool:
    """Whether a run failed by nothing but tests that had failed in the last run before, too."""
    from tvtui.testvibe.models import RunState

    run, history = watched.run, watched.history
    if run is None or history is None or run.state is not RunState.FAILED or not watched.failures:
        return False
    # the server may count failures that it does not list
    return len(history.known) == len(watched.failures) >= run.counts.failed and not run.unreadable


def code_of(error: ClientError, *, otherwise: ExitCode) -> ExitCode:
    """Return the exit code for an error of the server, or another one if there is none for this error."""
    from tvtui.testvibe.errors import NotFound, Refused

    if isinstance(error, Refused):
        return ExitCode.REFUSED
    return ExitCode.NOT_FOUND if isinstance(error, NotFound) else otherwise


def worst_exit_code(runs: Iterable[WatchedRun], *, fail_on: FailOn = FAILED_RUNS) -> ExitCode:
    """Return the exit code of several runs."""
    return _worst(exit_code(each, fail_on=fail_on) for each in runs)


def _worst(codes: Iterable[ExitCode]) -> ExitCode:
    return min(codes, key=_WORST_FIRST.index, default=ExitCode.QUIT)


def exit_code_so_far(runs: Iterable[WatchedRun], *, fail_on: FailOn = FAILED_RUNS) -> ExitCode:
    """Return the exit code of a watch that ended because its output can no longer be written."""
    return _worst(exit_code(each, fail_on=fail_on) if each.has_ended else ExitCode.QUIT for each in runs)


def conclude(settings: Settings, runs: Iterable[WatchedRun], *, fail_on: FailOn = FAILED_RUNS) -> ExitCode:
    """Write what kept runs from being watched to their end, and doubtful results, to stderr; return the exit code."""
    from tvtui.testvibe.models import RunState
    from tvtui.text.format import many
    from tvtui.view.messages import contradiction, missing

    codes = {each: exit_code(each, fail_on=fail_on) for each in runs}
    sentences = [
        explain(settings, each.problem.error, code, has_given_up=each.run is not None and each.has_given_up)
        for each, code in codes.items()
        if each.problem is not None and not each.is_recorded and code not in {ExitCode.PASSED, ExitCode.FAILED}
    ]
    sentences += [f"Run {each.run_id} {doubt}." for each in codes if each.run and (doubt := contradiction(each.run))]
    sentences += [f"Run {each.run_id}: {gap}." for each in codes if each.run for gap in missing(each.run)]
    sentences += [
        f"Run {each.run_id} passed with {many(each.run.listed.flaky, 'flaky test')}: a failure with --fail-on-flaky."
        for each, code in codes.items()
        if each.run and each.run.state is RunState.PASSED and code is ExitCode.FAILED
    ]
    sentences += [
        f"Run {each.run_id} failed, but no failure is new ({many(len(each.failures), 'known failure')}): passed with "
        "--new-only."
        for each, code in codes.items()
        if each.run and each.run.state is RunState.FAILED and code is ExitCode.PASSED
    ]
    sentences += [
        f"Run {each.run_id} failed: --new-only has no earlier run, watched here, to compare it with."
        for each, code in codes.items()
        if not fail_on.known and each.run and each.run.state is RunState.FAILED and each.history is None
        if code is ExitCode.FAILED
    ]
    # a problem that several runs share is reported once
    complain(*dict.fromkeys(sentences))
    return _worst(codes.values())


def end_with(settings: Settings, error: ClientError) -> ExitCode:
    """Report an error that ends a command without a watch, and return its exit code."""
    code = code_of(error, otherwise=ExitCode.LOST)
    complain(explain(settings, error, code))
    return code


def explain(settings: Settings, error: ClientError, code: ExitCode, *, has_given_up: bool = False) -> str:
    """Return the message about an error that ends the program with this exit code.

    `has_given_up` says whether the error was put up with for a while, as a watch does after its first answer.
    """
    from tvtui.testvibe.errors import TimeUp
    from tvtui.watch.deadline import unattended_timeout

    if isinstance(error, TimeUp) or not (has_given_up or code is ExitCode.LOST):
        return str(error)
    lost = " without a valid response" if code is ExitCode.LOST else ""
    return f"Gave up after {unattended_timeout(settings):g} s{lost}. {error}"
