"""Words and symbols for states."""

from __future__ import annotations

import pytest

from tests.support.builders import a_run
from tvtui.view.labels import state_word


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
