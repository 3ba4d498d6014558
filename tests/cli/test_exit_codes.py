"""Every exit code has a name, a number, and a story that ends with it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.support.builders import a_case, a_run
from tests.support.past import a_past
from tests.support.server import WATCH_SETTINGS
from tests.support.watch import a_watched_run
from tvtui.cli.exit_codes import ExitCode, conclude, exit_code, exit_code_so_far, worst_exit_code
from tvtui.testvibe.errors import ClientError, NotFound, Refused, TimeUp, Unreachable
from tvtui.testvibe.models import Run
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.request import FailOn
from tvtui.watch.watched_run import WatchedRun

NOON = datetime(2026, 6, 10, 12, 0, 0, tzinfo=UTC)


def seen(run: Run) -> Snapshot:
    return Snapshot(run, seen=0.0, server_time=NOON, next_at=None, is_final=False)


def trouble(kind: type[ClientError], *, is_final: bool = False) -> Problem:
    return Problem(kind("It went wrong.", "Try."), since=0.0, failures=1, next_at=2.0, is_final=is_final)


RUNNING = seen(a_run(status="running"))
PASSED = seen(a_run(status="passed"))
FAILED = seen(a_run(status="failed"))
CANCELLED = seen(a_run(status="cancelled", finished_utc=NOON))
ABORTED = seen(a_run(status="aborted", finished_utc=None))
UNVERIFIED = seen(a_run(status="passed", tests="none"))
LIES = seen(a_run(status="passed", tests=[a_case(status="failed")]))
UNHEARD_OF = seen(a_run(status="paused", finished_utc=None))


def test_the_numbers_are_the_documented_ones() -> None:
    assert {code.name: code.value for code in ExitCode} == {
        "PASSED": 0,
        "FAILED": 1,
        "USAGE": 2,
        "REFUSED": 3,
        "NOT_FOUND": 4,
        "LOST": 5,
        "QUIT": 6,
        "NOT_STARTED": 7,
        "CRASHED": 70,
        "UNWRITTEN": 74,
        "INTERRUPTED": 130,
    }


@pytest.mark.parametrize(
    ("snapshot", "problem", "code"),
    [
        pytest.param(PASSED, None, ExitCode.PASSED, id="passed"),
        pytest.param(FAILED, None, ExitCode.FAILED, id="failed"),
        pytest.param(CANCELLED, None, ExitCode.FAILED, id="ended in another way"),
        pytest.param(ABORTED, None, ExitCode.FAILED, id="ended in another way, without a time"),
        pytest.param(UNVERIFIED, None, ExitCode.FAILED, id="passed, with tests that cannot be read"),
        pytest.param(LIES, None, ExitCode.PASSED, id="passed, with a failed test"),
        pytest.param(RUNNING, None, ExitCode.QUIT, id="quit before the end"),
        pytest.param(UNHEARD_OF, None, ExitCode.QUIT, id="quit in an unknown state"),
        pytest.param(None, None, ExitCode.QUIT, id="quit before the first answer"),
        pytest.param(PASSED, trouble(Unreachable), ExitCode.PASSED, id="passed, then lost while artifacts settle"),
        pytest.param(PASSED, trouble(Refused, is_final=True), ExitCode.PASSED, id="passed, then refused"),
        pytest.param(None, trouble(Refused), ExitCode.REFUSED, id="refused at the start, quit"),
        pytest.param(None, trouble(Refused, is_final=True), ExitCode.REFUSED, id="refused at the start"),
        pytest.param(None, trouble(NotFound), ExitCode.NOT_FOUND, id="not found at the start, quit"),
        pytest.param(None, trouble(NotFound, is_final=True), ExitCode.NOT_FOUND, id="not found at the start"),
        pytest.param(None, trouble(Unreachable), ExitCode.QUIT, id="quit before the server was reached"),
        pytest.param(None, trouble(Unreachable, is_final=True), ExitCode.LOST, id="no first answer"),
        pytest.param(RUNNING, trouble(Unreachable), ExitCode.QUIT, id="quit while the connection was bad"),
        pytest.param(RUNNING, trouble(Refused), ExitCode.REFUSED, id="quit while the key was refused"),
        pytest.param(RUNNING, trouble(NotFound), ExitCode.NOT_FOUND, id="quit when the run was gone"),
        pytest.param(RUNNING, trouble(TimeUp, is_final=True), ExitCode.LOST, id="time is up"),
        pytest.param(RUNNING, trouble(Unreachable, is_final=True), ExitCode.LOST, id="lost for good"),
        pytest.param(RUNNING, trouble(Refused, is_final=True), ExitCode.REFUSED, id="refused for good"),
        pytest.param(RUNNING, trouble(NotFound, is_final=True), ExitCode.NOT_FOUND, id="gone for good"),
    ],
)
def test_what_the_watch_knows_last_decides(snapshot: Snapshot | None, problem: Problem | None, code: ExitCode) -> None:
    assert exit_code(a_watched_run(*(event for event in (snapshot, problem) if event is not None))) is code


FLAKY = seen(a_run(status="passed", tests=[a_case(), a_case(status="flaky")]))


@pytest.mark.parametrize(
    ("snapshot", "codes"),
    [
        (FLAKY, (ExitCode.PASSED, ExitCode.FAILED)),
        (PASSED, (ExitCode.PASSED, ExitCode.PASSED)),
        (RUNNING, (ExitCode.QUIT, ExitCode.QUIT)),
    ],
)
def test_a_flaky_test_fails_the_run_only_if_that_was_asked_for(snapshot: Snapshot, codes: tuple[ExitCode, ...]) -> None:
    runs = [a_watched_run(snapshot)]
    for each in (exit_code, lambda run, **how: exit_code_so_far([run], **how)):
        assert tuple(each(runs[0], fail_on=FailOn(flaky=wanted)) for wanted in (False, True)) == codes
    assert tuple(worst_exit_code(runs, fail_on=FailOn(flaky=wanted)) for wanted in (False, True)) == codes


NEW_ONLY = FailOn(known=False)


def failed_before(run: Run, **before: str) -> WatchedRun:
    """The watch of a run after others; without letters, after none."""
    watched = a_watched_run(seen(run))
    watched.past = a_past(**before) if before else None
    return watched


@pytest.mark.parametrize(
    ("tests", "before", "code"),
    [
        (["failed", "passed"], {"a": "f", "b": "p"}, ExitCode.PASSED),
        (["failed", "failed"], {"a": "f", "b": "p"}, ExitCode.FAILED),
        (["failed", "failed"], {"a": "f", "b": "f"}, ExitCode.PASSED),
        (["failed", "passed"], {"b": "p"}, ExitCode.FAILED),
        (["failed", "passed"], {}, ExitCode.FAILED),
        ([], {"a": "f"}, ExitCode.FAILED),
    ],
)
def test_known_failures_fail_no_run_if_that_was_asked_for(
    tests: list[str], before: dict[str, str], code: ExitCode
) -> None:
    run = a_run(tests=[a_case(name, status=status) for name, status in zip("ab", tests, strict=False)])

    assert exit_code(failed_before(run, **before), fail_on=NEW_ONLY) is code
    assert exit_code(failed_before(run, **before)) is ExitCode.FAILED


def test_failures_that_are_not_listed_are_not_known() -> None:
    run = a_run(tests=[a_case("a", status="failed")], summary={"total": 2, "passed": 0, "failed": 2, "other": 0})

    assert exit_code(failed_before(run, a="f"), fail_on=NEW_ONLY) is ExitCode.FAILED


def test_other_ends_are_failures_with_known_failures_too() -> None:
    run = a_run(status="cancelled", tests=[a_case("a", status="failed")])

    assert exit_code(failed_before(run, a="f"), fail_on=NEW_ONLY) is ExitCode.FAILED


def test_why_a_failed_run_counts_as_passed_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    watched = failed_before(a_run(tests=[a_case("a", status="failed")]), a="f")

    assert conclude(WATCH_SETTINGS, [watched], fail_on=NEW_ONLY) is ExitCode.PASSED

    said = "tvtui: Run 214 failed, but no failure is new (1 known failure): passed with --new-only.\n"
    assert capsys.readouterr().err == said


def test_that_new_failures_cannot_be_told_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    watched = failed_before(a_run(tests=[a_case("a", status="failed")]))

    assert conclude(WATCH_SETTINGS, [watched], fail_on=NEW_ONLY) is ExitCode.FAILED
    said = "tvtui: Run 214 failed: --new-only has no earlier run, watched here, to compare it with.\n"
    assert capsys.readouterr().err == said

    assert conclude(WATCH_SETTINGS, [watched]) is ExitCode.FAILED
    assert capsys.readouterr().err == ""


def test_why_a_passed_run_counts_as_failed_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    runs = [a_watched_run(FLAKY), a_watched_run(PASSED)]
    assert conclude(WATCH_SETTINGS, runs) is ExitCode.PASSED
    assert capsys.readouterr().err == ""
    assert conclude(WATCH_SETTINGS, runs, fail_on=FailOn(flaky=True)) is ExitCode.FAILED
    assert capsys.readouterr().err == "tvtui: Run 214 passed with 1 flaky test: a failure with --fail-on-flaky.\n"


@pytest.mark.parametrize(
    ("events", "code"),
    [
        ([PASSED], ExitCode.PASSED),
        ([PASSED, trouble(Unreachable)], ExitCode.PASSED),
        ([FAILED], ExitCode.FAILED),
        ([RUNNING, trouble(Refused, is_final=True)], ExitCode.QUIT),
        ([], ExitCode.QUIT),
    ],
)
def test_without_a_reader_only_results_count(events: list[Snapshot | Problem], code: ExitCode) -> None:
    assert exit_code_so_far([a_watched_run(*events)]) is code


def test_without_any_run_it_was_quit() -> None:
    assert exit_code_so_far([]) is ExitCode.QUIT
