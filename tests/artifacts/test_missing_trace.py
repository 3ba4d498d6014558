"""Reasons for missing traces."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.support.builders import a_case, a_run, an_artifact
from tvtui.artifacts.missing_trace import why_no_trace

END = datetime(2026, 6, 10, 16, 2, 54, tzinfo=UTC)
SOON, LATER, MUCH_LATER = END + timedelta(seconds=5), END + timedelta(hours=2), END + timedelta(days=30)
FAILED = a_case(status="failed")


def test_right_after_the_end_it_is_probably_still_being_finalized() -> None:
    first, *others = why_no_trace(a_run(artifacts=[]), FAILED, SOON)
    assert "finalized" in first
    assert any("off" in other for other in others)


def test_in_a_run_without_tests_playwright_may_not_have_started() -> None:
    first, *_ = why_no_trace(a_run(tests=[], artifacts=[]), None, LATER)
    assert "before Playwright started" in first


def test_hours_later_tracing_is_probably_off() -> None:
    reasons = why_no_trace(a_run(artifacts=[an_artifact(kind="screenshot")]), FAILED, LATER)
    assert "off" in reasons[0]
    assert not any("finalized" in reason for reason in reasons)


def test_a_month_later_it_has_probably_expired() -> None:
    assert "expired" in why_no_trace(a_run(artifacts=[]), FAILED, MUCH_LATER)[0]


def test_the_trace_of_a_passed_test_may_not_have_been_kept() -> None:
    for now in (LATER, MUCH_LATER):
        assert "only of failures" in why_no_trace(a_run(status="passed"), a_case(), now)[0]
    assert not any("only of failures" in reason for reason in why_no_trace(a_run(artifacts=[]), FAILED, LATER))


def test_traces_of_other_tests_rule_out_reasons_that_apply_to_all_tests() -> None:
    reasons = why_no_trace(a_run(), FAILED, LATER)
    assert not any("off" in reason or "Playwright" in reason for reason in reasons)
    assert reasons


def test_without_an_end_time_no_reason_is_ruled_out_by_time() -> None:
    assert len(why_no_trace(a_run(artifacts=[], finished_utc=None, status="failed"), FAILED, LATER)) == 3


def test_during_the_run_traces_are_not_expected() -> None:
    assert why_no_trace(a_run(status="running"), None, SOON) == (
        "The run has not ended: traces are uploaded at the end.",
    )
