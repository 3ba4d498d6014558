"""Decoding a server's answers: however incomplete, odd or hostile, the result is a run or one sentence."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.support.builders import a_case, a_digest, a_run
from tvtui.testvibe.models import Artifact, Case, Counts, Outcome, Run, RunState
from tvtui.text.clean import clean_block, clean_line

HOSTILE = "a\x1b]52;c;ZXZpbA==\x07\x1b[2J\u202eb"


def test_the_digest_of_the_documentation() -> None:
    run = Run.model_validate_json(json.dumps(a_digest()))
    assert (run.run_id, run.state, run.feature_name, run.config) == (
        214,
        RunState.FAILED,
        "Login Functionality",
        "Default",
    )
    assert run.started_utc == datetime(2026, 6, 10, 16, 2, 19, tzinfo=UTC)
    assert run.tests[2] == Case(
        name="Locked-out user sees an error",
        status="failed",
        duration_ms=9120,
        error="expect(locator).toBeVisible() failed",
    )
    assert run.artifacts == (Artifact(kind="trace", path="trace/locked-out-user.zip", size=482_133),)
    assert run.counts == Counts(total=3, passed=2, failed=1, other=0)
    assert not run.counts_disagree


def test_everything_optional_may_be_missing() -> None:
    run = Run.model_validate({"runId": 214, "status": "running"})
    assert run == Run(run_id=214, status="running")
    assert (run.tests, run.artifacts, run.log, run.summary, run.site_url) == ((), (), None, None, None)
    assert run.counts == Counts(0, 0, 0, 0)
    nulls = dict.fromkeys(Run.model_fields) | {"run_id": 214, "status": "running"}
    assert Run.model_validate(nulls) == run


def test_empty_tests_and_artifacts() -> None:
    assert Case() == Case(name="(unnamed)", status="unknown", duration_ms=None, error=None)
    assert Case.model_validate(dict.fromkeys(Case.model_fields)) == Case()
    assert Artifact() == Artifact(kind="file", path="", size=None)
    assert Artifact.model_validate(dict.fromkeys(Artifact.model_fields)) == Artifact()
    run = a_run(tests=[None, {}, None], artifacts=[{}, None])
    assert (run.tests, run.artifacts) == ((Case(),), (Artifact(),))


@pytest.mark.parametrize("wrong", [5, True, [], {}, 1.5, "", " ", "\x1b[2J", "\n"])
def test_invalid_names_become_the_default(wrong: object) -> None:
    assert Case.model_validate({"name": wrong, "status": wrong}) == Case()
    assert Artifact.model_validate({"kind": wrong}).kind == "file"
    run = a_run(feature_name=wrong, config=wrong, site_url=wrong)
    assert (run.feature_name, run.config, run.site_url) == (None, None, None)


def test_every_text_is_cleaned() -> None:
    assert Case(name=HOSTILE, status=HOSTILE, error=HOSTILE) == Case(name="ab", status="ab", error="ab")
    assert Artifact(kind=HOSTILE, path=HOSTILE) == Artifact(kind="ab", path="ab")
    run = a_run(status=HOSTILE, feature_name=HOSTILE, config=HOSTILE, site_url=HOSTILE, log=HOSTILE)
    assert {run.status, run.feature_name, run.config, run.site_url, run.log} == {"ab"}
    assert a_run(status="\x1b[2J").status == "unknown"
    assert Artifact(path="\ud800").path == "\ufffd"


@settings(derandomize=True, database=None, deadline=None, max_examples=500)
@given(st.text(st.characters() | st.sampled_from("\x1b[]m;1358\r\n\t\x9b\u202e\u2028\ud800\u200b\uffff")))
def test_the_fast_path_agrees_with_the_cleaner(text: str) -> None:
    """Most text is recognized as clean by a pattern; it must agree with the cleaner."""
    case = Case(name=text, error=text)
    assert case.error == clean_block(text)
    # labels have no such pattern
    assert case.name == (a_run(feature_name=text).feature_name or "(unnamed)")
    assert case.name in {clean_line(text), "(unnamed)"}
    assert Artifact(path=text).path in {clean_line(text), ""}


@pytest.mark.parametrize("blank", ["", " ", "\u00a0\u3000", "\u200b\u2060", "\ufeff", "\u00ad\u200d ", "\U000e0041"])
def test_an_invisible_name_becomes_the_default(blank: str) -> None:
    assert Case(name=blank).name == "(unnamed)"
    assert Case(name=f"{blank}a{blank}").name == f"{blank}a{blank}"
    assert a_run(feature_name=blank).feature_name is None


def test_errors_keep_playwrights_colours() -> None:
    error = 'Expected: \x1b[32m"$4.0\x1b[7m1\x1b[27m"\x1b[39m\n\x1b[2m  - waiting for\x1b[22m locator'
    assert a_case(error=error).error == error
    assert a_case(error="\x1b[8mhidden\x1b[28m").error == "hidden\x1b[28m"
    assert a_case(name=f"\x1b[31m{'x' * 2000}").name == "x" * 2000


def test_a_log_may_be_a_list_of_lines() -> None:
    assert a_run(log=["one\n", "two", None, 5, "\x1b]0;no end", "six\r\n"]).log == "one\ntwo\n\n\n\nsix"
    assert a_run(log=[]).log == ""
    assert a_run(log={"text": "one"}).log is None


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("passed", "passed"), ("Failed", "failed"), ("PASSED", "passed"), ("skipped", "other"), ("timedOut", "other")],
)
def test_outcomes(status: str, outcome: str) -> None:
    assert a_case(status=status).outcome is Outcome(outcome)


@pytest.mark.parametrize(
    ("run", "state", "has_ended"),
    [
        (a_run(status="running", started_utc=None), RunState.QUEUED, False),
        (a_run(status="running"), RunState.RUNNING, False),
        (a_run(status="running", started_utc=None, tests=[a_case()]), RunState.RUNNING, False),
        (a_run(status="Running", finished_utc="2026-06-10T16:02:54Z"), RunState.RUNNING, False),
        (a_run(status="passed", finished_utc=None), RunState.PASSED, True),
        (a_run(status="FAILED"), RunState.FAILED, True),
        (a_run(status="cancelled"), RunState.OTHER, True),
        (a_run(status="paused", finished_utc=None), RunState.OTHER, False),
        (a_run(status=""), RunState.OTHER, True),
    ],
)
def test_states(run: Run, state: RunState, has_ended: bool) -> None:
    assert (run.state, run.has_ended) == (state, has_ended)


TESTS = [a_case(), a_case(status="failed"), a_case(status="Failed"), a_case(status="flaky"), a_case(status="skipped")]


@pytest.mark.parametrize(
    ("summary", "counts"),
    [
        (None, Counts(5, 1, 2, 2)),
        ({}, Counts(5, 1, 2, 2)),
        ({"total": 9, "passed": 4, "failed": 3, "other": 2}, Counts(9, 4, 3, 2)),
        ({"total": 9, "passed": 4, "failed": 3}, Counts(9, 4, 3, 2)),
        ({"total": 1, "passed": 4, "failed": 3}, Counts(1, 4, 3, 0)),
        ({"total": 9}, Counts(9, 1, 2, 6)),
        ({"passed": 4}, Counts(8, 4, 2, 2)),
        ({"total": -1, "other": 3}, Counts(6, 1, 2, 3)),
    ],
)
def test_counts_come_from_the_summary_where_it_has_them(summary: object, counts: Counts) -> None:
    assert a_run(tests=TESTS, summary=summary).counts == counts


@pytest.mark.parametrize(
    ("status", "summary", "disagree"),
    [
        ("failed", None, False),
        ("failed", {}, False),
        ("failed", {"total": 5, "passed": 1, "failed": 2, "other": 2}, False),
        ("failed", {"total": 5, "passed": 1, "failed": 2}, False),
        ("failed", {"total": 6, "passed": 1, "failed": 2, "other": 2}, True),
        ("failed", {"total": 5, "passed": 2, "failed": 1, "other": 2}, True),
        ("running", {"total": 50}, False),
        ("running", {"passed": 50}, False),
        ("running", {"total": 4}, True),
    ],
)
def test_a_summary_that_contradicts_the_tests_is_detected(status: str, summary: object, disagree: bool) -> None:
    assert a_run(status=status, tests=TESTS, summary=summary).counts_disagree is disagree


WRONG: dict[str, tuple[object, ...]] = {
    "runId": (None, "214", 214.0, True, []),
    "status": (None, 5, True, ["failed"]),
    "tests": ({}, "tests", 5, [5], ["a"], [[]]),
    "artifacts": ({}, "a", [5]),
    "summary": ([], "3 passed", 5),
}


@pytest.mark.parametrize(("field", "wrong"), [(field, wrong) for field, all_ in WRONG.items() for wrong in all_])
def test_without_a_run_to_show_it_is_an_error(field: str, wrong: object) -> None:
    with pytest.raises(ValidationError) as caught:
        Run.model_validate(a_digest() | {field: wrong})
    assert [error["loc"][0] for error in caught.value.errors()] == [field]


def test_models_are_frozen() -> None:
    with pytest.raises(ValidationError):
        a_case().name = "\x1b[2J"
    with pytest.raises(ValidationError):
        a_run().tests = ()
    assert hash(a_run()) == hash(a_run())


def test_errors_do_not_repeat_foreign_text() -> None:
    with pytest.raises(ValidationError) as caught:
        Run.model_validate({"runId": "\x1b[2J evil", "status": 5})
    assert "evil" not in str(caught.value)
