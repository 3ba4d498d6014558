"""What is said of a test's past, compared with the definitions written down as naively as possible."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.journal import STATUS, Known, a_finished_run, naive_cases, naive_letters
from tvtui.testvibe.identity import identify_cases
from tvtui.testvibe.models import Case
from tvtui.watch.history import CaseHistory, RunHistory, Standing
from tvtui.watch.past import WINDOW, Past, PastRun

TEST = st.tuples(st.sampled_from(["a", "b", "same"]), st.sampled_from("ppfffyso"), st.integers(1, 9000))
TESTS = st.lists(TEST, max_size=5)


def past_of(runs: Sequence[Known]) -> Past:
    """What is known after these runs, the oldest first."""
    cases = naive_cases(runs, 10_000, forgotten_after=1000)
    return Past(tuple(PastRun(known.run_id) for known in reversed(runs)), cases)


def before_of(runs: Sequence[Known], name: str, place: int) -> list[tuple[int, str]]:
    """The earlier results of a test, the newest first, without those that say nothing."""
    found = []
    for known in sorted(runs, reverse=True)[:WINDOW]:
        letters = [letter for letter, _ in naive_letters(known, name)]
        if place < len(letters) and letters[place] in "pfy":
            found.append((known.run_id, letters[place].replace("y", "p")))
    return found


def word(letter: str, before: Sequence[tuple[int, str]], runs: Sequence[Known], *, is_known: bool) -> Standing:
    """The table of the words, line by line."""
    if not runs:
        return Standing.NONE
    if letter == "f":
        if before and before[0][1] == "f":
            return Standing.KNOWN
        return Standing.NEW if is_known else Standing.NEW_TEST
    return Standing.FIXED if letter in "py" and before and before[0][1] == "f" else Standing.NONE


def unbroken(before: Sequence[tuple[int, str]]) -> int | None:
    """The first of the unbroken failures that reach up to the last result."""
    since = None
    for run_id, letter in before:
        if letter == "p":
            break
        since = run_id
    return since


@given(st.lists(TESTS, max_size=10), TESTS)
@settings(deadline=None)
def test_the_words_are_those_of_the_definitions(
    earlier: Sequence[list[tuple[str, str, int]]], now: list[tuple[str, str, int]]
) -> None:
    runs = [Known(100 + place, tests) for place, tests in enumerate(earlier) if tests]
    past = past_of(runs)
    rows = identify_cases([Case(name, STATUS[letter], took) for name, letter, took in now])
    history = RunHistory(past, rows)
    by_name: dict[str, list[CaseHistory]] = {}
    for row in rows:
        by_name.setdefault(row.case.name, []).append(history.of(row))
    for name, found in by_name.items():
        expected = []
        # those of the last run that are not here may be the ones that failed
        there = [each for each, _, _ in runs[-1].tests].count(name) if runs else 0
        missing = max(0, there - len(found))
        for place, (letter, _) in enumerate(naive_letters(Known(1000, now), name)):
            before = before_of(runs, name, place)
            is_known = any(place < len(naive_letters(known, name)) for known in runs[-WINDOW:])
            standing = word(letter, before, runs, is_known=is_known)
            if (
                standing is Standing.FIXED
                and missing
                and word(letter, before_of(runs, name, place + missing), runs, is_known=True) is not standing
            ):
                standing = Standing.NONE
            has_since = standing in {Standing.KNOWN, Standing.FIXED}
            expected.append((standing, unbroken(before) if has_since else None))
        # tests of equal names are a multiset: which of them is which cannot be said
        assert sorted(expected, key=str) == sorted(((each.standing, each.since) for each in found), key=str)
    assert len(history.new) == sum(each.is_new for found in by_name.values() for each in found)
    assert len(history.known) == sum(each.standing is Standing.KNOWN for found in by_name.values() for each in found)
    assert len(history.fixed) == sum(each.standing is Standing.FIXED for found in by_name.values() for each in found)
    last = runs[-1].tests if runs else []
    gone = {name for name, _, _ in last if [each for each, _, _ in last].count(name) > len(by_name.get(name, ()))}
    assert set(history.gone) == gone


@given(st.text("pfy", max_size=WINDOW))
def test_unstable_is_what_fails_alone_twice_or_changes_five_times(results: str) -> None:
    runs = [Known(100 + place, [("a", letter, 1)]) for place, letter in enumerate(results)]
    past = past_of(runs)
    (row,) = identify_cases(a_finished_run(1, {"a": "p"}).tests)
    found = RunHistory(past, [row]).of(row)
    passes = results.replace("y", "p")
    alone = sum(passes[at : at + 3] == "pfp" for at in range(len(passes)))
    changes = sum(passes[at] != passes[at + 1] for at in range(len(passes) - 1))
    assert found.is_unstable == (bool(results) and ("y" in results or alone >= 2 or changes >= 5))
    assert (found.lone_failures, found.failures) == (alone, results.count("f"))


@given(st.lists(st.integers(1, 20_000), max_size=WINDOW), st.integers(1, 60_000))
def test_slow_is_beyond_all_three_limits(durations: list[int], took: int) -> None:
    runs = [Known(100 + place, [("a", "p", each)]) for place, each in enumerate(durations)]
    past = past_of(runs)
    (row,) = identify_cases([Case("a", "passed", took)])
    found = RunHistory(past, [row]).of(row)
    if len(durations) < 3:
        assert (found.usual_ms, found.is_slow) == (None, False)
        return
    middle = sorted(durations)[(len(durations) - 1) // 2], sorted(durations)[len(durations) // 2]
    usual = sum(middle) / 2
    # nine of ten were not slower
    p90 = min(each for each in durations if sum(other <= each for other in durations) * 10 >= 9 * len(durations))
    assert found.usual_ms == usual
    assert found.is_slow == (took > usual * 1.5 and took > usual + 1000 and took > p90)


def test_what_has_not_changed_is_not_compared_again() -> None:
    past = past_of([Known(1, [("a", "p", 1)])])
    rows = identify_cases(a_finished_run(2, {"a": "f"}).tests)
    first = RunHistory(past, rows)
    assert RunHistory(past, rows, first).of(rows[0]) is first.of(rows[0])
