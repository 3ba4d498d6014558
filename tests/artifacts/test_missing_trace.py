"""What is said where a trace is missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.support.builders import a_case, a_run, an_artifact
from tvtui.artifacts.missing_trace import why_no_trace

END = datetime(2026, 6, 10, 16, 2, 54, tzinfo=UTC)
SOON, LATER, MUCH_LATER = END + timedelta(seconds=5), END + timedelta(hours=2), END + timedelta(days=30)
FAILED = a_case(status="failed")


def test_right_after_the_end_it_is_most_likely_still_finalizing() -> None:
    first, *others = why_no_trace(a_run(artifacts=[]), FAILED, SOON)
    assert "finalized" in first
    assert any("off" in other for other in others)


def test_of_a_run_without_tests_playwright_may_never_have_started() -> None:
    first, *_ = why_no_trace(a_run(tests=[], artifacts=[]), None, LATER)
    assert "before Playwright started" in first


def test_hours_later_tracing_is_off_and_nothing_is_finalized_any_more() -> None:
    reasons = why_no_trace(a_run(artifacts=[an_artifact(kind="screenshot")]), FAILED, LATER)
    assert "off" in reasons[0]
    assert not any("finalized" in reason for reason in reasons)


def test_a_month_later_it_has_most_likely_expired() -> None:
    assert "expired" in why_no_trace(a_run(artifacts=[]), FAILED, MUCH_LATER)[0]


def test_one_that_passed_may_have_had_a_trace_that_was_not_kept() -> None:
    assert "only of failures" in why_no_trace(a_run(status="passed"), a_case(), LATER)[0]
    assert not any("only of failures" in reason for reason in why_no_trace(a_run(artifacts=[]), FAILED, LATER))


def test_traces_of_other_tests_rule_out_what_holds_for_all() -> None:
    reasons = why_no_trace(a_run(), FAILED, LATER)
    assert not any("off" in reason or "Playwright" in reason for reason in reasons)
    assert reasons


def test_without_a_time_of_its_end_no_reason_is_ruled_out_by_time() -> None:
    assert len(why_no_trace(a_run(artifacts=[], finished_utc=None, status="failed"), FAILED, LATER)) == 3


def test_while_the_run_goes_on_traces_are_to_come() -> None:
    assert why_no_trace(a_run(status="running"), None, SOON) == ("The run goes on: its traces come at the end.",)
