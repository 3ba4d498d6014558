"""When a watch asks for the past of its run, and what it does while that is not there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from tests.support.builders import CREATED, a_run
from tests.support.clock import settle
from tests.support.past import FakeMemory, past_of
from tvtui.testvibe.models import Run
from tvtui.watch.controls import Controls
from tvtui.watch.events import Snapshot
from tvtui.watch.history import Standing
from tvtui.watch.watched_run import RECALL_SECONDS, WatchedRun

NAME = "Locked-out user sees an error"
PAST = past_of({NAME: ("pp",)})


def watch_of(*runs: Run, memory: FakeMemory, recall_seconds: float = RECALL_SECONDS) -> WatchedRun:
    async def start(_controls: Controls) -> AsyncIterator[Snapshot]:
        for place, run in enumerate(runs):
            yield Snapshot(run, float(place), CREATED, None, is_final=place == len(runs) - 1)

    return WatchedRun(214, start, recall=memory.recall, recall_seconds=recall_seconds)


async def test_the_past_is_there_with_the_first_tests() -> None:
    memory = FakeMemory(PAST)
    watched = watch_of(a_run(), a_run(), memory=memory)
    seen: list[bool] = []
    watched.subscribe(lambda: seen.append(watched.history is not None) if watched.rows else None)

    await watched.follow()

    assert memory.recalled == [214]
    assert all(seen)
    assert not watched.is_past_late


async def test_without_a_feature_there_is_no_past_until_one_is_named() -> None:
    memory = FakeMemory(PAST)
    unnamed = replace(a_run(), feature_id=None, feature_name=None)
    watched = watch_of(unnamed, memory=memory)
    await watched.follow()
    assert memory.recalled == []

    watched = watch_of(unnamed, a_run(), memory=memory)
    await watched.follow()
    assert memory.recalled == [214]


async def test_a_past_that_comes_late_is_applied_when_it_comes() -> None:
    gate = asyncio.Event()
    watched = watch_of(a_run(), memory=FakeMemory(PAST, gate))
    known: list[bool] = []

    def note() -> None:
        if watched.rows:
            known.append(watched.history is not None)
            # the first tests are shown without it
            gate.set()

    watched.subscribe(note)

    await watched.follow()

    assert (known[0], known[-1]) == (False, True)
    assert watched.is_past_late


async def test_tests_that_are_printed_wait_for_a_past_that_is_slow_to_read() -> None:
    gate = asyncio.Event()
    watched = watch_of(a_run(), memory=FakeMemory(PAST, gate), recall_seconds=60)
    known: list[bool] = []
    watched.subscribe(lambda: known.append(watched.history is not None) if watched.rows else None)

    watching = asyncio.create_task(watched.follow())
    await settle()
    gate.set()
    await watching

    assert all(known)
    assert not watched.is_past_late


async def test_a_past_that_is_not_known_changes_nothing() -> None:
    watched = watch_of(a_run(), memory=FakeMemory(None))

    await watched.follow()
    await settle()

    assert watched.history is None
    assert len(watched.rows) == 3


async def test_the_history_is_the_same_object_until_something_changes() -> None:
    watched = watch_of(a_run(), memory=FakeMemory(PAST))
    await watched.follow()

    first = watched.history
    assert first is not None
    assert watched.history is first


async def test_a_run_that_ended_while_another_one_was_watched_counts_at_its_end() -> None:
    memory = FakeMemory(past_of({NAME: ("pp",)}))
    running = a_run(status="running", tests=a_run().tests)
    watched = watch_of(running, running, a_run(), a_run(), memory=memory)
    standings = []

    async for _ in watched.poll():
        assert watched.history is not None
        standings.append(watched.history.of(watched.failures[0]).standing)
        # meanwhile, the run before it ends with the same failure
        memory.past = past_of({NAME: ("fp",)})

    assert standings == [Standing.NEW, Standing.NEW, Standing.KNOWN, Standing.KNOWN]
    assert memory.recalled == [214, 214]


async def test_a_past_that_cannot_be_read_again_is_kept() -> None:
    memory = FakeMemory(PAST)
    watched = watch_of(a_run(status="running", tests=a_run().tests), a_run(), memory=memory)

    async for _ in watched.poll():
        memory.past = None

    assert watched.past is PAST
