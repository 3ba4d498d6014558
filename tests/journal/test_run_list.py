"""The list of recorded runs: order, filter, and what is shown of each."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.builders import CREATED
from tests.support.recorded_runs import a_head, later
from tvtui.journal.recording import Head
from tvtui.journal.run_list import RunFilter, RunRow, ago, arrange, predecessor
from tvtui.testvibe.models import RunState

RUNS = [
    a_head(later(210, status="passed")),
    a_head(later(211)),
    a_head(later(212, feature_id=13, feature_name="Checkout", config="Mobile")),
    a_head(later(213, feature_id=13, feature_name="Checkout", config="Mobile", status="passed")),
    a_head(later(209, status="running")),
    a_head(later(208, status="aborted", feature_id=14, feature_name="Search")),
]


def shown(text: str = "", heads: list[Head] | None = None) -> list[int]:
    rows = map(RunRow.of, RUNS if heads is None else heads)
    return [row.head.run_id for row in arrange(rows, RunFilter.parse(text))]


def test_runs_that_were_left_come_first_then_the_newest() -> None:
    assert shown() == [209, 213, 212, 211, 210, 208]


def test_runs_of_several_servers_are_ordered_by_time() -> None:
    other = a_head(later(213), server="https://other.example", run_id=7)
    assert shown(heads=[a_head(later(212)), other, a_head(later(214))]) == [214, 7, 212]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("checkout", [213, 212]),
        ("CHECKOUT !mobile", []),
        ("#211", [211]),
        ("shop.acme login", [209, 211, 210]),
        ("s:failed", [212, 211]),
        ("@failed", [212, 211]),
        ("s:abort", [208]),
        ("s:run", [209]),
        ("@last", [213, 211, 208]),
        ("@last @failed", [211]),
        ("s: !", [209, 213, 212, 211, 210, 208]),
    ],
)
def test_a_filter_takes_words_states_and_marks(text: str, found: list[int]) -> None:
    heads = [each for each in RUNS if each.run_id != 209] if text.startswith("@last") else RUNS
    assert shown(text, heads) == found


def test_words_with_an_at_that_mean_nothing_are_known() -> None:
    assert RunFilter.parse("@last @lats login").unknown == ("@lats",)


def test_the_run_before_is_of_the_same_suite_and_was_watched_to_its_end() -> None:
    by_id = {head.run_id: head for head in RUNS}
    assert predecessor(by_id[211], RUNS) == by_id[210]
    assert predecessor(by_id[213], RUNS) == by_id[212]
    assert predecessor(by_id[210], RUNS) is None


def test_texts_of_a_file_are_cleaned() -> None:
    head = a_head(feature_name="\x1b]0;title\x07Login\nmore", site="https://shop\x1b[31m.example/", status="o\x07dd")
    row = RunRow.of(replace(head, state=RunState.OTHER))

    assert (row.feature, row.site, row.state) == ("Login more", "shop.example", "odd")
    assert "\x1b" not in row.text


def test_a_server_never_shows_credentials_or_foreign_letters() -> None:
    assert RunRow.of(a_head(server="https://user:secret@host.example:8443/tv")).server == "host.example:8443"
    assert RunRow.of(a_head(server="https://t\u0435st.example")).server == ""


def test_a_run_that_was_left_says_so_until_the_server_was_asked() -> None:
    head = a_head(later(215, status="running"))
    assert RunRow.of(head).state == "left running"
    assert RunRow.of(head, is_live=True).state == "running"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "just now"),
        (59, "just now"),
        (61, "1 min ago"),
        (3599, "59 min ago"),
        (7200, "2 h ago"),
        (86_400 * 13, "13 d ago"),
        (86_400 * 14, "2026-06-10"),
    ],
)
def test_a_moment_is_said_roughly(seconds: int, words: str) -> None:
    assert ago(CREATED, CREATED + timedelta(seconds=seconds)) == words
    assert ago(None, CREATED) == ""
