"""The state of one watched run: what each event changes, and what remains after the watch."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest

from tests.support.builders import a_case, a_run
from tests.support.clock import NOW, FakeClock, settle
from tests.support.server import FakeServer
from tests.support.watch import DOWN, LONG_OVER, RUNNING
from tvtui.testvibe.client import Answer
from tvtui.testvibe.models import Run
from tvtui.watch.controls import Controls
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.past import Past, PastRun
from tvtui.watch.poller import prepare_watch
from tvtui.watch.schedule import PollSchedule
from tvtui.watch.watched_run import WatchedRun

PROBLEM = Problem(DOWN, since=1000.0, failures=1, next_at=1002.0)


class Source(FakeServer):
    """A server that always gives the same answer; remembers who fetched, without keeping them alive."""

    def __init__(self, run: Run) -> None:
        super().__init__(FakeClock(), run)
        self._run = run
        self.fetchers: list[weakref.ref[Callable[[], Awaitable[Answer]]]] = []

    def fetcher(self, run_id: int) -> Callable[[], Awaitable[Answer]]:
        async def fetch() -> Answer:
            return Answer(self._run, None)

        assert run_id == 214
        self.fetchers.append(weakref.ref(fetch))
        return fetch


def a_watched_run(source: Source) -> WatchedRun:
    return WatchedRun(214, prepare_watch(source, 214, schedule=PollSchedule(), clock=FakeClock()))


def seen(run: Run) -> Snapshot:
    return Snapshot(run, 1000.0, NOW, None, is_final=False)


def test_a_problem_keeps_the_last_answer_and_an_answer_clears_the_problem() -> None:
    watched = a_watched_run(Source(RUNNING))
    watched.apply(seen(RUNNING))
    watched.apply(PROBLEM)
    assert (watched.run, watched.problem) == (RUNNING, PROBLEM)
    watched.apply(seen(RUNNING))
    assert watched.problem is None


def test_failures_are_unread_until_they_are_marked() -> None:
    watched = a_watched_run(Source(RUNNING))
    watched.apply(seen(a_run(status="running", tests=[a_case("a", status="failed")])))
    assert watched.unread == 1
    watched.mark_read()
    assert watched.unread == 0
    watched.apply(seen(a_run(status="running", tests=[a_case("a"), a_case("b", status="failed")])))
    assert watched.unread == 1, "as many failures as before, but another test"


@pytest.mark.parametrize("run", [LONG_OVER, RUNNING], ids=["to its end", "closed before"])
async def test_what_a_watch_caches_goes_with_it(run: Run) -> None:
    source = Source(run)
    watched = a_watched_run(source)
    following = asyncio.ensure_future(watched.follow())
    await settle()
    assert following.done() is run.has_ended
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    del following
    await settle()
    # without a garbage collection, which would also run the finalizers of what other tests left
    assert [fetcher() for fetcher in source.fetchers] == [None]
    assert watched.run is run


async def test_a_watch_that_is_canceled_is_not_polling() -> None:
    watched = a_watched_run(Source(RUNNING))
    following = asyncio.ensure_future(watched.follow())
    await settle()
    assert watched.is_polling
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    assert not watched.is_polling


@pytest.mark.parametrize(("tests", "order"), [(10_000, ["other work", "answer"]), (20, ["answer", "other work"])])
async def test_only_many_tests_are_identified_in_a_thread(tests: int, order: list[str]) -> None:
    run = a_run(status="running", tests=[a_case("same")] * tests)
    seen_in_order: list[str] = []

    async def answers(_controls: Controls) -> AsyncIterator[Snapshot | Problem]:
        asyncio.get_running_loop().call_soon(seen_in_order.append, "other work")
        yield seen(run)
        await asyncio.sleep(0)

    watched = WatchedRun(214, answers)
    async for event in watched.poll():
        assert event is watched.snapshot
        seen_in_order.append("answer")
    assert seen_in_order == order
    assert [row.number for row in watched.rows] == list(range(tests))


async def test_what_the_past_says_about_the_end_is_part_of_the_snapshot() -> None:
    async def recall(run: Run) -> Past:
        return Past(tuple(PastRun(213 - place, 100.0, 5.0, 3) for place in range(3)))

    async def happen() -> AsyncIterator[Snapshot]:
        yield seen(RUNNING)
        yield replace(seen(RUNNING), seen=1005.0, is_late=True)
        yield seen(replace(RUNNING, status="failed", finished_utc=NOW))

    watched = WatchedRun(214, lambda _: happen(), recall=recall)
    assert watched.seconds_left(1000.0) is None
    left = []
    async for _ in watched.poll():
        assert watched.snapshot is not None
        assert watched.snapshot.outlook is not None
        assert watched.snapshot.outlook.usual == 100
        left.append(watched.seconds_left(1007.0))
    # it was 41 s old when it was seen, and is seven seconds older
    assert left[0] is not None
    assert left[0].low < 52 < left[0].high
    assert left[1] is not None
    assert left[2] is None


async def test_without_a_past_there_is_no_outlook() -> None:
    watched = a_watched_run(Source(RUNNING))
    watched.apply(seen(RUNNING))
    assert watched.snapshot is not None
    assert watched.snapshot.outlook is None
    assert watched.seconds_left(1000.0) is None
