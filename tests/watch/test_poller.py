"""A watch of a running run: when it polls, what it yields, and how a user controls it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.clock import NOW, FakeClock, settle
from tests.support.watch import DOWN, RUNNING, PollerWatch, never_return, polling
from tvtui.testvibe.client import Answer
from tvtui.testvibe.errors import Busy, ClientError, Faulty, NotFound, Refused
from tvtui.watch.controls import Controls
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.poller import watch
from tvtui.watch.schedule import PollSchedule

REFUSED = Refused("The key was refused.")
UNKNOWN = NotFound("Run 214 was not found.")


class TestGoodAnswers:
    """A server that answers."""

    async def test_the_first_answer_is_immediate_and_the_next_follows_after_the_interval(self) -> None:
        async with polling(RUNNING) as watched:
            assert watched.snapshot == Snapshot(RUNNING, 1000.0, NOW, 1002.0, is_final=False)
            await watched.after(6)
            assert watched.server.asked_at == [0, 2, 4, 6]

    async def test_the_first_request_of_one_of_many_runs_waits_for_its_turn(self) -> None:
        async with polling(RUNNING, schedule=PollSchedule().staggered(250, 500)) as watched:
            await watched.after(3)
            assert watched.server.asked_at == [1, 3]

    async def test_an_unchanged_answer_renews_when_the_run_was_seen(self) -> None:
        async with polling(RUNNING) as watched:
            await watched.after(2)
            assert watched.snapshot.seen == 1002.0
            assert watched.snapshot.run is RUNNING
            assert watched.snapshot.server_now(1005.0) == NOW + timedelta(seconds=5)

    async def test_the_interval_begins_with_the_reply(self) -> None:
        async with polling(RUNNING) as watched:

            async def slowly() -> None:
                await watched.clock.sleep(7)

            watched.server.answers = [slowly, RUNNING]
            await watched.after(11)
            assert watched.server.asked_at == [0, 2, 11]

    async def test_polling_slows_down_after_the_first_minute(self) -> None:
        async with polling(RUNNING) as watched:
            await watched.after(600)
            waits = [
                later - sooner
                for sooner, later in zip(watched.server.asked_at, watched.server.asked_at[1:], strict=False)
            ]
            assert waits[:30] == [2.0] * 30
            assert waits == sorted(waits)
            assert waits[-1] == 10.0

    async def test_the_next_request_comes_when_announced(self) -> None:
        async with polling(RUNNING, DOWN, RUNNING, DOWN, DOWN, RUNNING) as watched:
            promised = []
            for _ in range(7):
                assert watched.next_at is not None
                promised.append(watched.next_at)
                await watched.after(watched.next_at - watched.clock.passed)
            assert watched.server.asked_at[1:] == promised


class TestLateAnswers:
    """A request that stays unanswered for more than five seconds."""

    async def test_the_snapshot_is_repeated_as_late_until_the_answer_comes(self) -> None:
        async with polling(RUNNING) as watched:

            async def slowly() -> None:
                await watched.clock.sleep(9)

            watched.server.answers = [slowly, RUNNING]
            await watched.after(6.9)
            assert len(watched.events) == 1
            await watched.after(3.1)
            assert watched.snapshot == Snapshot(RUNNING, 1000.0, NOW, 1002.0, is_final=False, is_late=True)
            assert watched.times == [0, 7]
            await watched.after(1)
            assert watched.times == [0, 7, 11]
            assert not watched.snapshot.is_late
            assert watched.server.asked_at == [0, 2]

    async def test_after_a_pause_old_data_are_late_at_once(self) -> None:
        async with polling(RUNNING, never_return) as watched:
            watched.controls.pause()
            await watched.after(60)
            assert len(watched.events) == 1
            watched.controls.resume()
            assert (await watched.after(0)).snapshot.is_late

    async def test_a_failure_follows_as_usual(self) -> None:
        async with polling(RUNNING) as watched:

            async def fail() -> None:
                await watched.clock.sleep(10)
                raise DOWN

            watched.server.answers = [fail, never_return]
            await watched.after(60)
            assert [type(event) for event in watched.events] == [Snapshot, Snapshot, Problem]
            assert watched.problem == Problem(DOWN, since=1012.0, failures=1, next_at=1014.0)

    async def test_answers_from_a_cache_confirm_nothing(self) -> None:
        old = Answer(replace(RUNNING, started_utc=None), NOW, NOW - timedelta(seconds=1))
        async with polling(Answer(RUNNING, NOW), *[old] * 4, schedule=PollSchedule(interval=3.0)) as watched:
            await watched.after(10)
            late = [event.is_late for event in watched.events if isinstance(event, Snapshot)]
            assert late == [False, False, False, True, True]

    async def test_it_can_be_cancelled(self) -> None:
        async with polling(RUNNING, never_return) as watched:
            await watched.after(30)
            watched.following.cancel()
            await settle()
            assert watched.server.cancelled == 1

    async def test_the_limit_for_giving_up_still_counts(self) -> None:
        async with polling(RUNNING, never_return, give_up_after=20) as watched:
            await watched.after(22)
            assert watched.problem.is_final
            assert watched.times == [0, 7, 22]


class TestFailures:
    """A server that does not answer."""

    async def test_each_one_is_yielded_and_the_waits_grow(self) -> None:
        async with polling(DOWN) as watched:
            await watched.after(91)
            assert watched.server.asked_at == [0, 2, 6, 14, 30, 60, 90]
            assert [event.failures for event in watched.events if isinstance(event, Problem)] == [1, 2, 3, 4, 5, 6, 7]
            assert watched.problem == Problem(DOWN, since=1000.0, failures=7, next_at=1120.0)

    async def test_the_first_answer_ends_them(self) -> None:
        async with polling(RUNNING, DOWN, DOWN, RUNNING, DOWN) as watched:
            await watched.after(10)
            assert watched.server.asked_at == [0, 2, 4, 8, 10]
            assert watched.problem == Problem(DOWN, since=1010.0, failures=1, next_at=1012.0)

    async def test_a_busy_server_is_not_polled_for_as_long_as_it_asks(self) -> None:
        async with polling(RUNNING, Busy("Busy.", retry_after=120.0), RUNNING) as watched:
            await watched.after(121.9)
            assert watched.server.asked_at == [0, 2]
            assert watched.next_at == 122
            assert (await watched.after(0.1)).server.asked_at == [0, 2, 122]

    @pytest.mark.parametrize("error", [REFUSED, UNKNOWN])
    async def test_errors_that_a_person_may_have_to_fix_are_retried_several_times_in_a_minute(
        self, error: ClientError
    ) -> None:
        async with polling(RUNNING, error) as watched:
            assert (await watched.after(62)).server.asked_at == [0, 2, 6, 14, 30, 60]

    async def test_a_run_that_was_just_started_may_not_be_visible_yet(self) -> None:
        async with polling(UNKNOWN) as watched:
            assert (await watched.after(42)).server.asked_at == [0, 2, 4, 6, 8, 10, 40]

    async def test_the_error_keeps_nothing_of_the_request_alive(self) -> None:
        async with polling(DOWN) as watched:
            assert watched.problem.error.__traceback__ is None

    async def test_a_bug_is_not_a_failure(self) -> None:
        async def crash() -> None:
            raise ZeroDivisionError

        async with polling(RUNNING, crash) as watched:
            await watched.after(2)
            with pytest.raises(ZeroDivisionError):
                await watched.following


class TestControls:
    """Pause, resume and refresh."""

    async def test_refresh_polls_immediately(self) -> None:
        async with polling(RUNNING) as watched:
            await watched.after(0.5)
            watched.controls.refresh()
            assert (await watched.after(2)).server.asked_at == [0, 0.5, 2.5]

    async def test_refresh_also_interrupts_a_back_off(self) -> None:
        async with polling(*[DOWN] * 5, RUNNING) as watched:
            await watched.after(31)
            watched.controls.refresh()
            await watched.after(0)
            assert watched.server.asked_at == [0, 2, 6, 14, 30, 31]
            assert watched.snapshot.run is RUNNING

    async def test_a_request_under_way_serves_as_the_refresh(self) -> None:
        async with polling(RUNNING) as watched:

            async def slowly() -> None:
                await watched.clock.sleep(1)

            watched.server.answers = [slowly, RUNNING]
            await watched.after(2.5)
            watched.controls.refresh()
            assert (await watched.after(2)).server.asked_at == [0, 2]

    async def test_a_refresh_while_an_event_is_processed_is_not_lost(self) -> None:
        clock, controls = FakeClock(), Controls()

        async def fetch() -> Answer:
            return Answer(RUNNING, None)

        events = watch(fetch, schedule=PollSchedule(), clock=clock, controls=controls)
        await anext(events)
        controls.refresh()
        await anext(events)
        assert clock.passed == 0
        await events.aclose()

    async def test_nothing_is_polled_while_paused(self) -> None:
        async with polling(RUNNING) as watched:
            controls = watched.controls
            was_paused = [controls.paused]
            controls.pause()
            was_paused.append(controls.paused)
            assert (await watched.after(500)).server.asked_at == [0]
            controls.resume()
            assert [*was_paused, controls.paused] == [False, True, False]
            assert (await watched.after(0)).server.asked_at == [0, 500]

    async def test_refresh_works_while_paused(self) -> None:
        async with polling(RUNNING) as watched:
            watched.controls.pause()
            await watched.after(100)
            watched.controls.refresh()
            assert (await watched.after(50)).server.asked_at == [0, 100]

    async def test_resume_without_a_pause_does_nothing(self) -> None:
        async with polling(RUNNING) as watched:
            watched.controls.resume()
            assert (await watched.after(1)).server.asked_at == [0]

    async def test_two_refreshes_at_once_are_one_request(self) -> None:
        async with polling(RUNNING) as watched:
            await watched.after(1)
            watched.controls.refresh()
            watched.controls.refresh()
            assert (await watched.after(0.5)).server.asked_at == [0, 1]


class TestSleepOfTheMachine:
    """Closing and opening the lid."""

    async def test_a_request_follows_immediately(self) -> None:
        async with polling(*[DOWN] * 5, RUNNING) as watched:
            await watched.after(31)
            watched.clock.machine_sleeps(10)
            await watched.after(5)
            assert watched.server.asked_at[-2] == 30
            assert 41 <= watched.server.asked_at[-1] <= 46
            assert watched.snapshot.run is RUNNING

    async def test_the_back_off_starts_over(self) -> None:
        async with polling(DOWN) as watched:
            await watched.after(91)
            watched.clock.machine_sleeps(3600)
            await watched.after(5)
            woken = watched.server.asked_at[-1]
            await watched.after(6)
            assert watched.server.asked_at[-3:] == [woken, woken + 2, woken + 6]
            assert watched.problem.since == 1000.0

    async def test_a_request_under_way_is_repeated(self) -> None:
        async with polling(RUNNING, never_return, RUNNING, give_up_after=20) as watched:
            await watched.after(3)
            watched.clock.machine_sleeps(3600)
            await watched.after(5)
            assert watched.server.cancelled == 1
            assert watched.snapshot.run is RUNNING
            assert watched.snapshot.seen > 4600

    async def test_a_wait_requested_by_the_server_still_counts(self) -> None:
        async with polling(Busy("Busy.", retry_after=300.0)) as watched:
            await watched.after(1)
            watched.clock.machine_sleeps(100)
            assert (await watched.after(198)).server.asked_at == [0]
            assert (await watched.after(1)).server.asked_at == [0, 300]

    async def test_a_changed_wall_clock_does_not_matter(self) -> None:
        async with polling(RUNNING) as watched:
            watched.clock.set_wall_clock(timedelta(hours=-5))
            await watched.after(4)
            assert watched.snapshot.server_time == NOW + timedelta(seconds=4)


class TestCancelling:
    """`polling` checks that no task remains."""

    async def test_during_a_request(self) -> None:
        async with polling(never_return) as watched:
            watched.following.cancel()
            with pytest.raises(asyncio.CancelledError):
                await watched.following
            assert watched.server.cancelled == 1

    async def test_during_a_wait(self) -> None:
        async with polling(RUNNING) as watched:
            await self._cancel(watched)

    async def test_during_a_pause(self) -> None:
        async with polling(RUNNING) as watched:
            watched.controls.pause()
            await watched.after(10)
            await self._cancel(watched)
            watched.controls.resume()

    async def test_a_request_cancelled_elsewhere_ends_the_watch(self) -> None:
        clock = FakeClock()
        request: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        coming = asyncio.ensure_future(
            anext(watch(lambda: request, schedule=PollSchedule(), clock=clock, controls=Controls()))
        )
        await settle()
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await coming

    async def test_a_failing_clock_is_a_bug(self) -> None:
        class Broken(FakeClock):
            async def sleep(self, seconds: float) -> None:
                raise ZeroDivisionError

        async def fetch() -> Answer:
            return Answer(RUNNING, None)

        events = watch(fetch, schedule=PollSchedule(), clock=Broken(), controls=Controls())
        with pytest.raises(ZeroDivisionError):
            _ = [event async for event in events]

    async def _cancel(self, watched: PollerWatch) -> None:
        watched.following.cancel()
        with pytest.raises(asyncio.CancelledError):
            await watched.following
        assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_server_error_is_a_problem() -> None:
    error = Faulty("The server returned 500.")
    async with polling(error) as watched:
        assert watched.problem.error is error
