"""A watch as spoken sentences."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.builders import CREATED, a_case, a_problem, a_run, ended, with_tests
from tests.support.past import past_of
from tests.support.watch import LOCKED_OUT, QUEUED, SIGN_IN, SKIPPED, STARTED, Story
from tvtui.reporters.spoken import SpokenReporter, counted, result, spoken_age, spoken_size, spoken_time
from tvtui.screen_reader.phrases import artifact_line, error_lines, log_lines
from tvtui.testvibe.errors import Faulty
from tvtui.testvibe.models import Case, RunState
from tvtui.watch.events import Snapshot
from tvtui.watch.outlook import Outlook


def spoken_story(*, is_named: bool = False) -> Story:
    return Story(SpokenReporter(214, is_named))


def copies(count: int, case: Case) -> list[Case]:
    return [replace(case, name=f"{case.name} {number}") for number in range(1, count + 1)]


async def test_a_run_from_the_queue_to_its_end() -> None:
    story = spoken_story().sees(QUEUED).sees(STARTED).sees(with_tests(STARTED, SIGN_IN))
    both = with_tests(STARTED, SIGN_IN, LOCKED_OUT, SKIPPED)
    story.sees(both).sees(ended(both, "failed"))
    assert await story.report() == [
        "queued: Login, run 214, Default, https://shop.acme.example",
        "running: the run has started",
        "passed: Valid user signs in",
        "failed: Locked-out user sees an error, after 9.1 seconds",
        "skipped: Password is reset",
        "failed: the run has ended; 1 failed, 1 passed, 1 skipped, 3 tests in total; ran for 35 seconds",
    ]


async def test_with_several_runs_each_sentence_names_its_run() -> None:
    story = (
        spoken_story(is_named=True).sees(STARTED).fails(a_problem()).sees(ended(with_tests(STARTED, SIGN_IN), "passed"))
    )
    assert await story.report() == [
        "running: Login, run 214, Default, https://shop.acme.example",
        "problem, run 214: Cannot reach testvibe.acme.example. Check your network. Next try in 2 seconds.",
        "recovered, run 214: after 2 seconds and 1 failed request",
        "passed, run 214: Valid user signs in",
        "passed, run 214: the run has ended; the only test passed; ran for 35 seconds",
    ]


async def test_a_run_that_had_ended_is_reported_with_its_failures_before_its_counts() -> None:
    run = ended(with_tests(STARTED, SIGN_IN, LOCKED_OUT), "failed")
    assert await spoken_story().sees(run).report() == [
        "failed: Login, run 214, Default, https://shop.acme.example",
        "failed: Locked-out user sees an error, after 9.1 seconds",
        "passed: 1 test so far",
        "ended: 1 failed, 1 passed, 2 tests in total; ran for 35 seconds",
    ]


async def test_many_at_once_share_a_sentence() -> None:
    story = spoken_story().sees(STARTED)
    story.sees(with_tests(STARTED, *copies(12, SIGN_IN), *copies(11, LOCKED_OUT), *copies(3, SKIPPED)))
    lines = (await story.report())[1:]
    assert lines[9] == "failed: Locked-out user sees an error 10, after 9.1 seconds"
    assert lines[10:] == [
        "failed: 1 more test; press n for each failure in turn",
        "passed: 12 tests",
        "skipped: Password is reset 1",
        "skipped: Password is reset 2",
        "skipped: Password is reset 3",
    ]


async def test_up_to_ten_failures_at_once_are_all_named() -> None:
    lines = await spoken_story().sees(STARTED).sees(with_tests(STARTED, *copies(10, LOCKED_OUT))).report()
    assert len(lines) == 11
    assert lines[-1] == "failed: Locked-out user sees an error 10, after 9.1 seconds"


async def test_a_problem_is_reported_once_and_again_when_it_changes() -> None:
    story = spoken_story().sees(STARTED).fails(a_problem(wait=3.2)).fails(a_problem())
    story.fails(a_problem(Faulty("The server failed (503).")), after=4).fails(a_problem(is_final=True))
    assert (await story.report())[1:] == [
        "problem: Cannot reach testvibe.acme.example. Check your network. Next try in 4 seconds.",
        "problem: The server failed (503). Next try in 2 seconds.",
        "gave up: Cannot reach testvibe.acme.example. Check your network. Press r to retry.",
    ]


async def test_an_unknown_state_is_reported_in_the_servers_own_word() -> None:
    lines = await spoken_story().sees(STARTED).sees(ended(STARTED, "cancelled")).report()
    assert lines[1] == "cancelled: the run has ended; no tests reported; ran for 35 seconds"


def test_the_status_of_a_bad_connection_says_when_the_next_try_is() -> None:
    problem = replace(a_problem(), next_at=1010.0)
    assert SpokenReporter(214).status(None, problem, now=1004.5) == [
        "unknown: no response from the server yet",
        "problem: Cannot reach testvibe.acme.example. Check your network. Next try in 6 seconds.",
    ]


def test_the_status_says_how_much_time_is_left_while_the_server_confirms_it() -> None:
    outlook = Outlook(RunState.RUNNING, 180.0, 240.0, 180.0)
    time = CREATED + timedelta(seconds=68)
    seen = Snapshot(STARTED, 1000.0, time, 1002.0, is_final=False, outlook=outlook)
    reporter = SpokenReporter(214)
    assert reporter.status(seen, None, now=1000.0)[0] == (
        "running: for 1 minute; no tests reported; about 2 to 3 minutes left"
    )
    assert reporter.status(seen, None, now=1200.0)[0].endswith("longer than usual, which is 3 minutes")
    late = replace(seen, is_late=True)
    assert "left" not in "".join(reporter.status(late, None, now=1000.0))
    assert "left" not in "".join(reporter.status(seen, a_problem(), now=1000.0))
    slow = replace(seen, run=ended(STARTED, "failed"), outlook=Outlook(RunState.FAILED, 10.0, 20.0, 15.0))
    assert reporter.status(slow, None, now=1000.0)[0].endswith("; slower than usual, which is 15 seconds")


def test_counts() -> None:
    assert counted(a_run(status="passed")) == "all 3 tests passed"
    assert counted(with_tests(STARTED, SIGN_IN)) == "none failed, 1 passed, 1 test in total"
    lying = a_run(status="failed", tests=[SIGN_IN], summary={"total": 7, "passed": 7, "failed": 0, "other": 0})
    assert counted(lying) == "all 7 tests passed"
    assert result(lying) == (
        "all 7 tests passed; ran for 35 seconds; failed, but no failed test was reported; "
        "the server's summary does not match its tests"
    )
    assert result(a_run(tests=[*a_run().tests, 5])).endswith("ran for 35 seconds; 1 row could not be read")
    assert result(a_run(finished_utc=a_run().started_utc)).endswith("3 tests in total; ran for 0 seconds")
    assert result(a_run(finished_utc="2020-01-01T00:00:00Z")) == "1 failed, 2 passed, 3 tests in total"


def test_a_long_log_is_cut_at_its_start() -> None:
    run = a_run(log="\n".join(f"{number:06}" for number in range(600))[-4000:])
    trimmed = "log truncated by the service (4,000 characters)"
    assert log_lines(run)[:2] == [f"log: last 500 of 572 lines; {trimmed}", "000100"]
    assert log_lines(run, 10)[:2] == [f"log: last 10 of 572 lines; {trimmed}", "000590"]
    short = a_run(log="\n".join(f"{number}" for number in range(30)))
    assert log_lines(short, 10)[0] == "log: last 10 of 30 lines; press capital L for all"
    assert log_lines(a_run(log="one\n\ntwo"), 10) == ["log: 2 lines", "one", "two"]
    assert log_lines(a_run(status="running"))[0].startswith("log: No log yet")
    assert log_lines(None) == ["log: no response from the server yet"]


def test_lines_without_letters_or_digits_are_left_out() -> None:
    error = "Error: no\n\n  12 | x()\n     | ^\n ──── rule ────\n======\n\x1b[31mred\x1b[39m"
    run = a_run(tests=[a_case("t", status="failed", error=error)])
    assert error_lines(run, run.tests[0]) == ["error: t", "Error: no", "  12 | x()", "  rule", "red"]


def test_an_extremely_long_error_is_cut_and_says_so() -> None:
    case = a_case("t", status="failed", error="\n".join(f"line {number}" for number in range(510)))
    assert error_lines(a_run(tests=[case]), case)[-2:] == ["line 499", "omitted: 10 more lines"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.64, "0.6 seconds"),
        (1.0, "1 second"),
        (9.96, "10 seconds"),
        (125, "2 minutes 5 seconds"),
        (120, "2 minutes"),
        (3600, "1 hour"),
        (3720, "1 hour 2 minutes"),
        (90_000, "1 day 1 hour"),
        (-1, "an unknown time"),
        (float("nan"), "an unknown time"),
    ],
)
def test_times(seconds: float, said: str) -> None:
    assert spoken_time(seconds) == said


def test_ages_sizes_and_numbers() -> None:
    assert spoken_age(-3) == "0 seconds"
    assert spoken_age(2.9) == "2 seconds"
    assert [spoken_size(size) for size in (0, 1, 1024, 482_133, 1_300_000, 5 * 1024**4)] == [
        "0 bytes",
        "1 byte",
        "1 kilobyte",
        "470 kilobytes",
        "1.2 megabytes",
        "5120 gigabytes",
    ]
    assert artifact_line(a_run().artifacts[0]) == "trace, trace/locked-out-user.zip, 470 kilobytes"


async def test_what_earlier_runs_say_is_spoken_beside_each_test_and_in_the_counts() -> None:
    story = spoken_story().sees(STARTED)
    both = with_tests(STARTED, SIGN_IN, LOCKED_OUT)
    story.sees(both).sees(ended(both, "failed"))
    story.watched.past = past_of({"Valid user signs in": ("ffp",), "Locked-out user sees an error": ("ppp",)})
    assert (await story.report())[1:] == [
        "failed: Locked-out user sees an error, after 9.1 seconds; new failure",
        "passed: Valid user signs in; fixed, was failing since run 212",
        "failed: the run has ended; 1 failed, 1 passed, 2 tests in total; 1 new failure, 1 fixed; ran for 35 seconds",
    ]

    status = SpokenReporter(214, is_named=False).status(story.watched.snapshot, None, 1000.0, story.watched.history)
    assert "2 tests in total; 1 new failure, 1 fixed; ran for" in status[0]
