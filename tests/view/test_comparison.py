"""Two runs compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import CREATED, a_case, a_run
from tvtui.testvibe.models import Case, Outcome, Run
from tvtui.view.comparison import Change, Comparison, Pair, compare, error_lines, note_on


def runs(before: list[Case], after: list[Case], **fields: object) -> tuple[Run, Run]:
    return a_run(run_id=213, tests=before), a_run(run_id=214, tests=after, **fields)


def names(comparison: Comparison) -> dict[str, list[str]]:
    return {section.change.value: [pair.name for pair in section.pairs] for section in comparison.sections}


def failing(name: str, error: str = "expect(locator).toBeVisible() failed") -> Case:
    return a_case(name, status="failed", error=error)


def test_tests_are_told_apart_by_what_has_become_of_them() -> None:
    before = [a_case("breaks"), failing("mended"), failing("stays"), failing("differs", "no button"), a_case("gone")]
    after = [failing("breaks"), a_case("mended"), failing("stays"), failing("differs", "no link"), a_case("new")]

    comparison = compare(*runs(before, after))

    assert names(comparison) == {
        "newFailure": ["breaks"],
        "fixed": ["mended"],
        "errorChanged": ["differs"],
        "stillFailing": ["stays"],
        "gone": ["gone"],
        "newTest": ["new"],
    }
    assert comparison.verdict == "1 new failure, 1 fixed, 2 still failing"
    assert comparison.is_worse


def test_a_recorded_run_differs_in_no_secret() -> None:
    before = [failing("login password=…", "no answer from https://x.example/?token=… at all")]
    after = [failing("login password=hunter2", "no answer from https://x.example/?token=abc at all")]

    assert names(compare(*runs(before, after))) == {"stillFailing": ["login password=hunter2"]}


def test_a_recorded_run_has_the_same_names_as_one_of_the_server() -> None:
    sent = Case.read({"name": "sign\x07 in", "status": "passed"})

    assert names(compare(*runs([failing("sign in")], [sent]))) == {"fixed": ["sign in"]}


def test_a_failure_that_had_no_result_before_is_a_new_one() -> None:
    before = [a_case("woke up", status="skipped"), a_case("flaked", status="flaky"), failing("put to sleep")]
    after = [failing("woke up"), failing("flaked"), failing("is new"), a_case("put to sleep", status="skipped")]

    comparison = compare(*runs(before, after))

    notes = {pair.name: note_on(pair, Change.NEW_FAILURE) for pair in comparison.new_failures}
    assert notes == {"woke up": "skipped before", "flaked": "", "is new": "new test"}
    assert [(pair.name, note_on(pair, Change.NOT_RUN)) for pair in comparison.dropped] == [("put to sleep", "skipped")]
    assert comparison.verdict == "3 new failures, 1 no longer run"


def test_a_failure_that_is_no_longer_in_the_run_is_not_fixed() -> None:
    comparison = compare(*runs([failing("removed")], [a_case("other")], status="passed"))

    assert names(comparison) == {"notRun": ["removed"], "newTest": ["other"]}
    assert [note_on(pair, Change.NOT_RUN) for pair in comparison.dropped] == ["not in the run"]
    assert not comparison.is_worse


def test_equal_names_are_compared_as_a_multiset() -> None:
    before = [a_case("row"), failing("row", "first"), a_case("row")]
    for after in permutations([failing("row", "second"), failing("row", "first"), a_case("row")]):
        comparison = compare(*runs(before, list(after)))
        assert names(comparison) == {"newFailure": ["row"], "stillFailing": ["row"]}
        assert error_lines(comparison.new_failures[0], Change.NEW_FAILURE) == ("second",)


def test_an_error_is_another_one_only_if_more_than_numbers_differ() -> None:
    before = failing("a", "Timeout 1500ms exceeded\n  Locator: getByRole('row')")
    same = failing("a", "Timeout 1502ms exceeded\n  Locator: getByRole('row')")
    other = failing("a", "Timeout 1500ms exceeded\n  Locator: getByRole('cell')")

    assert names(compare(*runs([before], [same]))) == {"stillFailing": ["a"]}
    assert names(compare(*runs([before], [other]))) == {"errorChanged": ["a"]}
    assert error_lines(Pair(before, other), Change.ERROR_CHANGED) == (
        "now: Timeout 1500ms exceeded · getByRole('cell')",
        "was: Timeout 1500ms exceeded · getByRole('row')",
    )
    assert names(compare(*runs([before], [replace(same, error=None)]))) == {"stillFailing": ["a"]}


def test_the_five_that_slowed_down_most_are_listed_and_the_total_is_said() -> None:
    before = [a_case(f"t{n}", duration_ms=1000) for n in range(8)]
    after = [a_case(f"t{n}", duration_ms=1000 + 300 * n) for n in range(8)]

    comparison = compare(*runs(before, after, status="passed", finished_utc="2026-06-10T16:03:34Z"))

    assert [pair.name for pair in comparison.slower] == ["t7", "t6", "t5", "t4", "t3"]
    assert note_on(comparison.slower[0], Change.SLOWER) == "1.00 s → 3.10 s (+2.10 s)"
    assert comparison.verdict == "no new failures; 40 s slower"


def test_a_test_that_failed_is_not_called_slow() -> None:
    slow = a_case("a", status="failed", duration_ms=30_000)
    assert not compare(*runs([a_case("a", duration_ms=100)], [slow])).slower


def test_other_features_configurations_and_sites_are_a_warning() -> None:
    other = a_run(feature_name="Checkout", config=None, site_url="https://preview-12.acme.example")

    assert compare(a_run(run_id=213), other).warnings == (
        "Different features: Login Functionality, then Checkout",
        "Different configurations: Default, then none",
        "Different sites: shop.acme.example, then preview-12.acme.example",
    )


def test_of_a_run_that_goes_on_nothing_is_gone() -> None:
    after = a_run(run_id=214, status="running", tests=[a_case("a")])

    comparison = compare(a_run(run_id=213, tests=[a_case("a"), failing("b")]), after)

    assert names(comparison) == {}
    assert comparison.verdict == "no new failures so far"
    assert comparison.warnings == ("Run 214 has not ended (1 test so far)",)


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_a_run_that_did_not_pass_without_a_failed_test_is_worse(status: str) -> None:
    after = a_run(status=status, tests=[a_case("a")], log="no space left")

    comparison = compare(a_run(run_id=213, status="passed", tests=[a_case("a")]), after)

    assert comparison.is_worse
    assert comparison.verdict == f"the run is {status} without a failed test"
    assert not compare(after, after).is_worse


CASES = st.lists(
    st.builds(
        lambda name, status, error, took: Case(name, status, took, error if status == "failed" else None),
        st.sampled_from("abc"),
        st.sampled_from(["passed", "failed", "flaky", "skipped", "odd"]),
        st.sampled_from(["one", "two", None]),
        st.sampled_from([None, 10.0, 900.0, 4000.0]),
    ),
    max_size=9,
)


@given(CASES)
def test_a_run_does_not_differ_from_itself(tests: list[Case]) -> None:
    run = a_run(status="failed", tests=tests)

    comparison = compare(run, run)

    assert set(names(comparison)) <= {"stillFailing"}
    assert len(comparison.unchanged) == run.listed.failed
    assert not comparison.is_worse
    assert not comparison.warnings or not run.listed.failed


@given(CASES, CASES)
def test_the_other_way_round_everything_is_the_other_way_round(before: list[Case], after: list[Case]) -> None:
    there, back = compare(*runs(before, after)), compare(*runs(after, before))

    assert mirrored(there.new_failures) == counted(pair for pairs in (back.fixed, back.dropped) for pair in pairs)
    assert mirrored(there.gone) == counted(back.new_tests)
    assert mirrored(there.changed) == counted(back.changed)
    assert mirrored(there.unchanged) == counted(back.unchanged)


@given(CASES, CASES)
def test_every_failure_is_in_exactly_one_section(before: list[Case], after: list[Case]) -> None:
    comparison = compare(*runs(before, after))

    now = Counter(
        pair.name for pairs in (comparison.new_failures, comparison.changed, comparison.unchanged) for pair in pairs
    )
    assert now == Counter(case.name for case in after if case.outcome is Outcome.FAILED)
    still = (comparison.changed, comparison.unchanged)
    then = Counter(pair.name for pairs in (comparison.fixed, comparison.dropped, *still) for pair in pairs)
    assert then == Counter(case.name for case in before if case.outcome is Outcome.FAILED)
    # tests that only one run has are in one section, too
    new = [*comparison.new_tests, *(pair for pair in comparison.new_failures if pair.before is None)]
    gone = [*comparison.gone, *(pair for pair in comparison.dropped if pair.after is None)]
    assert len(new) - len(gone) == len(after) - len(before)


def counted(pairs: Iterable[Pair]) -> Counter[Pair]:
    return Counter(pairs)


def mirrored(pairs: Iterable[Pair]) -> Counter[Pair]:
    return counted(Pair(pair.after, pair.before) for pair in pairs)


def test_runs_in_the_wrong_order_are_pointed_out() -> None:
    later = a_run(run_id=214, created_utc=CREATED + timedelta(hours=1))
    earlier = a_run(run_id=213)
    assert compare(later, earlier).warnings == ("Run 214 is the later one; name the earlier run first",)
    assert compare(earlier, later).warnings == compare(earlier, earlier).warnings == ()
