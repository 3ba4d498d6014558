"""A watch while its run goes on: when it asks, what it tells, and what the user does to it."""

from __future__ import annotations

import asyncio
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
UNKNOWN = NotFound("There is no run 214.")


class TestGoodAnswers:
    """A server that answers."""

    async def test_the_first_answer_is_told_at_once_and_the_next_comes_after_the_interval(self) -> None:
        async with polling(RUNNING) as watched:
            assert watched.snapshot == Snapshot(RUNNING, 1000.0, NOW, 1002.0, is_final=False)
            await watched.after(6)
            assert watched.server.asked == [0, 2, 4, 6]

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

            watched.server.steps = [slowly, RUNNING]
            await watched.after(11)
            assert watched.server.asked == [0, 2, 11]

    async def test_past_the_first_minute_it_asks_less_often(self) -> None:
        async with polling(RUNNING) as watched:
            await watched.after(600)
            waits = [
                later - sooner for sooner, later in zip(watched.server.asked, watched.server.asked[1:], strict=False)
            ]
            assert waits[:30] == [2.0] * 30
            assert waits == sorted(waits)
            assert waits[-1] == 10.0

    async def test_what_is_said_of_the_next_request_comes_true(self) -> None:
        async with polling(RUNNING, DOWN, RUNNING, DOWN, DOWN, RUNNING) as watched:
            promised = []
            for _ in range(7):
                assert watched.next_at is not None
                promised.append(watched.next_at)
                await watched.after(watched.next_at - watched.clock.passed)
            assert watched.server.asked[1:] == promised


class TestFailures:
    """A server that does not."""

    async def test_each_is_told_and_the_waits_grow(self) -> None:
        async with polling(DOWN) as watched:
            await watched.after(91)
            assert watched.server.asked == [0, 2, 6, 14, 30, 60, 90]
            assert [event.failures for event in watched.told if isinstance(event, Problem)] == [1, 2, 3, 4, 5, 6, 7]
            assert watched.problem == Problem(DOWN, since=1000.0, failures=7, next_at=1120.0)

    async def test_the_first_success_ends_them(self) -> None:
        async with polling(RUNNING, DOWN, DOWN, RUNNING, DOWN) as watched:
            await watched.after(10)
            assert watched.server.asked == [0, 2, 4, 8, 10]
            assert watched.problem == Problem(DOWN, since=1010.0, failures=1, next_at=1012.0)

    async def test_a_busy_server_is_left_alone_as_long_as_it_asks(self) -> None:
        async with polling(RUNNING, Busy("Busy.", retry_after=120.0), RUNNING) as watched:
            await watched.after(121.9)
            assert watched.server.asked == [0, 2]
            assert watched.next_at == 122
            assert (await watched.after(0.1)).server.asked == [0, 2, 122]

    @pytest.mark.parametrize("error", [REFUSED, UNKNOWN])
    async def test_what_only_a_human_can_help_is_tried_slowly_in_mid_watch(self, error: ClientError) -> None:
        async with polling(RUNNING, error) as watched:
            assert (await watched.after(65)).server.asked == [0, 2, 32, 62]

    async def test_a_run_that_was_just_dispatched_may_not_be_visible_yet(self) -> None:
        async with polling(UNKNOWN) as watched:
            assert (await watched.after(42)).server.asked == [0, 2, 4, 6, 8, 10, 40]

    async def test_nothing_of_the_request_is_kept_with_the_error(self) -> None:
        async with polling(DOWN) as watched:
            assert watched.problem.error.__traceback__ is None

    async def test_a_bug_is_not_taken_for_a_failure(self) -> None:
        async def crash() -> None:
            raise ZeroDivisionError

        async with polling(RUNNING, crash) as watched:
            await watched.after(2)
            with pytest.raises(ZeroDivisionError):
                await watched.following


class TestControls:
    """What a user does to it."""

    async def test_refresh_asks_at_once(self) -> None:
        async with polling(RUNNING) as watched:
            await watched.after(0.5)
            watched.controls.refresh()
            assert (await watched.after(2)).server.asked == [0, 0.5, 2.5]

    async def test_also_while_backing_off(self) -> None:
        async with polling(*[DOWN] * 5, RUNNING) as watched:
            await watched.after(31)
            watched.controls.refresh()
            await watched.after(0)
            assert watched.server.asked == [0, 2, 6, 14, 30, 31]
            assert watched.snapshot.run is RUNNING

    async def test_a_request_that_is_under_way_is_as_good(self) -> None:
        async with polling(RUNNING) as watched:

            async def slowly() -> None:
                await watched.clock.sleep(1)

            watched.server.steps = [slowly, RUNNING]
            await watched.after(2.5)
            watched.controls.refresh()
            assert (await watched.after(2)).server.asked == [0, 2]

    async def test_one_that_is_wished_for_while_an_event_is_looked_at_comes(self) -> None:
        clock, controls = FakeClock(), Controls()

        async def fetch() -> Answer:
            return Answer(RUNNING, None)

        events = watch(fetch, pace=PollSchedule(), clock=clock, controls=controls)
        await anext(events)
        controls.refresh()
        await anext(events)
        assert clock.passed == 0
        await events.aclose()

    async def test_paused_nothing_is_asked_until_it_goes_on(self) -> None:
        async with polling(RUNNING) as watched:
            controls = watched.controls
            was_paused = [controls.paused]
            controls.pause()
            was_paused.append(controls.paused)
            assert (await watched.after(500)).server.asked == [0]
            controls.resume()
            assert [*was_paused, controls.paused] == [False, True, False]
            assert (await watched.after(0)).server.asked == [0, 500]

    async def test_paused_one_can_still_be_wished_for(self) -> None:
        async with polling(RUNNING) as watched:
            watched.controls.pause()
            await watched.after(100)
            watched.controls.refresh()
            assert (await watched.after(50)).server.asked == [0, 100]

    async def test_going_on_without_a_pause_is_nothing(self) -> None:
        async with polling(RUNNING) as watched:
            watched.controls.resume()
            assert (await watched.after(1)).server.asked == [0]

    async def test_whoever_is_impatient_presses_twice(self) -> None:
        async with polling(RUNNING) as watched:
            await watched.after(1)
            watched.controls.refresh()
            watched.controls.refresh()
            assert (await watched.after(0.5)).server.asked == [0, 1]


class TestSleepOfTheMachine:
    """A lid that is closed and opened."""

    async def test_after_it_there_is_a_request_at_once(self) -> None:
        async with polling(*[DOWN] * 5, RUNNING) as watched:
            await watched.after(31)
            watched.clock.machine_sleeps(10)
            await watched.after(5)
            assert watched.server.asked[-2] == 30
            assert 41 <= watched.server.asked[-1] <= 46
            assert watched.snapshot.run is RUNNING

    async def test_and_the_waits_begin_anew(self) -> None:
        async with polling(DOWN) as watched:
            await watched.after(91)
            watched.clock.machine_sleeps(3600)
            await watched.after(5)
            woken = watched.server.asked[-1]
            await watched.after(6)
            assert watched.server.asked[-3:] == [woken, woken + 2, woken + 6]
            assert watched.problem.since == 1000.0

    async def test_a_request_that_was_under_way_is_made_anew(self) -> None:
        async with polling(RUNNING, never_return, RUNNING, give_up_after=20) as watched:
            await watched.after(3)
            watched.clock.machine_sleeps(3600)
            await watched.after(5)
            assert watched.server.cancelled == 1
            assert watched.snapshot.run is RUNNING
            assert watched.snapshot.seen > 4600

    async def test_who_asked_to_be_left_alone_is(self) -> None:
        async with polling(Busy("Busy.", retry_after=300.0)) as watched:
            await watched.after(1)
            watched.clock.machine_sleeps(100)
            assert (await watched.after(198)).server.asked == [0]
            assert (await watched.after(1)).server.asked == [0, 300]

    async def test_the_local_clock_may_be_set_meanwhile(self) -> None:
        async with polling(RUNNING) as watched:
            watched.clock.set_wall_clock(timedelta(hours=-5))
            await watched.after(4)
            assert watched.snapshot.server_time == NOW + timedelta(seconds=4)


class TestCancelling:
    """What is left behind is checked by `watching`."""

    async def test_in_a_request(self) -> None:
        async with polling(never_return) as watched:
            watched.following.cancel()
            with pytest.raises(asyncio.CancelledError):
                await watched.following
            assert watched.server.cancelled == 1

    async def test_in_a_wait(self) -> None:
        async with polling(RUNNING) as watched:
            await self._cancel(watched)

    async def test_in_a_pause(self) -> None:
        async with polling(RUNNING) as watched:
            watched.controls.pause()
            await watched.after(10)
            await self._cancel(watched)
            watched.controls.resume()

    async def test_a_request_that_is_cancelled_elsewhere_ends_the_watch(self) -> None:
        clock = FakeClock()
        request: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        coming = asyncio.ensure_future(
            anext(watch(lambda: request, pace=PollSchedule(), clock=clock, controls=Controls()))
        )
        await settle()
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await coming

    async def test_a_clock_that_fails_is_a_bug(self) -> None:
        class Broken(FakeClock):
            async def sleep(self, seconds: float) -> None:
                raise ZeroDivisionError

        async def fetch() -> Answer:
            return Answer(RUNNING, None)

        events = watch(fetch, pace=PollSchedule(), clock=Broken(), controls=Controls())
        with pytest.raises(ZeroDivisionError):
            _ = [event async for event in events]

    async def _cancel(self, watched: PollerWatch) -> None:
        watched.following.cancel()
        with pytest.raises(asyncio.CancelledError):
            await watched.following
        assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_fault_of_the_server_is_a_problem_as_well() -> None:
    error = Faulty("The server answered 500.")
    async with polling(error) as watched:
        assert watched.problem.error is error
