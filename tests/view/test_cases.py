"""Filtering and sorting the tests of a run, changes between digests, and messages in place of tests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import a_case, a_run, an_artifact
from tvtui.testvibe.identity import CaseId, Row, failures, identify_artifacts, identify_cases
from tvtui.testvibe.models import Outcome
from tvtui.view.cases import Filter, Sort, arrange, next_outcome, step_failure, without_match
from tvtui.view.changes import CaseEnded, StateChanged, changes
from tvtui.view.messages import no_artifacts, waiting_for

NOW = datetime(2026, 6, 10, 16, 2, 30, tzinfo=UTC)


def numbered(rows: Iterable[Row]) -> dict[CaseId, int]:
    return {row.id: number for number, row in enumerate(failures(rows), 1)}


def step(rows: Iterable[Row], selected: CaseId | None, by: int) -> tuple[CaseId | None, bool]:
    return step_failure(rows, numbered(rows), selected, by)


def names(rows: Iterable[Row]) -> list[str]:
    return [row.case.name for row in rows]


def some_rows() -> tuple[Row, ...]:
    return identify_cases(
        [
            a_case(name="b passes", status="passed", duration_ms=30.0),
            a_case(name="A fails", status="failed", duration_ms=10.0),
            a_case(name="c is skipped", status="skipped", duration_ms=None),
            a_case(name="d is flaky", status="flaky", duration_ms=5.0),
            a_case(name="e hangs", status="timedOut", duration_ms=4.0),
            a_case(name="f is odd", status="odd", duration_ms=3.0),
            a_case(name="a fails too", status="failed", duration_ms=20.0),
        ]
    )


def test_tests_with_the_same_name_are_numbered() -> None:
    rows = identify_cases([a_case(name="same"), a_case(name="other"), a_case(name="same")])

    assert [row.id for row in rows] == [("same", 0), ("other", 0), ("same", 1)]


NAMES = st.lists(st.sampled_from(["a", "b", "a b", "a\tb"]), max_size=6)


@given(NAMES, NAMES, st.integers(0, 6))
def test_rows_are_the_same_whatever_was_known_before(before: list[str], after: list[str], shared: int) -> None:
    old = [a_case(name) for name in before]
    tests = [*old[:shared], *(a_case(name, status="failed") for name in after)]

    assert identify_cases(tests, identify_cases(old)) == identify_cases(tests)


def test_rows_of_unchanged_tests_are_the_same_objects() -> None:
    first, second, third = (a_case(name) for name in ("same", "other", "same"))
    before = identify_cases([first, second])
    after = identify_cases([first, a_case("other", status="failed"), third], before)

    assert after[0] is before[0]
    assert (after[1].id, after[1].outcome) == (before[1].id, Outcome.FAILED)
    assert (after[2].id, after[2].number) == (("same", 1), 1)


def test_tests_that_only_look_alike_keep_their_identity_when_their_order_changes() -> None:
    tab, space = a_case(name="a\tb", status="failed"), a_case(name="a b")
    before, after = identify_cases([tab, space]), identify_cases([space, tab])

    assert [row.id for row in before] == [row.id for row in reversed(after)]


def test_an_artifact_that_only_looks_like_another_one_is_another_one() -> None:
    paths = ["a\u202eb.zip", "ab.zip"]
    before = identify_artifacts(map(an_artifact, paths))

    assert before == tuple(reversed(identify_artifacts(map(an_artifact, reversed(paths)))))
    assert [f"{path}" for path, _ in before] == ["ab.zip", "ab.zip"]


def test_a_status_filter_finds_the_word_and_nothing_that_only_looks_like_it() -> None:
    rows = identify_cases([a_case(status=status) for status in ("Passed", "paßed", "paſſed", "timedOut")])

    assert [row.case.status for row in arrange(rows, wanted=Filter.parse("s:PASSED"))] == ["Passed"]
    assert [row.case.status for row in arrange(rows, wanted=Filter.parse("s:paß"))] == ["paßed"]
    assert [row.case.status for row in arrange(rows, wanted=Filter.parse("S:timedout"))] == ["timedOut"]


BY_OUTCOME = ["A fails", "e hangs", "a fails too", "f is odd", "d is flaky", "b passes", "c is skipped"]


def test_what_needs_attention_comes_first_and_flaky_between_failed_and_passed() -> None:
    assert names(arrange(some_rows())) == BY_OUTCOME


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        (
            Sort.DURATION,
            ["b passes", "a fails too", "A fails", "d is flaky", "e hangs", "f is odd", "c is skipped"],
        ),
        (Sort.NAME, ["A fails", "a fails too", "b passes", "c is skipped", "d is flaky", "e hangs", "f is odd"]),
        (
            Sort.RUN_ORDER,
            ["b passes", "A fails", "c is skipped", "d is flaky", "e hangs", "f is odd", "a fails too"],
        ),
    ],
)
def test_the_other_orders(sort: Sort, order: list[str]) -> None:
    assert names(arrange(some_rows(), sort=sort)) == order


def test_the_orders_form_a_cycle() -> None:
    order = Sort.OUTCOME
    seen = [order := order.following for _ in Sort]

    assert seen == [Sort.DURATION, Sort.NAME, Sort.RUN_ORDER, Sort.OUTCOME]


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("", BY_OUTCOME),
        ("FAILS", ["A fails", "a fails too"]),
        ("fails too", ["a fails too"]),
        ("!fails", ["e hangs", "f is odd", "d is flaky", "b passes", "c is skipped"]),
        ("s:failed !too", ["A fails", "e hangs"]),
        ("s:SKIP", ["c is skipped"]),
        ("s:failed s:passed", ["A fails", "e hangs", "a fails too", "b passes"]),
        ("! s:", BY_OUTCOME),
        ("[red]", []),
    ],
)
def test_the_filter_understands_words_excluded_words_and_statuses(typed: str, shown: list[str]) -> None:
    assert names(arrange(some_rows(), wanted=Filter.parse(typed))) == shown


def test_a_status_finds_its_outcome_too() -> None:
    rows = identify_cases([a_case("odd", status="undecided"), a_case("fine"), a_case("bad", status="FAILED")])
    assert names(arrange(rows, wanted=Filter.parse("s:other"))) == ["odd"]
    assert names(arrange(rows, wanted=Filter.parse("s:undecided"))) == ["odd"]
    assert names(arrange(rows, wanted=Filter.parse("s:failed"))) == ["bad"]


def test_a_status_that_no_test_has_is_named_with_those_that_there_are() -> None:
    rows = identify_cases([a_case("fine"), a_case("odd", status="undecided"), a_case("bad", status="failed")])
    assert without_match(rows, Filter.parse("s:x s:yz a")) == (
        "No test with status 'x' or 'yz'",
        "statuses in this run: failed, undecided, passed",
    )
    assert without_match(rows, Filter.parse("s:x s:pass")) == ()
    assert without_match(rows, Filter.parse("nothing")) == ()
    assert without_match((), Filter.parse("s:x")) == ()


def test_one_outcome_only() -> None:
    shown = {outcome: names(arrange(some_rows(), only=outcome)) for outcome in Outcome}
    assert shown == {
        Outcome.PASSED: ["b passes"],
        Outcome.FAILED: ["A fails", "e hangs", "a fails too"],
        Outcome.FLAKY: ["d is flaky"],
        Outcome.SKIPPED: ["c is skipped"],
        Outcome.OTHER: ["f is odd"],
    }


def test_the_cycle_of_outcomes_leaves_out_those_that_no_test_has() -> None:
    def cycle(rows: tuple[Row, ...]) -> list[Outcome | None]:
        shown = [next_outcome(rows, None)]
        while shown[-1] is not None:
            shown.append(next_outcome(rows, shown[-1]))
        return shown

    rest = [Outcome.PASSED, None]
    assert cycle(()) == [Outcome.FAILED, *rest]
    assert cycle(some_rows()) == [Outcome.FAILED, Outcome.OTHER, Outcome.FLAKY, Outcome.PASSED, Outcome.SKIPPED, None]
    assert next_outcome((), Outcome.FLAKY) is None


def test_stepping_through_failures_wraps_around_and_starts_at_either_end() -> None:
    rows = arrange(some_rows(), sort=Sort.RUN_ORDER)
    first, hangs, last = ("A fails", 0), ("e hangs", 0), ("a fails too", 0)

    assert step(rows, None, 1) == (first, False)
    assert step(rows, None, -1) == (last, False)
    assert step(rows, first, 1) == (hangs, False)
    assert step(rows, hangs, 1) == (last, False)
    assert step(rows, last, 1) == (first, True)
    assert step(rows, first, -1) == (last, True)
    assert step(rows, last, -1) == (hangs, False)
    assert step(rows, ("c is skipped", 0), -1) == (first, False)
    assert step(rows, ("c is skipped", 0), 1) == (hangs, False)
    assert step(rows, ("b passes", 0), -1) == (last, True)
    assert step(rows[:3], ("c is skipped", 0), 1) == (first, True)
    assert step(rows[:2], first, 1) == (first, True)


def test_a_step_between_failures_looks_at_no_tests() -> None:
    found = numbered(some_rows())
    assert step_failure(iter(()), found, ("A fails", 0), 1) == (("e hangs", 0), False)


def test_without_failures_there_is_no_step() -> None:
    assert step(identify_cases([a_case(status="passed")]), None, 1) == (None, False)
    assert failures(identify_cases([a_case(status="skipped")])) == ()


def test_the_first_digest_reports_its_state_and_every_test() -> None:
    run = a_run(status="failed", tests=[a_case(name="one", status="failed"), a_case(name="two", status="passed")])

    reported = changes(None, run, old=(), new=identify_cases(run.tests))

    assert reported == [StateChanged(run), CaseEnded(run.tests[0]), CaseEnded(run.tests[1])]


def test_the_next_digest_reports_only_changes() -> None:
    before = a_run(status="running", tests=[a_case(name="one", status="passed"), a_case(name="flips", status="failed")])
    after = a_run(
        status="running",
        tests=[
            a_case(name="one", status="passed"),
            a_case(name="flips", status="passed"),
            a_case(name="one", status="passed"),
        ],
    )

    old, new = identify_cases(before.tests), identify_cases(after.tests)
    assert changes(before, before, old=old, new=old) == []
    assert changes(before, after, old=old, new=new) == [CaseEnded(after.tests[1]), CaseEnded(after.tests[2])]


def test_an_empty_table_says_what_the_run_is_waiting_for() -> None:
    created = NOW - timedelta(seconds=12)
    queued = a_run(status="running", created_utc=created, started_utc=None, finished_utc=None, tests=[])
    running = a_run(status="running", created_utc=created, started_utc=NOW, finished_utc=None, tests=[])

    assert waiting_for(queued, NOW)[0] == "Queued for 12 s"
    assert waiting_for(running, NOW + timedelta(seconds=65))[0] == "Running for 1m 05s"
    assert (
        waiting_for(a_run(status="running", created_utc=None, started_utc=None, finished_utc=None), NOW)[0] == "Queued"
    )


def test_an_ended_run_without_tests_points_to_its_log() -> None:
    assert waiting_for(a_run(status="failed", tests=[], log="boom"), NOW) == ("No tests ran", "see the log")
    assert waiting_for(a_run(status="failed", tests=[], log=None), NOW) == ("No tests ran", "")


def test_missing_artifacts_are_explained() -> None:
    assert no_artifacts(a_run(status="running", finished_utc=None), is_final=False) == "None yet"
    assert "shortly after the end" in no_artifacts(a_run(status="failed"), is_final=False)
    assert no_artifacts(a_run(status="failed"), is_final=True) == "None were uploaded"
