"""Errors and logs as they are shown, from their first line that is not blank."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.support.builders import a_case, a_digest, a_run
from tvtui.testvibe.diagnosis_texts import passages_of
from tvtui.testvibe.fields import ERROR_LIMIT, LOG_LIMIT
from tvtui.testvibe.models import Case, Run
from tvtui.text.clean import without_blank_start
from tvtui.view.messages import contradiction, doubts, error_text, log_text, recounted, unreadable, waiting_for

NOON = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)


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


class TestTruncation:
    """The service counts UTF-16 code units of what it sends."""

    @pytest.mark.parametrize(
        ("error", "is_truncated"),
        [
            ("x" * ERROR_LIMIT, True),
            ("x" * (ERROR_LIMIT - 1), False),
            ("😀" * (ERROR_LIMIT // 2), True),
            ("😀" * (ERROR_LIMIT // 2 - 1), False),
            ("\x1b[2Jx" * (ERROR_LIMIT // 5), True),
            ("x" * ERROR_LIMIT + "… (truncated)", True),
            ("x" * (ERROR_LIMIT + 100), False),
        ],
    )
    def test_of_an_error(self, error: str, is_truncated: bool) -> None:
        case = a_case(status="failed", error=error)
        assert ("truncated by the service (1,500" in error_text(a_run(), case)) is is_truncated

    @pytest.mark.parametrize(("units", "is_truncated"), [(LOG_LIMIT, True), (LOG_LIMIT - 1, False)])
    def test_of_a_log(self, units: int, is_truncated: bool) -> None:
        log = ("\x1b[2K😀 " * units)[: units - units // 7]
        log = log + "y" * (units - len(log.encode("utf-16-le")) // 2)
        assert ("truncated by the service (4,000" in log_text(a_run(log=log))) is is_truncated


FAILS = a_case("one", status="failed")
HANGS = a_case("two", status="timedOut")
FLAKY = a_case("three", status="flaky")


@pytest.mark.parametrize(
    ("run", "said"),
    [
        (a_run(), None),
        (a_run(status="passed"), None),
        (a_run(status="running", tests=[FAILS]), None),
        (a_run(status="cancelled", tests=[FAILS]), None),
        (a_run(status="passed", tests=[FAILS]), "passed, but 1 test failed"),
        (a_run(status="passed", tests=[FAILS, FAILS], summary={"total": 2, "passed": 2}), "passed, but 2 tests failed"),
        (a_run(status="passed", summary={"total": 3, "failed": 2}), "passed, but the summary says 2 failed"),
        (a_run(tests=[HANGS]), None),
        (a_run(tests=[HANGS], summary={"total": 1, "passed": 0, "failed": 0, "other": 1}), None),
        (a_run(status="passed", tests=[HANGS]), "passed, but 1 test failed"),
        (a_run(status="passed", tests=[FLAKY]), None),
        (a_run(tests=[FLAKY], summary={"total": 1, "failed": 1}), "failed, but no failed test was reported"),
        (a_run(tests=[]), "failed, but no failed test was reported"),
        (a_run(tests=[a_case()], summary={"total": 2, "failed": 1}), "failed, but no failed test was reported"),
        (a_run(status="passed", tests={}), "passed, but its tests could not be read"),
    ],
)
def test_a_verdict_that_contradicts_the_tests(run: Run, said: str | None) -> None:
    assert contradiction(run) == said


@pytest.mark.parametrize(
    ("tests", "counts", "said"),
    [
        ([FAILS, HANGS], (0, 1, 1), "the server counts 1 timedOut test as other"),
        ([FAILS, HANGS], (0, 2, 0), ""),
        ([HANGS, HANGS, FLAKY], (1, 0, 2), "the server counts 2 timedOut tests as other and 1 flaky test as passed"),
        ([FAILS, FLAKY, a_case(status="skipped")], (0, 1, 2), ""),
        ([FAILS, HANGS], (2, 0, 0), ""),
    ],
)
def test_what_the_server_counts_otherwise(tests: list[Case], counts: tuple[int, ...], said: str) -> None:
    run = a_run(tests=tests, summary=dict(zip(("passed", "failed", "other"), counts, strict=True)))
    assert recounted(run) == said


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("flaky", "This test is flaky"),
        ("skipped", "This test was skipped."),
        ("fixme", "This test was skipped. Its status is “fixme”."),
        ("failed", "This test failed, but"),
        ("timedOut", "This test failed (timedOut), but"),
        ("odd", "This test neither passed nor failed. Its status is “odd”."),
    ],
)
def test_in_place_of_an_error_there_is_what_the_status_means(status: str, said: str) -> None:
    case = a_case(status=status, error=None)
    assert error_text(a_run(tests=[case]), case).startswith(said)


def test_what_was_not_recorded_is_not_said_to_be_missing() -> None:
    failed, flaky, passed = (a_case(each, status=each, error=None) for each in ("failed", "flaky", "passed"))
    run = replace(a_run(tests=[failed, flaky, passed], log=None), has_texts=False)
    assert error_text(run, failed).startswith("This test failed. Its error was not recorded")
    assert "Its error was not recorded" in error_text(run, flaky)
    assert error_text(run, passed) == "This test passed."
    assert log_text(run).startswith("The log was not recorded")
    assert error_text(replace(run, tests=()), None).startswith("No tests ran. The log was not recorded")


def test_what_could_not_be_read() -> None:
    odd = {"tests": [5, {}, 6], "artifacts": "none", "summary": 5, "log": 5}
    assert unreadable(a_run()) == ""
    assert unreadable(a_run(tests=[5, FAILS])) == "1 row could not be read"
    assert unreadable(Run.read(a_digest() | odd)) == (
        "2 rows and the artifacts and the summary and the log could not be read"
    )


@pytest.mark.parametrize(
    ("status", "said"),
    [("running", "the server no longer lists its tests (20 before)"), ("passed", "passed, but the server no longer")],
)
def test_tests_that_have_vanished_are_a_doubt_once(status: str, said: str) -> None:
    run = replace(a_run(status=status, tests=[], summary=None), vanished=20)
    (doubt,) = doubts(run)
    assert doubt.startswith(said)
    assert waiting_for(run, NOON) == ("No tests listed any more", "20 before")
    assert error_text(run, None) == "The selected test is no longer in the run."


def test_all_doubts_are_listed() -> None:
    run = a_run(status="passed", tests=[FAILS, 5], summary={"total": 1})
    assert [doubt.split()[0] for doubt in doubts(run)] == ["passed,", "1", "the"]
    assert doubts(a_run()) == []
    no_list = Run.read(a_digest(status="passed") | {"tests": "none"})
    assert doubts(no_list) == ["passed, but its tests could not be read"]
