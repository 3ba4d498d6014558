"""What earlier runs say about the tests of a run, compared with the definitions as they are written."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import a_case
from tests.support.past import a_past, past_of
from tvtui.testvibe.identity import Row, identify_cases
from tvtui.testvibe.models import Case, Outcome
from tvtui.watch.history import CaseHistory, RunHistory, Standing, flips, lone_failures
from tvtui.watch.past import Past

STATUSES = {"p": "passed", "f": "failed", "y": "flaky", "s": "skipped", "o": "odd"}


def history_of(now: str, before: str, *, durations_ms: tuple[int, ...] = (), took: float = 1000.0) -> CaseHistory:
    """What the letters of earlier runs, the newest first, say about a test with this result."""
    rows = identify_cases([a_case("a test", status=STATUSES[now], duration_ms=took)])
    past = past_of({"a test": (before,)}, durations_ms=durations_ms)
    return RunHistory(past, rows).of(rows[0])


@pytest.mark.parametrize(
    ("now", "before", "standing", "since", "or_earlier"),
    [
        ("f", "pppp", Standing.NEW, None, False),
        ("f", "yfff", Standing.NEW, None, False),
        ("f", "fffp", Standing.KNOWN, 211, False),
        ("f", "f.sf.p", Standing.KNOWN, 210, False),
        ("f", "ffff", Standing.KNOWN, 210, True),
        ("f", "sso.", Standing.NEW, None, False),
        ("p", "ffpp", Standing.FIXED, 212, False),
        ("y", "sffpp", Standing.FIXED, 211, False),
        ("p", "pfff", Standing.NONE, None, False),
        ("s", "ffff", Standing.NONE, None, False),
        ("o", "ffff", Standing.NONE, None, False),
    ],
)
def test_a_result_is_compared_with_the_last_one_before(
    now: str, before: str, standing: Standing, since: int | None, or_earlier: bool
) -> None:
    history = history_of(now, before)

    assert (history.standing, history.since, history.is_since_oldest) == (standing, since, or_earlier)


def test_without_an_earlier_run_nothing_is_said() -> None:
    rows = identify_cases([a_case("a test", status="failed")])

    assert RunHistory(Past(), rows).of(rows[0]) == CaseHistory()


def test_a_test_of_which_no_earlier_run_knows_is_a_new_test() -> None:
    rows = identify_cases([a_case("a test", status="failed"), a_case("another")])
    history = RunHistory(a_past(something_else="pp"), rows)

    assert [history.of(row).standing for row in rows] == [Standing.NEW_TEST, Standing.NONE]
    assert history.new == {("a test", 0)}
    assert history.gone == ("something else",)


LETTERS = st.text("pf", max_size=20)


@given(LETTERS)
def test_lone_failures_stand_between_two_passes(results: str) -> None:
    groups = ["".join(group) for _, group in groupby(results)]

    assert lone_failures(results) == sum(group == "f" for group in groups[1:-1])
    assert flips(results) == max(0, len(groups) - 1)


@pytest.mark.parametrize(
    ("before", "is_unstable"),
    [
        ("pfpppfpp", True),  # two lone failures
        ("pffppffppffp", True),  # more than five flips
        ("ppppffffpppp", False),  # an outage
        ("ppffffppffpp", False),  # two outages: four flips
        ("pfpppppp", False),  # one lone failure
        ("yppppppp", True),  # the server says so itself
        ("pf.spfppp", True),  # runs without a result leave no gap
    ],
)
def test_a_test_is_unstable_by_the_pattern_of_its_failures(before: str, is_unstable: bool) -> None:
    assert history_of("p", before).is_unstable is is_unstable


@pytest.mark.parametrize(
    ("took", "is_slow"), [(2100, False), (2900, False), (3100, True), (9000, True), (float("nan"), False)]
)
def test_slow_is_well_above_what_is_usual(took: float, is_slow: bool) -> None:
    history = history_of("p", "pppp", durations_ms=(1900, 2000, 2000, 2100), took=took)

    assert (history.usual_ms, history.is_slow) == (2000, is_slow)


def test_short_tests_and_few_durations_are_never_slow() -> None:
    assert not history_of("p", "ppp", durations_ms=(10, 10, 10), took=900).is_slow
    assert history_of("p", "pp", durations_ms=(10, 10), took=90_000).usual_ms is None
    assert not history_of("f", "ppp", durations_ms=(10, 10, 10), took=90_000).is_slow


@given(
    st.lists(st.sampled_from("pf"), min_size=1, max_size=6),
    st.lists(st.sampled_from("pf"), min_size=1, max_size=6),
)
def test_tests_of_equal_names_are_compared_as_a_whole(now: list[str], before: list[str]) -> None:
    rows = identify_cases([a_case("same", status=STATUSES[letter]) for letter in now])
    ordered = sorted(before, key="fp".index)
    history = RunHistory(past_of({"same": tuple(ordered)}), rows)

    found = Counter(history.of(row).standing for row in rows)

    failed_now, failed_before = now.count("f"), before.count("f")
    assert found[Standing.KNOWN] == min(failed_now, failed_before)
    assert found[Standing.NEW] + found[Standing.NEW_TEST] == max(0, failed_now - failed_before)
    # those that pass in the place of a failure, though all that are missing failed
    missing = max(0, len(before) - len(now))
    assert found[Standing.FIXED] == max(0, failed_before - missing - failed_now)


def test_the_first_of_equal_names_to_pass_is_not_fixed_while_the_other_may_fail() -> None:
    past = past_of({"same": ("f", "p")})
    first = identify_cases([a_case("same")])
    history = RunHistory(past, first)
    assert history.of(first[0]).standing is Standing.NONE
    assert history.fixed == frozenset()

    both = identify_cases([a_case("same"), a_case("same")], first)
    after = RunHistory(past, both, history)
    assert len(after.fixed) == 1


def test_names_that_differ_in_a_secret_only_are_recorded_as_equal_ones() -> None:
    rows = identify_cases([a_case("login password=one"), a_case("login password=two", status="failed")])
    history = RunHistory(past_of({"login password=…": ("f", "p")}), rows)

    assert [history.of(row).standing for row in rows] == [Standing.NONE, Standing.KNOWN]
    assert (history.fixed, history.gone) == (frozenset(), ())


def test_a_name_that_had_to_be_cleaned_is_known_by_the_clean_one() -> None:
    sent = [Case.read({"name": "sign\x07 in", "status": word}) for word in ("passed", "failed")]
    past = past_of({"sign in": ("fp",)})

    fixed, known = (RunHistory(past, identify_cases([case])) for case in sent)

    assert fixed.fixed == {(sent[0].name, 0)}
    assert fixed.gone == ()
    assert known.known == {(sent[1].name, 0)}


def some_rows() -> tuple[Row, ...]:
    return identify_cases(
        [
            a_case("breaks", status="failed"),
            a_case("is known", status="failed"),
            a_case("is repaired"),
            a_case("passes"),
        ]
    )


PAST = a_past(breaks="ppp", is_known="ffp", is_repaired="fpp", passes="ppp", is_gone="ppp", was_gone_before="..p")


def test_the_tests_of_each_kind() -> None:
    history = RunHistory(PAST, some_rows())

    assert history.new == {("breaks", 0)}
    assert history.known == {("is known", 0)}
    assert history.fixed == {("is repaired", 0)}
    assert history.gone == ("is gone",)


def test_what_has_not_changed_is_not_compared_again() -> None:
    rows = some_rows()
    first = RunHistory(PAST, rows)
    known = first.of(rows[1])
    changed = identify_cases([rows[0].case, rows[1].case, a_case("is repaired", status="failed"), rows[3].case], rows)

    second = RunHistory(PAST, changed, first)

    assert second.of(changed[1]) is known
    assert second.of(changed[2]).standing is Standing.KNOWN
    assert RunHistory(a_past(is_known="pp"), changed, second).of(changed[1]).standing is Standing.NEW


def test_a_failure_that_other_failures_of_its_name_join_is_compared_again() -> None:
    both = [a_case("same"), a_case("same", status="failed")]
    before = identify_cases(both)
    history = RunHistory(past_of({"same": ("f", "p")}), before)
    assert [history.of(row).standing for row in before] == [Standing.NONE, Standing.KNOWN]

    after = identify_cases([a_case("same", status="failed"), both[1]], before)

    standings = [RunHistory(history.past, after, history).of(row).standing for row in after]
    assert standings == [Standing.KNOWN, Standing.NEW]
    assert after[0].outcome is Outcome.FAILED
