"""Answers that go back: those from a cache are hidden, and those that the server repeats are shown."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import a_case, a_run
from tests.support.clock import NOW
from tests.support.watch import RUNNING, TRACE, polling
from tvtui.testvibe.client import Answer
from tvtui.testvibe.models import Run
from tvtui.watch.stale_answers import StaleAnswerFilter


def running(passed: int, unfinished: int = 0, **fields: object) -> Run:
    tests = [a_case(f"test {number}") for number in range(passed)]
    tests += [a_case(f"test {number}", status="pending") for number in range(passed, passed + unfinished)]
    return a_run(status="running", tests=tests, **fields)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


QUEUED = a_run(status="running", started_utc=None)
ENDED = a_run(status="failed")
STEPS_BACK = {
    "ended, then not": (ENDED, running(3, artifacts=ENDED.artifacts)),
    "started, then queued": (RUNNING, QUEUED),
    "fewer tests": (running(3), running(2)),
    "fewer that have finished": (running(3), running(2, unfinished=1)),
    "fewer artifacts": (running(3, artifacts=[TRACE]), running(3)),
}


class TestStepBack:
    """An answer with less progress than the one shown."""

    @pytest.mark.parametrize(("newer", "older"), STEPS_BACK.values(), ids=STEPS_BACK)
    @pytest.mark.parametrize("clock", [at(0), None])
    def test_is_accepted_when_repeated(self, newer: Run, older: Run, clock: datetime | None) -> None:
        newest = StaleAnswerFilter()
        assert newest.accept(Answer(newer, clock)) is newer
        assert newest.accept(Answer(older, clock)) is newer
        assert newest.accept(Answer(older, clock)) is older

    @pytest.mark.parametrize(("newer", "older"), STEPS_BACK.values(), ids=STEPS_BACK)
    def test_alternating_with_newer_ones_is_never_shown(self, newer: Run, older: Run) -> None:
        newest = StaleAnswerFilter()
        shown = [newest.accept(Answer(run, None)) for run in [newer, older] * 10]
        assert all(run is newer for run in shown)

    @pytest.mark.parametrize(("newer", "older"), STEPS_BACK.values(), ids=STEPS_BACK)
    def test_written_earlier_is_accepted_the_fifth_time(self, newer: Run, older: Run) -> None:
        newest = StaleAnswerFilter()
        newest.accept(Answer(newer, at(10)))
        shown = [newest.accept(Answer(older, at(number))) for number in range(6)]
        assert [run is older for run in shown] == [False, False, False, False, True, True]

    def test_repeated_means_twice_in_a_row(self) -> None:
        newest = StaleAnswerFilter()
        newest.accept(Answer(running(3), at(10)))
        for older, seconds in ((running(2), 12.0), (running(1), 5.0), (running(2), 14.0)):
            assert newest.accept(Answer(older, at(seconds))) == running(3)

    def test_a_cached_answer_counts_by_its_time_of_writing(self) -> None:
        newest = StaleAnswerFilter()
        newest.accept(Answer(running(3), at(10), at(10)))
        for seconds in (12, 14, 16):
            assert newest.accept(Answer(running(2), at(seconds), at(4))) == running(3)

    def test_once_accepted_later_answers_are_compared_with_its_time_of_writing(self) -> None:
        newest = StaleAnswerFilter()
        newest.accept(Answer(running(3), at(10)))
        for seconds in range(5):
            newest.accept(Answer(running(2), at(seconds)))
        changed = running(2, config="Mobile")
        assert newest.accept(Answer(changed, at(6))) is changed


class TestNoStepBack:
    """Answers that are shown immediately."""

    @pytest.mark.parametrize(("newer", "older"), STEPS_BACK.values(), ids=STEPS_BACK)
    def test_progress_counts_even_if_clocks_disagree(self, newer: Run, older: Run) -> None:
        newest = StaleAnswerFilter()
        newest.accept(Answer(older, at(10)))
        assert newest.accept(Answer(newer, at(5))) is newer

    def test_the_end_is_accepted_even_with_fewer_tests(self) -> None:
        newest = StaleAnswerFilter()
        newest.accept(Answer(running(7), at(10)))
        assert newest.accept(Answer(ENDED, at(12))) is ENDED

    def test_a_change_without_progress_is_shown_unless_it_is_older(self) -> None:
        one, other = running(3), running(3, config="Mobile")
        newest = StaleAnswerFilter()
        newest.accept(Answer(one, at(10)))
        assert newest.accept(Answer(other, at(8))) is one
        assert newest.accept(Answer(other, at(10))) is other

    def test_an_older_copy_of_the_shown_answer_changes_nothing(self) -> None:
        one, other = running(3), running(3, config="Mobile")
        newest = StaleAnswerFilter()
        newest.accept(Answer(one, at(10)))
        newest.accept(Answer(one, at(2)))
        assert newest.accept(Answer(other, at(8))) is one

    @given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 60)), min_size=1, max_size=30))
    def test_every_shown_run_comes_from_some_answer(self, answers: list[tuple[int, int]]) -> None:
        newest = StaleAnswerFilter()
        said = []
        for passed, seconds in answers:
            said.append(running(passed))
            assert newest.accept(Answer(said[-1], at(seconds))) in said


async def test_a_stale_answer_proves_contact_but_does_not_renew_the_data() -> None:
    newer, older = running(3), running(2)
    async with polling(newer, older, newer, older, older) as watched:
        await watched.after(2)
        assert watched.snapshot.run is newer
        assert watched.snapshot.seen == 1000.0
        assert watched.snapshot.server_time == NOW
        assert watched.snapshot.server_now(1002.0) == at(2)
        assert watched.next_at == 4
        await watched.after(2)
        assert watched.snapshot.seen == 1004.0
        await watched.after(4)
        assert watched.snapshot.run is older
        assert watched.snapshot.seen == 1008.0
