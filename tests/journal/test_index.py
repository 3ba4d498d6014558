"""The index of a suite says the same as the naive definitions, however it came about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.journal import STATUS, Known, a_finished_run, naive_cases, one_by_one, recording_of
from tvtui.journal.ends import MOST_POINTS, ends_of
from tvtui.journal.index import DEPTH, Column, Index, Unusable, column_of, decode_index, encode_index
from tvtui.journal.recording import Change
from tvtui.testvibe.models import Case
from tvtui.watch.past import WINDOW, PastRun

NAMES = ("a", "b", "same", "same", "same")
LETTERS = st.sampled_from("ppppffyso.")


@st.composite
def histories(draw: st.DrawFn, most: int = 60) -> Sequence[Known]:
    """Runs with ascending IDs; tests fail for a while, come and go, and some have equal names."""
    count = draw(st.integers(0, most))
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5))
    # a letter lasts for some runs, as an outage does
    spells = st.lists(st.tuples(LETTERS, st.integers(1, 30)), max_size=8)
    columns = ["".join(letter * length for letter, length in draw(spells)).ljust(count, "p") for _ in names]
    known = []
    for place in range(count):
        tests = [
            (name, column[place], 1000 + place * 10 + number)
            for number, (name, column) in enumerate(zip(names, columns, strict=True))
            if column[place] != "."
        ]
        known.append(Known(100 + place * 3, tests))
    return [each for each in known if each.tests]


def column(known: Known) -> Column:
    tests = tuple(Case(name, STATUS[letter], took) for name, letter, took in known.tests)
    return column_of(recording_of(replace(a_finished_run(known.run_id, {}), tests=tests)), "")


def index_of(runs: Sequence[Known]) -> Index:
    index = Index()
    for known in runs:
        index = index.with_column(column(known))
    return index


@given(histories())
@settings(deadline=None, max_examples=60)
def test_an_index_says_what_the_definitions_say(runs: Sequence[Known]) -> None:
    past = decode_index(encode_index(index_of(runs))).past("")
    expected = naive_cases(runs, 10_000, forgotten_after=DEPTH)
    assert dict(past.cases) == expected
    assert len(past.cases) == len(expected)
    assert all(name in past.cases for name in expected)
    assert set(past.failing or ()) == {name for name, cases in expected.items() if any(case.since for case in cases)}
    assert [run.run_id for run in past.runs] == [known.run_id for known in reversed(runs)][:WINDOW]
    assert past.known_runs == len(runs)


@given(histories(), st.integers(0, 8))
@settings(deadline=None, max_examples=60)
def test_an_index_says_what_was_known_before_one_of_its_runs(runs: Sequence[Known], back: int) -> None:
    run_id = runs[-back].run_id if 0 < back <= len(runs) else 10_000
    index = index_of(runs).before(run_id)
    if index is None:
        assert len(runs) > DEPTH, "all runs are in the index"
        assert back, "this is the next run"
        return
    older = [known for known in runs if known.run_id < run_id]
    assert dict(index.past("").cases) == naive_cases(older, run_id, forgotten_after=DEPTH)
    assert index.past("").known_runs == len(older)


def test_the_last_run_can_be_opened_again() -> None:
    runs = [Known(100 + place, [("a", "p", 1000), ("b", "f", 1000)]) for place in range(50)]
    index = index_of(runs)
    for run_id in (150, 149, 146):
        before = index.before(run_id)
        assert before is not None
        assert len(before.past("").runs) == WINDOW
        assert before.past("").cases["b"][0].since == 100
    assert index.before(140) is None, "only some of the runs before are left"


def test_a_test_that_no_run_has_any_more_is_forgotten() -> None:
    index = index_of([Known(1, [("gone", "f", 1), ("a", "p", 1)])])
    for run_id in range(2, 2 + DEPTH):
        assert "gone" in index.keys
        index = index.with_column(column(Known(run_id, [("a", "p", 1)])))
    assert list(index.keys) == ["a"]
    assert "gone" not in index.past("").cases


@given(st.binary(max_size=200), st.integers(0, 400))
@settings(deadline=None)
def test_a_damaged_index_is_not_used(noise: bytes, at: int) -> None:
    content = encode_index(index_of([Known(5, [("a", "p", 1), ("b", "f", 2)]), Known(6, [("a", "f", 1)])]))
    at %= len(content)
    flipped = bytes([*content[:at], content[at] ^ 1, *content[at + 1 :]])
    for damaged in (noise, content[:at], content + b"x" + noise, flipped):
        with pytest.raises(Unusable):
            decode_index(damaged)


def test_an_index_keeps_what_it_has_seen() -> None:
    index = index_of([Known(5, [("a", "p", 1)])]).with_seen(5, "https://x").with_seen(4, None).with_left(7, 99)
    assert decode_index(encode_index(index)) == index
    assert index.with_seen(7, None).left == {}, "it has ended meanwhile"


class TestEnds:
    """When tests ended, for the estimate of the time left."""

    def test_one_after_the_other(self) -> None:
        run = a_finished_run(1, {"a b c d": "p"})
        assert ends_of(recording_of(run, one_by_one(run))) == (2.0, 4.0, 6.0, 8.0)

    def test_many_tests_become_equal_shares(self) -> None:
        run = a_finished_run(1, {" ".join(f"t{number}" for number in range(250)): "p"})
        ends = ends_of(recording_of(run, one_by_one(run, 1.0)))
        assert len(ends) == MOST_POINTS
        assert ends[-1] == 251.0
        assert list(ends) == sorted(ends)

    def test_a_watch_that_began_late_has_seen_none_of_them_one_by_one(self) -> None:
        run = a_finished_run(1, {"a b c d e f": "p"})
        changes = one_by_one(run)
        first = Change(30.0, tests=tuple(each for change in changes[:4] for each in change.tests))
        assert ends_of(recording_of(run, [first, *changes[4:]])) == ()

    def test_tests_that_all_come_at_the_end_have_no_ends(self) -> None:
        run = a_finished_run(1, {"a b c d e f": "p"})
        first, *changes = one_by_one(run)
        tests = tuple(each for change in changes for each in change.tests)
        assert ends_of(recording_of(run, [first, Change(60.0, tests=tests)])) == ()

    def test_without_changes_nothing_is_known(self) -> None:
        assert ends_of(recording_of(a_finished_run(1, {"a b c": "p"}))) == ()


def test_a_column_has_what_the_estimate_needs() -> None:
    run = a_finished_run(7, {"a b c": "p"})
    assert column_of(recording_of(run, one_by_one(run)), "").run == PastRun(7, 35.0, 8.0, 3, (2.0, 4.0, 6.0))
