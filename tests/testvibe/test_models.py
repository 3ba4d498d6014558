"""Decoding a server's answers: however incomplete, odd or hostile, the result is a run or one sentence."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, fields, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import a_case, a_digest, a_run, an_artifact
from tvtui.testvibe.fields import raw_of
from tvtui.testvibe.models import (
    ENDED,
    FAILURES,
    SKIPS,
    Artifact,
    Case,
    Counts,
    Outcome,
    Recount,
    Run,
    RunState,
    api_name,
    by_api_name,
)
from tvtui.text.clean import clean_block, clean_line


def names_of(model: type[Run | Case | Artifact]) -> list[str]:
    """The fields of a model by the API's names."""
    return [api_name(field.name) for field in fields(model)]


HOSTILE = "a\x1b]52;c;ZXZpbA==\x07\x1b[2J\u202eb"


def test_the_digest_of_the_documentation() -> None:
    run = Run.read(a_digest())
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
    run = Run.read({"runId": 214, "status": "running"})
    assert run == Run(run_id=214, status="running")
    assert (run.tests, run.artifacts, run.log, run.summary, run.site_url) == ((), (), None, None, None)
    assert run.counts == Counts(0, 0, 0, 0)
    nulls = dict.fromkeys(names_of(Run)) | {"runId": 214, "status": "running"}
    assert Run.read(nulls) == run


def test_empty_tests_and_artifacts() -> None:
    assert Case() == Case(name="(unnamed)", status="unknown", duration_ms=None, error=None)
    assert Case.read(dict.fromkeys(names_of(Case))) == Case()
    assert Artifact() == Artifact(kind="file", path="", size=None)
    assert Artifact.read(dict.fromkeys(names_of(Artifact))) == Artifact()
    run = a_run(tests=[None, {}, None], artifacts=[{}, None])
    assert (run.tests, run.artifacts) == ((Case(),), (Artifact(),))


@pytest.mark.parametrize("wrong", [5, True, [], {}, 1.5, "", " ", "\x1b[2J", "\n"])
def test_invalid_names_become_the_default(wrong: object) -> None:
    assert Case.read({"name": wrong, "status": wrong}) == Case()
    assert Artifact.read({"kind": wrong}).kind == "file"
    run = a_run(feature_name=wrong, config=wrong, site_url=wrong)
    assert (run.feature_name, run.config, run.site_url) == (None, None, None)


def test_every_text_is_cleaned() -> None:
    case, artifact = a_case(HOSTILE, error=HOSTILE), an_artifact(HOSTILE, kind=HOSTILE)
    run = a_run(feature_name=HOSTILE, config=HOSTILE, site_url=HOSTILE, log=HOSTILE)
    texts = (case.name, case.error, artifact.kind, artifact.path, run.feature_name, run.config, run.site_url, run.log)
    assert set(map(str, texts)) == {"ab"}
    assert {str(a_case(status=HOSTILE).status), str(a_run(status=HOSTILE).status)} == {"ab\ufffd"}
    assert a_run(status="\x1b[2J").status == "unknown"
    assert str(an_artifact("\ud800").path) == "\ufffd"


@settings(derandomize=True, database=None, deadline=None, max_examples=500)
@given(st.text(st.characters() | st.sampled_from("\x1b[]m;1358\r\n\t\x9b\u202e\u2028\ud800\u200b\uffff")))
def test_the_fast_path_agrees_with_the_cleaner(text: str) -> None:
    """Most text is recognized as clean by a pattern; it must agree with the cleaner."""
    case = a_case(text, error=text)
    assert str(case.error or "") == clean_block(text)
    # labels have no such pattern
    assert case.name == (a_run(feature_name=text).feature_name or "(unnamed)")
    assert str(case.name) in {clean_line(text), "(unnamed)"}
    assert str(an_artifact(text).path) in {clean_line(text), ""}


@pytest.mark.parametrize("blank", ["", " ", "\u00a0\u3000", "\u200b\u2060", "\ufeff", "\u00ad\u200d ", "\U000e0041"])
def test_an_invisible_name_becomes_the_default(blank: str) -> None:
    assert a_case(blank).name == "(unnamed)"
    assert a_case(f"{blank}a{blank}").name == f"{blank}a{blank}"
    assert a_run(feature_name=blank).feature_name is None


def test_errors_keep_playwrights_colours() -> None:
    error = 'Expected: \x1b[32m"$4.0\x1b[7m1\x1b[27m"\x1b[39m\n\x1b[2m  - waiting for\x1b[22m locator'
    assert a_case(error=error).error == error
    assert str(a_case(error="\x1b[8mhidden\x1b[28m").error) == "hidden\x1b[28m"
    assert str(a_case(name=f"\x1b[31m{'x' * 2000}").name) == "x" * 2000


def test_a_log_may_be_a_list_of_lines() -> None:
    assert str(a_run(log=["one\n", "two", None, 5, "\x1b]0;no end", "six\r\n"]).log) == "one\ntwo\n\n\n\nsix"
    assert a_run(log=[]).log == ""


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        *(
            ("passed", "passed"),
            ("PASSED", "passed"),
            (" Passed\r\n", "passed"),
            ("pas-sed", "other"),
            ("ok", "other"),
            ("", "other"),
        ),
        *(("Failed", "failed"), ("timedOut", "failed"), ("timed_out", "failed"), ("TIMED OUT", "failed")),
        *((word, "failed") for word in FAILURES),
        *(("flaky", "flaky"), ("Flaky", "flaky"), ("skipped", "skipped"), ("fix-me", "skipped")),
        *((word, "skipped") for word in SKIPS),
        *(("timedOut\x1b[0m", "other"), ("ﬂaky", "other"), ("s\u212aipped", "other"), ("pending", "other")),
    ],
)
def test_outcomes(status: str, outcome: str) -> None:
    assert a_case(status=status).outcome is Outcome(outcome)


def test_blanks_around_a_status_do_not_matter() -> None:
    run = a_run(status="\tPassed ", tests=[a_case(status="failed\n")])
    assert (run.state, run.status, run.tests[0].status) == (RunState.PASSED, "Passed", "failed")


NOT_PASSED = [
    "paßed",
    "paſſed",
    "pas\u202esed",
    "passed\x1b[0m",
    "\u200bpassed",
    "passed\u00a0",
    "passed\x1c",
    "ＰＡＳＳＥＤ",
]


@pytest.mark.parametrize("status", NOT_PASSED)
def test_only_the_word_itself_is_a_pass(status: str) -> None:
    case, run = a_case(status=status), a_run(status=status, tests=[a_case(status=status)], finished_utc=None)
    assert case.outcome is Outcome.OTHER
    assert (run.state, run.has_ended) == (RunState.OTHER, False)
    assert run.listed == Counts(1, 0, 0, 1)
    assert "passed" not in {str(case.status), str(run.status)}, "it is not shown as a pass either"
    assert a_run(status=status.replace("passed", "running")).state is not RunState.RUNNING or status == "passed"


class TestTwoTexts:
    """The clean text is for showing, the raw one for comparing and for the server."""

    SITE = "https://shop.acme.example/?sig=SECRET"

    def test_the_raw_text_is_kept_and_never_shown(self) -> None:
        run = a_run(site_url=self.SITE)
        assert run.site_url is not None
        assert raw_of(run.site_url) == self.SITE
        shown = (
            f"{run.site_url}",
            repr(run),
            str(run),
            json.dumps(by_api_name(run), default=str),
        )
        assert not any("SECRET" in text for text in shown)

    def test_unchanged_text_is_the_string_that_was_sent(self) -> None:
        assert type(a_run().site_url) is type(a_case().name) is type(a_case().status) is str
        assert raw_of("as sent") == "as sent"

    def test_texts_that_look_alike_are_not_equal(self) -> None:
        one, other = a_case("a\tb"), a_case("a b")
        assert str(one.name) == str(other.name) == "a b"
        assert one != other
        assert {one.name, "a b"} == {"a b", one.name} != {"a b"}
        assert a_case("a\tb") == one
        assert hash(a_case("a\tb")) == hash(one)

    def test_one_text_that_is_shown_in_two_ways_is_not_equal(self) -> None:
        # caches of widths, for instance, must not mix them up
        case = a_case("pas\u202esed", status="pas\u202esed")
        assert (str(case.name), str(case.status)) == ("passed", "passed\ufffd")
        assert case.name != case.status

    def test_reading_a_clean_text_again_changes_nothing(self) -> None:
        run = a_run(site_url=self.SITE, status="pas\u202esed", log="\x1b[2Jx")
        assert Run.read(by_api_name(run)) == run


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
        *((a_run(status=word, finished_utc=None), RunState.OTHER, False) for word in ("queued", "pending", "stopping")),
        *((a_run(status=word, finished_utc=None), RunState.OTHER, True) for word in sorted(ENDED)),
        *(
            (a_run(status=word, finished_utc=None), RunState.OTHER, True)
            for word in ("Timed Out", "timed-out", "ERROR")
        ),
        (a_run(status="aborted\x1b[0m", finished_utc=None), RunState.OTHER, False),
        (a_run(status=""), RunState.OTHER, True),
    ],
)
def test_states(run: Run, state: RunState, has_ended: bool) -> None:
    assert (run.state, run.has_ended) == (state, has_ended)


TESTS = [a_case(), a_case(status="failed"), a_case(status="Failed"), a_case(status="flaky"), a_case(status="skipped")]


@pytest.mark.parametrize(
    ("summary", "counts"),
    [
        (None, Counts(5, 1, 2, 0, 1, 1)),
        ({}, Counts(5, 1, 2, 0, 1, 1)),
        ({"total": 5, "passed": 1, "failed": 2, "other": 2}, Counts(5, 1, 2, 0, 1, 1)),
        ({"total": 5, "passed": 2, "failed": 2, "other": 1}, Counts(5, 1, 2, 0, 1, 1)),
        ({"total": 9, "passed": 1, "failed": 2, "other": 2}, Counts(9, 1, 2, 0, 1, 1)),
        ({"total": 9, "passed": 4, "failed": 3, "other": 2}, Counts(9, 4, 3, 2)),
        ({"total": 9, "passed": 4, "failed": 3}, Counts(9, 4, 3, 2)),
        ({"total": 1, "passed": 4, "failed": 3}, Counts(1, 4, 3, 0)),
        ({"total": 9}, Counts(9, 1, 2, 6)),
        ({"passed": 4}, Counts(8, 4, 2, 0, 1, 1)),
        ({"total": -1, "other": 3}, Counts(6, 1, 2, 3)),
    ],
)
def test_counts_are_those_of_the_tests_if_the_summary_can_be_explained_by_them(summary: object, counts: Counts) -> None:
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
        ("failed", {"total": 5, "passed": 2, "failed": 2, "other": 1}, False),
        ("failed", {"total": 5, "passed": 1, "failed": 3, "other": 1}, False),
        ("failed", {"total": 5, "passed": 3, "failed": 2, "other": 0}, True),
        ("running", {"total": 50}, False),
        ("running", {"passed": 50}, False),
        ("running", {"total": 4}, True),
    ],
)
def test_a_summary_that_contradicts_the_tests_is_detected(status: str, summary: object, disagree: bool) -> None:
    assert a_run(status=status, tests=TESTS, summary=summary).counts_disagree is disagree


HANGS = [a_case(), a_case(status="failed"), *(a_case(status=word) for word in ("timedOut", "timed_out", "error"))]


@pytest.mark.parametrize(
    ("summary", "recounts"),
    [
        ((5, 1, 4, 0), ()),
        ((None, None, None, None), ()),
        ((5, 1, None, None), ()),
        ((5, 1, 1, 3), (("timedOut", 2, "other"), ("error", 1, "other"))),
        ((5, 1, 3, 1), (("error", 1, "other"),)),
        ((5, 1, 2, 2), (("timedOut", 2, "other"),)),
        ((5, 2, 2, 1), None),
        ((5, 1, 0, 4), None),
    ],
)
def test_a_summary_may_count_failures_in_other_words_as_other(
    summary: tuple[int | None, ...], recounts: tuple[Recount, ...] | None
) -> None:
    run = a_run(tests=HANGS, summary=dict(zip(("total", "passed", "failed", "other"), summary, strict=True)))
    assert run.recounts == recounts
    assert run.counts_disagree is (recounts is None)
    assert recounts is None or run.counts == Counts(5, 1, 4, 0)


def test_a_summary_may_count_flaky_tests_as_passed_or_failed() -> None:
    summaries = ({"passed": 2, "failed": 2, "other": 1}, {"passed": 1, "failed": 3, "other": 1})
    runs = [a_run(tests=TESTS, summary=summary) for summary in summaries]
    assert [run.recounts for run in runs] == [(("flaky", 1, "passed"),), (("flaky", 1, "failed"),)]
    assert a_run(tests=TESTS, summary={"passed": 1, "failed": 2, "other": 2}).recounts == ()


def test_a_copy_with_other_tests_is_counted_anew() -> None:
    run = a_run(tests=HANGS, summary=None)
    assert (run.counts.failed, replace(run, tests=run.tests[:1]).counts) == (4, Counts(1, 1, 0, 0))
    assert run == a_run(tests=HANGS, summary=None), "what has been counted makes no difference"


WRONG: dict[str, tuple[object, ...]] = {
    "runId": (None, "number 214", 214.5, "214.5", True, []),
    "status": (None, 5, True, ["failed"]),
}


@pytest.mark.parametrize(("field", "wrong"), [(field, wrong) for field, all_ in WRONG.items() for wrong in all_])
def test_without_a_run_to_show_it_is_an_error(field: str, wrong: object) -> None:
    with pytest.raises(ValueError, match=rf"^The response is not a run's digest: {field} is not a "):
        Run.read(a_digest() | {field: wrong})


@pytest.mark.parametrize("sent", ["214", 214.0, " 214 ", "214.0"])
def test_a_run_id_may_be_written_in_another_way(sent: object) -> None:
    run = Run.read(a_digest() | {"runId": sent})
    assert (run.run_id, type(run.run_id)) == (214, int)


def test_a_long_run_id_is_read_exactly() -> None:
    assert a_run(run_id=str(2**53 + 1)).run_id == 2**53 + 1


class TestSalvage:
    """One odd part never makes a digest unreadable; it is counted."""

    @pytest.mark.parametrize("odd", [5, "a", True, ["b"], 0.5])
    def test_an_odd_test_is_an_unreadable_row(self, odd: object) -> None:
        run = a_run(tests=[a_case("first"), odd, a_case("third", status="failed")])
        assert [case.name for case in run.tests] == ["first", "(unreadable row 2)", "third"]
        assert run.tests[1].outcome is Outcome.OTHER
        assert run.unreadable == ("row",)
        assert run.listed == Counts(3, 1, 1, 1)

    def test_an_odd_artifact_is_left_out(self) -> None:
        run = a_run(artifacts=[5, an_artifact("a.zip"), "b.zip"])
        assert [artifact.path for artifact in run.artifacts] == ["a.zip"]
        assert run.unreadable == ("row", "row")

    @pytest.mark.parametrize(
        ("field", "odd"),
        [
            *(("tests", odd) for odd in ({"a": 1}, "tests", 5, False)),
            *(("artifacts", odd) for odd in ({"a": 1}, "a", 0)),
            *(("summary", odd) for odd in (["a"], "3 passed", 5)),
            *(("log", odd) for odd in ({"text": "one"}, 5, [5], [{"line": "one"}, None])),
        ],
    )
    def test_an_odd_field_is_absent(self, field: str, odd: object) -> None:
        run = Run.read(a_digest() | {field: odd})
        assert run.unreadable == (field,)
        absent: object = [] if field in {"tests", "artifacts"} else None
        assert by_api_name(run) == by_api_name(a_run()) | {field: absent, "unreadable": [field]}

    def test_a_digest_as_documented_has_nothing_unreadable(self) -> None:
        assert a_run().unreadable == ()
        assert Run.read(a_digest() | {"unreadable": ["row"]}).unreadable == ()

    @pytest.mark.parametrize("tests", [{}, "none", 5])
    def test_tests_that_are_no_list_are_never_a_pass(self, tests: object) -> None:
        run = Run.read(a_digest(status="passed") | {"tests": tests, "finishedUtc": None})
        assert (run.state, run.has_ended, run.is_unverified) == (RunState.OTHER, True, True)
        failed, running = (Run.read(a_digest(status=word) | {"tests": tests}) for word in ("failed", "running"))
        assert (failed.state, failed.is_unverified) == (RunState.FAILED, False)
        assert not running.has_ended

    @pytest.mark.parametrize(
        ("error", "read"),
        [
            ({"message": "no", "stack": "Error: no\n    at a.ts:1"}, "Error: no\n    at a.ts:1"),
            ({"message": "no", "stackTrace": "at Login()"}, "no\nat Login()"),
            ({"Message": "no", "stack": ""}, "no"),
            ([{"message": "one"}, {"message": "two"}], "one\n\ntwo"),
            (["one\n", "two", None], "one\ntwo"),
            ({"code": 5}, '{\n  "code": 5\n}'),
            (5, "5"),
            (None, None),
            ("", None),
            ([], None),
            ({}, None),
            ([None], None),
        ],
    )
    def test_an_error_of_another_shape_is_read(self, error: object, read: str | None) -> None:
        assert a_case(status="failed", error=error).error == read

    def test_an_error_of_another_shape_is_cleaned_and_has_no_links(self) -> None:
        error = {"message": "\x1b[2Jsee https://h/?sig=SECRET"}
        assert str(a_case(error=error).error) == "see https://h/?…"
        assert "SECRET" not in str(a_case(error={"code": 5, "traceLink": "https://h/SECRET"}).error)

    @pytest.mark.parametrize("sent", [0.9, "0.9", 1.5])
    def test_a_fraction_is_no_count(self, sent: object) -> None:
        assert a_run(summary={"failed": sent}).counts.failed == 1

    def test_a_feature_may_be_identified_in_another_way(self) -> None:
        sent: tuple[object, ...] = (12, "12", 12.0, "f-12", True, -1, 0.5, ["12"], "")
        assert [a_run(feature_id=each).feature_id for each in sent] == [12, 12, 12, "f-12", *[None] * 5]


class TestLog:
    """Logs that the service has truncated at their start."""

    @pytest.mark.parametrize("half", ["[39m", "39m", ";39m", "[2K", "[?25h", "[K", "[1;31m"])
    def test_the_rest_of_an_escape_sequence_is_dropped(self, half: str) -> None:
        log = f"{half}\rlast line ".ljust(4000, "x")
        assert str(a_run(log=log).log).startswith("last line x")
        assert str(a_run(log=log[:-1]).log) != str(a_run(log=log).log), "not truncated: it may be text"

    @pytest.mark.parametrize("text", ["[10s] ", "[5m] ", "[Key] ", "m 5"])
    def test_other_text_is_kept(self, text: str) -> None:
        assert str(a_run(log=text.ljust(4000, "x")).log).startswith(text)


def test_models_are_frozen() -> None:
    for model in (a_case(), a_run(), an_artifact()):
        for field in fields(model):
            with pytest.raises(FrozenInstanceError):
                setattr(model, field.name, "\x1b[2J")
    assert hash(a_run()) == hash(a_run())


def test_errors_do_not_repeat_foreign_text() -> None:
    with pytest.raises(ValueError, match="runId") as caught:
        Run.read({"runId": "\x1b[2J evil", "status": 5})
    assert "evil" not in str(caught.value)


def test_how_long_a_run_ran_is_unknown_without_both_times_and_if_they_contradict_each_other() -> None:
    assert a_run().seconds == 35.0
    assert a_run(started_utc=None).seconds is None
    assert a_run(finished_utc=None).seconds is None
    assert a_run(finished_utc="2026-06-10T16:02:18Z").seconds is None
