"""Words and symbols for states."""

from __future__ import annotations

import pytest

from tests.support.builders import a_case, a_run
from tvtui.testvibe.models import Counts, Outcome, RunState
from tvtui.view.labels import SYMBOLS, counted, state_word, word_beside_symbol


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"status": "running", "started_utc": None}, "queued"),
        ({"status": "Running"}, "running"),
        ({"status": "PASSED"}, "passed"),
        ({"status": "failed"}, "failed"),
        ({"status": "timedOut"}, "timedOut"),
    ],
)
def test_a_state_has_one_word_and_an_unknown_one_the_servers_own(fields: dict[str, object], word: str) -> None:
    assert state_word(a_run(**fields)) == word


def test_only_the_outcomes_that_there_are_are_counted_and_always_passed_and_failed() -> None:
    assert counted(Counts(0, 0, 0, 0)) == "0 passed, 0 failed"
    assert counted(Counts(26, 0, 0, 0, skipped=26)) == "0 passed, 0 failed, 26 skipped"
    assert counted(Counts(9, 1, 1_000, 3, 4, 5)) == "1 passed, 1,000 failed, 4 flaky, 5 skipped, 3 other"


def test_every_state_and_outcome_has_a_symbol_of_its_own() -> None:
    assert len({SYMBOLS[each] for each in {*RunState, *Outcome}}) == len(SYMBOLS) == 7


def test_the_servers_word_stands_beside_a_symbol_that_does_not_say_it() -> None:
    words = [word_beside_symbol(a_case(status=status)) for status in ("passed", "FAILED", "timedOut", "flaky", "odd")]
    assert words == ["", "", "timedOut", "flaky", "odd"]
