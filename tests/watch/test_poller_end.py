"""How a watch ends: with the run and all its artifacts, or by giving up."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.builders import a_run
from tests.support.clock import NOW
from tests.support.watch import DOWN, JUST_ENDED, LONG_OVER, RUNNING, TRACE, VIDEO, PollerWatch, never_return, polling
from tvtui.testvibe.client import Answer
from tvtui.testvibe.errors import Busy, Unreachable
from tvtui.testvibe.models import Run
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.schedule import PollSchedule


def ended(*artifacts: object, **fields: object) -> Run:
    return a_run(**{"finished_utc": JUST_ENDED.finished_utc, "artifacts": artifacts, **fields})


WITHOUT_ARTIFACTS = ended()


class TestSettling:
    """Artifacts can appear a little after the status has changed."""

    async def test_a_run_without_artifacts_is_polled_for_ten_more_seconds(self) -> None:
        async with polling(RUNNING, WITHOUT_ARTIFACTS) as watched:
            assert not (await watched.after(11.9)).is_over
            assert [event.next_at for event in watched.events] == [1002, 1004, 1008, 1012]
            await watched.after(0.1)
            assert watched.server.asked_at == [0, 2, 4, 8, 12]
            assert watched.snapshot == Snapshot(
                WITHOUT_ARTIFACTS, 1012.0, NOW + timedelta(seconds=12), None, is_final=True
            )
            assert watched.is_over

    async def test_artifacts_that_are_the_same_twice_end_it(self) -> None:
        async with polling(RUNNING, JUST_ENDED) as watched:
            assert not (await watched.after(3.9)).is_over
            await watched.after(0.1)
            assert watched.server.asked_at == [0, 2, 4]
            assert watched.snapshot.is_final
            assert watched.is_over

    async def test_but_not_twice_in_a_moment(self) -> None:
        async with polling(JUST_ENDED) as watched:
            for _ in range(3):
                watched.controls.refresh()
                await watched.after(0.1)
            assert not watched.is_over

    async def test_a_longer_interval_does_not_delay_the_end(self) -> None:
        async with polling(WITHOUT_ARTIFACTS, schedule=PollSchedule(interval=5.0)) as watched:
            await watched.after(10)
            assert watched.server.asked_at == [0, 2, 6, 10]
            assert watched.is_over

    async def test_a_shorter_interval_shortens_the_wait(self) -> None:
        async with polling(WITHOUT_ARTIFACTS, schedule=PollSchedule(interval=0.5)) as watched:
            await watched.after(3)
            assert watched.server.asked_at == [0, 0.5, 1.5, 2.5]
            assert watched.is_over

    async def test_only_the_last_event_is_final(self) -> None:
        async with polling(WITHOUT_ARTIFACTS) as watched:
            await watched.after(60)
            assert [getattr(event, "is_final", None) for event in watched.events] == [False, False, False, True]

    async def test_late_artifacts_are_shown(self) -> None:
        async with polling(ended(), ended(), ended(TRACE), ended(TRACE)) as watched:
            await watched.after(10)
            assert watched.is_over
            assert watched.snapshot.run.artifacts == (TRACE,)

    async def test_artifacts_at_the_last_moment_extend_the_wait(self) -> None:
        async with polling(ended(), ended(), ended(), ended(TRACE), ended(TRACE, VIDEO)) as watched:
            assert not (await watched.after(17.9)).is_over
            assert (await watched.after(0.1)).is_over
            assert watched.snapshot.run.artifacts == (TRACE, VIDEO)

    async def test_the_wait_for_artifacts_has_an_end(self) -> None:
        more = [ended(*[TRACE] * number) for number in range(50)]
        async with polling(*more) as watched:
            await watched.after(30)
            assert watched.snapshot.is_final
            assert watched.snapshot.seen == 1026.0
            assert watched.is_over

    @pytest.mark.parametrize("run", [LONG_OVER, replace(LONG_OVER, status="cancelled")])
    async def test_a_run_that_ended_long_ago_is_final_immediately(self, run: Run) -> None:
        async with polling(run) as watched:
            assert watched.snapshot == Snapshot(run, 1000.0, NOW, None, is_final=True)
            assert watched.is_over

    async def test_but_only_if_it_had_ended_when_the_watch_started(self) -> None:
        async with polling(RUNNING, LONG_OVER) as watched:
            assert not (await watched.after(2)).is_over

    @pytest.mark.parametrize("finished", [None, NOW + timedelta(hours=3)])
    async def test_an_end_without_a_time_or_in_the_future_settles(self, finished: object) -> None:
        async with polling(ended(finished_utc=finished, status="passed")) as watched:
            assert not watched.is_over
            assert (await watched.after(10)).is_over

    async def test_refreshing_does_not_shorten_the_wait(self) -> None:
        async with polling(WITHOUT_ARTIFACTS) as watched:
            for _ in range(8):
                watched.controls.refresh()
                await watched.after(1)
            assert not watched.is_over

    async def test_a_run_that_turns_out_to_be_running_is_watched_further(self) -> None:
        runs_on = Answer(RUNNING, None)
        async with polling(Answer(WITHOUT_ARTIFACTS, None), runs_on) as watched:
            await watched.after(60)
            assert not watched.is_over
            assert watched.snapshot.run is RUNNING
            watched.server.answers = [WITHOUT_ARTIFACTS]
            await watched.after(9)
            assert not watched.is_over


class TestTroubleWhileSettling:
    """The outcome is already known, whatever the network does."""

    async def test_a_failure_is_retried(self) -> None:
        async with polling(JUST_ENDED, DOWN, JUST_ENDED) as watched:
            await watched.after(4)
            assert [type(event) for event in watched.events] == [Snapshot, Problem, Snapshot]
            assert (await watched.after(8)).is_over

    @pytest.mark.parametrize("error", [DOWN, Busy("Busy.", retry_after=300.0)])
    async def test_after_half_a_minute_the_last_answer_is_final(self, error: Unreachable | Busy) -> None:
        async with polling(JUST_ENDED, error) as watched:
            await watched.after(29.9)
            assert isinstance(watched.last, Problem)
            assert watched.next_at == 30
            await watched.after(0.1)
            assert watched.snapshot == Snapshot(JUST_ENDED, 1000.0, NOW, None, is_final=True)
            assert watched.is_over

    async def test_also_if_the_failure_itself_took_that_long(self) -> None:
        async with polling(JUST_ENDED) as watched:

            async def slowly() -> None:
                await watched.clock.sleep(40)

            watched.server.answers = [slowly, DOWN]
            await watched.after(42)
            assert watched.snapshot.is_final
            assert watched.snapshot.seen == 1000.0

    async def test_a_pause_does_not_count(self) -> None:
        async with polling(JUST_ENDED, JUST_ENDED) as watched:
            watched.controls.pause()
            await watched.after(100)
            assert not watched.is_over
            watched.controls.resume()
            await watched.after(0)
            assert watched.snapshot.is_final
            assert watched.snapshot.seen == 1100.0

    async def test_giving_up_then_loses_nothing(self) -> None:
        async with polling(JUST_ENDED, never_return, give_up_after=5) as watched:
            await watched.after(7)
            assert watched.snapshot.is_final
            assert watched.is_over


class TestGivingUp:
    """With `--timeout`."""

    async def test_without_a_first_answer_the_time_counts_from_the_start(self) -> None:
        async with polling(never_return, give_up_after=60) as watched:
            assert not (await watched.after(59.9)).events
            await watched.after(0.1)
            assert watched.problem.is_final
            assert watched.problem.failures == 0
            assert watched.problem.since == 1000.0
            assert watched.problem.error.what == "No response from the server."
            assert watched.server.cancelled == 1
            assert watched.is_over

    async def test_the_last_failure_is_repeated_as_final(self) -> None:
        async with polling(DOWN, give_up_after=20) as watched:
            await watched.after(19.9)
            assert watched.next_at == 20
            assert not watched.problem.is_final
            await watched.after(0.1)
            assert watched.problem == Problem(DOWN, since=1000.0, failures=4, next_at=1020.0, is_final=True)
            assert watched.server.asked_at == [0, 2, 6, 14]

    async def test_each_good_answer_restarts_the_time(self) -> None:
        async with polling(RUNNING, DOWN, RUNNING, never_return, give_up_after=20) as watched:
            await watched.after(25.9)
            assert not watched.is_over
            await self._ends_at(watched, 26)

    async def test_a_wait_is_cut_to_the_time_left(self) -> None:
        async with polling(RUNNING, DOWN, give_up_after=1) as watched:
            await self._ends_at(watched, 3)

    async def test_a_longer_interval_is_not_a_silence(self) -> None:
        async with polling(RUNNING, give_up_after=1) as watched:
            await watched.after(600)
            assert not watched.is_over

    async def test_a_pause_does_not_count(self) -> None:
        async with polling(DOWN, give_up_after=20) as watched:
            watched.controls.pause()
            await watched.after(100)
            watched.controls.resume()
            await self._ends_at(watched, 120)

    async def test_the_machines_sleep_does_not_count(self) -> None:
        async with polling(DOWN, give_up_after=20) as watched:
            await watched.after(1)
            watched.clock.machine_sleeps(100)
            await watched.after(2)
            assert watched.server.asked_at[-1] > 100
            assert not watched.is_over

    async def test_it_never_gives_up_without_a_limit(self) -> None:
        async with polling(DOWN) as watched:
            assert not (await watched.after(3600)).is_over

    async def _ends_at(self, watched: PollerWatch, seconds: float) -> None:
        await watched.after(seconds - watched.clock.passed)
        assert watched.problem.is_final
        assert watched.times[-1] == seconds
        assert watched.is_over
