"""The runs of an app, without the app: adding, closing, following, and whose result counts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from functools import partial

import pytest

from tests.support.builders import ANSWERED, a_case, a_run
from tests.support.clock import FakeClock, settle
from tests.support.server import FakeServer
from tests.support.watch import a_request
from tvtui.testvibe.errors import Unreachable
from tvtui.testvibe.models import Run
from tvtui.tui.runs import WatchedRuns
from tvtui.watch.controls import Controls
from tvtui.watch.events import Problem, Snapshot
from tvtui.watch.watched_run import WatchedRun

FAILING = a_case("One", status="failed")
DOWN = Unreachable("The server refused the connection.")


class Watching:
    """Watched runs with recorded callbacks; workers are tasks.

    `ends` are the only events of each watch; None: it goes on without any.
    """

    def __init__(self, *run_ids: int, ends: tuple[Snapshot | Problem | None, ...] | None = None) -> None:
        self.ends = ends
        self.clock = FakeClock()
        self.server = FakeServer(self.clock, a_run(status="running"))
        self.changed: list[int] = []
        self.lost = 0
        self.together: list[tuple[int, ...]] = []
        self.workers: list[asyncio.Task[None]] = []
        self.runs = WatchedRuns(
            run_ids,
            self.prepare,
            run_worker=self.run_worker,
            changed=lambda watched: self.changed.append(watched.run_id),
            all_lost=self.all_lost,
        )

    def prepare(self, run_ids: Sequence[int], repeats: int | None) -> list[WatchedRun]:
        self.together.append(tuple(run_ids))
        if self.ends is not None:
            return [WatchedRun(run_id, partial(self.events, run_id)) for run_id in run_ids]
        return a_request().watch(run_ids, self.server, self.clock, repeats=repeats)

    async def events(self, run_id: int, _controls: Controls) -> AsyncIterator[Snapshot | Problem]:
        end = self.ends[run_id] if self.ends is not None else None
        if end is None:
            await asyncio.Event().wait()
        else:
            yield end

    def run_worker(self, work: Callable[[], Coroutine[object, object, None]]) -> Callable[[], object]:
        self.workers.append(asyncio.ensure_future(work()))
        return self.workers[-1].cancel

    def all_lost(self) -> None:
        self.lost += 1

    @property
    def ids(self) -> list[int]:
        return [each.run_id for each in self.runs]

    async def cancel(self) -> None:
        for worker in self.workers:
            worker.cancel()
        await asyncio.gather(*self.workers, return_exceptions=True)


def seen(run: Run) -> Snapshot:
    return Snapshot(run, 0.0, ANSWERED, None, is_final=False)


def test_they_are_in_order() -> None:
    watching = Watching(7, 5, 9)
    assert watching.ids == [7, 5, 9]
    assert watching.runs.watch(9) is watching.runs[2]
    assert watching.together == [(7, 5, 9)]


def test_every_change_is_reported() -> None:
    watching = Watching(214, 215)
    watching.runs[1].apply(seen(a_run(run_id=215)))
    assert watching.changed == [215]


async def test_a_run_is_added_once_and_followed() -> None:
    watching = Watching(214)
    added = watching.runs.watch(215, repeats=214)
    assert watching.runs.watch(215) is added
    assert watching.ids == [214, 215]
    assert added.repeats == 214
    await settle()
    assert added.run is not None
    assert len(watching.workers) == 1
    await watching.cancel()


async def test_a_closed_run_is_no_longer_polled() -> None:
    watching = Watching(214, 215, 216)
    for watched in watching.runs:
        watching.runs.follow(watched)
    await settle()
    closed = watching.runs[2]
    assert watching.runs.close(closed).run_id == 215
    await settle()
    assert [worker.cancelled() for worker in watching.workers] == [False, False, True]
    assert watching.runs.close(watching.runs[0]).run_id == 215
    assert [each.run_id for each in watching.runs.closed] == [216, 214]
    await watching.cancel()


async def test_a_run_is_watched_once_at_a_time() -> None:
    watching = Watching(0, ends=(ENDED,))
    for begun in (1, 2):
        for _ in range(3):
            watching.runs.follow(watching.runs[0])
        assert len(watching.workers) == begun
        assert watching.runs.is_polling, "it is about to begin"
        await settle()
        assert not watching.runs.is_polling


async def test_other_runs_can_replace_them() -> None:
    watching = Watching(214, 215)
    watching.runs.close(watching.runs[0])
    assert [each.run_id for each in watching.runs.replace([216, 217])] == [215]
    assert watching.ids == [216, 217]
    assert watching.runs.closed == []
    assert watching.runs.known_ids == {214, 215, 216, 217}


class TestResults:
    """Which runs decide the exit code."""

    @pytest.mark.parametrize(("status", "counted"), [("failed", [215, 214]), ("running", [214])])
    def test_a_closed_run_counts_if_it_had_ended(self, status: str, counted: list[int]) -> None:
        watching = Watching(214, 215)
        watching.runs[1].apply(seen(a_run(run_id=215, status=status)))
        watching.runs.close(watching.runs[1])
        assert [each.run_id for each in watching.runs.results] == counted
        assert [each.run_id for each in watching.runs.latest] == [214]

    async def test_a_reopened_run_counts_again_and_so_does_what_it_repeats(self) -> None:
        watching = Watching(214, 300)
        again = watching.runs.watch(215, repeats=214)
        watching.runs.close(again)
        assert [each.run_id for each in watching.runs.results] == [214, 300]
        reopened = watching.runs.reopen()
        assert (reopened.run_id, reopened.repeats) == (215, 214)
        assert [each.run_id for each in watching.runs.results] == [300, 215]
        await watching.cancel()

    async def test_a_run_that_ended_and_is_reopened_counts_once(self) -> None:
        watching = Watching(214, 215)
        closed = watching.runs[0]
        closed.apply(seen(a_run(tests=[FAILING])))
        watching.runs.close(closed)
        reopened = watching.runs.reopen()
        assert watching.ids == [214, 215]
        assert (reopened.snapshot, reopened.unread) == (closed.snapshot, 0)
        assert watching.runs.results == [reopened, watching.runs[1]]
        await watching.cancel()

    async def test_a_run_that_was_started_again_is_judged_by_its_last_attempt(self) -> None:
        watching = Watching(214, 300)
        watching.runs.watch(215, repeats=214)
        watching.runs.watch(216, repeats=215)
        assert [each.run_id for each in watching.runs.latest] == [300, 216]
        assert [each.run_id for each in watching.runs.results] == [300, 216]
        await watching.cancel()


class TestNextFailure:
    """From the last failure of a run to the first of the next."""

    @pytest.fixture
    def watching(self) -> Watching:
        watching = Watching(1, 2, 3, 4)
        for place in (0, 2, 3):
            watching.runs[place].apply(seen(a_run(run_id=place + 1, tests=[FAILING])))
        return watching

    @pytest.mark.parametrize(("shown", "after", "before"), [(1, 3, 4), (2, 3, 1), (3, 4, 1), (4, 1, 3)])
    def test_wraps_around_and_skips_runs_without_any(
        self, watching: Watching, shown: int, after: int, before: int
    ) -> None:
        for step, expected in ((1, after), (-1, before)):
            found = watching.runs.next_with_failures(watching.runs[shown - 1], step)
            assert found is not None
            assert found.run_id == expected

    def test_there_may_be_none(self) -> None:
        runs = Watching(1, 2).runs
        assert runs.next_with_failures(runs[0], 1) is None

    def test_there_is_none_while_other_runs_take_over(self, watching: Watching) -> None:
        replaced = watching.runs.replace([5, 6])
        assert watching.runs.next_with_failures(replaced[0], 1) is None


LOST = Problem(DOWN, 0.0, 1, 0.0, is_final=True)
ENDED = Snapshot(a_run(), 0.0, ANSWERED, None, is_final=True)


@pytest.mark.parametrize(
    ("ends", "lost"),
    [((LOST, LOST), 1), ((LOST, ENDED), 0), ((ENDED, LOST), 0), ((LOST, None), 0), ((ENDED, ENDED), 0)],
)
async def test_it_is_reported_when_every_watch_has_given_up(
    ends: tuple[Snapshot | Problem | None, ...], lost: int
) -> None:
    watching = Watching(*range(len(ends)), ends=ends)
    for watched in watching.runs:
        watching.runs.follow(watched)
        await settle()
    assert watching.lost == lost
    await watching.cancel()


async def test_a_run_that_is_watched_again_may_still_answer() -> None:
    watching = Watching(0, 1, ends=(LOST, None))
    again, other = watching.runs
    watching.runs.follow(again)
    await settle()
    watching.ends = (None, LOST)
    watching.runs.follow(again)
    watching.runs.follow(other)
    await settle()
    assert all(each.has_given_up for each in watching.runs)
    assert watching.lost == 0
    await watching.cancel()


def test_a_watch_that_is_over_before_its_worker_is_returned_does_not_count_as_going_on() -> None:
    async def events(_controls: Controls) -> AsyncIterator[Snapshot | Problem]:
        yield Snapshot(a_run(), 0.0, ANSWERED, None, is_final=True)

    def run_eagerly(work: Callable[[], Coroutine[object, object, None]]) -> Callable[[], object]:
        with pytest.raises(StopIteration):
            work().send(None)
        return lambda: None

    runs = WatchedRuns(
        [214],
        lambda run_ids, _repeats: [WatchedRun(run_id, events) for run_id in run_ids],
        run_worker=run_eagerly,
        changed=lambda _watched: None,
        all_lost=lambda: None,
    )
    runs.follow(runs[0])
    assert not runs.is_polling
