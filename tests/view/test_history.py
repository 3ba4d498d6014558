"""What earlier runs say, in words."""

from __future__ import annotations

import pytest

from tests.support.builders import a_case
from tests.support.past import a_past, past_of
from tvtui.testvibe.identity import identify_cases
from tvtui.testvibe.models import Outcome
from tvtui.view.cases import Filter, Sort, arrange, without_match
from tvtui.view.history import changed_counts, history_line, in_words, marks
from tvtui.watch.history import RunHistory

ROWS = identify_cases(
    [
        a_case("known", status="failed"),
        a_case("always", status="failed"),
        a_case("breaks", status="failed"),
        a_case("wobbles", status="failed"),
        a_case("unheard of", status="failed"),
        a_case("repaired", duration_ms=1000.0),
        a_case("passes", duration_ms=1000.0),
        a_case("crawls", duration_ms=90_000.0),
    ]
)
TESTS = {
    "known": "ffpppp",
    "always": "ffffff",
    "breaks": "pppppp",
    "wobbles": "pfppfp",
    "repaired": "fppppp",
    "passes": "pppppp",
    "crawls": "pppppp",
}
HISTORY = RunHistory(past_of({name: (each,) for name, each in TESTS.items()}, durations_ms=(1000,) * 5), ROWS)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("known", ["since #212", "#212"]),
        ("always", ["since #208 or earlier", "since ≤ #208", "≤ #208"]),
        ("breaks", ["new"]),
        ("wobbles", ["new · unstable 2/6", "new"]),
        ("unheard of", ["new test", "new"]),
        ("repaired", ["fixed"]),
        ("passes", []),
    ],
)
def test_marks_say_the_same_in_ever_fewer_words(name: str, shown: list[str]) -> None:
    row = next(row for row in ROWS if row.case.name == name)

    assert list(marks(HISTORY.of(row), row.outcome)) == shown


def test_the_words_for_lines_and_speech() -> None:
    assert [in_words(HISTORY.of(row)) for row in ROWS] == [
        "failing since #212",
        "failing since #208 or earlier",
        "new failure",
        "new failure, unstable",
        "new test, failing",
        "fixed, was failing since #213",
        "",
        "",
    ]


def test_counts() -> None:
    assert changed_counts(HISTORY, Outcome.FAILED) == "3 new"
    assert changed_counts(HISTORY, Outcome.PASSED) == "1 fixed"
    assert changed_counts(HISTORY, Outcome.OTHER) == ""
    assert changed_counts(None, Outcome.FAILED) == ""


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("is:new", ["breaks", "wobbles", "unheard of"]),
        ("is:known", ["known", "always"]),
        ("is:fixed", ["repaired"]),
        ("is:unstable", ["wobbles"]),
        ("is:slow", ["crawls"]),
        ("IS:Kno", ["known", "always"]),
        ("is:fixed is:slow", ["repaired", "crawls"]),
        ("is:new !heard", ["breaks", "wobbles"]),
        ("is:new s:passed", []),
        ("is:", [row.case.name for row in ROWS]),
    ],
)
def test_the_filter_knows_the_history(typed: str, found: list[str]) -> None:
    rows = arrange(ROWS, wanted=Filter.parse(typed), sort=Sort.RUN_ORDER, history=HISTORY)

    assert [row.case.name for row in rows] == found


def test_nothing_is_known_without_earlier_runs() -> None:
    assert arrange(ROWS, wanted=Filter.parse("is:new")) == ()
    assert without_match(ROWS, Filter.parse("is:new")) == (
        "No earlier run was watched here",
        "is: needs runs to compare with",
    )


def test_a_filter_that_finds_nothing_says_which_words_there_are() -> None:
    calm = RunHistory(a_past(passes="pp"), ROWS[6:7])

    assert without_match(ROWS[6:7], Filter.parse("is:new"), calm) == (
        "No test is 'new'",
        "is: knows new, known, fixed, unstable, slow",
    )
    assert without_match(ROWS, Filter.parse("is:new word"), HISTORY) == ()


def test_new_failures_come_first_among_the_failures() -> None:
    names = [row.case.name for row in arrange(ROWS, history=HISTORY)]

    assert names == ["breaks", "wobbles", "unheard of", "known", "always", "repaired", "passes", "crawls"]
    assert arrange(ROWS, history=HISTORY, new_first=False) == arrange(ROWS)
    assert arrange(ROWS, history=HISTORY, sort=Sort.NAME) == arrange(ROWS, sort=Sort.NAME)


def texts_of(name: str) -> list[str]:
    return list(history_line(next(row for row in ROWS if row.case.name == name), HISTORY).texts())


def test_the_line_of_a_test_gives_up_what_matters_least_first() -> None:
    assert texts_of("always") == [
        "failing since #208 or earlier · usually 1.00 s · 6 runs watched here",
        "failing since #208 or earlier · usually 1.00 s · 6 runs here",
        "failing since #208 or earlier · 6 runs here",
        "failing since #208 or earlier · 6 runs here",
        "failing since #208 or earlier",
    ]
    assert texts_of("wobbles")[0] == (
        "new failure · unstable: failed alone 2 times in 6 runs · usually 1.00 s · 6 runs watched here"
    )
    assert texts_of("crawls")[0] == "slow: usually 1.00 s · 6 runs watched here"
    assert texts_of("unheard of")[0] == "new test, failing · 6 runs watched here"


def test_a_test_that_was_skipped_until_now_has_no_earlier_result() -> None:
    rows = identify_cases([a_case("passes"), a_case("fails", status="failed")])
    history = RunHistory(past_of({"passes": ("sss",), "fails": ("sss",)}), rows)

    assert [next(history_line(row, history).texts()) for row in rows] == [
        "no earlier result · 3 runs watched here",
        "new failure · 3 runs watched here",
    ]


def test_the_strip_has_the_oldest_result_first() -> None:
    line = history_line(ROWS[0], HISTORY)

    assert line.strip == (*[Outcome.PASSED] * 4, *[Outcome.FAILED] * 2)


def test_runs_of_one_site_only_are_named_after_it() -> None:
    history = RunHistory(HISTORY.past._replace(site="https://shop.acme.example"), ROWS)

    assert "6 runs on shop.acme.example watched here" in next(history_line(ROWS[0], history).texts())
